"""What tests of runs work with: a claimed run, and a shop that changes between two crawls."""

from catalog.models import Source
from crawlers.models import Crawl, CrawlRun
from tests.crawlers.pieces import Catalogue, pictures
from tests.crawlers.replicas import shopify
from tests.crawlers.shops import Shop


class Pieces:
    """A shop whose catalogue can be changed between two crawls."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.url = shop.url

    def sell(self, pieces: Catalogue) -> None:
        self.shop.speakers = (shopify(pieces), pictures)


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
