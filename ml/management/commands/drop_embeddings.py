from argparse import ArgumentParser
from typing import Any

from catalog.management.base import BadInput, ReportingCommand
from catalog.models import Department, no_such_department
from ml.indexes import drop_embeddings
from ml.models import ModelVersion


class Command(ReportingCommand):
    help = "Drop a retired version's vectors and their index; the version itself stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department")
        parser.add_argument("--version", type=int, dest="number", required=True)

    def handle(self, *args: Any, department: str, number: int, **options: Any) -> None:
        if department not in Department.values:
            raise BadInput(no_such_department(department))
        version = ModelVersion.objects.in_department(department).filter(number=number).first()
        if version is None:
            raise BadInput(f"{department} has no version {number}.")
        try:
            dropped = drop_embeddings(version)
        except ValueError as error:
            raise BadInput(error) from error
        self.report(
            {"version": number, "department": department, "dropped": dropped},
            as_json=options["json"],
            summary=f"{dropped} vectors of version {number} of {department} are gone.",
        )
