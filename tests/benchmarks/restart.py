"""What the first searches after a restart of the database take."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil
from django.db import connection

from config import services
from tests.benchmarks.machine import quantiles

STOP_SECONDS = 300.0


def restarted(searches: dict[float, Sequence[Callable[[], object]]]) -> dict[str, Any]:
    """Restart the database before each list of searches, by price cap, and run it twice.

    The server then holds nothing in its memory; the operating system still does. A server that is
    not ours, or that others use at the moment, is left alone.
    """
    if why := _reason_against():
        return {"skipped": why}
    rows = []
    for cap, searches_of in searches.items():
        took = _restart()
        connection.ensure_connection()
        cold, warm = ([_timed(search) for search in searches_of] for _ in range(2))
        rows.append(
            {
                "cap": cap,
                "restart_seconds": round(took, 1),
                "first_ms": round(1000 * cold[0], 2),
                "cold": quantiles(cold),
                "warm": quantiles(warm),
            }
        )
    return {"rows": rows}


def _reason_against() -> str:
    if os.environ.get("DATABASE_URL"):
        return "the server of DATABASE_URL is not ours to restart"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        (others,) = cursor.fetchone()
    return f"{others} other connections use the server" if others else ""


def _restart() -> float:
    """Stop the embedded server in good order and have it started again; return how long it took."""
    connection.close()
    started = time.perf_counter()
    server = psutil.Process(services.status(services.home())["postgres"]["pid"])
    server.send_signal(signal.SIGINT)
    server.wait(STOP_SECONDS)
    services.ensure(redis=False)
    return time.perf_counter() - started


def _timed(search: Callable[[], object]) -> float:
    started = time.perf_counter()
    search()
    return time.perf_counter() - started
