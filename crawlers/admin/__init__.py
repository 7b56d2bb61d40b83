"""Crawls in the admin: their sources, their runs, and category rules."""

from crawlers.admin import rules, runs, sources

__all__ = ["rules", "runs", "sources"]
