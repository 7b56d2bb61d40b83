"""The doorbell never fails its caller, whatever the broker does."""

import socket
import threading
import time

from django.conf import settings
from redis import Redis

from jobs import doorbell
from tests.broker import ringing_at


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
    with ringing_at(f"redis://127.0.0.1:{port}/0"):
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
        with ringing_at(f"redis://127.0.0.1:{server.getsockname()[1]}/0"):
            assert doorbell.ring("some.task", 7, queue="nobody-listens") is False
        # Without the socket timeouts of the settings this hangs for over a minute.
        assert time.monotonic() - started < 20
        for connection in held:
            connection.close()
