"""Where the pages lie that shops really served, and a process that crawls replicas of shops."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.crawlers.crawling import CrawlProcess


@pytest.fixture(scope="session")
def pages() -> Path:
    """Return the folder of pages, feeds and API answers; skips where it is missing."""
    folder = Path(settings.PENDANT_SHARED) / "pages"
    if not folder.is_dir():
        pytest.skip(f"no pages of real shops under {folder}: set PENDANT_SHARED")
    return folder


@pytest.fixture(scope="session")
def crawler() -> Iterator[CrawlProcess]:
    """Crawl shops on loopback, without delays; one process for the tests of all files."""
    process = CrawlProcess()
    yield process
    process.close()
