"""Embedding: the pictures that a version lacks, and what cannot be embedded."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from pgvector import HalfVector

from catalog.models import Picture, Product
from jobs import doorbell
from ml.indexes import create_index
from ml.models import Embedding, ModelVersion
from ml.registry import encoder_of

if TYPE_CHECKING:
    from ml.networks.encoder import Encoding

logger = logging.getLogger(__name__)

BATCH = 64
WAIT_FOR_OTHERS = 600.0
EMBEDDING_TASK, EMBEDDING_QUEUE = "ml.tasks.embed", "embedding"


@dataclass(frozen=True, slots=True)
class Embedded:
    """What one call of ``embed`` did."""

    embedded: int
    unreadable: int
    seconds: float


def embed(
    version: ModelVersion, on_progress: Callable[[float, float], None] = lambda *_: None
) -> Embedded:
    """Embed every active picture that the version lacks, then index its vectors.

    Batches commit one by one and skip what another process holds, so that several may run and any
    may be killed. A picture whose file cannot be read is marked and counted.
    """
    from ml.networks.start import load_tensorflow

    load_tensorflow()
    from ml.networks.looking import read_ahead
    from ml.networks.pixels import BrokenPictureError, Pixels, decode_rgb

    total = version.missing_pictures().count()
    if not total:
        create_index(version)
        return Embedded(0, 0, 0.0)
    encoder = encoder_of(version)

    def square(picture: Picture) -> Pixels | None:
        try:
            return encoder.square(decode_rgb(picture.read()))
        except (FileNotFoundError, BrokenPictureError) as error:
            logger.warning("%s cannot be read and is left out: %s", picture, error)
            return None

    embedded = unreadable = last = 0
    started = time.perf_counter()
    on_progress(0, total)
    while True:
        with transaction.atomic():
            batch = list(
                version.missing_pictures()
                .filter(pk__gt=last)
                .select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH]
            )
            if not batch:
                break
            last = batch[-1].pk
            # What another process released while the query ran, it may have embedded.
            done = set(
                version.embeddings.filter(picture__in=batch).values_list("picture", flat=True)
            )
            broken: list[Picture] = []
            rows: list[Embedding] = []
            for pairs in read_ahead([one for one in batch if one.pk not in done], square):
                broken += [picture for picture, one in pairs if one is None]
                readable = [(picture, one) for picture, one in pairs if one is not None]
                encoding = encoder.encode_squares([one for _, one in readable])
                rows += embeddings(version, [picture for picture, _ in readable], encoding)
            Embedding.objects.bulk_create(rows, ignore_conflicts=True)
            embedded += len(rows)
        # Apart: the batch locks its products all at once, in the order in which everyone does.
        for picture in broken:
            leave_out(picture)
        unreadable += len(broken)
        on_progress(embedded + unreadable, total)
    seconds = time.perf_counter() - started
    create_index(version)
    return Embedded(embedded, unreadable, seconds)


def embeddings(
    version: ModelVersion, pictures: Sequence[Picture], encoding: "Encoding"
) -> Iterator[Embedding]:
    """Make the rows, not yet stored, of what the version's encoder says of these pictures."""
    labels: Sequence[int | None] = [None] * len(pictures)
    chances: Sequence[float | None] = labels
    if encoding.probabilities is not None and version.label_names:
        labels = encoding.probabilities.argmax(axis=1).tolist()
        chances = encoding.probabilities.max(axis=1).tolist()
    for picture, vector, label, chance in zip(
        pictures, encoding.vectors, labels, chances, strict=True
    ):
        yield Embedding(
            picture=picture,
            product_id=picture.product_id,
            version=version,
            label=label,
            probability=chance,
            vector=HalfVector(vector),
        )


def leave_out(picture: Picture) -> None:
    """Mark a picture that cannot be read and drop its embeddings, so that no search finds it."""
    with transaction.atomic():
        Picture.objects.filter(pk=picture.pk).update(is_readable=False)
        # A product that comes back on offer meanwhile waits, or is waited for.
        list(Product.objects.filter(pk=picture.product_id).select_for_update(no_key=True))
        picture.embeddings.all().delete()


def embed_and_promote(
    version: ModelVersion,
    on_progress: Callable[[float, float], None] = lambda *_: None,
    *,
    though_worse: bool = False,
) -> None:
    """Embed the version and let it serve, waiting for batches that other processes hold.

    Raises NotReady where pictures still lack an embedding after WAIT_FOR_OTHERS seconds, and what
    ``ModelVersion.promote`` raises.
    """
    deadline = time.monotonic() + WAIT_FOR_OTHERS
    embed(version, on_progress)
    while version.missing_pictures().exists() and time.monotonic() < deadline:
        time.sleep(0.5)
        embed(version, on_progress)
    version.promote(though_worse=though_worse)


def sweep_embeddings() -> None:
    """Ring the embedding workers for every version that lacks pictures or its index."""
    for version in ModelVersion.objects.embedding():
        if version.missing_pictures().exists() or not version.has_index():
            doorbell.ring(EMBEDDING_TASK, version.pk, queue=EMBEDDING_QUEUE)
