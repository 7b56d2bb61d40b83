"""The search: nearest pictures of one model version, under a price, duplicates folded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.db.models import Min
from numpy.typing import NDArray

from catalog.models import Product, priced_q
from ml.models import Embedding, ModelVersion

# Two pictures this close in cosine distance show the same piece: re-encoded or resized copies
# measure below 0.004, different prints of the development pictures above 0.02 (docs/decisions).
NEAR_DUPLICATE = 0.008
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
    nearest of them. ``without_itself`` leaves out what is nearly equal to the query.
    """
    query = np.asarray(vector, dtype=np.float32)
    if query.shape != (512,) or not np.isfinite(query).all():
        raise ValueError("a query is 512 finite numbers")
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
    window = wishes.count * WINDOW
    while True:
        rows = list(ordered[:window])
        found = fold(rows, wishes.count, unlike=query if without_itself else None)
        if len(found) == wishes.count or len(rows) < window:
            return found
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
    kept = np.empty((count + 1, 512), dtype=np.float32)
    filled = 0
    if unlike is not None:
        kept[0], filled = unlike / np.linalg.norm(unlike), 1
    for row in rows:
        if len(found) == count:
            break
        picture = row.picture
        vector = np.asarray(row.vector, dtype=np.float32)
        vector /= np.linalg.norm(vector)
        if (
            picture.product_id in products
            or picture.sha256 in hashes
            or bool((1 - kept[:filled] @ vector < NEAR_DUPLICATE).any())
        ):
            continue
        products.add(picture.product_id)
        hashes.add(picture.sha256)
        kept[filled] = vector
        filled += 1
        found.append(Found(picture.product, row, float(row.distance)))  # type: ignore[attr-defined]  # annotated by nearest()
    return found


def next_price(wishes: Wishes) -> Decimal | None:
    """Return the lowest price above the visitor's limit that something costs; None without one."""
    if wishes.price_max is None:
        return None
    price: Decimal | None = (
        Product.objects.active()
        .available()
        .in_department(wishes.department)
        .filter(currency=wishes.currency, price__gt=wishes.price_max)
        .aggregate(lowest=Min("price"))["lowest"]
    )
    return price
