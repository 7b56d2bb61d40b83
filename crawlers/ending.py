"""How a run ends: complete or not, suspicious or not, and what is off the shelf then."""

import shutil
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from catalog.models import Product
from catalog.upserting import delist
from catalog.wording import percent
from crawlers.models import CrawlRun, Sighting
from jobs.models import LostClaim

NEAR_TOTAL = 0.95  # of the products that the shop says it has
MOST_AT_ONCE = 0.2  # of what is on the shelf, without an owner's confirmation
DROP = 0.2  # of the share of products with a price, picture or title
HISTORY = 5  # complete runs that a run is compared with
FEWEST = 10  # products from which on shares say something

WORDS = {"price": "a price", "picture": "a picture", "title": "a title"}


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known when a crawl's spider has closed, with Scrapy's reason."""

    reason: str
    refusal: str
    seen: set[str]
    progress: dict[str, Any]


def end(run: CrawlRun, ending: Ending) -> None:
    """Write how the run ended; delist what a complete run missed for the second time.

    Where the claim was lost, nothing is written.
    """
    run.tell(progress=ending.progress)
    refusal = ending.refusal or _nothing_taken(ending.progress)
    if refusal:
        run.fail(refusal)
        return
    outcome, remark = _outcome(run, ending)
    facts: dict[str, Any] = {"outcome": outcome, "remark": remark, "to_confirm": 0}
    try:
        with run.completing():
            delisted = 0
            if outcome == CrawlRun.Outcome.COMPLETE:
                _count_absences(run, ending.seen)
                gone = missing(run)
                most = MOST_AT_ONCE * _on_shelf(run).count()
                if gone.count() > most:
                    facts["to_confirm"] = gone.count()
                else:
                    delisted = delist(gone.values_list("pk", flat=True))
            facts["progress"] = {**ending.progress, "delisted": delisted}
            CrawlRun.objects.filter(pk=run.pk).update(**facts)
    except LostClaim:
        return
    shutil.rmtree(run.folder, ignore_errors=True)


def confirm(run: CrawlRun) -> int:
    """Delist what the run's crawl missed twice, as an owner confirmed; return how many."""
    delisted = delist(missing(run).values_list("pk", flat=True))
    progress = {**run.progress, "delisted": run.progress.get("delisted", 0) + delisted}
    CrawlRun.objects.filter(pk=run.pk).update(to_confirm=0, progress=progress)
    return delisted


def missing(run: CrawlRun) -> QuerySet[Product]:
    """Return what is on the shelf though the run's crawl, and every other one, missed it twice."""
    there = Sighting.objects.filter(product=OuterRef("pk"), absences__lt=Sighting.MISSED)
    return _on_shelf(run).exclude(Exists(there))


def _on_shelf(run: CrawlRun) -> QuerySet[Product]:
    return Product.objects.active().filter(sightings__crawl=run.crawl_id)


def _count_absences(run: CrawlRun, seen: set[str]) -> None:
    """Count one more absence for what the run did not meet, up to two."""
    sightings = Sighting.objects.filter(crawl=run.crawl_id, absences__lt=Sighting.MISSED)
    absent = [
        pk
        for pk, external_id in sightings.values_list("pk", "product__external_id").iterator()
        if external_id not in seen
    ]
    Sighting.objects.filter(pk__in=absent).update(absences=F("absences") + 1)


def _nothing_taken(progress: dict[str, Any]) -> str:
    """Return why a run that took nothing of what it found has failed; "" where it took some."""
    without = progress["not_stored"].get("no department", 0)
    if without and without == progress["items"]:
        return (
            f"No category rule says what the {without:,} products are, and the crawl names no "
            "department. Nothing was stored: name a department, or write rules."
        )
    return ""


def _outcome(run: CrawlRun, ending: Ending) -> tuple[str, str]:
    """Return how complete the run is, and a sentence where an owner should know why."""
    progress = ending.progress
    if run.limit is not None and ending.reason == "limit":
        return CrawlRun.Outcome.LIMITED, ""
    drift = _drift(run, progress)
    if drift:
        return CrawlRun.Outcome.SUSPICIOUS, drift
    if ending.reason != "finished":
        return CrawlRun.Outcome.PARTIAL, f"The crawl ended early ({ending.reason})."
    if failed := progress["failed_pages"]:
        pages = "1 page" if failed == 1 else f"{failed:,} pages"
        return CrawlRun.Outcome.PARTIAL, f"{pages} could not be read, so nothing was delisted."
    met = len(ending.seen) + sum(progress["skipped"].values())
    total = progress["total"]
    if total and met < NEAR_TOTAL * total:
        return CrawlRun.Outcome.PARTIAL, (
            f"The shop says it has {total:,} products, and {met:,} were met, so nothing was "
            "delisted."
        )
    return CrawlRun.Outcome.COMPLETE, ""


def _drift(run: CrawlRun, progress: dict[str, Any]) -> str:
    """Return what fell against the crawl's history, as a sentence; "" where nothing did.

    A run that an owner accepted as right begins a new history.
    """
    if progress["items"] < FEWEST:
        return ""
    earlier = CrawlRun.objects.filter(crawl=run.crawl_id, outcome=CrawlRun.Outcome.COMPLETE)
    fills: list[dict[str, float]] = []
    for one in earlier.order_by("-pk")[:HISTORY]:
        if one.progress.get("items", 0) >= FEWEST:
            fills.append(one.progress["fill"])
        if one.accepted:
            break
    if not fills:
        return ""
    fell = []
    for name, words in WORDS.items():
        before, now = median(fill[name] for fill in fills), progress["fill"][name]
        if now < before - DROP:
            fell.append(f"{percent(before)} of the products had {words} before, {percent(now)} now")
    if not fell:
        return ""
    return (
        f"{'; '.join(fell)}. The shop may have changed its pages. Known values were kept and "
        "nothing was delisted: look at its pages, then accept this run or wait for a mended spider."
    )
