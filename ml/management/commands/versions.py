from argparse import ArgumentParser
from typing import Any

from django.db.models import Count
from django.utils import timezone

from catalog.management.base import BadInput, ReportingCommand
from catalog.models import Department, no_such_department
from ml.models import Embedding, ModelVersion


class Command(ReportingCommand):
    help = "List the model versions, the newest of each department first: which serves, how good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department", nargs="?", help="default: every department")

    def handle(self, *args: Any, department: str | None, **options: Any) -> None:
        versions = ModelVersion.objects.order_by("department", "-number")
        if department is not None:
            if department not in Department.values:
                raise BadInput(no_such_department(department))
            versions = versions.in_department(department)
        counted = Embedding.objects.order_by().values_list("version").annotate(Count("pk"))
        embedded = dict(counted.filter(version__in=versions))
        listed = [
            {
                "department": version.department,
                "version": version.number,
                "state": version.state,
                "backbone": version.backbone,
                "accuracy": version.metrics.get("accuracy"),
                "macro_f1": version.metrics.get("macro_f1"),
                "embedded": embedded.get(version.pk, 0),
                "trained": version.created_at.isoformat(),
                "promoted": version.promoted_at and version.promoted_at.isoformat(),
            }
            for version in versions
        ]
        lines = [
            f"{version.department} {version.number}: {version.state}, {version.backbone}, "
            f"{_accuracy(version)}, trained {timezone.localtime(version.created_at):%Y-%m-%d %H:%M}"
            for version in versions
        ]
        self.report(
            {"versions": listed},
            as_json=options["json"],
            summary="\n".join(lines)
            or f"There are no versions: run “manage.py train {department or 'DEPARTMENT'}” first.",
        )


def _accuracy(version: ModelVersion) -> str:
    accuracy = version.metrics.get("accuracy")
    return "no labels" if accuracy is None else f"accuracy {accuracy:.3f}"
