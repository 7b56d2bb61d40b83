"""From a photo to matches and walls, and the life of submissions."""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from catalog.models import Department, Product
from catalog.photos import CleanPhoto
from jobs.models import Refused
from ml.models import Embedding, ModelVersion
from recommendations import walls
from recommendations.models import Match, Strength, Submission, new_photo_name
from recommendations.search import Found, Wishes, find, nearest, next_price

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# Below this probability the encoder's first label is told as a guess.
SURE_ENOUGH = 0.5
# What belongs with a piece is of its own kind here: where the version is as sure of the label as
# its training measured to be enough (metrics["sure_from"], None for never), that kind comes first.
OF_ITS_KIND = {Department.JEWELRY}
WARMING_SEARCHES = 20
# So many searches in a row may come upon a broken picture; beyond, the storage may be away.
ATTEMPTS = 5

ORPHANS_EVERY = timedelta(hours=1)
_orphans_looked_at = -math.inf


@dataclass(frozen=True)
class Recommendation:
    """What was found for a photo: ``vector`` has 512 unit-length numbers.

    ``cropped`` (uint8, height x width x 3) is the part of the photo that the encoder looked at;
    ``prints`` are what of ``found`` hangs on a wall, where that was asked for.
    """

    version: ModelVersion
    cropped: "NDArray[np.uint8]"
    vector: "NDArray[np.float32]"
    label: str
    confidence: float | None
    found: list[Found]
    prints: list[tuple[Product, walls.Print]]
    next_price: Decimal | None

    @property
    def is_weak(self) -> bool:
        """Say whether even the best match is not close."""
        nearest = min((one.distance for one in self.found), default=0.0)
        return Strength.of(nearest, self.version) == Strength.NOTHING_CLOSE


class Busy(Exception):
    """Raised where we can take no photo just now, but can a minute later; nothing is stored."""


def check_room() -> None:
    """Raise Busy while so many submissions wait that another would wait too long."""
    if Submission.objects.queued().count() >= settings.QUEUE_LIMIT:
        raise Busy("Many people are asking at the moment. Please try again in a minute.")


def submit(photo: CleanPhoto, wishes: Wishes) -> Submission:
    """Store the photo and a queued submission together, and ring a worker once both are safe."""
    name = default_storage.save(new_photo_name(), ContentFile(photo.jpeg))
    try:
        with transaction.atomic():
            submission = Submission.objects.create(
                department=wishes.department,
                photo=name,
                photo_width=photo.width,
                photo_height=photo.height,
                price_min=wishes.price_min,
                price_max=wishes.price_max,
                currency=wishes.currency,
                count=wishes.count,
            )
            submission.ring_after_commit()
    except Exception:
        default_storage.delete(name)
        raise
    return submission


def live_version(department: str) -> ModelVersion:
    """Return the department's live version; raises Refused with what to do where there is none."""
    version = ModelVersion.objects.live().in_department(department).first()
    if version is None:
        raise Refused(
            "This department is not ready yet: it has no trained encoder. Please come back later."
        )
    return version


def recommend(rgb: "NDArray[np.uint8]", wishes: Wishes, *, to_hang: bool = False) -> Recommendation:
    """Encode the photo (uint8, height x width x 3) and search the live version's embeddings.

    ``to_hang`` also cuts the prints out of the pictures found. Raises Refused where the department
    has no live version, OSError where too many of the pictures to hang are gone.
    """
    # Loads the network library, which the web process must never do.
    from ml.registry import encoder_of

    version = live_version(wishes.department)
    encoder = encoder_of(version)
    cropped = encoder.crop(rgb)
    encoding = encoder.encode([cropped], cropped=True)
    vector = encoding.vectors[0]
    label, confidence = "", None
    if encoding.probabilities is not None and encoder.label_names:
        best = int(encoding.probabilities[0].argmax())
        label, confidence = encoder.label_names[best], float(encoding.probabilities[0][best])
    if wishes.department in OF_ITS_KIND and is_sure(confidence, version):
        wishes = replace(wishes, kind=label)
    found, prints = _find(version, vector, wishes, to_hang=to_hang)
    return Recommendation(
        version=version,
        cropped=cropped,
        vector=vector,
        label=label,
        confidence=confidence,
        found=found,
        prints=prints,
        next_price=next_price(version, wishes) if len(found) < wishes.count else None,
    )


def _find(
    version: ModelVersion, vector: "NDArray[np.float32]", wishes: Wishes, *, to_hang: bool
) -> tuple[list[Found], list[tuple[Product, walls.Print]]]:
    """Search, and once more without the pictures that turn out to be broken."""
    without_itself = wishes.department == Department.ART
    attempt = 1
    while True:
        found = nearest(version, vector, wishes, without_itself=without_itself)
        try:
            return found, walls.prints_of(found) if to_hang else []
        except OSError:
            if attempt == ATTEMPTS:
                raise
        attempt += 1


def warm_up(departments: Sequence[str] = Department.values) -> None:
    """Load the live encoders and search a little, so that the first photo waits for nothing.

    The searches bring the upper layers of the index, which every search passes, into memory.
    """
    import numpy as np

    from ml.registry import encoder_of

    for version in ModelVersion.objects.live().filter(department__in=departments):
        encoder_of(version).encode([np.zeros((64, 64, 3), dtype=np.uint8)])
        known = Embedding.objects.of_version(version).order_by("pk")
        for vector in known.values_list("vector", flat=True)[:WARMING_SEARCHES]:
            find(version, vector, Wishes(version.department))


def is_sure(confidence: float | None, version: ModelVersion | None) -> bool:
    """Say whether a label of this probability may be told as a fact."""
    enough: float | None = SURE_ENOUGH
    if version is not None and version.department in OF_ITS_KIND:
        enough = version.metrics.get("sure_from")
    return confidence is not None and enough is not None and confidence >= enough


def process(submission: Submission) -> None:
    """Find matches, lay out walls, and write all of it together with ``done``."""
    try:
        with submission.beating():
            _process(submission)
    except BaseException:
        if not Submission.objects.filter(pk=submission.pk).exists():
            # Deleted while we worked: nothing of the photo may stay.
            default_storage.delete(submission.print_name)
        raise


def _process(submission: Submission) -> None:
    started = time.perf_counter()
    from ml.networks.pixels import decode_rgb

    try:
        rgb = decode_rgb(submission.read_photo())
    except FileNotFoundError:
        raise Refused("The photo was deleted before we could look at it.") from None
    wishes = Wishes(
        department=submission.department,
        price_min=submission.price_min,
        price_max=submission.price_max,
        currency=submission.currency,
        count=submission.count,
    )
    result = recommend(rgb, wishes, to_hang=submission.department == Department.ART)
    plan = None
    if result.prints:
        plan = walls.plan(
            walls.visitor_print(submission.print_name, result.cropped),
            result.prints,
        )
    with submission.completing():
        matches = Match.objects.bulk_create(
            Match(
                submission=submission,
                rank=rank,
                product=found.product,
                picture=found.picture,
                distance=found.distance,
                strength=Strength.of(found.distance, result.version),
            )
            for rank, found in enumerate(result.found, start=1)
        )
        if plan is not None:
            walls.store(submission, matches, plan)
        Submission.objects.filter(pk=submission.pk).update(
            version=result.version,
            vector=result.vector.tolist(),
            label=result.label,
            confidence=result.confidence,
            is_weak=result.is_weak,
            next_price=result.next_price,
            took_ms=round((time.perf_counter() - started) * 1000),
        )


def purge_expired() -> int:
    """Delete submissions older than RETENTION_DAYS with their photos; return how many."""
    expired = list(Submission.objects.expired()[:500])
    for submission in expired:
        submission.erase()
    return len(expired)


def purge_orphans() -> int:
    """Delete photos without a submission, left where a process was killed between file and row.

    Files younger than an hour may still get their row. Looks once an hour; returns how many went.
    """
    global _orphans_looked_at
    if time.monotonic() - _orphans_looked_at < ORPHANS_EVERY.total_seconds():
        return 0
    _orphans_looked_at = time.monotonic()
    known: set[str] = set()
    for submission in Submission.objects.only("photo").iterator():
        known |= {str(submission.photo), submission.print_name}
    before = timezone.now() - ORPHANS_EVERY
    gone = 0
    for month in _listed("photos")[0]:
        for file in _listed(f"photos/{month}")[1]:
            name = f"photos/{month}/{file}"
            if name not in known and default_storage.get_modified_time(name) < before:
                default_storage.delete(name)
                gone += 1
    return gone


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
