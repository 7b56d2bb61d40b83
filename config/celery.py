"""The Celery application: workers import it with ``celery -A config``."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("pendant")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def warm_up(sender: Any = None, **kwargs: Any) -> None:
    """Load the live encoders before a worker of photos takes its first one."""
    if "interactive" in sender.app.amqp.queues.consume_from:
        from recommendations.services import warm_up

        warm_up()
