import time
from argparse import ArgumentParser
from typing import Any

from django.db import connection

from catalog.management.base import BadInput, ReportingCommand
from catalog.models import Department, no_such_department
from ml.indexes import create_index
from ml.models import ModelVersion


class Command(ReportingCommand):
    help = "Build the live versions' vector indexes anew, beside the traffic."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department", nargs="?", help="default: every department")

    def handle(self, *args: Any, department: str | None, **options: Any) -> None:
        versions = ModelVersion.objects.live().order_by("department")
        if department is not None:
            if department not in Department.values:
                raise BadInput(no_such_department(department))
            versions = versions.in_department(department)
        if not versions:
            raise BadInput(
                "There is no live version: run “manage.py train DEPARTMENT --promote” first."
            )
        rebuilt = []
        for version in versions:
            before, started = index_bytes(version), time.perf_counter()
            if not create_index(version, anew=True):
                raise BadInput(f"Another process builds the index of {version}: try again later.")
            rebuilt.append(
                {
                    "version": str(version),
                    "seconds": round(time.perf_counter() - started, 1),
                    "bytes_before": before,
                    "bytes": index_bytes(version),
                }
            )
        self.report(
            {"rebuilt": rebuilt},
            as_json=options["json"],
            summary="\n".join(
                f"{one['version']}: {one['bytes_before']:,} bytes before, {one['bytes']:,} now, "
                f"{one['seconds']} s."
                for one in rebuilt
            ),
        )


def index_bytes(version: ModelVersion) -> int:
    """Return the size of the version's vector index on disk; 0 where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(pg_relation_size(to_regclass(%s)), 0)", [version.index_name]
        )
        size: int = cursor.fetchone()[0]
    return size
