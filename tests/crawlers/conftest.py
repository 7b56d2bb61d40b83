"""What tests of crawls share: a database and a media folder that other processes find too."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from catalog.models import Source
from config import services
from crawlers.models import Crawl, CrawlRun
from tests.crawlers.pieces import Catalogue, pictures
from tests.crawlers.replicas import shopify
from tests.crawlers.shops import Shop, open_shop


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


class Pieces:
    """A shop whose catalogue can be changed between two crawls."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.url = shop.url

    def sell(self, pieces: Catalogue) -> None:
        self.shop.speakers = (shopify(pieces), pictures)


@pytest.fixture
def pieces() -> Iterator[Pieces]:
    """Open a shop of Shopify's make that sells nothing yet."""
    with open_shop(shopify([]), pictures) as shop:
        yield Pieces(shop)


def make_run(
    source: str = "a shop", department: str = "art", url: str = "https://a.example/"
) -> CrawlRun:
    """Return a claimed run of a source's crawl."""
    made, _ = Source.objects.get_or_create(name=source)
    crawl, _ = Crawl.objects.get_or_create(
        source=made, url=url, defaults={"spider": "shopify", "department": department}
    )
    run = CrawlRun.objects.create(crawl=crawl, source=made)
    claimed = CrawlRun.objects.select_related("crawl", "source").claim(run.pk)
    assert claimed is not None
    return claimed
