"""When a host may be asked next, and when a crawl stops asking."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeVar, cast

from scrapy import signals

from crawlers.fetching.troubles import Trouble

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.spiders.base import CatalogSpider

Answer = TypeVar("Answer")

LONGEST_DELAY = 30.0  # seconds between requests that slow answers can lead to
_LOOK = 0.3  # seconds between looks at whether the crawl is to end


@dataclass(slots=True)
class _Host:
    """Seconds: delay between requests as learnt, floor as asked for, and the time of the next."""

    delay: float
    floor: float = 0.0
    next_at: float = 0.0
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pace:
    """Let each request wait for its turn, one at a time a host; a Scrapy extension.

    Scrapy's own slots let more than one through where several requests come at once.
    The delay between an answer and the next request to its host is what its robots.txt or the
    spider asks for at least, and, without a fixed delay, about as long as the host takes to answer:
    AutoThrottle's rule. What waits or downloads when the crawl is to end is let go, so that
    it ends within a second.
    """

    def __init__(self, crawler: "Crawler") -> None:
        self._crawler = crawler
        self._learns = crawler.settings.getbool("PENDANT_LEARNS_DELAY")
        self._delay = crawler.settings.getfloat("PENDANT_DELAY")
        self._hours = crawler.settings.getfloat("PENDANT_MOST_HOURS")
        self._hosts: dict[str, _Host] = {}
        self._ending = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    def at_least(self, host: str, seconds: float) -> None:
        """Let at least so many seconds pass between two requests to the host."""
        state = self._host(host)
        state.floor = max(state.floor, seconds)

    def hold(self, host: str, seconds: float) -> None:
        """Ask the host nothing for so many seconds from now on."""
        state = self._host(host)
        state.next_at = max(state.next_at, time.monotonic() + seconds)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Have the host to oneself, once it may be asked; the delay passes from the end on.

        Raise Trouble "stopped" where the crawl is to end.
        """
        state = self._host(host)
        await self.unless_ending(state.alone.acquire())
        try:
            while (wait := state.next_at - time.monotonic()) > 0:
                await self.unless_ending(asyncio.sleep(wait))
            try:
                yield
            finally:
                over = time.monotonic() + max(state.floor, state.delay)
                state.next_at = max(state.next_at, over)
        finally:
            state.alone.release()

    def learn(self, host: str, latency: float, status: int) -> None:
        """Take an answer's latency in seconds for what the host can bear, without a fixed delay."""
        state = self._host(host)
        delay = max(latency, (state.delay + latency) / 2)
        delay = min(max(self._delay, delay), LONGEST_DELAY)
        # An error comes quickly, and says nothing about how much the host can bear.
        if self._learns and (status == 200 or delay > state.delay):
            state.delay = delay

    async def unless_ending(self, work: Awaitable[Answer]) -> Answer:
        """Return what work gives; let it go, raising Trouble "stopped", when the crawl ends."""
        task = asyncio.ensure_future(work)
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait((task, ending), return_when=asyncio.FIRST_COMPLETED)
            if self._ending.is_set() and not task.done():
                # What it says to that is of no use to anyone.
                task.add_done_callback(lambda task: task.cancelled() or task.exception())
                raise Trouble("stopped")
            return task.result()
        finally:
            ending.cancel()
            task.cancel()

    def _host(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host(self._delay))

    def _opened(self) -> None:
        self._watching = asyncio.ensure_future(self._watch())

    def _closed(self) -> None:
        if self._watching:
            self._watching.cancel()

    async def _watch(self) -> None:
        """Look at whether the crawl is to end: by a signal, by its spider, or by its hours."""
        engine = self._crawler.engine
        spider = cast("CatalogSpider", self._crawler.spider)
        assert engine is not None
        over = time.monotonic() + self._hours * 3600
        # The engine runs a moment after its spider opened, and may stop before it was looked at.
        while self._crawler.crawling:
            if time.monotonic() > over:
                spider.refuse(Trouble("too long", hours=self._hours))
            if spider.ending:
                closing = engine.close_spider_async(reason=spider.ending)
                self._closing = asyncio.ensure_future(closing)
                break
            await asyncio.sleep(_LOOK)
        self._ending.set()
