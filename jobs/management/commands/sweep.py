import json
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from jobs.services import logger, sweep


class Command(BaseCommand):
    help = "Take back jobs whose worker fell silent and ring again for those that wait."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sweep once and end")
        parser.add_argument("--every", type=float, default=10.0, metavar="SECONDS")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, once: bool, every: float, **options: Any) -> None:
        as_json: bool = options["json"]
        if once:
            self.report(sweep(), as_json=as_json)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                counts = sweep()
            except Exception:  # noqa: BLE001  (logged, and tried again)
                # Whatever broke, the next sweep may mend: ending here would strand what waits.
                logger.exception("Sweep failed; trying again in %g s", every)
                connection.close()
            else:
                if any(counts.values()):
                    self.report(counts, as_json=as_json)
            stop.wait(every)

    def report(self, counts: dict[str, int], *, as_json: bool) -> None:
        text = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        self.stdout.write(json.dumps(counts) if as_json else text)
