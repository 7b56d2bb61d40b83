"""Training runs and model versions in the admin."""

from ml.admin import runs, versions

__all__ = ["runs", "versions"]
