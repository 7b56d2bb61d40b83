from argparse import ArgumentParser
from typing import Any

from catalog.management.base import BadInput, ReportingCommand
from ml.indexes import drop_embeddings
from ml.management.versions import version_of


class Command(ReportingCommand):
    help = "Drop a retired version's vectors and their index; the version itself stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department")
        parser.add_argument("--version", type=int, dest="number", metavar="NUMBER", required=True)

    def handle(self, *args: Any, department: str, number: int, **options: Any) -> None:
        version = version_of(department, number)
        try:
            dropped = drop_embeddings(version)
        except ValueError as error:
            raise BadInput(error) from error
        self.report(
            {"version": number, "department": department, "dropped": dropped},
            as_json=options["json"],
            summary=f"{dropped} vectors of version {number} of {department} are gone.",
        )
