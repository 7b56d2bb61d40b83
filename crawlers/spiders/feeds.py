"""Feeds that hold a whole catalogue in one file."""

from collections.abc import Iterable, Iterator

from scrapy import Request
from scrapy.http import Response

from crawlers.items import ProductItem
from crawlers.parsers import merchant_feed
from crawlers.spiders.base import CatalogSpider


class MerchantFeedSpider(CatalogSpider):
    """Read a merchant feed (Google's): RSS 2, Atom or tab-separated text, gzipped or not."""

    name = "merchant_feed"

    def first(self) -> Iterable[Request]:
        yield self.ask(self.url, self.feed, entry=True)

    def feed(self, response: Response) -> Iterator[ProductItem | Request]:
        """Hand out the feed's products."""
        page = self.read(response, merchant_feed.read_feed)
        if page is not None:
            yield from self.products(page)
