"""Training runs and model versions in the admin."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from catalog.models import Annotation, Picture
from jobs.admin import JobAdmin
from ml import charts, services
from ml.gate import compare
from ml.models import ModelVersion, NotReady, TrainingRun

MOST_CHANGED = 24


class LookedAt(admin.ModelAdmin[Any]):
    """A page on which nothing is saved, but more is shown than fields."""

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page's template shows of the row."""
        raise NotImplementedError

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            buttons = ("show_save", "show_save_and_continue", "show_save_and_add_another")
            context |= {**dict.fromkeys(buttons, False), **self.shown(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)


class TrainingForm(forms.ModelForm[TrainingRun]):
    backbone = forms.ChoiceField(
        choices=list(services.BACKBONES.items()), initial=services.DEFAULT_BACKBONE
    )

    class Meta:
        model = TrainingRun
        fields = ("department", "backbone", "epochs", "promote")
        help_texts: ClassVar[dict[str, str]] = {
            "epochs": "Passes over the pictures, for a backbone that learns."
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                services.check_training(given["department"], given["backbone"], given["epochs"])
            except services.TrainingError as error:
                raise forms.ValidationError(str(error)) from error
        return given


@admin.register(TrainingRun)
class TrainingRunAdmin(LookedAt, JobAdmin):
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
    fields = (
        "department",
        "backbone",
        "epochs",
        "afterwards",
        "state",
        "attempts",
        "error_detail",
        "created_at",
        "started_at",
        "heartbeat_at",
        "finished_at",
        "started_by",
    )

    @admin.display(description="When embedded")
    def afterwards(self, run: TrainingRun) -> str:
        return "goes live" if run.promote else "waits as a candidate"

    def stage(self, run: TrainingRun) -> str:
        return str(run.progress.get("text", ""))

    def get_form(
        self,
        request: HttpRequest,
        obj: TrainingRun | None = None,
        change: bool = False,
        **options: Any,
    ) -> Any:
        # What has begun can be looked at only.
        options["form"] = forms.ModelForm if obj else TrainingForm
        return super().get_form(request, obj, change, **options)

    def get_fields(self, request: HttpRequest, obj: TrainingRun | None = None) -> Any:
        return self.fields if obj else TrainingForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: TrainingRun | None = None) -> Any:
        return self.fields if obj else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ml.add_trainingrun")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Queue the training, and say so; another that is under way goes on."""
        if change:
            return
        try:
            run = services.start_training(
                obj.department,
                backbone=obj.backbone,
                epochs=obj.epochs,
                promote=obj.promote,
                started_by=request.user if isinstance(request.user, User) else None,
            )
        except services.TrainingError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            obj.pk = run.pk

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        hidden = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(
            request, form_url, {**(extra_context or {}), **hidden, "title": "Retrain"}
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_addition(request, obj, message) if obj.pk else None

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go where the training can be watched."""
        if obj.pk is None:
            return HttpResponseRedirect(reverse("admin:ml_trainingrun_changelist"))
        return HttpResponseRedirect(reverse("admin:ml_trainingrun_change", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", view(self.progress), name="ml_trainingrun_progress"),
            path("<int:pk>/cancel/", view(require_POST(self.cancel)), name="ml_trainingrun_cancel"),
            *super().get_urls(),
        ]

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the part of the page that shows how far a training is."""
        run = get_object_or_404(TrainingRun, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        context = {"run": run, **_shown(run)}
        response = render(request, "admin/ml/trainingrun/_progress.html", context)
        if request.GET.get("state", run.state) != run.state:
            # The rest of the page tells the state too.
            response["HX-Refresh"] = "true"
        return response

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a training that waits or runs; the live version stays as it is."""
        run = get_object_or_404(TrainingRun, pk=pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if run.cancel(f"Cancelled by {request.user}. Nothing of the catalogue changed."):
            self.message_user(request, "The training was cancelled.", messages.SUCCESS)
        else:
            self.message_user(request, "The training had ended already.", messages.WARNING)
        return HttpResponseRedirect(reverse("admin:ml_trainingrun_change", args=[pk]))

    def shown(self, request: HttpRequest, row: TrainingRun) -> dict[str, Any]:
        can_cancel = not row.is_finished and self.has_add_permission(request)
        return {**_shown(row), "can_cancel": can_cancel}


def _shown(run: TrainingRun) -> dict[str, Any]:
    """Return what the progress of a run is shown by."""
    now = timezone.now()
    took = (run.finished_at or now) - run.started_at if run.started_at else timedelta()
    done, total = run.progress.get("done", 0), run.progress.get("total", 100)
    left = took * ((total - done) / done) if done else None
    return {
        "took": _in_words(took),
        "left": _in_words(left) if left else "",
        "curve": charts.learning_curve(run.progress.get("curve", [])),
        "version": ModelVersion.objects.filter(training_run=run).first(),
    }


def _in_words(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


@admin.register(ModelVersion)
class ModelVersionAdmin(LookedAt):
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
    actions = ("promote", "promote_though_worse")
    fields = readonly_fields = (
        "department",
        "number",
        "state",
        "backbone",
        "training_run",
        "labels",
        "accuracy",
        "macro_f1",
        "sure",
        "elsewhere",
        "pictures",
        "neighbours",
        "artifact",
        "sha256",
        "created_at",
        "promoted_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        versions: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = versions.annotate(embedding_count=Count("embeddings"))
        return counted

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
        self._promote(request, queryset, though_worse=False)

    @admin.action(description="Promote, even where it is worse", permissions=["promote"])
    def promote_though_worse(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        """Do so without asking the gate."""
        self._promote(request, queryset, though_worse=True)

    def _promote(
        self, request: HttpRequest, queryset: QuerySet[ModelVersion], *, though_worse: bool
    ) -> None:
        if queryset.count() != 1:
            self.message_user(request, "Select one version to promote.", messages.WARNING)
            return
        version = queryset.get()
        try:
            version.promote(though_worse=though_worse)
        except NotReady as error:
            self.message_user(request, f"{version} was not promoted. {error}", messages.ERROR)
        else:
            self.message_user(request, f"{version} is live now.", messages.SUCCESS)

    def shown(self, request: HttpRequest, row: ModelVersion) -> dict[str, Any]:
        return {**_measured(row), **_compared(row)}

    @admin.display(ordering="embedding_count")
    def embedded(self, version: Any) -> int:
        return int(version.embedding_count)

    def labels(self, version: ModelVersion) -> str:
        return ", ".join(version.label_names) or version.metrics.get("unlabelled_reason", "none")

    def accuracy(self, version: ModelVersion) -> str:
        text = _share(version.metrics.get("accuracy"))
        if interval := version.metrics.get("accuracy_interval"):
            low, high = interval
            text += f" ({low:.3f} to {high:.3f})"
        return text

    @admin.display(description="Sure from")
    def sure(self, version: ModelVersion) -> str:
        """Say from which probability nine of ten guesses were right."""
        probability = version.metrics.get("sure_from")
        if probability is None:
            return "not measured"
        error = version.metrics.get("calibration_error", 0.0)
        return f"a probability of {probability:.2f} (which is off by {error:.3f} on average)"

    @admin.display(description="On other shops")
    def elsewhere(self, version: ModelVersion) -> str:
        """Say how pictures of shops fare that it did not learn from."""
        held_out = version.metrics.get("other_sources")
        if held_out is None:
            return "not measured: it takes labelled pictures of two shops"
        return f"accuracy {held_out['accuracy']:.3f}, {held_out['sources']} shops held out in turn"

    def neighbours(self, version: ModelVersion) -> str:
        """Say how far the next picture of the catalogue usually is."""
        if not version.distances:
            return "not measured"
        half, most = version.distances["p50"], version.distances["p95"]
        return f"half of all pictures have one within {half:.2f}, 95 % within {most:.2f}"

    @admin.display(description="Macro F1")
    def macro_f1(self, version: ModelVersion) -> str:
        return _share(version.metrics.get("macro_f1"))

    def pictures(self, version: ModelVersion) -> str:
        counted = [
            f"{version.metrics[name]} {name}"
            for name in ("pictures", "labelled", "skipped")
            if name in version.metrics
        ]
        return ", ".join(counted)


def _measured(version: ModelVersion) -> dict[str, Any]:
    """Return the charts of what a version measured in its training."""
    shown = {}
    if confusion := version.metrics.get("confusion"):
        shown["confusion"] = charts.confusion_matrix(
            confusion["labels"], confusion["counts"], confusion.get("intervals", [])
        )
    curve = version.training_run.progress.get("curve", [])
    return {**shown, "curve": charts.learning_curve(curve)}


def _compared(version: ModelVersion) -> dict[str, Any]:
    """Return how a version does against the live one, with pictures that changed."""
    live = ModelVersion.objects.in_department(version.department).live().exclude(pk=version.pk)
    other = live.first()
    compared = compare(version, other) if other else None
    if other is None or compared is None:
        return {}
    return {
        "compared": compared,
        "better": _changed(compared.better, version, other),
        "worse": _changed(compared.worse, version, other),
    }


def _changed(
    pks: tuple[int, ...], version: ModelVersion, other: ModelVersion
) -> list[dict[str, str]]:
    chosen = pks[:MOST_CHANGED]
    pictures = Picture.objects.in_bulk(chosen)
    truth = Annotation.objects.filter(picture__in=chosen).agreed()
    return [
        {
            "thumbnail_url": pictures[pk].thumbnail_url,
            "truth": truth[pk],
            "before": other.metrics["guesses"][str(pk)],
            "after": version.metrics["guesses"][str(pk)],
        }
        for pk in chosen
        if pk in pictures and pk in truth
    ]


def _share(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"
