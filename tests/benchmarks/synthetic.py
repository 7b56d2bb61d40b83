"""A made-up catalogue as large as wished: clustered vectors, prices, labels."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from catalog.models import Picture, Product, Source
from ml.models import DIMENSIONS, Embedding, ModelVersion, Offer, TrainingRun

LABELS = ("abstract", "water", "city", "botanical", "people", "animals")
BLOCK = 20_000


@dataclass(frozen=True)
class Synthetic:
    """The catalogue's columns: ``vectors`` (n x 512, unit length, as half precision holds them),
    ``prices`` and ``labels`` (n), and the ``version`` they are stored under.
    """

    version: ModelVersion
    vectors: NDArray[np.float32]
    prices: NDArray[np.float64]
    labels: NDArray[np.int16]


class Mixture:
    """Unit vectors in clusters, and clusters in themes, as encoders make them.

    Directions carry ever less (standard deviation falling with the root of their number). Clusters
    are as uneven as shops are: their sizes fall with the root of their rank. Each theme is one
    label, so that what is labelled otherwise lies elsewhere, as in a real catalogue.
    """

    THEMES = 30

    def __init__(self, size: int) -> None:
        random = np.random.default_rng(20)
        self.scale = (1.0 / np.sqrt(np.arange(1, DIMENSIONS + 1))).astype(np.float32)
        count = max(60, min(2000, size // 100))
        themes = random.normal(size=(self.THEMES, DIMENSIONS))
        theme_of = random.integers(0, self.THEMES, count)
        offsets = random.normal(size=(count, DIMENSIONS))
        self.centres = ((themes[theme_of] + 0.7 * offsets) * self.scale).astype(np.float32)
        shares = 1 / np.sqrt(np.arange(1, count + 1))
        self.shares = shares / shares.sum()
        self.label_of = (theme_of % len(LABELS)).astype(np.int16)

    def draw(self, count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
        """Return ``count`` unit vectors, rounded as half precision holds them, and their labels."""
        random = np.random.default_rng(seed)
        clusters = random.choice(len(self.centres), count, p=self.shares)
        vectors = np.empty((count, DIMENSIONS), np.float32)
        for start in range(0, count, BLOCK):
            part = clusters[start : start + BLOCK]
            noise = random.standard_normal((len(part), DIMENSIONS), dtype=np.float32) * self.scale
            block = self.centres[part] + 0.7 * noise
            block /= np.linalg.norm(block, axis=1, keepdims=True)
            block = block.astype(np.float16).astype(np.float32)
            vectors[start : start + BLOCK] = block / np.linalg.norm(block, axis=1, keepdims=True)
        return vectors, self.label_of[clusters]


def fill(size: int, mixture: Mixture) -> Synthetic:
    """Store ``size`` products of one picture each, embedded by a live version; no vector index."""
    vectors, labels = mixture.draw(size, seed=21)
    random = np.random.default_rng(22)
    prices = np.round(np.exp(random.normal(4.0, 1.0, size)) + 1, 2)
    source = Source.objects.create(name=f"synthetic {size}")
    run = TrainingRun.objects.create(department="art", state="done")
    version = ModelVersion.objects.create(
        department="art",
        number=1,
        state=ModelVersion.State.LIVE,
        training_run=run,
        label_names=list(LABELS),
    )
    now = timezone.now()
    hashes = random.integers(-(2**63), 2**63 - 1, size)
    _copy(
        Product,
        {
            "id": "int8",
            "public_id": "uuid",
            "source_id": "int8",
            "department": "varchar",
            "external_id": "varchar",
            "title": "varchar",
            "url": "varchar",
            "brand": "varchar",
            "category": "varchar",
            "description": "text",
            "price": "numeric",
            "currency": "varchar",
            "availability": "varchar",
            "is_active": "bool",
            "created_at": "timestamptz",
            "seen_at": "timestamptz",
        },
        (
            (
                row + 1,
                UUID(int=row + 1),
                source.pk,
                "art",
                f"s-{row}",
                f"Synthetic print number {row}",
                f"https://shop.example/prints/{row}",
                "Nobody",
                "Prints",
                "A print that nobody made. " * 8,
                Decimal(f"{prices[row]:.2f}"),
                "USD",
                "in",
                True,
                now,
                now,
            )
            for row in range(size)
        ),
    )
    _copy(
        Picture,
        {
            "id": "int8",
            "product_id": "int8",
            "file": "varchar",
            "thumbnail": "varchar",
            "sha256": "varchar",
            "perceptual_hash": "int8",
            "position": "int2",
            "width": "int4",
            "height": "int4",
            "reference": "varchar",
            "is_readable": "bool",
            "created_at": "timestamptz",
        },
        (
            (row + 1, row + 1, "", "", f"{row:064x}", int(hashes[row]), 0, 800, 800, "", True, now)
            for row in range(size)
        ),
    )
    data = Synthetic(version, vectors, prices, labels)
    # In another order than the prices' and the products': a crawl embeds as it comes.
    embed(data, random.permutation(size))
    with without_timeout() as cursor:
        for model in (Product, Picture, Embedding, Offer):
            cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")
    return data


@contextmanager
def without_timeout() -> Iterator[CursorWrapper]:
    """Give a cursor whose statements may take longer than a query may."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        yield cursor
        cursor.execute("RESET statement_timeout")


def embed(data: Synthetic, places: NDArray[np.int64]) -> None:
    """Store the embeddings of the pieces at these places."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM ml_embedding")
        (last,) = cursor.fetchone()
    for start in range(0, len(places), BLOCK):
        _copy(
            Embedding,
            {
                "id": "int8",
                "picture_id": "int8",
                "product_id": "int8",
                "version_id": "int8",
                "label": "int2",
                "vector": "halfvec",
            },
            (
                (
                    last + start + number,
                    int(place) + 1,
                    int(place) + 1,
                    data.version.pk,
                    int(data.labels[place]),
                    HalfVector(data.vectors[place]),
                )
                for number, place in enumerate(places[start : start + BLOCK], start=1)
            ),
        )


def _copy(
    model: "type[Product | Picture | Embedding]",
    columns: dict[str, str],
    rows: Iterator[tuple[object, ...]],
) -> None:
    table = model._meta.db_table
    connection.ensure_connection()
    register_vector(connection.connection)
    with connection.connection.cursor() as cursor:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(statement) as copy:
            copy.set_types(list(columns.values()))
            for row in rows:
                copy.write_row(row)
