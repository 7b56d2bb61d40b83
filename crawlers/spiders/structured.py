"""Shops of any system, by the structured data of their pages."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawlers.fetching.robots import Robots
from crawlers.fetching.troubles import Trouble
from crawlers.items import Page, ProductItem
from crawlers.parsers import sitemap, structured
from crawlers.spiders.base import CatalogSpider

_MOST_SITEMAPS = 1000
_SITEMAP = re.compile(r"sitemap[^/]*$|\.xml(\.gz)?$", re.IGNORECASE)


class StructuredSpider(CatalogSpider):
    """Read product pages by JSON-LD, microdata or OpenGraph.

    Of a shop's front page, its sitemaps name them, by robots.txt or at /sitemap.xml, and where
    there are none, the page itself. A sitemap's address is read as it is, any other as a listing
    with pages after it, or as the page of one product.
    """

    name = "structured"

    def first(self) -> Iterable[Request]:
        parts = urlsplit(self.url)
        if _SITEMAP.search(parts.path):
            yield self.ask(self.url, self.sitemap, entry=True)
        elif parts.path in ("", "/") and not parts.query:
            yield self.ask(self.url, self.front, entry=True)
        else:
            yield self._listing(self.url, entry=True)

    def front(self, response: Response) -> Iterator[ProductItem | Request]:
        """Go to the sitemaps that robots.txt names; it was read before this page."""
        robots = self.crawler.get_downloader_middleware(Robots)
        named = robots.sitemaps(response.url) if robots else []
        self._sitemaps.extend(named or [urljoin(response.url, "/sitemap.xml")])
        self.state["fallback"] = response.url
        yield from self._next_sitemap()

    def sitemap(self, response: Response) -> Iterator[ProductItem | Request]:
        """Take a sitemap's pages, or its sitemaps, of those only products' where they say so."""
        page = self.read(response, _read_sitemap)
        if page is not None and page.next_url:
            products = [link for link in page.links if "product" in link.lower()]
            self._sitemaps.extend(products or page.links)
            if len(self._sitemaps) > _MOST_SITEMAPS:
                raise self.refuse(Trouble("endless", count=_MOST_SITEMAPS))
        elif page is not None:
            self.later(page.links)
        yield from self._next_sitemap()

    def listing(self, response: Response) -> Iterator[ProductItem | Request]:
        """Read a page that lists products, or shows one."""
        page = self.read(response, structured.read_product_page)
        if page is None:
            return
        yield from self.products(page)
        if not page.items:
            links = page.links or structured.read_listing(response.body, response.url).links
            self.later(links)
            assert response.request is not None
            number = int(response.request.meta["number"]) + 1
            if page.next_url and number > self.settings.getint("PENDANT_MOST_PAGES"):
                raise self.refuse(Trouble("endless", count=number - 1))
            if page.next_url:
                yield self._listing(page.next_url, number=number)

    def product(self, response: Response) -> Iterator[ProductItem | Request]:
        page = self.read(response, structured.read_product_page)
        if page is not None:
            if not page.items:
                self.count("skipped/no product")
            yield from self.products(page)

    def after_failure(self, request: Request) -> Iterator[ProductItem | Request]:
        if request.callback == self.sitemap:
            yield from self._next_sitemap()

    @property
    def _sitemaps(self) -> list[str]:
        sitemaps: list[str] = self.state.setdefault("sitemaps", [])
        return sitemaps

    def _listing(self, url: str, *, entry: bool = False, number: int = 1) -> Request:
        return self.ask(url, self.listing, entry=entry, meta={"list": True, "number": number})

    def _next_sitemap(self) -> Iterator[Request]:
        if self._sitemaps:
            yield self.ask(self._sitemaps.pop(0), self.sitemap, meta={"list": True})
        elif not self.waiting and (fallback := self.state.pop("fallback", "")):
            # The front page itself, which was asked for before.
            yield self._listing(fallback).replace(dont_filter=True)


def _read_sitemap(body: bytes, url: str, **_: Any) -> Page:
    """Return a sitemap's links; next_url is set where they are sitemaps again."""
    page = sitemap.read_sitemap(body, url)
    page.next_url = url if sitemap.is_index(body, url) else ""
    return page
