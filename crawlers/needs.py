"""What the crawls need a person for: to look at what went wrong, and to confirm."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from crawlers.models import Crawl, CrawlRun
from jobs.needs import Need

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def needs(user: "User") -> Iterator[Need]:
    """Yield what the last run of each crawl asks for, and crawls whose schedule is not kept."""
    if not user.has_perm("crawlers.run_crawl"):
        return
    last = CrawlRun.objects.select_related("source", "crawl").order_by("crawl", "-pk")
    for run in last.distinct("crawl"):
        url = reverse("admin:crawlers_crawlrun_change", args=[run.pk])
        if run.state == CrawlRun.State.FAILED and not run.is_cancelled:
            yield Need(f"crawl failed: the last one of {run.source}", 1, url)
        elif run.outcome == CrawlRun.Outcome.SUSPICIOUS:
            yield Need(f"crawl of {run.source} is suspicious", 1, url)
        elif run.to_confirm:
            yield Need(f"products to take off the shelf of {run.source}", run.to_confirm, url)
    yield from _stale()


def _stale() -> Iterator[Need]:
    """Yield the scheduled crawls that have not come through for twice their time."""
    now = timezone.now()
    for crawl in Crawl.objects.exclude(every_days=None).select_related("source"):
        done = crawl.runs.filter(state=CrawlRun.State.DONE).order_by("-pk").first()
        if done is None or done.finished_at is None or crawl.every_days is None:
            continue
        if now - done.finished_at > 2 * timedelta(days=crawl.every_days):
            url = reverse("admin:catalog_source_change", args=[crawl.source_id])
            days = (now - done.finished_at).days
            yield Need(f"source not crawled for {days} days: {crawl.source}", 1, url)
