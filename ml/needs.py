"""What the models need a person for: trainings that failed, and candidates to promote."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.translation import ngettext

from catalog.models import Department
from jobs.needs import Need
from ml.models import ModelVersion, TrainingRun

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def needs(user: "User") -> Iterator[Need]:
    """Yield departments whose last training failed, and candidates newer than what serves."""
    if user.has_perm("ml.change_trainingrun"):
        last = TrainingRun.objects.order_by("department", "-pk").distinct("department")
        for run in last:
            if run.state == TrainingRun.State.FAILED and not run.is_cancelled:
                url = reverse(
                    "admin:ml_trainingrun_changelist",
                    query={"state": "failed", "department__exact": run.department},
                )
                yield Need(f"training failed: the last one of {run.department}", 1, url)
    if user.has_perm("ml.promote_modelversion"):
        newer = ModelVersion.objects.live().filter(
            department=OuterRef("department"), pk__gt=OuterRef("pk")
        )
        candidates = ModelVersion.objects.filter(state=ModelVersion.State.CANDIDATE)
        counts = dict(
            candidates.exclude(Exists(newer))
            .order_by()
            .values_list("department")
            .annotate(count=Count("pk"))
        )
        for department, name in Department.choices:
            count = counts.get(department, 0)
            text = ngettext(
                "candidate of %s to look at and promote",
                "candidates of %s to look at and promote",
                count,
            )
            url = reverse(
                "admin:ml_modelversion_changelist",
                query={"state__exact": "candidate", "department__exact": department},
            )
            yield Need(text % name.lower(), count, url)
