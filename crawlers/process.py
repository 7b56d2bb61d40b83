"""One crawl in a process of its own: ``python -m crawlers.process RUN CLAIM PARENT``.

Twisted's reactor starts once a process, and memory goes with the process. It ends with 0 where it
wrote how the run ended, with STOPPED after a clean stop, from which the run can go on; with
anything else it broke, and the run begins anew.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerProcess

    from crawlers.models import CrawlRun

STOPPED = 3
NO_ROOM = (
    "Files could not be written: {why}. What was read before is kept: see that MEDIA_ROOT can be "
    "written to and has room, then start it again."
)
LONGEST_ENDING = 7.0  # seconds from SIGTERM until the process ends by itself, cleanly or not


def die_with_parent(parent: int) -> None:
    """End as on SIGTERM when the process that started this one dies, however it does."""
    if os.getppid() != parent:
        sys.exit(STOPPED)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(LONGEST_ENDING)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def stop_on_sigterm(process: "AsyncCrawlerProcess") -> None:
    """Let SIGTERM end the crawl cleanly, however often it comes.

    A service manager sends it to all processes, and the worker to its crawler as well; Scrapy's own
    handler takes the second for an order to drop everything.
    """
    from twisted.internet import reactor

    # asyncio itself holds no task: without this one could be collected halfway.
    stopping: list[asyncio.Future[None]] = []

    def begin() -> None:
        if not stopping:
            stopping.append(asyncio.ensure_future(process.stop()))

    def stop(*_: object) -> None:
        reactor.callFromThread(begin)

    signal.signal(signal.SIGTERM, stop)


def main(pk: int, claim: str, parent: int) -> int:
    """Crawl; return the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(STOPPED))
    die_with_parent(parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from crawlers.models import CrawlRun

    runs = CrawlRun.objects.select_related("crawl", "source")
    run = runs.filter(pk=pk, claim_token=claim).first()
    return crawl(run) if run else STOPPED


def crawl(run: "CrawlRun") -> int:
    """Crawl for a claimed run, and write how it ended."""
    from django.conf import settings
    from scrapy.crawler import AsyncCrawlerProcess

    from crawlers.ending import Ending, end
    from crawlers.fetching import scrapy_settings, user_agent
    from crawlers.folders import open_folder, stopped_cleanly
    from crawlers.pipeline import Work
    from crawlers.spiders import SPIDERS

    folder, before = open_folder(run)
    process = AsyncCrawlerProcess(
        {
            **scrapy_settings(
                user_agent=user_agent(settings.CRAWLER_CONTACT),
                allow_private=settings.FETCH_PRIVATE_ADDRESSES,
                jobdir=folder / "scrapy",
                delay=0 if settings.CRAWLER_PACE == "full" else None,
            ),
            "ITEM_PIPELINES": {Work: 100},
        }
    )
    crawler = process.create_crawler(SPIDERS[run.crawl.spider])
    work = crawler.work = Work(run, crawler, folder, before)  # type: ignore[attr-defined]
    logging.getLogger().addHandler(work.log)
    process.crawl(crawler, url=run.crawl.url, limit=run.limit, currency=run.crawl.currency)
    stop_on_sigterm(process)
    process.start(install_signal_handlers=False)
    # What is left to do takes a moment.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    spider, stats = crawler.spider, crawler.stats
    reason = stats.get_value("finish_reason") if stats else None
    if isinstance(work.broken, OSError):
        why = work.broken.strerror or str(work.broken)
        run.tell(progress=work.progress())
        run.fail(NO_ROOM.format(why=why), str(work.broken))
        return 0
    if work.broken is not None or reason is None:
        return 1
    if work.lost or reason == "shutdown":
        stopped_cleanly(run, work.progress())
        return STOPPED
    end(
        run,
        Ending(
            reason=str(reason),
            refusal=getattr(spider, "refusal", ""),
            seen=work.seen,
            progress=work.progress(),
        ),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
