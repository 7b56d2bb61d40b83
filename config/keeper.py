"""The keeper: one detached process that owns the servers of a home while any command uses them.

It serves one JSON line per connection on ``keeper.sock``: ``{"need": ["redis", "postgres"]}`` is
answered once these are ready, or cannot be; ``{"status": true}`` at once. It ends when it can take
``clients.lock`` alone, which means that no command is left, when it is told to by a signal, and
when its home or its socket is gone from under it.
"""

import fcntl
import json
import logging
import os
import select
import shutil
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from config import places
from config.clusters import discard_cluster
from config.processes import ServiceError, is_at, lock
from config.servers import Postgres, Redis, Server

logger = logging.getLogger("pendant.keeper")

SUCCESSION_SECONDS = 45.0
STARTING_TICK = 0.02
QUIET_TICK = 0.25
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
FAILURES_TOLD = 3


def detach(home: Path) -> int:
    """Leave a keeper of this home running on its own; return 0 once it listens, 1 if it cannot."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return 0 if os.read(reading, 1) else 1
    os.close(reading)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s keeper %(process)d: %(message)s", force=True
    )
    try:
        Keeper(home).run(listening=lambda: _tell(writing))
    except ServiceError as error:
        logger.error("%s", error)
        return 1
    except Exception:
        logger.exception("The keeper failed.")
        return 1
    return 0


def _tell(writing: int) -> None:
    os.write(writing, b"1")
    os.close(writing)


class Kept:
    """One server under the keeper's eye: started when asked for, and again when it dies."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.wanted = False
        self.is_ready = False
        self.failures = 0
        self.error = ""
        self._next_start = 0.0

    @property
    def has_given_up(self) -> bool:
        """Tell whether it failed often enough in a row for those who wait to be told."""
        return self.failures >= FAILURES_TOLD

    def want(self) -> None:
        """Have it run; one that keeps failing gets a fresh chance."""
        self.wanted = True
        if self.has_given_up:
            self.failures = 0
            self._next_start = 0.0

    def advance(self) -> None:
        """Look after the process: notice its end, start it when due, notice that it is ready."""
        if not self.wanted:
            return
        process = self.server.process
        if process is None:
            if time.monotonic() >= self._next_start:
                self._start()
        elif (status := process.poll()) is not None:
            self.server.process = None
            self.is_ready = False
            self._failed(self.server.failure(f"it ended with status {status}"))
        elif not self.is_ready and self.server.ready():
            self.is_ready = True
            self.failures = 0
            logger.info("%s is ready, process %d.", self.server.title, process.pid)

    def _start(self) -> None:
        try:
            self.server.start()
        except ServiceError as error:
            self._failed(str(error))
        except OSError as error:
            self._failed(self.server.failure(str(error)))

    def _failed(self, error: str) -> None:
        self.failures += 1
        self.error = error
        pause = min(FIRST_PAUSE * 2 ** (self.failures - 1), LONGEST_PAUSE)
        self._next_start = time.monotonic() + pause
        logger.error("%s", error)

    def state(self) -> dict[str, Any] | None:
        """Return what ``status`` shows, None for a server nobody asked for."""
        if not self.wanted:
            return None
        process = self.server.process
        state = "ready" if self.is_ready else "starting" if process else "failed"
        return {"state": state, "pid": process.pid if process else None}


@dataclass
class Waiting:
    """A connection to be answered when the servers it needs are ready."""

    connection: socket.socket
    kept: list[Kept]


class Keeper:
    """Own the servers of one home until nobody needs them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.run_directory = places.run_directory(home)
        self.kept: dict[str, Kept] = {
            server.name: Kept(server) for server in (Redis(home), Postgres(home))
        }
        self._waiting: list[Waiting] = []
        self._told_to_stop = False
        self._clients = -1
        self._home = -1

    def run(self, listening: Callable[[], None]) -> None:
        """Keep until no command is left. Raises ServiceError when it cannot begin."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            self._home = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._clients = os.open("clients.lock", os.O_RDWR | os.O_CLOEXEC, dir_fd=self._home)
        except FileNotFoundError:
            raise ServiceError(f"{self.home} went away before anything was started.") from None
        own = self._succeed()
        if own is None:
            listening()
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self._address))
            listener.listen(64)
            listening()
            try:
                self._serve(listener)
            finally:
                listener.close()
                self._tear_down(own)

    @property
    def _address(self) -> Path:
        return self.run_directory / "keeper.sock"

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._told_to_stop = True

    def _succeed(self) -> int | None:
        """Take the keeper's lock, waiting for a keeper that is just ending; clear what it left.

        None when another keeper got there first and listens: it will serve our command as well.
        """
        deadline = time.monotonic() + SUCCESSION_SECONDS
        while time.monotonic() < deadline and not self._told_to_stop:
            places.prepare_run_directory(self.home)
            # The folder goes away with the keeper before us, then it has to be made again.
            with suppress(FileNotFoundError, TimeoutError):
                own = lock(self.run_directory / "keeper.lock", timeout=0.1)
                self._address.unlink(missing_ok=True)
                return own
            if _listens(self._address):
                return None
        raise ServiceError(
            f"Another keeper of {self.home} has not ended in {SUCCESSION_SECONDS:.0f} s. "
            f"Stop the process that has {self.run_directory / 'keeper.lock'} open."
        )

    def _serve(self, listener: socket.socket) -> None:
        address = self._address.stat()
        while not self._is_over(address):
            is_quiet = all(kept.is_ready for kept in self.kept.values() if kept.wanted)
            tick = QUIET_TICK if is_quiet else STARTING_TICK
            readable, _, _ = select.select([listener], [], [], tick)
            if readable:
                self._accept(listener)
            for kept in self.kept.values():
                kept.advance()
            self._answer()

    def _is_over(self, address: os.stat_result) -> bool:
        """Tell whether to end, having taken the clients' lock if that is because none is left."""
        if self._told_to_stop:
            logger.info("Told to stop.")
            return True
        if not is_at(self._clients, self.home / "clients.lock"):
            logger.info("%s is gone.", self.home)
            return True
        try:
            is_ours = os.path.samestat(self._address.stat(), address)
        except FileNotFoundError:
            is_ours = False
        if not is_ours:
            logger.info("%s is gone.", self._address)
            return True
        # Held until this process ends: a new command waits, then starts a keeper of its own.
        return _has_locked(self._clients)

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(2)
        try:
            with connection.makefile("rb") as stream:
                line = stream.readline()
            # A keeper that came second only looks whether this one listens.
            question = json.loads(line) if line else {}
            if not question:
                connection.close()
            elif "need" in question:
                kept = [self.kept[name] for name in question["need"]]
                for each in kept:
                    each.want()
                self._waiting.append(Waiting(connection, kept))
            else:
                states = {name: kept.state() for name, kept in self.kept.items()}
                _reply(connection, {"keeper": os.getpid(), **states})
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("A question was not understood: %r", error)
            connection.close()

    def _answer(self) -> None:
        """Answer those whose servers are all ready, or of whose servers one has given up."""
        remaining = []
        for waiting in self._waiting:
            given_up = [kept for kept in waiting.kept if kept.has_given_up]
            if given_up:
                _reply(waiting.connection, {"error": "\n".join(kept.error for kept in given_up)})
            elif all(kept.is_ready for kept in waiting.kept):
                _reply(waiting.connection, {"ready": True})
            else:
                remaining.append(waiting)
        self._waiting = remaining

    def _tear_down(self, own: int) -> None:
        """Stop the servers and remove the run folder; with a deleted home, its data as well."""
        is_home_gone = not is_at(self._clients, self.home / "clients.lock")
        for waiting in self._waiting:
            waiting.connection.close()
        for kept in self.kept.values():
            kept.server.stop(urgent=is_home_gone)
        # Renamed first: a successor may make a folder of this name while we remove the old one.
        if is_at(own, self.run_directory / "keeper.lock"):
            aside = self.run_directory.with_suffix(f".{os.getpid()}")
            self.run_directory.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        # A folder without links is deleted; one that was moved takes its data with it.
        if os.fstat(self._home).st_nlink == 0:
            with suppress(ServiceError, OSError):
                discard_cluster(self.home)
        logger.info("Stopped.")


def _listens(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        return connection.connect_ex(str(address)) == 0


def _has_locked(descriptor: int) -> bool:
    """Take the exclusive lock on an open file if nobody else holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _reply(connection: socket.socket, answer: dict[str, Any]) -> None:
    """Send the answer and hang up; who asked may be gone already."""
    with connection, suppress(OSError):
        connection.sendall(json.dumps(answer).encode() + b"\n")
