"""``bench crawl``: products a second of a replica shop, with their pictures, into the catalogue."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from django.db import connection
from django.test.utils import override_settings

from catalog.models import Picture, Product
from config import services as servers
from crawlers import services
from crawlers.models import CrawlRun
from tests.benchmarks.machine import machine
from tests.benchmarks.search import own_database

BASE_DIR = Path(__file__).resolve().parents[2]
# The longest side of a picture, in px: a list's thumbnail, and what a shop shows of one piece.
SIDES = (100, 800)
LOOK = 0.1


def bench(
    size: int = 5_000,
    *,
    sides: tuple[int, ...] = SIDES,
    on_progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Crawl a shop of ``size`` products twice, and once as Scrapy's own pipelines store it."""
    rows = []
    with own_database():
        about = machine("scrapy", "pillow", "django")
    for side in sides:
        on_progress(f"Opening a shop of {size:,} products with pictures of {side} px")
        with shop(size, side) as (url, kilobytes), own_database(), crawling(url):
            shown = {"side": side, "kilobytes": kilobytes}
            on_progress("Crawling it")
            first = crawled(url)
            stored = Product.objects.active().count(), Picture.objects.count()
            if stored != (size, size):
                raise RuntimeError(f"{size} products became {stored[0]}, with {stored[1]} pictures")
            rows.append({"name": "Pendant", **shown, **first})
            on_progress("Crawling it again, unchanged")
            rows.append({"name": "Pendant, again", **shown, **crawled(url)})
            on_progress("Crawling it by Scrapy's own pipelines")
            rows.append({"name": "Scrapy's pipelines", **shown, **plain(url, size)})
    return {"bench": "crawl", "size": size, "machine": about, "rows": rows}


@contextmanager
def shop(size: int, side: int) -> Iterator[tuple[str, float]]:
    """Serve a replica from a process of its own; yield its address and a picture's mean kB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.crawl_shop", str(size), str(side)],
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("The shop did not open.")
        ready = json.loads(line)
        yield ready["url"], ready["kilobytes"]
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def crawling(url: str) -> Iterator[None]:
    """Let crawls' processes work on the benchmark's database, in a folder of its own."""
    name = connection.settings_dict["NAME"]
    here = servers.database_url(servers.home()).replace("/pendant?", f"/{name}?")
    folder = tempfile.TemporaryDirectory(prefix="pendant-bench-", dir="/var/tmp")
    with folder as media, override_settings(MEDIA_ROOT=media, FETCH_PRIVATE_ADDRESSES=True):
        given = {
            "DATABASE_URL": os.environ.get("DATABASE_URL", here),
            "MEDIA_ROOT": media,
            "FETCH_PRIVATE_ADDRESSES": "yes",
            "CRAWLER_PACE": "full",
        }
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def crawled(url: str) -> dict[str, Any]:
    """Crawl, and return how long it took, what it held in memory and the rows that it wrote."""
    written = writes()
    with watched("crawlers.process") as memory:
        started = time.perf_counter()
        crawl = services.crawl_of("a replica", "shopify", url, "art")
        run = services.crawl_now(services.start_crawl(crawl, ring=False), lambda _: None)
        took = time.perf_counter() - started
    if run.outcome != CrawlRun.Outcome.COMPLETE:
        raise RuntimeError(f"The crawl ended {run.state}: {run.error or run.remark}")
    items = run.progress["items"]
    return {
        "seconds": round(took, 1),
        "per_second": round(items / took, 1),
        "crawler_mib": memory.crawler,
        "all_mib": memory.all,
        "writes": writes() - written,
    }


def plain(url: str, size: int) -> dict[str, Any]:
    """Crawl as Scrapy does by itself: lines of JSON, and ImagesPipeline with its thumbnails."""
    with tempfile.TemporaryDirectory(prefix="pendant-bench-", dir="/var/tmp") as folder:
        with watched("tests.benchmarks.crawl_peer") as memory:
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.crawl_peer", url, folder],
                cwd=BASE_DIR,
                check=True,
            )
            took = time.perf_counter() - started
        lines = (Path(folder) / "products.jsonl").read_text().splitlines()
        files = len(list((Path(folder) / "full").iterdir()))
        if (len(lines), files) != (size, size):
            raise RuntimeError(f"Scrapy stored {len(lines)} products and {files} pictures")
    return {
        "seconds": round(took, 1),
        "per_second": round(size / took, 1),
        "crawler_mib": memory.crawler,
        "all_mib": memory.all,
    }


@dataclass
class Memory:
    """The most that a process held in memory, and with its children at one time, in MiB."""

    crawler: float = 0.0
    all: float = 0.0


@contextmanager
def watched(module: str) -> Iterator[Memory]:
    """Watch the child process that runs this module while the block works."""
    memory, over = Memory(), threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not over.wait(LOOK):
            with suppress(psutil.Error):
                for child in me.children():
                    if module in child.cmdline():
                        look(child, memory)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


def look(process: psutil.Process, memory: Memory) -> None:
    own = process.memory_info().rss
    # What processes share counts once.
    family = [process, *process.children(recursive=True)]
    together = sum(one.memory_full_info().pss for one in family)
    memory.crawler = max(memory.crawler, round(own / 2**20))
    memory.all = max(memory.all, round(together / 2**20))


def writes() -> int:
    """Return how many rows of the catalogue and of crawls were written, save the run's own."""
    connection.close()
    # What a session did is counted when it ends.
    time.sleep(1.5)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables "
            "WHERE relname ~ '^(catalog|crawlers|ml)_' AND relname != 'crawlers_crawlrun'"
        )
        return int(cursor.fetchone()[0])
