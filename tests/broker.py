"""Other brokers than the site's: one that is away, or one to see who rings for whom."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery
from celery._state import get_current_app
from django.conf import settings
from redis import Redis

NUMBER = 7


@contextmanager
def ringing_at(url: str) -> Iterator[None]:
    """Ring with the site's own settings, but at another broker."""
    before = get_current_app()
    app = Celery("elsewhere")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_url=url)
    app.set_current()
    try:
        yield
    finally:
        app.close()
        before.set_current()


@contextmanager
def listening() -> Iterator["Broker"]:
    """Ring with the site's own settings, but where no worker listens."""
    broker = Broker()
    broker.redis.flushdb()
    try:
        with ringing_at(_other_database(settings.CELERY_BROKER_URL)):
            yield broker
    finally:
        broker.redis.flushdb()
        broker.redis.close()


class Broker:
    """What was rung since ``listening`` began."""

    def __init__(self) -> None:
        self.redis = Redis.from_url(settings.REDIS_URL, db=NUMBER)

    def rung(self, queue: str) -> list[tuple[str, int]]:
        """Return (task, id) for every message on the queue, in the order of the ids."""
        messages = [json.loads(message) for message in self.redis.lrange(queue, 0, -1)]
        return sorted(
            (message["headers"]["task"], json.loads(base64.b64decode(message["body"]))[0][0])
            for message in messages
        )


def _other_database(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme == "redis+socket":
        return f"{url}?virtual_host={NUMBER}"
    return f"{scheme}://{rest.partition('/')[0]}/{NUMBER}"
