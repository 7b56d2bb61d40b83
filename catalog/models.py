"""The catalogue's tables. Only ``catalog.loading`` and ``catalog.upserting`` write products."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from catalog import storage


class Department(models.TextChoices):
    """What a product is for: each has labels, encoders and a way to show matches of its own."""

    ART = "art", "Art"
    JEWELRY = "jewelry", "Jewelry"


def no_such_department(name: str) -> str:
    """Say that a department is not one of ours, and which are."""
    return f"There is no department {name!r}: use one of {', '.join(Department.values)}."


def department_constraint(model: str) -> models.CheckConstraint:
    """Return the constraint that a row's department is one of ours."""
    return models.CheckConstraint(
        condition=Q(department__in=Department.values), name=f"{model}_department_known"
    )


class Source(models.Model):
    """A shop, or a file, that products come from."""

    name = models.CharField(max_length=120, unique=True)
    url = models.URLField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(models.QuerySet["Product"]):
    def active(self) -> Self:
        """Return the products that their source still offers."""
        return self.filter(is_active=True)

    def in_department(self, department: str) -> Self:
        return self.filter(department=department)

    def available(self) -> Self:
        """Return what can be bought, or may be: everything not known to be out of stock."""
        return self.exclude(availability=Product.Availability.OUT)

    def priced(self, low: Decimal | None, high: Decimal | None, currency: str) -> Self:
        """Return products whose price lies in [low, high] in the currency; all without bounds.

        A price that is unknown lies in no range.
        """
        priced = self
        if low is not None:
            priced = priced.filter(currency=currency, price__gte=low)
        if high is not None:
            priced = priced.filter(currency=currency, price__lte=high)
        return priced


class Product(models.Model):
    """A thing that a source sells; ``price`` is its lowest price, ``price_max`` its highest."""

    class Availability(models.TextChoices):
        IN = "in", "In stock"
        OUT = "out", "Sold out"
        PREORDER = "preorder", "Pre-order"
        UNKNOWN = "unknown", "Unknown"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="products")
    department = models.CharField(max_length=16, choices=Department)
    external_id = models.CharField(max_length=200)
    title = models.CharField(max_length=500)
    url = models.URLField(max_length=2000, blank=True)
    brand = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    price_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    regular_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(
        max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$")], default=settings.DEFAULT_CURRENCY
    )
    availability = models.CharField(
        max_length=8, choices=Availability, default=Availability.UNKNOWN
    )
    width_cm = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    height_cm = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="product_once_a_source"),
            department_constraint("product"),
            models.CheckConstraint(
                condition=Q(price=None) | Q(price__gt=0), name="product_price_positive"
            ),
            models.CheckConstraint(
                condition=Q(price_max=None) | Q(price_max__gte=F("price")),
                name="product_price_max_not_below_price",
            ),
            models.CheckConstraint(
                condition=(Q(width_cm=None) | Q(width_cm__gt=0))
                & (Q(height_cm=None) | Q(height_cm__gt=0)),
                name="product_size_positive",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="product_currency_code"
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__regex=r"^https?://"), name="product_url_is_web"
            ),
        ]
        indexes = [models.Index(fields=["department", "currency", "price"])]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("api:product", args=[self.public_id])


class PriceChange(models.Model):
    """What a product cost from ``created_at`` on, and before; None where no price was known."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="price_changes")
    price_before = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency_before = models.CharField(max_length=3)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.price_before} {self.currency_before} → {self.price} {self.currency}"


class PictureQuerySet(models.QuerySet["Picture"]):
    def active(self) -> Self:
        """Return the readable pictures of products that their source still offers."""
        return self.filter(product__is_active=True, is_readable=True)

    def in_department(self, department: str) -> Self:
        return self.filter(product__department=department)


class Picture(models.Model):
    """An image of a product, cleaned and stored under the sha256 of the bytes it came as.

    ``reference`` is how its source named it (a path or URL); ``perceptual_hash`` the signed
    64-bit pHash; ``file`` a JPEG of at most 1,600 px, ``thumbnail`` one of at most 480 px.
    ``is_readable`` turns False when the file is found missing or broken on disk.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    file = models.FileField(max_length=200)
    thumbnail = models.FileField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    perceptual_hash = models.BigIntegerField()
    position = models.PositiveSmallIntegerField(default=0)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    reference = models.CharField(max_length=2000, blank=True, db_index=True)
    is_readable = models.BooleanField(default=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "sha256"], name="picture_once_a_product"),
            models.CheckConstraint(
                condition=Q(width__gt=0) & Q(height__gt=0), name="picture_has_size"
            ),
        ]

    def __str__(self) -> str:
        return f"picture {self.pk} of {self.product_id}"

    @property
    def thumbnail_url(self) -> str:
        return reverse("picture", args=[self.sha256])

    def read(self) -> bytes:
        """Return the cleaned JPEG; raises FileNotFoundError where the file is gone."""
        return storage.read(str(self.file))


class LabelQuerySet(models.QuerySet["Label"]):
    def in_department(self, department: str) -> Self:
        return self.filter(department=department)

    def in_use(self) -> Self:
        """Return the labels that pictures may be given: all but those merged into another."""
        return self.filter(merged_into=None)

    def by_name(self) -> dict[tuple[str, str], "Label"]:
        """Return (department, name) -> label; a merged one's name finds what took its place."""
        labels = self.select_related("merged_into")
        return {(one.department, one.name): one.merged_into or one for one in labels}


class Label(models.Model):
    """A group of a department. ``is_group`` is False for what fits none (other).

    A label that was merged into another keeps its row and its name, so that what was answered with
    it stays known, and an old file's name finds the label that took its place.
    """

    department = models.CharField(max_length=16, choices=Department)
    name = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField(default=0)
    hotkey = models.CharField(max_length=1, blank=True)
    is_group = models.BooleanField(
        default=True, help_text="Networks learn groups; switch off for “other”."
    )
    description = models.TextField(
        blank=True, help_text="What belongs here, and what does not: labellers read it."
    )
    examples = models.ManyToManyField(Picture, blank=True, related_name="+")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged"
    )

    objects = LabelQuerySet.as_manager()

    class Meta:
        ordering = ["department", "order", "name"]
        constraints = [
            models.UniqueConstraint(fields=["department", "name"], name="label_name_once"),
            models.UniqueConstraint(
                fields=["department", "hotkey"], condition=~Q(hotkey=""), name="label_hotkey_once"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | (~Q(merged_into=F("pk")) & Q(hotkey="")),
                name="label_merged_into_another",
            ),
            department_constraint("label"),
        ]

    def __str__(self) -> str:
        return self.name


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def in_department(self, department: str) -> Self:
        return self.filter(picture__product__department=department)

    def differing(self) -> models.QuerySet["Annotation", int]:
        """Return the ids of pictures that people gave different labels, or not all could label."""
        votes = (
            self.order_by()
            .values("picture")
            .annotate(
                people=models.Count("pk"),
                labelled=models.Count("label"),
                labels=models.Count("label", distinct=True),
            )
        )
        apart = Q(labels__gt=1) | Q(labels=1, labelled__lt=F("people"))
        return votes.filter(apart).values_list("picture", flat=True)

    def gold(self) -> models.QuerySet[Any, Any]:
        """Return the pictures, each with ``gold``: the label's id that a person decided on, or that
        all labellers gave; NULL for neither. Merged labels count as what took their place."""
        kept = Coalesce("label__merged_into", "label")
        decision = "picture__adjudication"
        alike = Q(least=F("greatest"), labelled=F("people"))
        return (
            self.order_by()
            .values("picture")
            .annotate(
                decision=models.Max(decision),
                decided=models.Max(f"{decision}__label"),
                people=models.Count("pk"),
                labelled=models.Count("label"),
                least=models.Min(kept),
                greatest=models.Max(kept),
                gold=models.Case(
                    models.When(decision__isnull=False, then=F("decided")),
                    models.When(alike, then=F("least")),
                ),
            )
        )

    def agreed(self) -> dict[int, str]:
        """Return gold by picture id, where it is a group, by its name."""
        groups = dict(Label.objects.filter(is_group=True).values_list("pk", "name"))
        return {
            picture: groups[label]
            for picture, label in self.gold().values_list("picture", "gold")
            if label in groups
        }


class Annotation(models.Model):
    """One person's label on one picture; no label means they looked and could not decide."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="annotations")
    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="annotations"
    )
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["picture", "labeller"], name="annotation_once_each"),
        ]

    def __str__(self) -> str:
        return f"{self.label or 'undecided'} by {self.labeller}"

    def relabel(self, label: Label | None, when: datetime | None = None) -> None:
        """Change the label, now or as of then; None where the labeller could not decide."""
        self.label, self.created_at = label, when or timezone.now()
        self.save(update_fields=["label", "created_at"])


class Answer(models.Model):
    """What one person did with one picture in the labelling room; ``Annotation`` is what holds now.

    ``batch`` is the browser's name for one keystroke, so that one that is sent twice counts once,
    and one on many pictures is undone as one. ``had_before`` and ``label_before`` are the person's
    annotation until then, ``undone_at`` is when it was restored. A repeat shows a person a picture
    that they labelled before, to measure them; it changes no annotation. ``took_ms`` is how long
    the picture was looked at, in milliseconds.
    """

    class Action(models.TextChoices):
        LABEL = "label", "Labelled"
        UNDECIDED = "undecided", "Could not decide"
        SKIP = "skip", "Skipped"
        CLEAR = "clear", "Cleared"

    batch = models.UUIDField()
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="answers")
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers"
    )
    action = models.CharField(max_length=9, choices=Action)
    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="answers"
    )
    had_before = models.BooleanField(default=False)
    label_before = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_repeat = models.BooleanField(default=False)
    queue = models.CharField(max_length=20, blank=True)
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "picture"], name="answer_once_a_batch"),
            models.CheckConstraint(
                condition=Q(action="label", label__isnull=False)
                | (~Q(action="label") & Q(label=None)),
                name="answer_labels_with_a_label",
            ),
        ]
        indexes = [models.Index(fields=["labeller", "-id"], name="answer_by_labeller")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.label or ''} by {self.labeller}"


class Adjudication(models.Model):
    """What a picture is, decided where labellers differ; no label means that nobody can tell."""

    picture = models.OneToOneField(Picture, on_delete=models.CASCADE, related_name="adjudication")
    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="adjudications"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adjudications"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.label or 'undecided'}, decided by {self.decided_by}"


class Lease(models.Model):
    """A picture that is on one person's screen until ``until``, and is shown to nobody else.

    ``is_repeat`` marks one that the person labelled before, shown again to measure them.
    """

    picture = models.OneToOneField(
        Picture, on_delete=models.CASCADE, primary_key=True, related_name="lease"
    )
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leases"
    )
    until = models.DateTimeField()
    is_repeat = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"picture {self.picture_id} with {self.labeller} until {self.until}"
