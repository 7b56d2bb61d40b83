"""When crawls start by themselves: rows that the beat process reads."""

import json

from django_celery_beat.models import IntervalSchedule, PeriodicTask

from crawlers.models import Crawl, CrawlRun

TASK = "crawlers.tasks.start"


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
