"""Obey robots.txt (RFC 9309), its Crawl-delay and its Request-rate."""

import asyncio
import math
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK

from crawlers.fetching.pace import Pace
from crawlers.fetching.troubles import Trouble, trouble_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

PRODUCT = "Pendant"
LONGEST_DELAY = 60.0  # seconds between requests; a site that asks for more is not crawled
_LARGEST = 512 * 1024  # RFC 9309, 2.5, asks for 500 KiB at least


class Robots:
    """Ask each host's robots.txt before anything else of it; a downloader middleware.

    An answer 4xx but 429 lets everything be read; one that cannot be had, or 5xx, nothing.
    """

    def __init__(self, crawler: "Crawler") -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._rules: dict[str, asyncio.Task[Protego | None]] = {}

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise Trouble where the request's host does not let it be read."""
        if request.meta.get("robots"):
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        rules = self._rules.get(origin)
        if rules is None:
            rules = asyncio.ensure_future(self._ask(origin, parts.hostname or ""))
            self._rules[origin] = rules
        allowed = await rules
        if allowed is not None and not allowed.can_fetch(request.url, PRODUCT):
            raise Trouble("robots", path=parts.path or "/")

    def sitemaps(self, url: str) -> list[str]:
        """Return the sitemaps that a host's robots.txt names, once it was asked."""
        parts = urlsplit(url)
        asked = self._rules.get(f"{parts.scheme}://{parts.netloc}")
        if asked is None or not asked.done() or asked.exception() is not None:
            return []
        rules = asked.result()
        return list(dict.fromkeys(rules.sitemaps)) if rules else []

    async def _ask(self, origin: str, host: str) -> Protego | None:
        """Return a host's rules, None where it has none; raise Trouble where they are not known."""
        request = Request(
            f"{origin}/robots.txt",
            callback=NO_CALLBACK,
            meta={"robots": True, "download_maxsize": _LARGEST},
        )
        engine = self._crawler.engine
        assert engine is not None
        try:
            response = await engine.download_async(request)
        except Exception as error:
            trouble = trouble_of(error)
            says_more = isinstance(error, Trouble) or trouble.kind == "unreachable"
            raise (trouble if says_more else Trouble("robots unknown")) from error
        if response.status == 429 or response.status >= 500:
            raise Trouble("robots unknown")
        if response.status >= 300:
            return None
        rules = Protego.parse(response.body.decode("utf-8-sig", "replace"))
        self._slow_down(rules, host)
        return rules

    def _slow_down(self, rules: Protego, host: str) -> None:
        seconds = rules.crawl_delay(PRODUCT) or 0.0
        rate = rules.request_rate(PRODUCT)
        if rate and rate.requests:
            seconds = max(seconds, rate.seconds / rate.requests)
        if not math.isfinite(seconds) or seconds > LONGEST_DELAY:
            raise Trouble("patience", seconds=seconds)
        pace = self._crawler.get_extension(Pace)
        assert pace is not None
        pace.at_least(host, seconds)
