"""Celery tasks: an id in, one service call."""

import logging

from celery import shared_task

from jobs.services import perform
from ml import embedding, services
from ml.models import ModelVersion, NotReady, TrainingRun, Worse

logger = logging.getLogger(__name__)


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
    embedding.embed(version)
    if version.training_run.promote:
        try:
            version.promote(unasked=True)
        except Worse as error:
            # Its page says so too; people may insist, later pictures do not.
            logger.warning("%s was not promoted. %s", version, error)
            TrainingRun.objects.filter(pk=version.training_run_id).update(promote=False)
        except NotReady:
            # Whoever embeds the last picture promotes; before that there is nothing to say.
            pass
