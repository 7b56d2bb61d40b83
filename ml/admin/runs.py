"""Training runs: started from a form, watched, and cancelled."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateformat import format as in_format
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from jobs.admin import JobAdmin, StateFilter
from ml import charts, services
from ml.admin.looked_at import LookedAt, moment
from ml.models import ModelVersion, TrainingRun


class TrainingForm(forms.ModelForm[TrainingRun]):
    backbone = forms.ChoiceField(
        choices=list(services.BACKBONES.items()), initial=services.DEFAULT_BACKBONE
    )
    anew = forms.BooleanField(required=False, label="Train although nothing changed")

    class Meta:
        model = TrainingRun
        fields = ("department", "backbone", "epochs", "promote", "anew")
        help_texts: ClassVar[dict[str, str]] = {
            "epochs": "Passes over the pictures, for a backbone that learns; "
            "left empty, as many as it usually takes."
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                services.check_training(
                    given["department"], given["backbone"], given["epochs"], anew=given["anew"]
                )
            except services.Unchanged as error:
                text = f"{error} Tick “{self.fields['anew'].label}” to train all the same."
                raise forms.ValidationError(text) from error
            except services.TrainingError as error:
                raise forms.ValidationError(str(error)) from error
        return given


@admin.register(TrainingRun)
class TrainingRunAdmin(LookedAt, JobAdmin):
    list_display = ("training", "shown_state", "outcome", "started", "took")
    list_filter: ClassVar[Any] = (StateFilter, "department")
    list_select_related = ("version",)
    fields = (
        "department",
        "backbone",
        "epochs",
        "afterwards",
        "shown_state",
        "attempts",
        "error_detail",
        "queued",
        "started",
        "heard",
        "finished",
        "started_by",
    )

    @admin.display(ordering="pk")
    def training(self, run: TrainingRun) -> str:
        return f"{run.department} {run.pk}"

    def outcome(self, run: TrainingRun) -> str:
        """Say what came of a run, or how far it is."""
        if run.state == TrainingRun.State.DONE:
            version = getattr(run, "version", None)
            return f"version {version.number}" if version else "its version was deleted"
        if run.is_finished:
            return Truncator(run.error).chars(120)
        return str(run.progress.get("text", "")) if run.started_at else ""

    def took(self, run: TrainingRun) -> str:
        return _in_words(_took(run)) if run.started_at else ""

    @admin.display(description="When embedded")
    def afterwards(self, run: TrainingRun) -> str:
        return "goes live" if run.promote else "waits as a candidate"

    @admin.display(ordering="created_at")
    def queued(self, run: TrainingRun) -> str:
        return moment(run.created_at)

    @admin.display(ordering="started_at")
    def started(self, run: TrainingRun) -> str:
        return moment(run.started_at)

    @admin.display(description="Last heard of")
    def heard(self, run: TrainingRun) -> str:
        return moment(run.heartbeat_at)

    def finished(self, run: TrainingRun) -> str:
        return moment(run.finished_at)

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
        if obj is None:
            return TrainingForm.Meta.fields
        left_out = {
            "epochs": obj.epochs is None,
            "error_detail": obj.is_cancelled or not obj.error_detail,
            "started": obj.started_at is None,
            "heard": obj.state != TrainingRun.State.RUNNING,
            "finished": obj.finished_at is None,
            "started_by": obj.started_by is None,
        }
        return [name for name in self.fields if not left_out.get(name)]

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
                anew=form.cleaned_data["anew"],
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
        began = timezone.localtime(row.created_at)
        return {
            **super().shown(request, row),
            **_shown(row),
            "title": f"Training of {row.department}, {in_format(began, 'j F Y')}",
            "can_cancel": not row.is_finished and self.has_add_permission(request),
        }


def _shown(run: TrainingRun) -> dict[str, Any]:
    """Return what the progress of a run is shown by."""
    took = _took(run)
    done, total = run.progress.get("done", 0), run.progress.get("total", 100)
    left = took * ((total - done) / done) if done else None
    return {
        "took": _in_words(took),
        "left": _in_words(left) if left else "",
        "curve": charts.learning_curve(run.progress.get("curve", [])),
        "version": ModelVersion.objects.filter(training_run=run).first(),
    }


def _took(run: TrainingRun) -> timedelta:
    if run.started_at is None:
        return timedelta()
    return (run.finished_at or timezone.now()) - run.started_at


def _in_words(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
