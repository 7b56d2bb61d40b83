"""minted.com, which answers crawlers with 403: built on replicas, and for the day it does not."""

from collections.abc import Iterator

from scrapy import Request
from scrapy.http import Response

from crawlers.items import Page, ProductItem
from crawlers.parsers import minted
from crawlers.spiders.lists import ListSpider


class MintedSpider(ListSpider):
    """Read a listing, and each design's page for its price."""

    name = "minted"

    def list_url(self) -> str:
        return self.url

    def parse_list(self, response: Response) -> Page | None:
        page = self.read(response, minted.read_listing)
        if page is not None:
            # A listing knows no prices: the products come with their own pages.
            self.later(page.links)
            page.items.clear()
        return page

    def after_failure(self, request: Request) -> Iterator[ProductItem | Request]:
        # A listing's next page is known by its link alone.
        return iter(())

    def product(self, response: Response) -> Iterator[ProductItem | Request]:
        page = self.read(response, minted.read_product_page)
        if page is not None:
            if not page.items:
                self.count("skipped/no product")
            yield from self.products(page)
