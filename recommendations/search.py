"""The search: nearest pictures of one model version, under a price, duplicates folded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.db.models import F, Min
from numpy.typing import NDArray

from catalog.models import Product, priced_q
from ml.models import DIMENSIONS, Embedding, ModelVersion

# Pictures this close in cosine distance show the same piece. Measured on 79 development prints:
# copies saved again at JPEG quality 92 lie at 0.006 (median; 0.028 for 95 %), at quality 75 at
# 0.014 (0.050); a different print is the nearest below 0.037 for 1 % of 1,416 only.
NEAR_DUPLICATE = 0.02
# Copies that were changed more are told by their perceptual hash as well: up to this far, pictures
# whose 64 bits differ in a few are the same piece.
LOOK_ALIKE, LOOK_ALIKE_BITS = 0.1, 6
WINDOW = 4


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a visitor asks for: prices in ``currency``, ``count`` pieces wanted.

    ``excluding`` names a product that must not be found (the piece itself).
    """

    department: str
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    currency: str = "USD"
    count: int = 8
    excluding: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A product with its nearest picture and that picture's cosine distance in [0, 2]."""

    product: Product
    embedding: Embedding
    distance: float


def nearest(
    version: ModelVersion,
    vector: Sequence[float] | NDArray[np.float32],
    wishes: Wishes,
    *,
    without_itself: bool = False,
) -> list[Found]:
    """Return up to ``count`` products, nearest first; fewer only where no more exist.

    Price and availability are conditions of the one query, so they never eat into the count. A
    product is found by its nearest picture; products whose pictures are nearly equal fold into the
    nearest of them. ``without_itself`` leaves out what is nearly equal to the query. Raises
    ValueError for a vector that is not 512 finite numbers, or only zeros.
    """
    query = np.asarray(vector, dtype=np.float32)
    if query.shape != (DIMENSIONS,) or not np.isfinite(query).all() or not query.any():
        raise ValueError(f"a query is {DIMENSIONS} finite numbers, not all of them 0")
    prefix = "picture__product__"
    ordered = (
        Embedding.objects.of_version(version)
        .filter(
            priced_q(wishes.price_min, wishes.price_max, wishes.currency, prefix=prefix),
            **{f"{prefix}is_active": True, "picture__is_readable": True},
        )
        .exclude(**{f"{prefix}availability": Product.Availability.OUT})
        .select_related("picture__product__source")
        .nearest([float(number) for number in query])
    )
    if wishes.excluding is not None:
        ordered = ordered.exclude(picture__product=wishes.excluding)
    window, is_exact = wishes.count * WINDOW, False
    while True:
        rows = list(ordered[:window])
        found = fold(rows, wishes.count, unlike=query if without_itself else None)
        if len(found) == wishes.count or (is_exact and len(rows) < window):
            return found
        if len(rows) < window:
            # The index gives up after hnsw.max_scan_tuples rows, found or not (pgvector,
            # "Iterative Index Scans"). It cannot order by a sum: this compares all that fit.
            ordered, is_exact = ordered.order_by(F("distance") + 0.0), True
        else:
            # Only a crowd of duplicates uses up a window; look further until the count is filled.
            window *= WINDOW


def fold(
    rows: Iterable[Embedding], count: int, *, unlike: NDArray[np.float32] | None = None
) -> list[Found]:
    """Keep the first ``count`` rows that repeat no product, picture or nearly equal vector.

    ``rows`` come nearest first, each with ``distance``; ``unlike`` is a vector that nothing kept
    may nearly equal.
    """
    found: list[Found] = []
    products: set[int] = set()
    hashes: set[str] = set()
    kept = np.empty((count + 1, DIMENSIONS), dtype=np.float32)
    kept_hashes: list[int | None] = []
    filled = 0
    if unlike is not None:
        kept[0], filled = unlike / np.linalg.norm(unlike), 1
        kept_hashes.append(None)
    for row in rows:
        if len(found) == count:
            break
        picture = row.picture
        vector = np.asarray(row.vector, dtype=np.float32)
        vector /= np.linalg.norm(vector)
        if (
            picture.product_id in products
            or picture.sha256 in hashes
            or _is_copy(1 - kept[:filled] @ vector, kept_hashes[:filled], picture.perceptual_hash)
        ):
            continue
        products.add(picture.product_id)
        hashes.add(picture.sha256)
        kept[filled] = vector
        kept_hashes.append(picture.perceptual_hash)
        filled += 1
        found.append(Found(picture.product, row, float(row.distance)))  # type: ignore[attr-defined]  # annotated by nearest()
    return found


def _is_copy(distances: NDArray[np.float32], hashes: Sequence[int | None], own_hash: int) -> bool:
    """Say whether a picture shows what one of those kept shows, by vector or by perceptual hash."""
    if bool((distances < NEAR_DUPLICATE).any()):
        return True
    mask = (1 << 64) - 1
    return any(
        distance < LOOK_ALIKE
        and kept is not None
        and ((kept ^ own_hash) & mask).bit_count() <= LOOK_ALIKE_BITS
        for distance, kept in zip(distances, hashes, strict=True)
    )


def next_price(wishes: Wishes) -> Decimal | None:
    """Return the lowest price above the visitor's limit that a piece to show costs, or None."""
    if wishes.price_max is None:
        return None
    price: Decimal | None = (
        Product.objects.active()
        .available()
        .in_department(wishes.department)
        .filter(currency=wishes.currency, price__gt=wishes.price_max, pictures__is_readable=True)
        .aggregate(lowest=Min("price"))["lowest"]
    )
    return price
