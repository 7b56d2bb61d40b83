"""Celery tasks: an id in, one service call."""

import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from crawlers import services
from crawlers.models import Crawl, CrawlRun
from crawlers.schedule import unschedule
from jobs.services import perform

logger = logging.getLogger(__name__)


@worker_shutting_down.connect
def stop_crawls(**_: Any) -> None:
    """Have the crawl of this worker stop cleanly, so that it goes on elsewhere."""
    services.stopping.set()


@shared_task
def crawl(pk: int) -> None:
    """Do one crawl; harmless when delivered twice."""
    runs = CrawlRun.objects.select_related("crawl", "source")
    perform(runs, pk, services.crawl)


@shared_task
def start(pk: int) -> None:
    """Start a crawl that is due, unless its source is being crawled."""
    due = Crawl.objects.select_related("source").filter(pk=pk).first()
    if due is None:
        unschedule(pk)
        return
    try:
        services.start_crawl(due)
    except services.CrawlError as error:
        logger.warning("%s was not started: %s", due, error)
