"""Model versions: what they measured, compared and promoted."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog.models import Annotation, Label, Picture
from catalog.room.curves import drawn
from ml import charts
from ml.admin.looked_at import LookedAt, moment
from ml.gate import compare, guesses
from ml.models import ModelVersion, NotReady

MOST_CHANGED = 24


@admin.register(ModelVersion)
class ModelVersionAdmin(LookedAt):
    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["catalog/curve.css"]}

    list_display = (
        "version",
        "state",
        "share_right",
        "embedded",
        "backbone",
        "trained",
        "promoted",
    )
    list_filter = ("department", "state")
    actions = ("promote", "promote_though_worse")
    fields = readonly_fields = (
        "state",
        "trained",
        "promoted",
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
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        versions: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = versions.annotate(embedding_count=Count("embeddings"))
        return counted

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        # Versions are never deleted (ml.models.Kept): nobody is offered to.
        return False

    def has_promote_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ml.promote_modelversion")

    @admin.action(description="Promote: let this version serve", permissions=["promote"])
    def promote(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        """Move the live pointer to the one selected version."""
        self._promote_selected(request, queryset, though_worse=False)

    @admin.action(description="Promote, even where it is worse", permissions=["promote"])
    def promote_though_worse(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        """Do so without asking the gate."""
        self._promote_selected(request, queryset, though_worse=True)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.promote_this))
        promote = path("<int:pk>/promote/", view, name="ml_modelversion_promote")
        return [promote, *super().get_urls()]

    def promote_this(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Promote the version whose page the button is on; it insists where it says so."""
        version = get_object_or_404(ModelVersion, pk=pk)
        if not self.has_promote_permission(request):
            raise PermissionDenied
        self._promote(request, version, though_worse="though_worse" in request.POST)
        return HttpResponseRedirect(reverse("admin:ml_modelversion_change", args=[pk]))

    def _promote_selected(
        self, request: HttpRequest, queryset: QuerySet[ModelVersion], *, though_worse: bool
    ) -> None:
        if queryset.count() != 1:
            self.message_user(request, "Select one version to promote.", messages.WARNING)
            return
        self._promote(request, queryset.get(), though_worse=though_worse)

    def _promote(self, request: HttpRequest, version: ModelVersion, *, though_worse: bool) -> None:
        if version.state == ModelVersion.State.LIVE:
            text = f"{version} was live already: nothing changed."
            self.message_user(request, text, messages.INFO)
            return
        try:
            version.promote(though_worse=though_worse)
        except NotReady as error:
            self.message_user(request, f"{version} was not promoted. {error}", messages.ERROR)
        else:
            self.message_user(request, f"{version} is live now.", messages.SUCCESS)

    def shown(self, request: HttpRequest, row: ModelVersion) -> dict[str, Any]:
        return {
            **super().shown(request, row),
            **_measured(row),
            **_compared(row),
            "title": f"Version {row.number} of {row.department}",
            "can_promote": row.state != ModelVersion.State.LIVE
            and self.has_promote_permission(request),
        }

    @admin.display(ordering="number")
    def version(self, version: ModelVersion) -> str:
        return str(version)

    @admin.display(ordering="created_at")
    def trained(self, version: ModelVersion) -> str:
        return moment(version.created_at)

    @admin.display(ordering="promoted_at")
    def promoted(self, version: ModelVersion) -> str:
        return moment(version.promoted_at) or "not yet"

    @admin.display(description="Accuracy")
    def share_right(self, version: ModelVersion) -> str:
        return _share(version.metrics.get("accuracy"))

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
        altered = version.metrics.get("elsewhere")
        if held_out is not None:
            shops = f"{held_out['sources']} shops held out in turn"
            return f"accuracy {held_out['accuracy']:.3f}, {shops}"
        if altered is not None:
            text = "on its own pictures, made to look like another shop's"
            return f"accuracy {altered['accuracy']:.3f} {text}"
        return "not measured: it takes labelled pictures of two shops"

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
    shown: dict[str, Any] = {}
    if confusion := version.metrics.get("confusion"):
        shown["confusion"] = charts.confusion_matrix(
            confusion["labels"], confusion["counts"], confusion.get("intervals", [])
        )
    if curves := version.metrics.get("label_curve"):
        shown["label_curves"] = [(label, drawn(curve)) for label, curve in sorted(curves.items())]
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
    today = Label.objects.in_department(version.department).todays_names()
    before, after = (guesses(one, today) for one in (other, version))
    return [
        {
            "thumbnail_url": pictures[pk].thumbnail_url,
            "truth": truth[pk],
            "before": before[pk],
            "after": after[pk],
        }
        for pk in chosen
        if pk in pictures and pk in truth
    ]


def _share(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"
