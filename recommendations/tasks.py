"""Celery tasks: an id in, one service call."""

from celery import shared_task

from jobs.services import perform
from recommendations import services
from recommendations.models import Submission


@shared_task
def process_submission(pk: int) -> None:
    """Find the matches of one submission; harmless when delivered twice."""
    perform(Submission.objects.all(), pk, services.process)
