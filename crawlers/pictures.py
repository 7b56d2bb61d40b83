"""The pictures of a crawl, a stage of their own beside its pages, by the same manners."""

import asyncio
import logging
from collections import Counter
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from catalog.photos import CleanPhoto, PhotoError, clean_photo
from catalog.upserting import store_files
from crawlers.fetching.troubles import trouble_of
from crawlers.models import PictureLink
from crawlers.storing import Asked, Storing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

AHEAD = 512
BATCH = 64
STORE_AFTER = 5.0  # seconds, though not all of a batch has come
AT_ONCE = 8
DECODING_THREADS = 4
MOST_FAILURES = 10  # of a host in a row, after which it is left alone in this run
_GONE = (404, 410)
# What is wrong with one picture says nothing of the others of its host.
_OWN_FAULT = ("address", "redirects", "robots", "too large")


class Pictures:
    """Ask for the pictures that the database wants, decode and store them.

    A picture that fails costs itself alone, and is wanted again in the next run. So are those of a
    host that fails again and again, which is asked no more.
    """

    def __init__(self, crawler: "Crawler", storing: Storing, database: Executor) -> None:
        self.crawler = crawler
        self.storing = storing
        self.database = database
        self.decoding = ThreadPoolExecutor(DECODING_THREADS, thread_name_prefix="pictures")
        self.gate = asyncio.Semaphore(AT_ONCE)
        self.failures: Counter[str] = Counter()
        self.is_drained = asyncio.Event()
        self.news = asyncio.Event()

    def more(self) -> None:
        """Say that there may be pictures to ask for."""
        self.is_drained.clear()
        self.news.set()

    async def work(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self.news.clear()
            links = await loop.run_in_executor(self.database, self.some)
            if links:
                if not await self.fetch(links):
                    return
            elif not self.news.is_set():
                self.is_drained.set()
                await self.news.wait()

    async def fetch(self, links: list[PictureLink]) -> bool:
        """Ask for a batch while the one before is stored; False where the crawl is to end.

        Where pictures come slowly, those that are there are stored while the rest is asked for.
        """
        loop = asyncio.get_running_loop()
        storing: asyncio.Future[None] | None = None
        goes_on = True
        waiting: set[asyncio.Task[Asked | None]] = set()
        try:
            for start in range(0, len(links), BATCH):
                batch = links[start : start + BATCH]
                waiting = {asyncio.ensure_future(self.ask(link)) for link in batch}
                while waiting:
                    done, waiting = await asyncio.wait(waiting, timeout=STORE_AFTER)
                    answers = [task.result() for task in done]
                    asked = [one for one in answers if one is not None]
                    asked.sort(key=lambda one: (one.link.position, one.link.pk))
                    goes_on = goes_on and len(asked) == len(answers)
                    if not asked:
                        continue
                    if storing is not None:
                        await storing
                    storing = loop.run_in_executor(
                        self.database, self.storing.store_pictures, asked
                    )
                if not goes_on:
                    break
        finally:
            for task in waiting:
                task.cancel()
        if storing is not None:
            await storing
        return goes_on

    def some(self) -> list[PictureLink]:
        return list(self.storing.wanted()[:AHEAD])

    async def ask(self, link: PictureLink) -> Asked | None:
        """Return what came of asking for a picture; None where the crawl is to end."""
        headers = {"Accept": "image/*"}
        if link.picture is not None and link.picture.is_readable:
            asked = {"If-None-Match": link.etag, "If-Modified-Since": link.modified}
            headers |= {name: value for name, value in asked.items() if value}
        # A probe: a picture that is refused does not end the run. It is tried again in the next.
        meta = {
            **dict.fromkeys(("picture", "probe", "dont_retry"), True),
            "download_maxsize": settings.PHOTO_MAX_BYTES,
        }
        engine = self.crawler.engine
        assert engine is not None
        host = _host(link.url)
        async with self.gate:
            if self.failures[host] >= MOST_FAILURES:
                return Asked(link, failure=f"{host} failed {MOST_FAILURES} times in a row")
            try:
                request = Request(link.url, callback=NO_CALLBACK, headers=headers, meta=meta)
                response = await engine.download_async(request)
            except Exception as error:  # noqa: BLE001  (whatever it is costs this picture alone)
                trouble = trouble_of(error)
                if trouble.kind == "stopped":
                    return None
                if trouble.kind in _OWN_FAULT:
                    return Asked(link, failure=trouble.kind)
                status = trouble.facts.get("status")
                return self.failed(link, f"answered {status}" if status else trouble.kind)
        if response.status not in (200, 304, *_GONE):
            return self.failed(link, f"answered {response.status}")
        self.failures[host] = 0
        return await self.read(link, response)

    def failed(self, link: PictureLink, reason: str) -> Asked:
        """Say that the picture's host gave nothing, and note that it did."""
        host = _host(link.url)
        self.failures[host] += 1
        if self.failures[host] == MOST_FAILURES:
            logger.warning(
                "%s gives no pictures (%s): the others wait for the next run", host, reason
            )
        return Asked(link, failure=reason)

    async def read(self, link: PictureLink, response: Response) -> Asked:
        facts = {
            "etag": _header(response, "ETag", 400),
            "modified": _header(response, "Last-Modified", 100),
        }
        if response.status == 304 and link.picture is not None:
            return Asked(link, etag=link.etag, modified=link.modified)
        if response.status != 200:
            return Asked(link, failure=f"answered {response.status}")
        loop = asyncio.get_running_loop()
        try:
            photo = await loop.run_in_executor(self.decoding, _decoded, response.body)
        except PhotoError as error:
            return Asked(link, failure=error.message)
        return Asked(link, photo=photo, **facts)


def _decoded(data: bytes) -> CleanPhoto:
    """Return the picture, its files stored: these wait for the disk, so not in the one thread."""
    photo = clean_photo(data, max_bytes=settings.PHOTO_MAX_BYTES)
    store_files(photo)
    return photo


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _header(response: Response, name: str, longest: int) -> str:
    text = (response.headers.get(name) or b"").decode("latin-1")
    return text if len(text) <= longest else ""
