"""Commands of their own process that use the embedded services, and what to ask about them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import redis

from config import places, services

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENT = """
import sys
from config import services
for line in sys.stdin:
    try:
        services.ensure()
        print("ready", flush=True)
    except services.ServiceError as error:
        print("ServiceError", str(error).replace("\\n", " | "), flush=True)
"""


def environment(home: Path, **changes: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**kept, "PENDANT_HOME": str(home), "PYTHONPATH": paths, **changes}


class Client:
    """A command of its own process; it calls ``ensure`` when told and ends when stdin closes."""

    def __init__(self, home: Path, **changes: str) -> None:
        self.home = home
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-c", CLIENT],
            env=environment(home, **changes),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout
        line: str = self.process.stdout.readline()
        return line.strip()

    def ensure(self) -> str:
        self.ask()
        return self.answer()

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def kill(self) -> None:
        self.process.kill()
        self.end()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def servers(home: Path) -> dict[str, Any]:
    """Return what the status command reports on keeper, postgres and redis."""
    done = subprocess.run(
        [sys.executable, "-m", "config.services", "status"],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    report = json.loads(done.stdout)
    assert report["home"] == str(home)
    return {name: report[name] for name in ("postgres", "redis")}


def pids(home: Path) -> list[int]:
    report = services.status(home)
    return [report["keeper"], report["postgres"]["pid"], report["redis"]["pid"]]


def is_running(pid: int) -> bool:
    """Tell whether the process lives; one that only waits to be reaped does not."""
    if Path("/proc/self").exists():
        try:
            return " Z " not in Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(listed.stdout) and not listed.stdout.startswith("Z")


def query(home: Path, statement: str) -> Any:
    with psycopg.connect(services.database_url(home)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def broker(home: Path) -> "redis.Redis":
    return redis.Redis.from_url(services.redis_url(home))


def assert_all_gone(home: Path, pids: list[int]) -> None:
    until(lambda: not any(is_running(pid) for pid in pids))
    until(lambda: not places.run_directory(home).exists())
