"""What all tests share: the embedded services, and the folder of real pictures."""

from pathlib import Path

import pytest

from config import services

services.ensure()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real pictures; skips where it is missing."""
    from django.conf import settings

    folder = Path(settings.PENDANT_SHARED)
    if not (folder / "data").is_dir():
        pytest.skip(f"no real pictures under {folder}: set PENDANT_SHARED")
    return folder
