"""Crawl replicas from tests, and see what came of it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parents[2]
_PATIENCE = 120  # seconds until a crawl that hangs is ended, and its test fails


@dataclass
class Crawled:
    """What a crawl yielded, how it ended, and its log."""

    items: list[dict[str, Any]] = field(default_factory=list)
    reason: str = ""
    refusal: str = ""
    total: int | None = None
    speaks: str = ""
    asked: list[str] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)
    log: str = ""

    @property
    def ids(self) -> list[str]:
        return [item["external_id"] for item in self.items]

    @property
    def failed(self) -> int:
        return int(self.stats.get("failed_pages", 0))


class CrawlProcess:
    """One process that crawls for many tests; options: what holds for all its crawls."""

    def __init__(self, environment: dict[str, str] | None = None, **options: Any) -> None:
        self._log = tempfile.NamedTemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crawlers.crawl", json.dumps(options)],
            cwd=BASE_DIR,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def ask(self, spider: str, url: str, settings: dict[str, Any], **arguments: Any) -> None:
        """Begin a crawl; arguments: of the spider."""
        assert self.process.stdin
        given = {"spider": spider, "url": url, "settings": settings, "arguments": arguments}
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()

    def crawl(
        self, spider: str, url: str, settings: dict[str, Any] | None = None, **arguments: Any
    ) -> Crawled:
        """Crawl to the end."""
        begins = Path(self._log.name).stat().st_size
        watch = threading.Timer(_PATIENCE, self.process.kill)
        watch.start()
        try:
            self.ask(spider, url, settings or {}, **arguments)
            crawled = self.read()
        finally:
            watch.cancel()
        crawled.log = Path(self._log.name).read_text()[begins:]
        return crawled

    def read(self) -> Crawled:
        """Return what came until the crawl's end, or the process's."""
        assert self.process.stdout
        crawled = Crawled()
        for line in self.process.stdout:
            told = json.loads(line)
            if "end" in told:
                for name, value in told["end"].items():
                    setattr(crawled, name, value)
                return crawled
            crawled.items.append(told["item"])
        raise AssertionError(f"the process ended early:\n{Path(self._log.name).read_text()}")

    def close(self) -> None:
        with self.process:
            assert self.process.stdin
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._log.close()
