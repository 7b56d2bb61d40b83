"""The catalogue in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Field, Prefetch, QuerySet, URLField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Annotation, Label, Picture, Product, Source

WEB_ADDRESS: dict[type[Field[Any, Any]], dict[str, Any]] = {URLField: {"assume_scheme": "https"}}


def thumbnail(picture: Picture | None) -> SafeString:
    """Return a small picture that leads to the large one."""
    if picture is None:
        return format_html("<span>{}</span>", "no picture")
    return format_html('<img src="{}" alt="" loading="lazy" height="72">', picture.thumbnail_url)


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin[Source]):
    list_display = ("name", "url", "products", "created_at")
    search_fields = ("name", "url")
    formfield_overrides = WEB_ADDRESS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return super().get_queryset(request).annotate(product_count=Count("products"))

    @admin.display(ordering="product_count")
    def products(self, source: Any) -> int:
        return int(source.product_count)


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


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin[Picture]):
    list_display = ("image", "product", "labels", "size", "is_readable", "created_at")
    list_display_links = ("image", "product")
    list_filter = ("product__department", "is_readable", "annotations__label")
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


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin[Label]):
    list_display = ("name", "department", "order", "hotkey", "is_group", "annotations")
    list_editable = ("order", "hotkey")
    list_filter = ("department",)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        return super().get_queryset(request).annotate(annotation_count=Count("annotations"))

    @admin.display(ordering="annotation_count")
    def annotations(self, label: Any) -> int:
        return int(label.annotation_count)


@admin.register(Annotation)
class AnnotationAdmin(admin.ModelAdmin[Annotation]):
    list_display = ("image", "picture", "label", "labeller", "created_at")
    list_display_links = ("image", "picture")
    list_filter = ("picture__product__department", "label", "labeller")
    list_select_related = ("picture__product", "label", "labeller")
    list_per_page = 50
    search_fields = ("picture__product__title", "picture__reference")
    show_full_result_count = False
    raw_id_fields = ("picture", "labeller")
    readonly_fields = ("image", "created_at")

    @admin.display(description="")
    def image(self, annotation: Annotation) -> SafeString:
        return thumbnail(annotation.picture)

    def get_readonly_fields(self, request: HttpRequest, obj: Annotation | None = None) -> Any:
        # Whose label it is, and on what, never changes.
        fixed = ("picture", "labeller") if obj else ()
        return (*self.readonly_fields, *fixed)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "label":
            kwargs["queryset"] = Label.objects.order_by("department", "order")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
