from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from catalog.management.base import BadInput, ReportingCommand
from catalog.reading import FileError, RowError, read_companions, read_labels
from ml.evaluation import EvaluationError, evaluate
from ml.management.versions import version_of
from recommendations.filling import measure_filled


class Command(ReportingCommand):
    help = (
        "Measure a model version: label accuracy, how well it finds companions, how full searches "
        "come back under tight prices."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department")
        parser.add_argument("--labels", type=Path, metavar="CSV", help="image,label")
        parser.add_argument("--companions", type=Path, metavar="CSV", help="series,image")
        parser.add_argument(
            "--images", type=Path, metavar="DIR", help="measure on this folder; stores nothing"
        )
        parser.add_argument(
            "--version", type=int, dest="number", metavar="NUMBER", help="default: the live one"
        )

    def handle(
        self, *args: Any, department: str, images: Path | None, number: int | None, **options: Any
    ) -> None:
        version = version_of(department, number)
        if images is not None and not images.is_dir():
            raise BadInput(f"There is no folder {images}.")
        try:
            labels = self.labels(options["labels"]) if options["labels"] else []
            companions = read_companions(options["companions"]) if options["companions"] else []
            with self.progress("Evaluating", None) as bar:
                result = evaluate(
                    version,
                    labels=labels,
                    companions=companions,
                    images=images,
                    on_progress=bar.move_to,
                )
        except (FileError, EvaluationError) as error:
            raise BadInput(error) from error
        if images is None:
            result["filled"] = [
                {**asdict(one), "price_max": str(one.price_max)} for one in measure_filled(version)
            ]
        shown = ("accuracy", "macro_f1", "hit_at_3", "hit_at_10", "mrr")
        self.report(
            result,
            as_json=options["json"],
            summary=f"Version {version.number} of {department}: "
            + (
                ", ".join(
                    f"{name} {result[name]:.3f}" for name in shown if result[name] is not None
                )
                or "it was trained without labels; measure it with --labels or --companions."
            ),
        )

    def labels(self, file: Path) -> list[tuple[str, str]]:
        rows = []
        for row in read_labels(file):
            if isinstance(row, RowError):
                raise BadInput(f"{file}, row {row.row}: {row.reason}")
            rows.append((row.image, row.label))
        return rows
