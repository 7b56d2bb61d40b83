"""Model versions, the runs that made them, and the embeddings they made."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn, Self

import numpy as np
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.utils import timezone
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.django import CosineDistance, HalfVectorField

from catalog.models import Department, Picture, Product, department_constraint
from jobs.models import Job, JobQuerySet
from ml.networks.artifact import ArtifactError, check_artifact

DIMENSIONS = 512


class NotReady(Exception):
    """Raised where a version cannot be promoted yet; the text says what is missing."""


class Worse(NotReady):
    """Raised where a version may be promoted only by who insists: it is worse than the live one."""


class Kept(PermissionDenied):
    """Raised where a version is to be deleted: its number, index and artifact stay its own."""

    def __init__(self) -> None:
        super().__init__(
            "Model versions are not deleted, so that no number ever means another one. Nothing "
            "changed: “manage.py drop_embeddings” gives back the room of a retired one."
        )


class TrainingRun(Job):
    """The training of one encoder for a department; makes a candidate model version."""

    TASK = "ml.tasks.train"
    QUEUE = "training"
    LEASE = timedelta(seconds=120)

    department = models.CharField(max_length=16, choices=Department)
    backbone = models.CharField(max_length=40, default="autoencoder")
    epochs = models.PositiveSmallIntegerField(null=True, blank=True)
    promote = models.BooleanField(default=False, help_text="Go live as soon as it is embedded.")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False
    )
    progress = models.JSONField(default=dict, editable=False)

    objects = JobQuerySet["TrainingRun"].as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["department"],
                condition=Q(state__in=[Job.State.QUEUED, Job.State.RUNNING]),
                name="training_one_a_department",
            ),
            department_constraint("training_run"),
        ]

    def __str__(self) -> str:
        return f"training run {self.pk} ({self.department})"


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def in_department(self, department: str) -> Self:
        return self.filter(department=department)

    def live(self) -> Self:
        """Return the versions that serve: at most one a department."""
        return self.filter(state=ModelVersion.State.LIVE)

    def delete(self) -> NoReturn:
        """Raise Kept."""
        raise Kept

    def embedding(self) -> Self:
        """Return the versions whose vectors must be complete: live ones and candidates."""
        return self.filter(state__in=[ModelVersion.State.LIVE, ModelVersion.State.CANDIDATE])


class ModelVersion(models.Model):
    """A trained encoder: an artifact on disk, what it measured, and whether it serves.

    ``distances`` holds percentiles of the cosine distance from a picture to its nearest other
    one in the catalogue, the yardstick for a weak match. ``fingerprint`` tells the pictures, their
    products and sources, labels and settings that it was trained with.
    """

    class State(models.TextChoices):
        CANDIDATE = "candidate"
        LIVE = "live"
        RETIRED = "retired"

    department = models.CharField(max_length=16, choices=Department, editable=False)
    number = models.PositiveIntegerField(editable=False)
    state = models.CharField(max_length=9, choices=State, default=State.CANDIDATE, editable=False)
    backbone = models.CharField(max_length=40, editable=False)
    training_run = models.OneToOneField(
        TrainingRun, on_delete=models.PROTECT, related_name="version", editable=False
    )
    artifact = models.CharField(max_length=200, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    label_names = models.JSONField(default=list, editable=False)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    metrics = models.JSONField(default=dict, editable=False)
    distances = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    promoted_at = models.DateTimeField(null=True, editable=False)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("promote_modelversion", "Can promote and roll back model versions")]
        constraints = [
            models.UniqueConstraint(fields=["department", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["department"],
                condition=Q(state="live"),
                name="version_one_live_a_department",
            ),
            department_constraint("version"),
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.number}"

    def delete(self, using: object = None, keep_parents: bool = False) -> NoReturn:
        """Raise Kept."""
        raise Kept

    @property
    def folder(self) -> Path:
        """Return where the artifact lies."""
        return Path(settings.MEDIA_ROOT) / self.artifact

    @property
    def index_name(self) -> str:
        return f"embedding_hnsw_{self.pk}"

    def has_index(self) -> bool:
        """Say whether the version's index is there, whole."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
                [self.index_name],
            )
            return bool(cursor.fetchone() == (True,))

    def missing_pictures(self) -> models.QuerySet[Picture]:
        """Return the active pictures of the department that this version has not embedded."""
        embedded = Embedding.objects.filter(version=self, picture=models.OuterRef("pk"))
        return (
            Picture.objects.active()
            .in_department(self.department)
            .filter(~models.Exists(embedded))
            .order_by("pk")
        )

    def promote(self, *, though_worse: bool = False, unasked: bool = False) -> None:
        """Move the department's live pointer here, in one transaction; rollback is the same move.

        Raises NotReady, with nothing changed, while active pictures lack an embedding of this
        version, and where its artifact is not what was recorded; Worse for a candidate that is
        worse than the live one (``ml.gate``) unless ``though_worse``. ``unasked``, as the end of a
        training, it raises NotReady where people have decided since: this version has been promoted
        before, or a later one has.
        """
        from ml.gate import compare

        try:
            check_artifact(self.folder, self.sha256)
        except ArtifactError as error:
            raise NotReady(str(error)) from error
        with transaction.atomic():
            versions = ModelVersion.objects.in_department(self.department)
            list(versions.select_for_update().order_by("pk").values_list("pk", flat=True))
            # As it is now: another process may have promoted or retired it.
            self.refresh_from_db(fields=["state", "promoted_at"])
            later = versions.filter(number__gte=self.number).exclude(promoted_at=None)
            if unasked and later.exists():
                raise NotReady(f"Version {self.number}, or a later one, was promoted since.")
            missing = self.missing_pictures().count()
            if missing:
                raise NotReady(
                    f"{missing} active pictures have no embedding of version {self.number} yet: "
                    f"run “manage.py embed {self.department} --version {self.number}” first."
                )
            live = versions.live().exclude(pk=self.pk).first()
            if live is not None and self.state == self.State.CANDIDATE and not though_worse:
                compared = compare(self, live)
                if compared is not None and compared.is_worse:
                    raise Worse(f"It is worse than version {live.number}: {compared}.")
            versions.live().exclude(pk=self.pk).update(state=self.State.RETIRED)
            self.state, self.promoted_at = self.State.LIVE, timezone.now()
            self.save(update_fields=["state", "promoted_at"])


class RealField(models.FloatField[float | None, float | None]):
    """A number of four bytes, about seven digits."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "real"


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def of_version(self, version: ModelVersion) -> Self:
        return self.filter(version=version)

    def nearest(self, vector: Sequence[float] | HalfVector) -> Self:
        """Order by cosine distance to the vector, nearest first, as ``distance`` in [0, 2]."""
        return self.annotate(distance=CosineDistance(F("vector"), vector)).order_by("distance")

    def least_sure(self) -> Self:
        """Order by probability, the least first, unknown ones last."""
        return self.order_by(F("probability").asc(nulls_last=True), "picture_id")

    def vectors(self) -> dict[int, NDArray[np.float32]]:
        """Return the vectors by picture."""
        rows = self.annotate(sent=SENT).values_list("picture", "sent")
        return {picture: unpacked(bytes(sent)) for picture, sent in rows}


# A vector as bytes: as text, reading it takes far longer.
SENT = models.Func("vector", function="halfvec_send", output_field=models.BinaryField())


def unpacked(sent: bytes) -> NDArray[np.float32]:
    """Return a vector of what SENT asks for: two bytes of length, two unused ones, the numbers."""
    return np.frombuffer(sent, ">f2", offset=4).astype(np.float32)


class Embedding(models.Model):
    """512 unit-length numbers that one model version made of one picture; never changed.

    ``product`` is the picture's, which never changes either. ``label`` is where the label that the
    version gives the picture stands in its ``label_names``, ``probability`` how probable that is,
    in [0, 1], as calibrated in its training; NULL where it gives none, or that was not kept.
    """

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="embeddings")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="embeddings")
    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="embeddings", db_index=False
    )
    label = models.PositiveSmallIntegerField(null=True)
    probability = RealField(null=True)
    vector = HalfVectorField(dimensions=DIMENSIONS)

    objects = EmbeddingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "picture"], name="embedding_once"),
        ]
        # The least sure first, those of unknown probability last; all guesses without the vectors.
        indexes = [
            models.Index(
                fields=["version", "probability", "picture"],
                include=["label"],
                name="embedding_least_sure",
            )
        ]

    def __str__(self) -> str:
        return f"embedding of picture {self.picture_id} by version {self.version_id}"


# The label of an offer to which the version gives none.
NO_LABEL = -1


class Offer(models.Model):
    """An embedding of what is on offer, with its price beside the vector.

    A search under a price reads these label by label in price order, vectors and all, from one
    index. ``label`` is the embedding's, NO_LABEL where it has none. Triggers keep them (see the
    migrations): whoever writes products or embeddings need not know. Prices change here only, so
    the index of all vectors is never written for it (docs/decisions/0006-offers.md).
    """

    embedding = models.OneToOneField(
        Embedding, on_delete=models.CASCADE, primary_key=True, related_name="offer"
    )
    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="+", db_index=False)
    label = models.SmallIntegerField()
    currency = models.CharField(max_length=3)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    vector = HalfVectorField(dimensions=DIMENSIONS)

    class Meta:
        indexes = [
            models.Index(
                fields=["version", "label", "currency", "price"],
                include=["product", "picture", "vector"],
                name="offer_by_price",
            ),
            # What a search along the index of vectors asks of each it comes by.
            models.Index(
                fields=["embedding"],
                include=["version", "currency", "price", "label", "product"],
                name="offer_of_embedding",
            ),
        ]

    def __str__(self) -> str:
        return f"offer of product {self.product_id} to version {self.version_id}"
