"""Crawls that start by themselves: on time by the beat process, late by the sweeper."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from crawlers.models import Crawl, CrawlRun
from crawlers.schedule import schedule, start_overdue, unschedule
from crawlers.tasks import start
from jobs.services import sweep
from tests.crawlers.running import make_run

pytestmark = pytest.mark.django_db


def crawled_ago(hours: float, every_days: int | None = 2) -> Crawl:
    """Return a scheduled crawl of a public address whose last run began so many hours ago."""
    run = make_run(url="https://93.184.215.14/")
    run.fail("over")
    CrawlRun.objects.update(created_at=timezone.now() - timedelta(hours=hours))
    crawl = run.crawl
    crawl.every_days = every_days
    crawl.save()
    schedule(crawl)
    return crawl


def started(crawl: Crawl) -> int:
    """Return how many runs wait."""
    return crawl.runs.filter(state=CrawlRun.State.QUEUED).count()


def test_what_is_late_is_started_by_the_sweeper() -> None:
    crawl = crawled_ago(49.5)
    sweep()
    assert started(crawl) == 1
    # It is under way now.
    start_overdue()
    assert started(crawl) == 1


def test_what_is_not_late_yet_waits_for_the_beat_process() -> None:
    crawl = crawled_ago(48.5)
    start_overdue()
    assert started(crawl) == 0


def test_what_was_switched_off_is_not_started() -> None:
    crawl = crawled_ago(500)
    PeriodicTask.objects.filter(name=f"crawl {crawl.pk}").update(enabled=False)
    start_overdue()
    assert started(crawl) == 0


def test_what_never_ran_has_its_first_time_by_the_beat_process() -> None:
    crawl = crawled_ago(500)
    crawl.runs.all().delete()
    start_overdue()
    assert started(crawl) == 0


def test_what_cannot_start_keeps_no_other_from_it() -> None:
    crawl = crawled_ago(500)
    private = Crawl.objects.create(
        source=crawl.source, spider="shopify", url="http://10.0.0.1/", every_days=1
    )
    schedule(private)
    run = CrawlRun.objects.create(crawl=private, source=private.source, state="failed")
    CrawlRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=9))
    start_overdue()
    assert (started(private), started(crawl)) == (0, 1)


def test_a_crawl_without_days_has_no_task() -> None:
    crawl = crawled_ago(1)
    assert PeriodicTask.objects.filter(name=f"crawl {crawl.pk}").exists()
    crawl.every_days = None
    schedule(crawl)
    assert not PeriodicTask.objects.filter(name=f"crawl {crawl.pk}").exists()


def test_a_message_for_a_crawl_that_is_gone_takes_its_task_along() -> None:
    crawl = crawled_ago(1)
    pk = crawl.pk
    crawl.delete()
    assert PeriodicTask.objects.filter(name=f"crawl {pk}").exists()
    start(pk)
    assert not PeriodicTask.objects.filter(name=f"crawl {pk}").exists()
    unschedule(pk)


def test_a_message_starts_a_run_once() -> None:
    crawl = crawled_ago(1)
    start(crawl.pk)
    start(crawl.pk)
    assert started(crawl) == 1
