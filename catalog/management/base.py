"""What all commands share: ``--json``, progress on stderr, exit code 2 for bad input."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

# Any number that nothing else in the database takes a lock on.
MIGRATION_LOCK = 0x50656E64616E74


class Failed(CommandError):
    """What was asked for could not be done: one line on stderr, exit code 1 unless another."""

    def __init__(self, message: object, returncode: int = 1) -> None:
        super().__init__(" ".join(str(message).split()), returncode=returncode)


class BadInput(Failed):
    """What the user gave cannot be used: exit code 2, nothing stored."""

    def __init__(self, message: object) -> None:
        super().__init__(message, returncode=2)


# manage.py prints it before the text.
Failed.__name__ = BadInput.__name__ = "Error"


class ReportingCommand(BaseCommand):
    """A command that reports one result: a JSON object on stdout, or lines for people."""

    requires_migrations_checks = True

    def check_migrations(self) -> None:
        """Bring the embedded database up to date; raise Failed where an outside one lags.

        A new home thus needs no command before this one, and stdout stays free for the result.
        """
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not waiting:
            return
        if os.environ.get("DATABASE_URL"):
            raise Failed(
                f"The database lacks {len(waiting)} migrations. Nothing was done: "
                "run “manage.py migrate” first."
            )
        with connection.cursor() as cursor:
            # Commands that start at the same time set up one after the other.
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            try:
                call_command("migrate", verbosity=0)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version gives way to a model version's number.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print the result as one JSON object"
        )

    def report(self, result: dict[str, Any], *, as_json: bool, summary: str) -> None:
        """Print the result as JSON, or the summary for people."""
        self.stdout.write(json.dumps(result, ensure_ascii=False) if as_json else summary)

    @contextmanager
    def progress(self, description: str, total: int | None) -> Iterator["Bar"]:
        """Show a progress bar on stderr while the block runs; nothing where it is no terminal."""
        console = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not sys.stderr.isatty(),
        ) as progress:
            yield Bar(progress, progress.add_task(description, total=total))


class Bar:
    """A progress bar that can be moved on, moved to a point, and told what goes on."""

    def __init__(self, progress: Progress, task: Any) -> None:
        self._progress, self._task = progress, task

    def advance(self, count: int = 1) -> None:
        self._progress.advance(self._task, count)

    def move_to(self, done: float, total: float, description: str | None = None) -> None:
        if description is None:
            self._progress.update(self._task, completed=done, total=total)
        else:
            self._progress.update(self._task, completed=done, total=total, description=description)
