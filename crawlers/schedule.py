"""When crawls start by themselves: rows that the beat process reads."""

import json
import logging
from datetime import timedelta

from django.db.models import Max
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from crawlers import services
from crawlers.models import Crawl, CrawlRun

logger = logging.getLogger(__name__)

TASK = "crawlers.tasks.start"
LATE = timedelta(hours=1)


def schedule(crawl: Crawl) -> None:
    """Have the beat process start the crawl every so many days, or no more."""
    name = f"crawl {crawl.pk}"
    if crawl.every_days is None:
        PeriodicTask.objects.filter(name=name).delete()
        return
    every, _ = IntervalSchedule.objects.get_or_create(every=crawl.every_days, period="days")
    PeriodicTask.objects.update_or_create(
        name=name,
        defaults={
            "task": TASK,
            "interval": every,
            "args": json.dumps([crawl.pk]),
            "queue": CrawlRun.QUEUE,
            "description": str(crawl)[:200],
            "enabled": True,
        },
    )


def unschedule(pk: int) -> None:
    """Have nothing start the crawl of this id, which is gone."""
    PeriodicTask.objects.filter(name=f"crawl {pk}").delete()


def start_overdue() -> None:
    """Start crawls that should have begun an hour ago, whose message is lost."""
    tasks = PeriodicTask.objects.filter(task=TASK, enabled=True)
    scheduled = {json.loads(args)[0] for args in tasks.values_list("args", flat=True)}
    crawls = Crawl.objects.filter(pk__in=scheduled).exclude(every_days=None)
    now = timezone.now()
    for crawl in crawls.select_related("source").annotate(last=Max("runs__created_at")):
        if crawl.last is None or now - crawl.last <= timedelta(days=crawl.every_days or 0) + LATE:
            continue
        try:
            services.start_crawl(crawl)
        except services.CrawlError as error:
            # The next sweep tries again; the home of the admin says so once it is late.
            logger.debug("%s was not started: %s", crawl, error)
