from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from catalog.exporting import FORMATS
from catalog.management.base import BadInput, ReportingCommand
from catalog.models import Annotation, Department, no_such_department


class Command(ReportingCommand):
    help = "Write all labels of a department, with who gave them and when, as import_labels reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--department", required=True)
        parser.add_argument("--output", type=Path, help="the file to write; stdout without it")
        parser.add_argument("--format", choices=list(FORMATS), default="csv")

    def handle(
        self, *args: Any, department: str, output: Path | None, format: str, **options: Any
    ) -> None:
        if department not in Department.values:
            raise BadInput(no_such_department(department))
        parts = FORMATS[format](department, "")
        if output is None:
            if options["json"]:
                raise BadInput("--json tells of the file that was written: give --output as well.")
            for part in parts:
                self.stdout.write(part, ending="")
            return
        aside = output.with_name(f"{output.name}.part")
        try:
            with aside.open("w", encoding="utf-8", newline="") as file:
                file.writelines(parts)
            aside.replace(output)
        except OSError as error:
            raise BadInput(f"{output} cannot be written: {error.strerror}.") from error
        count = Annotation.objects.in_department(department).count()
        summary = f"{count} annotations of {department} written to {output}."
        self.report(
            {"annotations": count, "file": str(output)}, as_json=options["json"], summary=summary
        )
