"""What a crawl's process does beside crawling: stores, tells how far it is, knows when to end."""

import asyncio
import json
import logging
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.db import DatabaseError, connection
from scrapy import signals
from scrapy.exceptions import DontCloseSpider

from crawlers.items import ProductItem
from crawlers.models import CrawlRun
from crawlers.pictures import Pictures
from crawlers.storing import Counts, Storing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.spiders.base import CatalogSpider

logger = logging.getLogger(__name__)

BATCH = 200
PULSE = 1.0  # seconds between two writes of how far the run is
LOG_LINES = 40
MOST_KINDS = 50  # of errors, categories, … that a run tells one by one
# What these say in passing is about Scrapy, not about the shop.
_TALKATIVE = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.extensions", "httpx")


def close_connection() -> None:
    """Close the calling thread's connection to the database."""
    connection.close()


class Log(logging.Handler):
    """Keep the last lines of the log for the run's page."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_TALKATIVE) and record.levelno < logging.WARNING:
            return
        self.lines.append(self.format(record).partition("\n")[0][:300].replace("\0", ""))


class Work:
    """Store what one run's spider yields; a Scrapy pipeline.

    before: the progress that a run had at a clean stop, from which it goes on. seen: the external
    ids that the run met, kept in ``folder`` too for that. broken: why storing failed, with which
    the run ends. lost: the claim was taken back.
    """

    def __init__(
        self, run: CrawlRun, crawler: "Crawler", folder: Path, before: dict[str, Any]
    ) -> None:
        self.run, self.crawler, self.before = run, crawler, before
        self.log = Log()
        self.database = ThreadPoolExecutor(1, thread_name_prefix="storing")
        self.pulse = ThreadPoolExecutor(1, thread_name_prefix="pulse")
        self.buffer: list[ProductItem] = []
        self.broken: Exception | None = None
        self.lost = False
        self.seen_file = folder / "seen.jsonl"
        self.seen: set[str] = set()
        if self.seen_file.exists():
            with self.seen_file.open() as lines:
                self.seen.update(json.loads(line) for line in lines)
        # Who has a look at some products wants these products' pictures alone.
        only = None if run.limit is None else self.seen
        self.storing = Storing(run, Counts.of(before), only=only)
        self.started = time.monotonic()
        self.finishing: asyncio.Task[None] | None = None
        crawler.signals.connect(self.idle, signals.spider_idle)

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> "Work":
        work: Work = crawler.work  # type: ignore[attr-defined]  # set by crawlers.process
        return work

    async def open_spider(self) -> None:
        self.lock = asyncio.Lock()
        self.pictures = Pictures(self.crawler, self.storing, self.database)
        self.tasks = [
            asyncio.ensure_future(self.work_on_pictures()),
            asyncio.ensure_future(self.keep_telling()),
        ]

    async def process_item(self, item: ProductItem) -> ProductItem:
        self.buffer.append(item)
        if len(self.buffer) >= BATCH:
            await self.flush()
        return item

    async def flush(self) -> None:
        """Store what was read, a batch after the other; others wait meanwhile."""
        async with self.lock:
            while self.buffer and self.broken is None:
                batch, self.buffer = self.buffer[:BATCH], self.buffer[BATCH:]
                try:
                    await self.in_database(self.store, batch)
                except Exception as error:
                    logger.exception("A batch could not be stored")
                    self.stop(error)
                self.pictures.more()

    def store(self, batch: list[ProductItem]) -> None:
        ids = self.storing.store(batch)
        with self.seen_file.open("a") as file:
            file.writelines(f"{json.dumps(one)}\n" for one in ids)
        self.seen.update(ids)

    async def work_on_pictures(self) -> None:
        try:
            await self.pictures.work()
        except Exception as error:
            logger.exception("Pictures could not be stored")
            self.stop(error)

    async def keep_telling(self) -> None:
        """Write how far the run is every second; end it where its claim is gone."""
        while True:
            await asyncio.sleep(PULSE)
            await self.flush()
            if not await self.tell():
                self.lost = True
                self.stop()
                return

    async def tell(self) -> bool:
        facts = self.progress()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.pulse, lambda: self.run.tell(progress=facts))
        except DatabaseError as error:
            logger.warning("The run's row could not be written: %s", error)
            await loop.run_in_executor(self.pulse, close_connection)
            return True

    def stop(self, error: Exception | None = None) -> None:
        """End the crawl as soon as what is under way has let go."""
        self.broken = self.broken or error
        self.crawler.spider.ending = "stopped"  # type: ignore[union-attr]  # a CatalogSpider
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None:
            self.ended = asyncio.ensure_future(engine.close_spider_async(reason="stopped"))

    def idle(self) -> None:
        """Keep the crawl open until all that was read is stored, with its pictures."""
        if self.broken or self.lost or self.is_stored:
            return
        if self.finishing is None or self.finishing.done():
            self.finishing = asyncio.ensure_future(self.finish())
        raise DontCloseSpider

    @property
    def is_stored(self) -> bool:
        """Say whether all that was read is stored, and all its pictures were asked for."""
        is_storing = self.buffer or self.lock.locked()
        return not is_storing and self.pictures.is_drained.is_set()

    async def finish(self) -> None:
        while not (self.broken or self.is_stored):
            await self.flush()
            await self.pictures.is_drained.wait()
        engine = self.crawler.engine
        if engine is None or engine.spider is None:
            return
        spider = cast("CatalogSpider", engine.spider)
        # Between two batches of waiting pages the engine is idle too.
        if engine.spider_is_idle() and (spider.has_enough or not spider.waiting):
            await engine.close_spider_async(reason="limit" if spider.has_enough else "finished")

    async def close_spider(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.flush()
        if not self.lost:
            await self.tell()
        for executor in (self.database, self.pulse):
            await asyncio.get_running_loop().run_in_executor(executor, close_connection)
            executor.shutdown()
        self.pictures.decoding.shutdown()

    async def in_database(self, call: Any, *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.database, lambda: call(*arguments))

    def progress(self) -> dict[str, Any]:
        """Return what the run's page shows, of Scrapy's stats and what was stored."""
        counts, before = self.storing.counts, self.before
        stats = self.crawler.stats.get_stats()
        kinds = ("errors", "skipped", "not_stored", "uncaught")
        named = {name: Counter(before.get(name, {})) for name in kinds}
        # Copied at once, for the thread that stores goes on counting.
        named["not_stored"].update(dict(counts.reasons))
        named["uncaught"].update(dict(counts.uncaught))
        for name, value in stats.items():
            parts = name.split("/", 2)
            if parts[0] == "pendant" and len(parts) == 3 and parts[1] in named:
                named[parts[1]][parts[2]] += value
        took = time.monotonic() - self.started
        here = counts.items - before.get("items", 0)
        items = counts.items or 1
        total = getattr(self.crawler.spider, "total", None)
        if total and self.run.limit:
            total = min(total, self.run.limit)
        return {
            **counts.numbers(),
            "pages": before.get("pages", 0) + stats.get("pendant/pages", 0),
            "failed_pages": before.get("failed_pages", 0) + stats.get("pendant/failed_pages", 0),
            "total": total,
            "speaks": getattr(self.crawler.spider, "speaks", ""),
            "rate": round(here / took, 1) if took else 0.0,
            "seconds": round(before.get("seconds", 0) + took, 1),
            "fill": {
                "price": round(counts.with_price / items, 4),
                "picture": round(counts.with_picture / items, 4),
                "title": round(counts.with_title / items, 4),
            },
            "log": list(self.log.lines),
            **{name: dict(found.most_common(MOST_KINDS)) for name, found in named.items()},
        }
