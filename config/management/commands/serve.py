import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.management.base import BadInput
from config.supervisor import Supervisor, site_processes


class Command(BaseCommand):
    help = "Run the site, its workers and the sweeper in the foreground; Ctrl-C stops them all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        check_port(port)
        self.stderr.write(
            f"Pendant serves on http://127.0.0.1:{port}/ in a moment, and answers photos "
            "once its worker is warm. Ctrl-C stops it."
        )
        sys.exit(Supervisor(site_processes(port)).run())


def check_port(port: int) -> None:
    """Raise BadInput where the port cannot be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise BadInput(
                f"Port {port} cannot be used ({error}): name another one, as in "
                f"“make demo PORT={port + 1}”."
            ) from error
