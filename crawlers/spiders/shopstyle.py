"""ShopStyle: browse pages, and the API where one is served; its own closed in 2026."""

from urllib.parse import urlsplit

from scrapy.http import Response

from crawlers.items import Page
from crawlers.parsers import shopstyle
from crawlers.parsers.values import query_number, with_query
from crawlers.spiders.lists import ListSpider


class ShopStyleSpider(ListSpider):
    """Read /browse/… page by page, or /api/v2/products where the address is of it."""

    name = "shopstyle"

    def list_url(self) -> str:
        return with_query(self.url, offset=0, limit=50) if self._is_api else self.url

    @property
    def _is_api(self) -> bool:
        return urlsplit(self.url).path.startswith("/api/")

    def parse_list(self, response: Response) -> Page | None:
        parse = shopstyle.read_products if self._is_api else shopstyle.read_browse_page
        return self.read(response, parse)

    def url_after(self, url: str) -> str:
        step = query_number(url, "limit", 40)
        return with_query(url, offset=query_number(url, "offset", 0) + step)
