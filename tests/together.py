"""Several threads that begin at the same moment, each with a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Given = TypeVar("Given")
Result = TypeVar("Result")


def at_once(work: Callable[[Given], Result], given: Sequence[Given]) -> list[Result]:
    """Return what ``work`` returned for each of the given, in order; raise what one raised."""
    start = Barrier(len(given))

    def begin(one: Given) -> Result:
        try:
            start.wait()
            return work(one)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(given)) as pool:
        return list(pool.map(begin, given))
