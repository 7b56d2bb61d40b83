"""Ring a worker: publish a Celery message, bounded in time, never failing the caller."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def ring(task: str, *args: object, queue: str) -> bool:
    """Publish one message for ``task`` and say whether the broker took it.

    Takes about two seconds at most where the broker does not answer (the socket timeouts of the
    settings). A lost message is no loss: the sweeper rings again for what waits.
    """
    try:
        current_app.send_task(task, args=args, queue=queue, ignore_result=True, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("Doorbell for %s%r not rung: %s", task, args, error)
        return False
    return True


def ring_after_commit(task: str, *args: object, queue: str) -> None:
    """Ring when the current transaction has committed, at once where there is none."""
    transaction.on_commit(partial(ring, task, *args, queue=queue))
