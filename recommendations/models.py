"""A visitor's photo and wishes, the matches found, and the walls they hang on."""

import secrets
from datetime import timedelta
from functools import partial
from typing import Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from pgvector.django import HalfVectorField

from catalog import storage
from catalog.models import Department, Picture, Product, department_constraint
from jobs.models import Job, JobQuerySet
from ml.models import DIMENSIONS, ModelVersion

MIN_COUNT, MAX_COUNT = 1, 24
DEFAULT_COUNT = 8


def new_token() -> str:
    """Return an unguessable name of 43 URL-safe characters (256 bits)."""
    return secrets.token_urlsafe(32)


def new_photo_name() -> str:
    """Return where a new photo lies in media storage; it tells nothing of the result's URL."""
    return f"photos/{timezone.now():%Y-%m}/{secrets.token_hex(16)}.jpg"


class SubmissionQuerySet(JobQuerySet["Submission"]):
    def expired(self) -> Self:
        """Return the submissions whose photo we promised to delete by now."""
        return self.filter(created_at__lt=timezone.now() - timedelta(days=settings.RETENTION_DAYS))


class Submission(Job):
    """A visitor's photo and wishes, and what was found for them.

    ``vector`` stays with the row so that another search needs no second encoding. ``is_weak``
    says that even the best match lies further away than neighbours in the catalogue usually do.
    """

    TASK = "recommendations.tasks.process_submission"
    QUEUE = "interactive"

    token = models.CharField(max_length=43, unique=True, default=new_token, editable=False)
    department = models.CharField(max_length=16, choices=Department)
    photo = models.FileField(max_length=200)
    photo_width = models.PositiveIntegerField()
    photo_height = models.PositiveIntegerField()
    price_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    price_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default=settings.DEFAULT_CURRENCY)
    count = models.PositiveSmallIntegerField(
        default=DEFAULT_COUNT,
        validators=[MinValueValidator(MIN_COUNT), MaxValueValidator(MAX_COUNT)],
    )

    version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, editable=False)
    vector = HalfVectorField(dimensions=DIMENSIONS, null=True, editable=False)
    label = models.CharField(max_length=60, blank=True, editable=False)
    confidence = models.FloatField(null=True, editable=False)
    is_weak = models.BooleanField(default=False, editable=False)
    next_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, editable=False)
    took_ms = models.PositiveIntegerField(null=True, editable=False)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            department_constraint("submission"),
            models.CheckConstraint(
                condition=Q(price_min=None) | Q(price_max=None) | Q(price_min__lte=F("price_max")),
                name="submission_price_range_upright",
            ),
            models.CheckConstraint(
                condition=Q(count__gte=MIN_COUNT, count__lte=MAX_COUNT),
                name="submission_count_in_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=[Job.State.QUEUED, Job.State.RUNNING]),
                name="submission_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"submission {self.pk} ({self.department})"

    def get_absolute_url(self) -> str:
        return reverse("result", args=[self.token])

    @property
    def print_name(self) -> str:
        """Return where the print cut out of the photo lies in media storage."""
        return str(self.photo).removesuffix(".jpg") + "-print.jpg"

    @property
    def price_text(self) -> str:
        """Say the asked price range in words; empty where there is none."""
        low, high = self.price_min, self.price_max
        if low is not None and high is not None:
            return f"between {low.normalize():f} and {high.normalize():f} {self.currency}"
        if high is not None:
            return f"up to {high.normalize():f} {self.currency}"
        if low is not None:
            return f"from {low.normalize():f} {self.currency}"
        return ""

    def read_photo(self) -> bytes:
        """Return the cleaned JPEG; raises FileNotFoundError where it was deleted."""
        return storage.read(str(self.photo))

    def erase(self) -> None:
        """Delete the row with all that hangs on it, and its photo once that has committed."""
        names = [str(self.photo), self.print_name]
        with transaction.atomic():
            # Wait for a worker that is just finishing, and then see what it wrote.
            list(Submission.objects.select_for_update().filter(pk=self.pk).values_list("pk"))
            self.delete()
            for name in names:
                transaction.on_commit(partial(default_storage.delete, name), robust=True)


class Strength(models.TextChoices):
    """How near a match is, against how near the catalogue's pictures are to one another."""

    STRONG = "strong", "strong match"
    GOOD = "good", "good match"
    LOOSE = "loose", "loose match"
    NOTHING_CLOSE = "none", "not close"

    @classmethod
    def of(cls, distance: float, version: ModelVersion) -> str:
        """Return the strength of a match at this cosine distance; "" where none is known.

        As near as the nearest neighbour of half of the catalogue's pictures is strong, of three
        quarters good, of 95 % loose.
        """
        limits = version.distances
        for strength, share in ((cls.STRONG, "p50"), (cls.GOOD, "p75"), (cls.LOOSE, "p95")):
            if share not in limits:
                return ""
            if distance <= limits[share]:
                return strength.value
        return cls.NOTHING_CLOSE.value


class MatchQuerySet(models.QuerySet["Match"]):
    def shown(self) -> Self:
        """Bring along what is shown of a match: product, source and picture."""
        return self.select_related("product__source", "picture").defer("product__description")


class Match(models.Model):
    """A product found for a submission, with the picture that was nearest."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="matches")
    rank = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="+")
    distance = models.FloatField()
    strength = models.CharField(max_length=6, choices=Strength, blank=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "rank"], name="match_rank_once"),
            models.UniqueConstraint(fields=["submission", "product"], name="match_product_once"),
        ]

    def __str__(self) -> str:
        return f"match {self.rank} of submission {self.submission_id}"


class Wall(models.Model):
    """One arrangement of a submission's pieces, in centimetres."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="walls")
    arrangement = models.CharField(max_length=16)
    width_cm = models.FloatField()
    height_cm = models.FloatField()
    colour = models.CharField(max_length=7)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "arrangement"], name="wall_arrangement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.arrangement} wall of submission {self.submission_id}"


class Placement(models.Model):
    """Where a piece hangs on a wall; without a match it is the visitor's own.

    ``x_cm`` runs from the wall's left edge, ``y_cm`` is as in ``recommendations.layout``;
    width and height are the frame's outer size.
    """

    wall = models.ForeignKey(Wall, on_delete=models.CASCADE, related_name="placements")
    match = models.ForeignKey(
        Match, on_delete=models.CASCADE, null=True, blank=True, related_name="placements"
    )
    x_cm = models.FloatField()
    y_cm = models.FloatField()
    width_cm = models.FloatField()
    height_cm = models.FloatField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["wall", "match"], name="placement_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(width_cm__gt=0) & Q(height_cm__gt=0), name="placement_has_size"
            ),
        ]

    def __str__(self) -> str:
        return f"placement on {self.wall_id}"
