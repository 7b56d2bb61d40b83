"""Celery tasks: an id in, one service call."""

from contextlib import suppress

from celery import shared_task

from jobs.services import perform
from ml import services
from ml.models import ModelVersion, NotReady, TrainingRun


@shared_task
def train(pk: int) -> None:
    """Train one encoder; harmless when delivered twice."""
    perform(TrainingRun.objects.all(), pk, services.train)


@shared_task
def embed(pk: int) -> None:
    """Embed what a live or candidate version still lacks; harmless when delivered twice."""
    version = ModelVersion.objects.embedding().filter(pk=pk).first()
    if version is None:
        return
    services.embed(version)
    if version.state == ModelVersion.State.CANDIDATE and version.training_run.promote:
        # Whoever embeds the last picture promotes; before that there is nothing to say.
        with suppress(NotReady):
            version.promote()
