"""Pages that shops really served, processes that crawl replicas of shops, and where they store."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from config import services
from tests.crawlers.crawling import CrawlProcess
from tests.crawlers.pieces import pictures
from tests.crawlers.replicas import shopify
from tests.crawlers.running import Pieces
from tests.crawlers.shops import open_shop


@pytest.fixture(scope="session")
def pages() -> Path:
    """Return the folder of pages, feeds and API answers; skips where it is missing."""
    folder = Path(configured.PENDANT_SHARED) / "pages"
    if not folder.is_dir():
        pytest.skip(f"no pages of real shops under {folder}: set PENDANT_SHARED")
    return folder


@pytest.fixture(scope="session")
def crawler() -> Iterator[CrawlProcess]:
    """Crawl shops on loopback, without delays; one process for the tests of all files."""
    process = CrawlProcess()
    yield process
    process.close()


@pytest.fixture
def crawling(
    transactional_db: None, media: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Let crawls' processes work on the test's own database and media; return that folder."""
    name = configured.DATABASES["default"]["NAME"]
    url = services.database_url(services.home()).replace("/pendant?", f"/{name}?")
    settings.FETCH_PRIVATE_ADDRESSES = True
    for variable, value in {
        "DATABASE_URL": os.environ.get("DATABASE_URL", url),
        "MEDIA_ROOT": str(media),
        "FETCH_PRIVATE_ADDRESSES": "yes",
        "CRAWLER_PACE": "full",
        "PYTHONWARNINGS": "ignore",
    }.items():
        monkeypatch.setenv(variable, value)
    return media


@pytest.fixture
def pieces() -> Iterator[Pieces]:
    """Open a shop of Shopify's make that sells nothing yet."""
    with open_shop(shopify([]), pictures) as shop:
        yield Pieces(shop)
