"""Shops, products and pictures. Only ``catalog.loading`` and ``catalog.upserting`` write these."""

import uuid
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from catalog import storage
from catalog.models.departments import Department, department_constraint


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
