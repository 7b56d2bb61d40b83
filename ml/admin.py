"""Training runs and model versions in the admin."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from jobs.admin import JobAdmin
from ml.models import ModelVersion, NotReady, TrainingRun


@admin.register(TrainingRun)
class TrainingRunAdmin(JobAdmin):
    list_display = (
        "id",
        "department",
        "backbone",
        "state",
        "attempts",
        "stage",
        "started_at",
        "finished_at",
        "error",
    )
    list_filter: ClassVar[tuple[str, ...]] = ("state", "department")
    readonly_fields = (
        "department",
        "backbone",
        "epochs",
        "promote",
        "state",
        "attempts",
        "progress",
        "error",
        "error_detail",
        "created_at",
        "started_at",
        "heartbeat_at",
        "finished_at",
        "started_by",
    )

    def stage(self, run: TrainingRun) -> str:
        return str(run.progress.get("text", ""))


@admin.register(ModelVersion)
class ModelVersionAdmin(admin.ModelAdmin[ModelVersion]):
    list_display = (
        "__str__",
        "state",
        "backbone",
        "accuracy",
        "macro_f1",
        "embedded",
        "created_at",
        "promoted_at",
    )
    list_filter = ("department", "state")
    actions = ("promote",)
    fields = readonly_fields = (
        "department",
        "number",
        "state",
        "backbone",
        "training_run",
        "label_names",
        "metrics",
        "distances",
        "artifact",
        "sha256",
        "created_at",
        "promoted_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return super().get_queryset(request).annotate(embedding_count=Count("embeddings"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        live = obj is not None and obj.state == ModelVersion.State.LIVE
        return not live and super().has_delete_permission(request, obj)

    def has_promote_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ml.promote_modelversion")

    @admin.action(description="Promote: let this version serve", permissions=["promote"])
    def promote(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        """Move the live pointer to the one selected version."""
        if queryset.count() != 1:
            self.message_user(request, "Select one version to promote.", messages.WARNING)
            return
        version = queryset.get()
        try:
            version.promote()
        except NotReady as error:
            self.message_user(request, f"{version} was not promoted. {error}", messages.ERROR)
        else:
            self.message_user(request, f"{version} is live now.", messages.SUCCESS)

    @admin.display(ordering="embedding_count")
    def embedded(self, version: Any) -> int:
        return int(version.embedding_count)

    def accuracy(self, version: ModelVersion) -> str:
        return _share(version.metrics.get("accuracy"))

    @admin.display(description="Macro F1")
    def macro_f1(self, version: ModelVersion) -> str:
        return _share(version.metrics.get("macro_f1"))


def _share(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"
