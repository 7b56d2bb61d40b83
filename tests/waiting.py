"""Two connections at once, and waits that are seen in the database."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")


def beside(work: Callable[[], T]) -> "Future[T]":
    """Start the work in a thread with a connection of its own."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    return future


def until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until it is so; fails where that takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def until_waiting(*work: "Future[Any]") -> None:
    """Wait until each of these is over or waits for a lock."""

    def waiting() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            count: int = cursor.fetchone()[0]
        return count

    until(lambda: waiting() + sum(one.done() for one in work) >= len(work))
