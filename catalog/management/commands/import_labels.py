from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from catalog.labelling import load_labels
from catalog.loading import LoadingError
from catalog.management.base import BadInput, ReportingCommand
from catalog.reading import FileError, read_labels


class Command(ReportingCommand):
    help = "Bring labels in from CSV (image, label) or Label Studio's JSON, or from export_labels."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--department", required=True)
        parser.add_argument("--labeller", help="whose labels these are, where the file says it not")

    def handle(
        self, *args: Any, file: Path, department: str, labeller: str | None, **options: Any
    ) -> None:
        try:
            report = load_labels(read_labels(file), department=department, labeller_name=labeller)
        except (FileError, LoadingError) as error:
            raise BadInput(error) from error
        summary = (
            f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
            f"{len(report.failed)} rows failed."
        )
        self.report(asdict(report), as_json=options["json"], summary=summary)
