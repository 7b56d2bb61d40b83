"""Read lists that come page by page."""

from collections.abc import Iterable, Iterator

from scrapy import Request
from scrapy.http import Response

from crawlers.fetching.troubles import Trouble
from crawlers.items import Page, ProductItem
from crawlers.spiders.base import CatalogSpider

MOST_GAPS = 3


class ListSpider(CatalogSpider):
    """Read a list's pages one after the other; one that fails costs itself alone.

    The list ends with a page that names none after it, or that holds nothing new: some shops serve
    the last page, or the first, under every further number.
    """

    def first(self) -> Iterable[Request]:
        yield self.page(self.list_url(), entry=True)

    def list_url(self) -> str:
        """Return the address of the list's first page."""
        raise NotImplementedError

    def parse_list(self, response: Response) -> Page | None:
        """Return what a page of the list holds, None where it is malformed."""
        raise NotImplementedError

    def url_after(self, url: str) -> str:
        """Return the address of the page after one that could not be read."""
        raise NotImplementedError

    def page(self, url: str, *, entry: bool = False, number: int = 1, gaps: int = 0) -> Request:
        """Return the request for a page of the list; gaps: pages before it that failed in a row."""
        meta = {"list": True, "number": number, "gaps": gaps}
        return self.ask(url, self.listed, entry=entry, meta=meta)

    def listed(self, response: Response) -> Iterator[ProductItem | Request]:
        """Hand out a page's products and ask for the next page."""
        request = response.request
        assert request is not None
        page = self.parse_list(response)
        if page is None:
            yield from self.after_failure(request)
            return
        ids = {item.external_id for item in page.items}
        ids |= {skipped.external_id for skipped in page.skipped} - {""}
        is_known = bool(ids) and ids <= self.seen
        yield from self.products(page)
        self.seen.update(ids)
        if page.next_url and not is_known:
            yield self.following(request, page.next_url)

    def following(self, request: Request, url: str, gaps: int = 0) -> Request:
        """Return the request for the page after a page; end the run where there are too many."""
        number = int(request.meta.get("number", 1)) + 1
        if number > self.settings.getint("PENDANT_MOST_PAGES"):
            raise self.refuse(Trouble("endless", count=number - 1))
        return self.page(url, number=number, gaps=gaps)

    def after_failure(self, request: Request) -> Iterator[ProductItem | Request]:
        """Go on with the page after the one that failed, for a few pages in a row."""
        if not request.meta.get("list"):
            return
        gaps = int(request.meta.get("gaps", 0)) + 1
        if gaps >= MOST_GAPS:
            raise self.refuse(Trouble("gaps", count=gaps, reason=f"{request.url}."))
        yield self.following(request, self.url_after(request.url), gaps)
