"""What every spider does: asks, counts, hands out products, and ends with a reason."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from catalog.fetching import FetchError, read_address
from crawlers.fetching.manners import site_of
from crawlers.fetching.pace import Pace
from crawlers.fetching.troubles import Trouble, trouble_of
from crawlers.items import Page, ParseError, ProductItem

# A page that is not there any more, or that robots.txt keeps to the shop, is no failure.
_LEFT_OUT = {"robots": "robots.txt", "offsite": "another site", "private": "a private address"}
_GONE = (404, 410)
_BATCH = 100  # requests handed to Scrapy at a time


class CatalogSpider(Spider):
    """Read a shop's or museum's catalogue; yields ProductItem, each external_id once.

    url: the shop, or a list within it. limit: products after which to stop. currency (ISO 4217):
    for prices of which the shop does not say it.

    total: how many products the shop says it has. speaks: the name of the spider that it took.
    refusal: why the run could not go on, for an owner. It closes with the reason "refused" then,
    with "limit" at the limit, and with Scrapy's "finished" where the catalogue was read to its end.
    Counts in its crawler's stats: pendant/pages, pendant/failed_pages, pendant/errors/KIND and
    pendant/skipped/REASON.
    """

    name = "catalog"
    pace = 0.0  # seconds between requests at least, where the crawl names no delay

    def __init__(
        self, url: str, limit: int | str | None = None, currency: str = "", **_: object
    ) -> None:
        super().__init__()
        self.url = url.strip()
        with suppress(ValueError):
            # As every request has it: names beyond ASCII by IDNA.
            self.url = Request(self.url).url
        self.limit = int(limit) if limit else None
        self.currency = currency
        self.refusal = ""
        self.ending = ""
        # What a crawl that goes on after a stop has to know; Scrapy keeps it in the job's folder.
        self.state: dict[str, Any] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "CatalogSpider":
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.set_pace, signals.spider_opened)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        crawler.signals.connect(spider._broke, signals.spider_error)
        return spider

    @property
    def speaks(self) -> str:
        return self.name

    @property
    def total(self) -> int | None:
        return self.state.get("total")

    @total.setter
    def total(self, total: int | None) -> None:
        self.state["total"] = total

    @property
    def found(self) -> int:
        """Return how many products were handed out."""
        found: int = self.state.get("found", 0)
        return found

    @property
    def has_enough(self) -> bool:
        """Say whether the limit is reached: no further page is asked for then."""
        return self.limit is not None and self.found >= self.limit

    @property
    def seen(self) -> set[str]:
        """Return the external ids that were met, whether they were handed out or not."""
        seen: set[str] = self.state.setdefault("seen", set())
        return seen

    @property
    def waiting(self) -> list[str]:
        """Return the pages of products that are still to be asked for."""
        waiting: list[str] = self.state.setdefault("waiting", [])
        return waiting

    async def start(self) -> AsyncIterator[Request]:
        self.check_address()
        for request in self.first():
            yield request

    def check_address(self) -> None:
        """Raise CloseSpider where the shop's address is none."""
        try:
            read_address(self.url)
        except FetchError as error:
            raise self.refuse(Trouble(error.code)) from error

    def first(self) -> Iterable[Request]:
        """Return the requests that the crawl begins with."""
        raise NotImplementedError

    def product(self, response: Response) -> Iterator[ProductItem | Request]:
        """Read the page of one product that ``later()`` was told of."""
        raise NotImplementedError

    def ask(
        self, url: str, callback: Callable[..., Any], *, entry: bool = False, **options: Any
    ) -> Request:
        """Return a request; entry: the whole run hangs on it. options: of Request."""
        meta = {**options.pop("meta", {}), "entry": entry}
        return Request(url, callback=callback, errback=self.failed, meta=meta, **options)

    def later(self, urls: Iterable[str]) -> None:
        """Ask for these pages of one product each when nothing else is to be asked."""
        self.waiting.extend(urls)
        if len(self.waiting) > self.settings.getint("PENDANT_MOST_WAITING"):
            raise self.refuse(Trouble("endless", count=len(self.waiting)))

    def read(self, response: Response, parse: Callable[..., Page], **options: Any) -> Page | None:
        """Return what a parser makes of an answer, counted; None where it is malformed.

        A malformed answer that the run hangs on ends it.
        """
        assert response.request is not None
        try:
            page = parse(response.body, response.url, **options)
        except ParseError as error:
            self._count_failure(response.request, trouble_of(error))
            return None
        self.count("pages")
        for skipped in page.skipped:
            self.count(f"skipped/{skipped.reason}")
        if page.total is not None:
            self.total = page.total
        return page

    def products(self, page: Page) -> Iterator[ProductItem]:
        """Yield the products of a page that were not handed out before, up to the limit."""
        for item in page.items:
            if self.has_enough:
                return
            if item.external_id not in self.seen:
                self.seen.add(item.external_id)
                self.state["found"] = self.found + 1
                yield item

    def refuse(self, reason: Trouble | str) -> CloseSpider:
        """End the run, soon; return what a callback raises to end it at once."""
        if not self.refusal:
            self.refusal = reason if isinstance(reason, str) else self.sentence(reason)
        self.ending = "refused"
        return CloseSpider("refused")

    def sentence(self, trouble: Trouble, url: str = "") -> str:
        """Return a trouble in words for an owner."""
        kept = f"The {self.found:,} products read before are kept."
        if not self.found:
            kept = "The catalogue stays as it was."
        url = url or self.url
        host = urlsplit(url).hostname or url
        return trouble.sentence(kept, url=url, host=host, site=site_of(self.url))

    def failed(self, failure: Failure) -> Iterator[ProductItem | Request]:
        """Count a request that gave nothing; end the run where it hangs on it."""
        if self.has_enough:
            return
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        assert failure.value is not None
        self._count_failure(request, trouble_of(failure.value))
        yield from self.after_failure(request)

    def after_failure(self, request: Request) -> Iterator[ProductItem | Request]:
        """Yield what to do instead of a request that failed."""
        return iter(())

    def count(self, name: str) -> None:
        """Add one to a number in the crawler's stats."""
        self.crawler.stats.inc_value(f"pendant/{name}")

    def _count_failure(self, request: Request, trouble: Trouble) -> None:
        """Count a page that failed or is left out; raise CloseSpider where the run ends with it."""
        if trouble.kind == "stopped":
            return
        if trouble.ends_run or request.meta.get("entry"):
            reason = self.sentence(trouble, request.url)
            self.count(f"errors/{trouble.kind}")
            raise self.refuse(reason)
        status = trouble.facts.get("status")
        if trouble.kind in _LEFT_OUT:
            self.count(f"skipped/{_LEFT_OUT[trouble.kind]}")
        elif status in _GONE and not request.meta.get("list"):
            self.count("skipped/gone")
        else:
            self.count("failed_pages")
            self.count(f"errors/{f'status {status}' if status else trouble.kind}")
            self.logger.warning("%s", self.sentence(trouble, request.url))

    def set_pace(self) -> None:
        """Ask the shop no faster than this spider may, unless the crawl names a delay."""
        pace = self.crawler.get_extension(Pace)
        if pace is not None and self.settings.getbool("PENDANT_LEARNS_DELAY"):
            pace.at_least(urlsplit(self.url).hostname or "", self.pace)

    def _idle(self) -> None:
        """Ask for the next pages that wait; end the run where it found nothing at all."""
        if self.ending:
            return
        if self.has_enough:
            raise CloseSpider("limit")
        batch, self.waiting[:] = self.waiting[:_BATCH], self.waiting[_BATCH:]
        for url in batch:
            assert self.crawler.engine is not None
            self.crawler.engine.crawl(self.ask(url, self.product))
        if batch:
            raise DontCloseSpider
        if not self.found:
            failed = self.crawler.stats.get_value("pendant/failed_pages", 0)
            raise self.refuse(Trouble("nothing", count=failed) if failed else Trouble("empty"))

    def _broke(self) -> None:
        """Count a page on which the spider itself failed."""
        self.count("failed_pages")
        self.count("errors/defect")
