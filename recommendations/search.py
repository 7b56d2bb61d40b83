"""The search: nearest pictures of one model version, under a price, duplicates folded.

Two ways lead to the same result. Few pieces under the price: their offers are read in price order,
vectors beside the prices, and all compared. Many: the search goes along the version's HNSW index,
as widely as the filters are tight, until enough of them fit. docs/benchmarks.md measures both, and
where they cross.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

import numpy as np
from django.db import connection
from django.db.models import Min
from numpy.typing import NDArray

from catalog.models import Picture, Product
from ml.models import DIMENSIONS, ModelVersion

# Pictures this close in cosine distance show the same piece. Measured on 79 development prints:
# copies saved again at JPEG quality 92 lie at 0.006 (median; 0.028 for 95 %), at quality 75 at
# 0.014 (0.050); a different print is the nearest below 0.037 for 1 % of 1,416 only.
NEAR_DUPLICATE = 0.02
# Copies that were changed more are told by their perceptual hash as well: up to this far, pictures
# whose 64 bits differ in a few are the same piece.
LOOK_ALIKE, LOOK_ALIKE_BITS = 0.1, 6

# What the two ways cost, in microseconds (docs/benchmarks.md): a piece compared, a candidate along
# the index.
COMPARED, FOLLOWED = 1.0, 26.0
# Fewer candidates miss neighbours even without a filter; pgvector allows no more than the most.
EF_LEAST, EF_MOST = 200, 1000
# So many times more than the filters ask for: a second round costs more than a wider first one.
SPARE = 1.25
# A label lies elsewhere than the query as a rule, not evenly about it as prices do. Where so many
# times the candidates hold too few pieces that fit, the index is left and the offers are compared.
GIVE_UP = 4
# How long the size of an index is remembered, in seconds.
REMEMBERED = 60.0
_sizes: dict[str, tuple[float, float]] = {}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a visitor asks for: prices in ``currency``, ``count`` pieces wanted.

    ``label`` is one of the version's label names; ``excluding`` names a product that must not be
    found (the piece itself); ``offset`` leaves out the first matches, which came before.
    """

    department: str
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    currency: str = "USD"
    count: int = 8
    label: str | None = None
    excluding: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A picture with its product and source, and its cosine distance in [0, 2]."""

    picture: Picture
    distance: float

    @property
    def product(self) -> Product:
        return self.picture.product


@dataclass(frozen=True, slots=True)
class Row:
    """What a search finds before products are loaded: a picture, and what tells its copies."""

    picture: int
    product: int
    distance: float
    sha256: str
    perceptual_hash: int
    vector: NDArray[np.float32]


def nearest(
    version: ModelVersion,
    vector: Sequence[float] | NDArray[np.float32],
    wishes: Wishes,
    *,
    without_itself: bool = False,
) -> list[Found]:
    """Return up to ``count`` products, nearest first; fewer only where no more exist.

    Price, availability and label are conditions of the query, so they never eat into the count. A
    product is found by its nearest picture; products whose pictures are nearly equal fold into the
    nearest of them. ``without_itself`` leaves out what is nearly equal to the query. Raises
    ValueError for a vector that is not 512 finite numbers, or only zeros, and for a label that the
    version has not learnt.
    """
    rows = find(version, vector, wishes, without_itself=without_itself)
    pictures = Picture.objects.select_related("product__source").in_bulk(
        [row.picture for row in rows]
    )
    # One may have been deleted in between.
    return [Found(pictures[row.picture], row.distance) for row in rows if row.picture in pictures]


def find(
    version: ModelVersion,
    vector: Sequence[float] | NDArray[np.float32],
    wishes: Wishes,
    *,
    without_itself: bool = False,
) -> list[Row]:
    """Do what ``nearest`` does, up to loading the products."""
    query = np.asarray(vector, dtype=np.float32)
    if query.shape != (DIMENSIONS,) or not np.isfinite(query).all() or not query.any():
        raise ValueError(f"a query is {DIMENSIONS} finite numbers, not all of them 0")
    query = query / np.linalg.norm(query)
    search = Search(version, query, wishes)
    wanted = wishes.offset + wishes.count
    window = wanted + 2
    while True:
        rows = search.rows(window)
        found = fold(rows, wanted, unlike=query if without_itself else None)
        if len(found) == wanted or len(rows) < window:
            return found[wishes.offset :]
        # Pictures of the same piece used up the window; look further until the count is filled.
        window *= 3


class Search:
    """One search: its conditions, what the statistics say they keep, and the two ways."""

    def __init__(self, version: ModelVersion, query: NDArray[np.float32], wishes: Wishes) -> None:
        self.version = version
        self.given: dict[str, str | int | Decimal] = {
            # As finely as the halves that the database compares.
            "query": str(np.round(query.astype(np.float64), 6).tolist()),
            "version": version.pk,
        }
        conditions = ["o.version_id = %(version)s"]
        if wishes.price_min is not None or wishes.price_max is not None:
            conditions.append("o.currency = %(currency)s")
            self.given["currency"] = wishes.currency
        if wishes.price_min is not None:
            conditions.append("o.price >= %(price_min)s")
            self.given["price_min"] = wishes.price_min
        if wishes.price_max is not None:
            conditions.append("o.price <= %(price_max)s")
            self.given["price_max"] = wishes.price_max
        if wishes.label is not None:
            if wishes.label not in version.label_names:
                raise ValueError(unknown_label(version, wishes.label))
            conditions.append("o.label = %(label)s")
            self.given["label"] = version.label_names.index(wishes.label)
        self.is_filtered = len(conditions) > 1
        if wishes.excluding is not None:
            conditions.append("o.product_id <> %(excluding)s")
            self.given["excluding"] = wishes.excluding
        self.conditions = " AND ".join(conditions)

    def rows(self, window: int) -> list[Row]:
        """Return the nearest ``window`` rows, in order; fewer only where no more fit."""
        ef_search = self.plan(window)
        if ef_search is not None:
            found = self.followed(window, ef_search)
            if len(found) == window:
                return found
        return self.compared(window)

    def plan(self, window: int) -> int | None:
        """Return how many candidates to follow along the index (ef_search); None to compare all.

        The database's statistics say how much fits; a wrong estimate costs time, never matches.
        """
        total = index_size(self.version)
        if total * COMPARED <= EF_LEAST * FOLLOWED:
            return None
        kept = total
        if self.is_filtered:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"EXPLAIN (FORMAT JSON) SELECT 1 FROM ml_offer o WHERE {self.conditions}",
                    self.given,
                )
                kept = max(1, min(total, cursor.fetchone()[0][0]["Plan"]["Plan Rows"]))
        candidates = max(EF_LEAST, ceil(SPARE * window * total / kept))
        if kept * COMPARED <= candidates * FOLLOWED:
            return None
        return min(candidates, EF_MOST)

    def followed(self, window: int, ef_search: int) -> list[Row]:
        """Go along the index until the window is full; fewer rows where it gives up before."""
        # In one string, which is one transaction: the settings end with it.
        return self._fetch(
            f"SET LOCAL hnsw.ef_search = {ef_search:d}; "
            "SET LOCAL hnsw.iterative_scan = relaxed_order; "
            f"SET LOCAL hnsw.max_scan_tuples = {GIVE_UP * ef_search:d}; "
            "SET LOCAL enable_seqscan = off; ",
            "SELECT e.picture_id, e.vector <=> %(query)s::halfvec AS distance "
            "FROM ml_embedding e JOIN ml_offer o ON o.embedding_id = e.id "
            f"WHERE e.version_id = %(version)s AND {self.conditions} "
            "ORDER BY e.vector <=> %(query)s::halfvec LIMIT %(window)s",
            window,
        )

    def compared(self, window: int) -> list[Row]:
        """Compare every offer that fits."""
        return self._fetch(
            "",
            # A sum: no index orders by one.
            "SELECT o.picture_id, (o.vector <=> %(query)s::halfvec) + 0 AS distance "
            f"FROM ml_offer o WHERE {self.conditions} ORDER BY distance LIMIT %(window)s",
            window,
        )

    def _fetch(self, settings: str, nearest: str, window: int) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"{settings}SELECT c.id, c.product_id, n.distance, c.sha256, c.perceptual_hash, "
                f"halfvec_send(e.vector) FROM ({nearest}) n "
                "JOIN catalog_picture c ON c.id = n.picture_id JOIN ml_embedding e "
                "ON e.picture_id = n.picture_id AND e.version_id = %(version)s "
                "ORDER BY n.distance, n.picture_id",
                {**self.given, "window": window},
            )
            while cursor.nextset():
                pass
            return [
                Row(picture, product, distance, sha256, perceptual_hash, _unsent(vector))
                for picture, product, distance, sha256, perceptual_hash, vector in cursor.fetchall()
            ]


def _unsent(sent: bytes) -> NDArray[np.float32]:
    """Return the unit vector that halfvec_send wrote: two counts of 16 bits, then the halves."""
    vector = np.frombuffer(sent, dtype=">f2", offset=4).astype(np.float32)
    unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit


def unknown_label(version: ModelVersion, label: str) -> str:
    """Say that the version has not learnt a label, and which it has."""
    known = ", ".join(version.label_names) or "none"
    return f"The encoder of {version.department} knows no label {label!r}, only {known}."


def index_size(version: ModelVersion) -> float:
    """Return how many vectors the version's index holds, by the database's statistics; 0 for none.

    Remembered for a minute.
    """
    name, now = version.index_name, time.monotonic()
    known = _sizes.get(name)
    if known is None or now - known[0] > REMEMBERED:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid "
                "WHERE pg_class.oid = to_regclass(%s) AND indisvalid",
                [name],
            )
            row = cursor.fetchone()
        known = _sizes[name] = (now, max(0.0, row[0]) if row else 0.0)
    return known[1]


def fold(
    rows: Iterable[Row], count: int, *, unlike: NDArray[np.float32] | None = None
) -> list[Row]:
    """Keep the first ``count`` rows that repeat no product, picture or nearly equal vector.

    ``rows`` come nearest first; ``unlike`` is a unit vector that nothing kept may nearly equal.
    """
    found: list[Row] = []
    products: set[int] = set()
    hashes: set[str] = set()
    kept = np.empty((count + 1, DIMENSIONS), dtype=np.float32)
    kept_hashes: list[int | None] = []
    filled = 0
    if unlike is not None:
        kept[0], filled = unlike, 1
        kept_hashes.append(None)
    for row in rows:
        if len(found) == count:
            break
        if (
            row.product in products
            or row.sha256 in hashes
            or _is_copy(1 - kept[:filled] @ row.vector, kept_hashes[:filled], row.perceptual_hash)
        ):
            continue
        products.add(row.product)
        hashes.add(row.sha256)
        kept[filled] = row.vector
        kept_hashes.append(row.perceptual_hash)
        filled += 1
        found.append(row)
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
