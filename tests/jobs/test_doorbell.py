"""The doorbell never fails its caller, whatever the broker does."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery
from celery._state import get_current_app
from django.conf import settings
from redis import Redis

from jobs import doorbell


@contextmanager
def broker_at(port: int) -> Iterator[None]:
    """Ring with the site's own settings, but at another broker."""
    before = get_current_app()
    app = Celery("elsewhere")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_url=f"redis://127.0.0.1:{port}/0")
    app.set_current()
    try:
        yield
    finally:
        app.close()
        before.set_current()


def test_a_message_arrives() -> None:
    redis = Redis.from_url(settings.REDIS_URL)
    redis.delete("nobody-listens")
    assert doorbell.ring("some.task", 7, queue="nobody-listens")
    assert redis.llen("nobody-listens") == 1
    redis.delete("nobody-listens")


def test_a_broker_that_refuses_is_survived() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with broker_at(port):
        assert doorbell.ring("some.task", 7, queue="nobody-listens") is False


def test_a_frozen_broker_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept_and_say_nothing() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept_and_say_nothing, daemon=True).start()
        started = time.monotonic()
        with broker_at(server.getsockname()[1]):
            assert doorbell.ring("some.task", 7, queue="nobody-listens") is False
        # Without the socket timeouts of the settings this hangs for over a minute.
        assert time.monotonic() - started < 20
        for connection in held:
            connection.close()
