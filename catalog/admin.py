"""The catalogue in the admin."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Field, Prefetch, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog import exporting, label_admin  # noqa: F401  (registers labels)
from catalog.agreement import Agreement, Report, agreement_in, with_oneself
from catalog.models import Annotation, Department, Label, Picture, Product, Source
from catalog.room import decision_views
from catalog.room import views as room
from catalog.wording import percent


def _shown(report: Report, own: Mapping[str, Agreement]) -> dict[str, Any]:
    """Return a report, and people's agreement with themselves, as their page shows them."""
    pairs = [
        {
            "one": pair.one,
            "other": pair.other,
            "agreement": pair.agreement,
            "percent": _percent(pair.agreement),
            "labels": [
                (label, agreement, _percent(agreement)) for label, agreement in pair.labels.items()
            ],
        }
        for pair in report.pairs
    ]
    return {
        "pairs": pairs,
        "pictures": report.pictures,
        "fleiss": report.fleiss,
        "own": [(name, agreement, _percent(agreement)) for name, agreement in own.items()],
    }


def _percent(agreement: Agreement) -> str:
    return "" if agreement.share is None else percent(agreement.share, 1)


WEB_ADDRESS: dict[type[Field[Any, Any]], dict[str, Any]] = {URLField: {"assume_scheme": "https"}}


def thumbnail(picture: Picture | None) -> SafeString:
    """Return a small picture that leads to the large one."""
    if picture is None:
        return format_html("<span>{}</span>", "no picture")
    return format_html('<img src="{}" alt="" loading="lazy" height="72">', picture.thumbnail_url)


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin[Source]):
    list_display: tuple[str, ...] = ("name", "url", "products", "created_at")
    search_fields = ("name", "url")
    formfield_overrides: ClassVar[Any] = {URLField: {**WEB_ADDRESS[URLField], "label": "Address"}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return super().get_queryset(request).annotate(product_count=Count("products"))

    @admin.display(ordering="product_count")
    def products(self, source: Any) -> SafeString:
        """Say how many there are, leading to them."""
        url = reverse("admin:catalog_product_changelist", query={"source__id__exact": source.pk})
        return format_html('<a href="{}">{}</a>', url, source.product_count)


class PictureInline(admin.TabularInline[Picture, Product]):
    model = Picture
    extra = 0
    can_delete = False
    fields = readonly_fields = ("image", "width", "height", "position", "reference")

    def has_add_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False

    # Not "thumbnail": the admin would show the field of that name, a path.
    def image(self, picture: Picture) -> SafeString:
        return thumbnail(picture)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    list_display = (
        "picture",
        "title",
        "department",
        "source",
        "price",
        "currency",
        "availability",
        "is_active",
        "seen_at",
    )
    list_display_links = ("picture", "title")
    list_filter = ("department", "source", "availability", "is_active")
    list_select_related = ("source",)
    list_per_page = 50
    search_fields = ("title", "external_id", "brand", "category")
    search_help_text = "Title, id, brand or category"
    show_full_result_count = False
    readonly_fields = ("public_id", "created_at", "seen_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        # Its pictures are embedded for the department that it came in.
        return (*self.readonly_fields, "department") if obj else self.readonly_fields

    formfield_overrides = WEB_ADDRESS
    autocomplete_fields = ("source",)
    inlines = (PictureInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).prefetch_related("pictures")

    @admin.display(description="")
    def picture(self, product: Product) -> SafeString:
        return thumbnail(next(iter(product.pictures.all()), None))


class LabelInUseFilter(admin.RelatedFieldListFilter):
    """Choose by a label that was not merged into another."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        labels = Label.objects.in_use().order_by("department", "order")
        return [(label.pk, str(label)) for label in labels]


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin[Picture]):
    list_display = ("image", "product", "labels", "size", "is_readable", "created_at")
    list_display_links = ("image", "product")
    list_filter = ("product__department", "is_readable", ("annotations__label", LabelInUseFilter))
    list_select_related = ("product",)
    list_per_page = 50
    # Whole hashes only: every short number is a part of some hash.
    search_fields = ("product__title", "reference", "sha256__exact")
    search_help_text = "Product's title, name in its source, or sha256"
    show_full_result_count = False
    fields = readonly_fields = (
        "image",
        "product",
        "labels",
        "size",
        "position",
        "reference",
        "sha256",
        "is_readable",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        annotations = Annotation.objects.select_related("label", "labeller")
        return super().get_queryset(request).prefetch_related(Prefetch("annotations", annotations))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="")
    def image(self, picture: Picture) -> SafeString:
        return thumbnail(picture)

    def labels(self, picture: Picture) -> str:
        return ", ".join(str(annotation) for annotation in picture.annotations.all())

    def size(self, picture: Picture) -> str:
        return f"{picture.width} × {picture.height}"


class AnnotationForm(forms.ModelForm[Annotation]):
    """One person's label on one picture: a label of the picture's department."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        picture = given.get("picture") or (self.instance.picture if self.instance.pk else None)
        label: Label | None = given.get("label")
        if picture is None or "label" not in self.changed_data:
            return given
        department = picture.product.department
        chosen = label and Label.objects.held(department).get(label.pk)
        if chosen != label:
            self.add_error("label", f"“{label}” is no label of {department}. Choose one of those.")
        columns = Annotation.given_as(chosen)
        given["label"], self.instance.merged_from = columns["label"], columns["merged_from"]
        self.instance.created_at = timezone.now()
        return given


@admin.register(Annotation)
class AnnotationAdmin(admin.ModelAdmin[Annotation]):
    form = AnnotationForm
    list_display = ("image", "title", "label", "labeller", "created_at")
    list_display_links = ("image", "title")
    list_filter = ("picture__product__department", ("label", LabelInUseFilter), "labeller")
    list_select_related = ("picture__product", "label", "labeller")
    list_per_page = 50
    search_fields = ("picture__product__title", "picture__reference")
    show_full_result_count = False
    raw_id_fields = ("picture", "labeller")
    fields = ("picture", "image", "label", "labeller", "created_at")
    readonly_fields = ("image", "created_at")

    @admin.display(description="")
    def image(self, annotation: Annotation) -> SafeString:
        return thumbnail(annotation.picture)

    @admin.display(description="picture", ordering="picture__product__title")
    def title(self, annotation: Annotation) -> str:
        return annotation.picture.product.title

    def get_urls(self) -> list[URLPattern]:
        agreement = self.admin_site.admin_view(self.agreement)
        return [
            path("agreement/", agreement, name="catalog_annotation_agreement"),
            path(
                "export/<str:department>/<str:format>/",
                self.admin_site.admin_view(self.export),
                name="catalog_annotation_export",
            ),
            *room.urls(),
            *decision_views.urls(),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        departments = [(value, name.lower()) for value, name in Department.choices]
        return super().changelist_view(
            request, {**(extra_context or {}), "departments": departments}
        )

    def agreement(self, request: HttpRequest) -> TemplateResponse:
        """Show how far labellers agree, department by department."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        own = with_oneself()
        reports = [
            (department, name, _shown(agreement_in(department), own.get(department, {})))
            for department, name in Department.choices
        ]
        return TemplateResponse(
            request,
            "admin/catalog/annotation/agreement.html",
            {
                **self.admin_site.each_context(request),
                "title": "How far labellers agree",
                "departments": Department.choices,
                "reports": reports,
                "formats": exporting.NAMES.items(),
            },
        )

    def export(self, request: HttpRequest, department: str, format: str) -> StreamingHttpResponse:
        """Send all annotations of a department as a file that ``import_labels`` reads."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if department not in Department.values or format not in exporting.FORMATS:
            raise Http404
        site = request.build_absolute_uri("/").removesuffix("/")
        suffix = exporting.SUFFIXES[format]
        return StreamingHttpResponse(
            exporting.FORMATS[format](department, site),
            content_type="text/csv; charset=utf-8" if suffix == "csv" else "application/json",
            headers={"Content-Disposition": f'attachment; filename="{department}-labels.{suffix}"'},
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"labeller": request.user.pk, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Annotation | None = None) -> Any:
        # Whose label it is, and on what, never changes.
        fixed = ("picture", "labeller") if obj else ()
        return (*self.readonly_fields, *fixed)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "label":
            kwargs["queryset"] = Label.objects.in_use().order_by("department", "order")
        if db_field.name == "labeller" and not self.has_change_permission(request):
            # Who may not change what others said says nothing in their names.
            kwargs["queryset"] = get_user_model().objects.filter(
                username=request.user.get_username()
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
