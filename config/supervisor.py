"""Run the site's processes in the foreground: start, restart, stop them together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.processes import spawn, terminate

BASE_DIR = Path(__file__).resolve().parent.parent
RESTARTS, WITHIN_SECONDS = 5, 60.0
STOP_SECONDS = 30.0


@dataclass
class Process:
    """One process of the site: its name, its command after ``python``, its last starts."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; it is told to end should this one die."""
        self.starts = [*self.starts[-RESTARTS:], time.monotonic()]
        self.child = spawn(
            [sys.executable, *self.arguments],
            output=sys.stderr.fileno(),
            environment={
                **os.environ,
                "PYTHONPATH": str(BASE_DIR),
                "PYTHONWARNINGS": "ignore",
                **self.environment,
            },
            death_signal=signal.SIGTERM,
        )

    @property
    def is_hopeless(self) -> bool:
        """Say whether it died so often lately that another start would not help."""
        recent = [start for start in self.starts if time.monotonic() - start < WITHIN_SECONDS]
        return len(recent) > RESTARTS


def site_processes(port: int) -> list[Process]:
    """Return the web process, the workers and the sweeper of one machine."""
    return [
        Process(
            "web",
            [
                "-m",
                "gunicorn",
                "config.wsgi",
                f"--bind=127.0.0.1:{port}",
                "--workers=1",
                "--worker-class=gthread",
                "--threads=8",
                # Longer than the pause between two polls of a page, so that none finds it closed.
                "--keep-alive=30",
                "--log-level=warning",
                "--no-control-socket",
            ],
            {"DATABASE_POOL": "8"},
        ),
        worker("interactive", threads=2),
        worker("embedding", "training"),
        worker("crawling"),
        # What is due lies in the database; the beat process only rings for it.
        Process(
            "beat",
            ["-m", "celery", "--app=config", "beat", "--pidfile=", "--loglevel=WARNING"],
        ),
        Process("sweeper", [str(BASE_DIR / "manage.py"), "sweep"]),
    ]


def worker(*queues: str, threads: int = 1) -> Process:
    """Return a worker of one process, as TensorFlow and its memory need.

    With two threads one photo is looked at while another waits for the database or the disk, a
    quarter more photos a second on two cores.
    """
    pool = ["--pool=threads", f"--concurrency={threads}"] if threads > 1 else ["--pool=solo"]
    return Process(
        f"worker {queues[0]}",
        [
            "-m",
            "celery",
            "--app=config",
            "worker",
            *pool,
            f"--queues={','.join(queues)}",
            f"--hostname={queues[0]}@%h",
            "--without-gossip",
            "--without-mingle",
            "--loglevel=WARNING",
        ],
        # Kept open between photos, by the threads and the heartbeats of what they work on.
        {"DATABASE_POOL": str(2 * threads)} if threads > 1 else {},
    )


class Supervisor:
    """Keep processes running until asked to stop."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self.processes = processes
        self.stopping = threading.Event()

    def run(self) -> int:
        """Run until SIGINT or SIGTERM; return 0, or 1 where a process would not stay up.

        Call from the main thread: the children's death signal follows it.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            for process in self.processes:
                process.start()
            while not self.stopping.wait(0.5):
                for process in self.processes:
                    if not self.is_up(process):
                        return 1
            return 0
        finally:
            self.stop()

    def is_up(self, process: Process) -> bool:
        """Restart the process where it has ended; False where it ends again and again."""
        if process.child is None or process.child.poll() is None:
            return True
        sys.stderr.write(f"{process.name} ended with {process.child.returncode}\n")
        if process.is_hopeless:
            sys.stderr.write(f"{process.name} does not stay up: stopping the site.\n")
            return False
        process.start()
        return True

    def stop(self) -> None:
        """Ask all to end at once, then wait for each."""
        children = [process.child for process in self.processes if process.child is not None]
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            terminate(child, (signal.SIGTERM, STOP_SECONDS))
