"""Start crawls, and keep watch over the process that does one."""

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.fetching import FetchError, is_public, read_address
from catalog.loading import SOURCE_NAME_LENGTH, LoadingError, usable_name
from catalog.models import Department, Source, no_such_department
from crawlers.folders import drop_folder, drop_folders
from crawlers.models import CURRENCY, Crawl, CrawlRun
from crawlers.process import LONGEST_ENDING, STOPPED
from jobs.models import LostClaim, Refused

logger = logging.getLogger(__name__)

# Those of crawlers.spiders, which only a process that crawls loads.
SPIDERS = {
    "auto": "auto: finds out what the shop speaks",
    "shopify": "Shopify",
    "woocommerce": "WooCommerce",
    "magento": "Magento, by GraphQL",
    "structured": "structured: pages with data for search engines, by sitemap or listing",
    "merchant_feed": "merchant feed, as for Google: RSS, Atom or TSV",
    "artic": "Art Institute of Chicago",
    "met": "The Metropolitan Museum of Art",
    "cleveland": "The Cleveland Museum of Art",
    "minted": "Minted",
    "shopstyle": "ShopStyle",
}
ROOT = Path(__file__).resolve().parent.parent
# Seconds: between looks at process and row, until a process has noticed that it was cancelled, and
# until it has ended.
LOOK, NOTICED, LONGEST_CANCELLING = 0.3, 4.0, 9.0
GAVE_UP = "The crawl stopped without an answer. Start it again: what it stored is kept."

# Set when this worker is to end: its crawl stops cleanly, and goes on elsewhere.
stopping = threading.Event()


class CrawlError(ValueError):
    """A crawl that cannot start or did not succeed, in words for people."""


class CrawlerDied(Exception):
    """Raised where a crawl's process ended without a word; holds the end of its log."""


def check_crawl(spider: str, url: str, department: str = "", currency: str = "") -> None:
    """Raise CrawlError where these cannot be crawled."""
    if spider not in SPIDERS:
        raise CrawlError(f"There is no spider {spider!r}: use one of {', '.join(SPIDERS)}.")
    if currency and not re.fullmatch(CURRENCY, currency):
        raise CrawlError(f"A currency is a code of three capitals, as in EUR, not {currency!r}.")
    if department and department not in Department.values:
        raise CrawlError(no_such_department(department))
    if not url.strip():
        raise CrawlError("There is no address to crawl. Give one that begins with https://.")
    try:
        host = read_address(url).host
        trouble = "" if settings.FETCH_PRIVATE_ADDRESSES or is_public(host) else "private"
    except FetchError as error:
        host, trouble = url, error.code
    except ValueError:
        # A name: where it leads is checked when it is connected to.
        return
    if trouble:
        from crawlers.fetching.troubles import Trouble

        raise CrawlError(Trouble(trouble).sentence("Nothing was asked.", url=url, host=host))


def crawl_of(
    source_name: str, spider: str, url: str, department: str = "", currency: str = ""
) -> Crawl:
    """Return the source's crawl of this address, made or changed as needed; raises CrawlError."""
    check_crawl(spider, url, department, currency)
    try:
        name = usable_name(source_name, "source", SOURCE_NAME_LENGTH)
    except LoadingError as error:
        raise CrawlError(str(error)) from error
    source, _ = Source.objects.get_or_create(name=name)
    given = {"department": department, "currency": currency}
    values = {"spider": spider, **{field: value for field, value in given.items() if value}}
    crawl, _ = Crawl.objects.get_or_create(source=source, url=url, defaults=values)
    changed = [field for field, value in values.items() if getattr(crawl, field) != value]
    if changed:
        for field in changed:
            setattr(crawl, field, values[field])
        crawl.save(update_fields=changed)
    return crawl


def start_crawl(
    crawl: Crawl,
    *,
    limit: int | None = None,
    started_by: User | None = None,
    ring: bool = True,
) -> CrawlRun:
    """Queue a run; ``ring=False`` leaves it to the caller to do it.

    Raises CrawlError for what cannot be crawled and while the source is crawled already.
    """
    check_crawl(crawl.spider, crawl.url, crawl.department, crawl.currency)
    if limit is not None and limit < 1:
        raise CrawlError(f"The limit must be at least 1, not {limit}.")
    runs = CrawlRun.objects.filter(source=crawl.source_id)
    now = timezone.now()
    # Where a site runs, its sweeper lets these go on.
    for silent in runs.none() if ring else runs.stale(now):
        silent.fail(GAVE_UP, "No heartbeat came within the lease.")
    try:
        with transaction.atomic():
            run = CrawlRun.objects.create(
                crawl=crawl,
                source_id=crawl.source_id,
                limit=limit,
                started_by=started_by,
                # A run that its starter performs is not rung for before it has had the time to.
                rung_at=None if ring else now,
            )
            if ring:
                run.ring_after_commit()
    except IntegrityError:
        under_way = runs.unfinished().first()
        since = f" since {under_way.created_at:%H:%M}" if under_way else ""
        raise CrawlError(
            f"A crawl of {crawl.source} is under way{since}: wait for it to end, or cancel it."
        ) from None
    return run


def crawl_now(run: CrawlRun, on_progress: Callable[[dict[str, Any]], None]) -> CrawlRun:
    """Do a queued run from this process and return it ended; raises CrawlError where it breaks."""
    job = CrawlRun.objects.claim(run.pk)
    if job is None:
        raise CrawlError("Another process has taken this crawl.")
    try:
        crawl(job, on_progress)
    except Refused as error:
        job.fail(str(error))
    except LostClaim:
        pass
    except CrawlerDied as error:
        logger.exception("%s broke", job)
        job.fail(GAVE_UP, str(error))
    except BaseException:
        job.cancel("Stopped. What was read before is kept; start it again to go on.")
        raise
    job.refresh_from_db()
    return job


def crawl(run: CrawlRun, on_progress: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """Have a process of its own crawl for a claimed run, and watch it until it has ended.

    The process writes how the run ended. Raises LostClaim where the run was cancelled or taken
    back, CrawlerDied where the process broke. Where this worker is to end, the run is queued again
    and goes on from where it is.
    """
    drop_folders(run)
    run.folder.mkdir(parents=True, exist_ok=True)
    log = run.folder / f"{run.claim_token}.log"
    with run.beating() as lost, log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                *("-m", "crawlers.process"),
                *(str(run.pk), str(run.claim_token), str(os.getpid())),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            status = _watch(run, process, lost, on_progress)
        finally:
            _end_group(process)
    if not CrawlRun.objects.filter(pk=run.pk).exists():
        # It was deleted meanwhile, and its process wrote on until it had ended.
        drop_folder(run)
    if status == STOPPED and run.hand_over():
        if not stopping.is_set():
            run.ring()
        return
    held = CrawlRun.objects.filter(pk=run.pk, claim_token=run.claim_token)
    if status == 0 and not held.exists():
        return
    if not held.exists():
        raise LostClaim(f"{run} was cancelled or taken back")
    raise CrawlerDied(_tail(log))


def _watch(
    run: CrawlRun,
    process: "subprocess.Popen[bytes]",
    lost: threading.Event,
    on_progress: Callable[[dict[str, Any]], None],
) -> int:
    """Wait for the process and return its status; have it end where the run is to stop.

    It sees by itself, within a second, that its claim is gone: it is asked where it does not, and
    ended where it does not answer.
    """
    asked_at, killed_at = float("inf"), float("inf")
    while (status := process.poll()) is None:
        now = time.monotonic()
        held = CrawlRun.objects.filter(pk=run.pk, claim_token=run.claim_token)
        progress = held.values_list("progress", flat=True).first()
        if progress:
            on_progress(progress)
        if killed_at == float("inf"):
            if stopping.is_set():
                asked_at, killed_at = now, now + LONGEST_ENDING
            elif lost.is_set() or progress is None:
                asked_at, killed_at = now + NOTICED, now + LONGEST_CANCELLING
        if now >= killed_at:
            process.kill()
        elif now >= asked_at:
            process.send_signal(signal.SIGTERM)
            asked_at = float("inf")
        time.sleep(LOOK)
    return status


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """Leave nothing of the process behind: ask it to end, wait, then end its whole group."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(LONGEST_ENDING)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(log: Path) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-30:])
    return ""
