from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from catalog.loading import LoadingError, load_products
from catalog.management.base import BadInput, ReportingCommand
from catalog.reading import FileError, count_rows, read_products


class Command(ReportingCommand):
    help = (
        "Bring products and their pictures in from a CSV, JSON lines, Shopify's product CSV or a "
        "jeweller's JSON. Safe to run again: what is known stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--department", help="for rows that name none: art or jewelry")
        parser.add_argument(
            "--source", default="import", help="the shop's name; ids are unique within it"
        )
        parser.add_argument(
            "--currency", default="USD", help="for files that name none (default: USD)"
        )

    def handle(
        self, *args: Any, file: Path, department: str | None, source: str, **options: Any
    ) -> None:
        try:
            with self.progress("Importing", count_rows(file)) as bar:
                report = load_products(
                    read_products(file, currency=options["currency"]),
                    source_name=source,
                    folder=file.parent,
                    department=department,
                    on_row=bar.advance,
                )
        except (FileError, LoadingError) as error:
            raise BadInput(error) from error
        summary = (
            f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
            f"{report.pictures} pictures added, {len(report.failed)} rows failed."
        )
        for problem in [*report.failed, *report.pictures_failed][:20]:
            summary += f"\n  row {problem['row']}: {problem['reason']}"
        self.report(asdict(report), as_json=options["json"], summary=summary)
