"""The embedded PostgreSQL and Redis, as every command sees them: addresses, and ``ensure``.

A command holds a shared lock on ``clients.lock`` in the home for as long as it lives. One detached
keeper process (config.keeper) owns both servers, and stops them once nobody holds that lock. The
kernel lets go of a lock however its holder ends, so nothing is left behind and nothing is counted.

``python -m config.services status`` prints one JSON object on what runs; it starts nothing.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from config import places
from config.places import database_settings, database_url, home, redis_url
from config.processes import ServiceError, is_at, lock, tail

__all__ = ["ServiceError", "database_settings", "database_url", "ensure", "home", "redis_url"]

START_TIMEOUT = 120.0
KEEPERS_LOST = 5

_claims: dict[Path, int] = {}
_guard = threading.Lock()


def _renew_guard() -> None:
    """Give a forked child a free lock: the thread that held it was not copied."""
    global _guard
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_renew_guard)


def ensure(*, postgres: bool = True, redis: bool = True) -> None:
    """Have the embedded services run and stay up until this process ends; return when ready.

    PostgreSQL is left out where DATABASE_URL is set, Redis where REDIS_URL is. Call it as often as
    you like, from any thread: a running service answers in milliseconds, a lost one is started
    again. Raises ServiceError, with a message for people, when a service does not become ready
    within 120 s.
    """
    wanted = []
    if redis and not os.environ.get("REDIS_URL"):
        wanted.append("redis")
    if postgres and not os.environ.get("DATABASE_URL"):
        wanted.append("postgres")
    if not wanted:
        return
    with _guard:
        place = home()
        deadline = time.monotonic() + START_TIMEOUT
        held = _claim(place, deadline)
        try:
            _have_started(place, wanted, deadline)
        except BaseException:
            if not held:
                os.close(_claims.pop(place))
            raise


def _claim(place: Path, deadline: float) -> bool:
    """Hold this process's shared lock on the home; tell whether it was held already."""
    path = place / "clients.lock"
    held = _claims.get(place)
    if held is not None:
        if is_at(held, path):
            return True
        del _claims[place]
        os.close(held)
    places.prepare_home(place)
    try:
        _claims[place] = lock(path, shared=True, timeout=deadline - time.monotonic())
    except TimeoutError:
        raise ServiceError(
            f"The services of {place} have been stopping for {START_TIMEOUT:.0f} s. Nothing was "
            f"lost. Look at {place / 'services.log'}, then run the command again."
        ) from None
    except OSError as error:
        raise ServiceError(f"{path} cannot be locked: {error.strerror}.") from error
    return False


def _have_started(place: Path, wanted: list[str], deadline: float) -> None:
    """Ask the keeper for the services, starting one where none answers."""
    lost = 0
    while lost < KEEPERS_LOST and time.monotonic() < deadline:
        connection = _connect(place) or _start_keeper(place, deadline)
        reply = _exchange(connection, {"need": wanted}, deadline) if connection else None
        if reply is None:
            # The keeper ended between the question and the answer: ask its successor.
            lost += 1
            time.sleep(0.1)
            continue
        if "error" in reply:
            raise ServiceError(str(reply["error"]))
        return
    raise ServiceError(
        f"The services of {place} were not ready within {START_TIMEOUT:.0f} s, or their keeper "
        f"ended again and again. Their data is kept. {place / 'services.log'} ends with:\n"
        f"{tail(place / 'services.log')}\n"
        "Run the command again, or set DATABASE_URL and REDIS_URL to use other servers."
    )


def _connect(place: Path) -> socket.socket | None:
    """Return a connection to the keeper, None where none listens."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(places.run_directory(place) / "keeper.sock"))
    except OSError:
        connection.close()
        return None
    return connection


def _start_keeper(place: Path, deadline: float) -> socket.socket | None:
    """Start a keeper, one starter at a time; return a connection, None where it ended at once."""
    try:
        turn = lock(place / "start.lock", timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        raise ServiceError(
            f"Another command has been starting the services of {place} for "
            f"{START_TIMEOUT:.0f} s. Nothing was changed. Stop that command, then try again."
        ) from None
    except OSError as error:
        raise ServiceError(f"{place} cannot be used: {error}.") from error
    try:
        connection = _connect(place)
        if connection is None:
            _spawn_keeper(place)
            connection = _connect(place)
    except OSError as error:
        raise ServiceError(f"{place} cannot be used: {error}.") from error
    finally:
        os.close(turn)
    return connection


def _spawn_keeper(place: Path) -> None:
    """Run ``keep`` until the keeper it leaves behind listens."""
    places.prepare_run_directory(place)
    environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
    # The keeper has to find this package wherever the command was started.
    paths = [str(places.ROOT), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    with (place / "services.log").open("ab") as log:
        finished = subprocess.run(
            [sys.executable, "-m", "config.services", "keep", str(place)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=places.ROOT,
            env=environment,
            start_new_session=True,
            check=False,
        )
    if finished.returncode:
        raise ServiceError(_keeper_failure(place))


def _keeper_failure(place: Path) -> str:
    return (
        f"The process that keeps the services of {place} did not start. Their data is kept. "
        f"{place / 'services.log'} ends with:\n{tail(place / 'services.log')}\n"
        "Put right what it names and run the command again, or set DATABASE_URL and REDIS_URL."
    )


def _exchange(
    connection: socket.socket, question: dict[str, Any], deadline: float
) -> dict[str, Any] | None:
    """Send one JSON line and return the one that answers; None where the keeper went away."""
    with connection, suppress(OSError):
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        connection.sendall(json.dumps(question).encode() + b"\n")
        with connection.makefile("rb") as stream:
            line = stream.readline()
        if line.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            return answer
    return None


def status(place: Path) -> dict[str, Any]:
    """Return what runs for this home: the keeper's process id or None, and each server's state."""
    connection = _connect(place)
    reply = None
    if connection:
        reply = _exchange(connection, {"status": True}, time.monotonic() + 5)
    report: dict[str, Any] = reply or {"keeper": None, "redis": None, "postgres": None}
    return {
        "home": str(place),
        **report,
        "database_url": database_url(place),
        "redis_url": redis_url(place),
    }


def main(arguments: list[str]) -> int:
    """Run ``status`` for people and scripts, or ``keep HOME`` for ``ensure``."""
    parser = argparse.ArgumentParser(prog="python -m config.services")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="print what runs, as JSON")
    keep = commands.add_parser("keep", help="own the services of a home (started by commands)")
    keep.add_argument("home", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.command == "keep":
        from config.keeper import detach

        return detach(chosen.home)
    print(json.dumps(status(home())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
