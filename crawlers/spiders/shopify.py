"""Shopify's public lists."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawlers.items import Page, ParseError, ProductItem
from crawlers.parsers import shopify
from crawlers.parsers.values import query_number, with_query
from crawlers.spiders.lists import ListSpider

_COLLECTION = re.compile(r"^(/(?:[\w-]+/)?collections/[^/]+)")


class ShopifySpider(ListSpider):
    """Read /products.json, or a collection's where the address is of one; prices by /meta.json."""

    name = "shopify"

    def first(self) -> Iterable[Request]:
        yield self.ask(urljoin(self.url, "/meta.json"), self.meta)

    def list_url(self) -> str:
        collection = _COLLECTION.match(urlsplit(self.url).path)
        path = f"{collection.group(1) if collection else ''}/products.json"
        return with_query(urljoin(self.url, path), limit=250, page=1)

    def meta(self, response: Response) -> Iterator[ProductItem | Request]:
        """Read what the shop says of itself, then its list; some shops hide the first."""
        try:
            shop = shopify.read_meta(response.body, response.url)
        except ParseError:
            self.logger.info("%s says nothing of its currency", response.url)
        else:
            self.state["currency"] = shop.currency
            if "/collections/" not in self.list_url():
                self.total = shop.total
        yield self.page(self.list_url(), entry=True)

    def after_failure(self, request: Request) -> Iterator[ProductItem | Request]:
        if request.callback == self.meta:
            yield self.page(self.list_url(), entry=True)
        else:
            yield from super().after_failure(request)

    def parse_list(self, response: Response) -> Page | None:
        currency = self.state.get("currency") or self.currency
        return self.read(response, shopify.read_products, currency=currency)

    def url_after(self, url: str) -> str:
        return with_query(url, page=query_number(url, "page", 1) + 1)
