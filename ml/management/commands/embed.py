from argparse import ArgumentParser
from typing import Any

from catalog.management.base import BadInput, ReportingCommand
from catalog.models import Department, no_such_department
from ml.embedding import embed
from ml.management.versions import version_of
from ml.models import ModelVersion


class Command(ReportingCommand):
    help = "Embed the pictures that live and candidate versions lack; safe to stop and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department", nargs="?")
        parser.add_argument(
            "--version", type=int, dest="number", metavar="NUMBER", help="one version's number"
        )

    def handle(
        self, *args: Any, department: str | None, number: int | None, **options: Any
    ) -> None:
        # One that is named may be retired: whoever wants to roll back to it embeds it first.
        versions = (
            ModelVersion.objects.embedding() if number is None else ModelVersion.objects.all()
        ).order_by("pk")
        if department is not None:
            if department not in Department.values:
                raise BadInput(no_such_department(department))
            versions = versions.in_department(department)
        if number is not None:
            if department is None:
                raise BadInput("--version needs a department beside it.")
            versions = versions.filter(pk=version_of(department, number).pk)
        if not versions:
            raise BadInput(
                "There is no live or candidate version: run “manage.py train "
                f"{department or 'DEPARTMENT'}” first."
            )
        from ml.networks.artifact import ArtifactError

        embedded, seconds, unreadable = 0, 0.0, 0
        for version in versions:
            try:
                with self.progress(f"Embedding {version}", None) as bar:
                    done = embed(version, bar.move_to)
            except ArtifactError as error:
                raise BadInput(error) from error
            embedded += done.embedded
            seconds += done.seconds
            unreadable += done.unreadable
        present = sum(version.embeddings.count() for version in versions)
        rate = round(embedded / seconds, 1) if embedded and seconds else None
        self.report(
            {
                "embedded": embedded,
                "pictures_per_second": rate,
                "present": present,
                "unreadable": unreadable,
            },
            as_json=options["json"],
            summary=f"{embedded} pictures embedded, {present} present"
            + (f", {rate} a second." if rate else "."),
        )
