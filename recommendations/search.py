"""The search: nearest pictures of one model version, under a price, duplicates folded.

Two ways lead to the same result. Few pieces under the price: their offers are read in price order,
vectors beside the prices, and all compared. Many: the search takes the nearest candidates along the
version's HNSW index, as many as the filters are tight, and what fits of them; too few, and it
compares. docs/benchmarks.md measures both, and where they cross.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from catalog.models import Picture, Product
from ml.models import DIMENSIONS, NO_LABEL, ModelVersion, Offer
from recommendations.folding import Row, fold

# What the two ways cost, in microseconds (docs/benchmarks.md): a piece compared, a candidate along
# the index.
COMPARED, FOLLOWED = 1.0, 26.0
# Fewer candidates miss neighbours even without a filter: with 180 of 200,000, in one build of
# three, 2 of 200 queries ended among the wrong cluster. pgvector allows no more than the most.
EF_LEAST, EF_MOST = 240, 1000
# So many times more than the filters ask for: to compare after all costs more than to look wider.
SPARE = 1.5
# Before more pieces than this are compared, the index is asked for all the candidates it gives.
MANY = 100_000
# Pages are cut from one list, so that none repeats a piece of another: each asks for so many
# pieces, whichever of them it shows.
PAGED = 264
# A search starts again so often where pieces changed between finding and loading them.
ATTEMPTS = 3
# How long an estimate of the statistics is remembered, in seconds, and how many of them.
REMEMBERED, MOST_REMEMBERED = 60.0, 10_000
_estimates: dict[object, tuple[float, float]] = {}


class UnknownLabel(ValueError):
    """Raised for a label that the version has not learnt; its text says which it has."""

    def __init__(self, version: ModelVersion, label: str) -> None:
        known = ", ".join(version.label_names) or "none"
        super().__init__(
            f"The encoder of {version.department} knows no label {label!r}, only {known}."
        )


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a visitor asks for: prices in ``currency``, ``count`` pieces wanted.

    ``label`` is one of the version's label names, which all that is found must have; ``kind`` one
    which comes first: others follow where it does not fill the count. ``excluding`` names a product
    that must not be found (the piece itself). ``offset`` makes it one of the pages that follow on
    one another, up to PAGED pieces in all: it leaves out the first matches, which came before.
    """

    department: str
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    currency: str = "USD"
    count: int = 8
    label: str | None = None
    kind: str | None = None
    excluding: int | None = None
    offset: int | None = None

    def fit(self, product: Product) -> bool:
        """Say whether the product is on offer in the department at a price in the range."""
        if (
            product.department != self.department
            or not product.is_active
            or product.availability == Product.Availability.OUT
        ):
            return False
        if self.price_min is None and self.price_max is None:
            return True
        return (
            product.currency == self.currency
            and product.price is not None
            and (self.price_min is None or product.price >= self.price_min)
            and (self.price_max is None or product.price <= self.price_max)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A picture with its product and source, and its cosine distance in [0, 2]."""

    picture: Picture
    distance: float

    @property
    def product(self) -> Product:
        return self.picture.product


def nearest(
    version: ModelVersion,
    vector: Sequence[float] | NDArray[np.floating[Any]],
    wishes: Wishes,
    *,
    without_itself: bool = False,
) -> list[Found]:
    """Return up to ``count`` products, nearest first; fewer only where no more exist.

    Price, availability and label are conditions of the query, so they never eat into the count. A
    product is found by its nearest picture; products whose pictures are nearly equal fold into the
    nearest of them. ``without_itself`` leaves out what is nearly equal to the query. Raises
    ValueError for a vector that is not 512 finite numbers, or only zeros, UnknownLabel for a label
    that the version has not learnt.
    """
    found: list[Found] = []
    for _ in range(ATTEMPTS):
        rows = find(version, vector, wishes, without_itself=without_itself)
        pictures = Picture.objects.select_related("product__source").in_bulk(
            [row.picture for row in rows]
        )
        # One may have been deleted, sold or priced anew in between.
        found = [
            Found(picture, row.distance)
            for row in rows
            if (picture := pictures.get(row.picture))
            and picture.is_readable
            and wishes.fit(picture.product)
        ]
        if len(found) == len(rows):
            break
    return found


def find(
    version: ModelVersion,
    vector: Sequence[float] | NDArray[np.floating[Any]],
    wishes: Wishes,
    *,
    without_itself: bool = False,
) -> list[Row]:
    """Do what ``nearest`` does, up to loading the products."""
    query = _unit(vector)
    if wishes.count < 1:
        return []
    offset = wishes.offset or 0
    last = offset + wishes.count
    wanted = last if wishes.offset is None else PAGED
    unlike = query if without_itself else None
    found: list[Row] = []
    ways = [wishes] if wishes.kind is None else [replace(wishes, label=wishes.kind), wishes]
    for way in ways:
        found = _filled(Search(version, query, way), found, wanted, unlike)
        if len(found) == wanted:
            break
    return found[offset:last]


def _filled(
    search: "Search", before: list[Row], wanted: int, unlike: NDArray[np.float32] | None
) -> list[Row]:
    """Return the rows that came before, and after them what the search finds, up to ``wanted``."""
    known = {row.picture for row in before}
    window = wanted + 2
    while True:
        rows = search.rows(window)
        more = [row for row in rows if row.picture not in known]
        found = fold([*before, *more], wanted, unlike=unlike)
        if len(rows) < window:
            break
        # Otherwise pictures of the same piece used up the window, or what lies as far away as the
        # last one may be outside of it: look further.
        if len(found) == wanted and found[-1].distance < rows[-1].distance:
            break
        window *= 3
    return found


def _unit(vector: Sequence[float] | NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the vector with length 1; raises ValueError where it has none."""
    query = np.asarray(vector, dtype=np.float64)
    if query.shape != (DIMENSIONS,) or not np.isfinite(query).all() or not query.any():
        raise ValueError(f"a query is {DIMENSIONS} finite numbers, not all of them 0")
    # By the largest first: the squares of very large or small numbers are none.
    query = query / np.abs(query).max()
    unit: NDArray[np.float32] = np.asarray(query / np.linalg.norm(query), dtype=np.float32)
    return unit


class Search:
    """One search: its conditions, what the statistics say they keep, and the two ways."""

    def __init__(self, version: ModelVersion, query: NDArray[np.float32], wishes: Wishes) -> None:
        self.version = version
        self.given: dict[str, str | int | Decimal | HalfVector] = {
            "query": HalfVector(query),
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
                raise UnknownLabel(version, wishes.label)
            conditions.append("o.label = %(label)s")
            self.given["label"] = version.label_names.index(wishes.label)
        # The offers lie by label first: where none is wished for, all are named.
        self.labels = [NO_LABEL, *range(len(version.label_names))]
        self.filters = " AND ".join(conditions)
        self.is_filtered = len(conditions) > 1
        if wishes.excluding is not None:
            conditions.append("o.product_id <> %(excluding)s")
            self.given["excluding"] = wishes.excluding
        self.conditions = " AND ".join(conditions)

    def rows(self, window: int) -> list[Row]:
        """Return the nearest ``window`` rows, in order; fewer only where no more fit.

        Equal distances come in the order of their pictures; which of those that equal the last
        row's are in the window is left open.
        """
        for candidates in self.plan(window):
            found = self.followed(window, candidates)
            if len(found) == window:
                return found
        return self.compared(window)

    def plan(self, window: int) -> list[int]:
        """Return how many candidates to ask the index for, in turn; none to compare at once.

        The database's statistics say how much fits; a wrong estimate costs time, never matches.
        """
        total = index_size(self.version)
        if total * COMPARED <= EF_LEAST * FOLLOWED:
            return []
        kept = max(1.0, min(total, self.kept())) if self.is_filtered else total
        candidates = max(EF_LEAST, ceil(SPARE * window * total / kept))
        if candidates > EF_MOST or kept * COMPARED <= candidates * FOLLOWED:
            return []
        return [candidates, EF_MOST] if kept > MANY and candidates < EF_MOST else [candidates]

    def kept(self) -> float:
        """Return how many offers the filters keep, by the database's statistics."""
        facts = {name: value for name, value in self.given.items() if f"%({name})s" in self.filters}

        def ask() -> float:
            with _cursor() as cursor:
                cursor.execute(
                    f"EXPLAIN (FORMAT JSON) SELECT 1 FROM ml_offer o WHERE {self.filters}", facts
                )
                (plan,) = cursor.fetchone() or ()
            return float(plan[0]["Plan"]["Plan Rows"])

        return _remembered((self.filters, *facts.values()), ask)

    def followed(self, window: int, candidates: int) -> list[Row]:
        """Return what fits of so many candidates along the index, up to the window.

        No iterative scan: it would go on to pieces further away, past nearer ones that fit. Where
        the filters keep what lies elsewhere (a label, a price that goes with the looks) it finds
        as many as were asked for, and not the nearest.
        """
        return self._fetch(
            "SELECT e.picture_id, e.vector <=> %(query)s AS distance, e.vector "
            "FROM ml_embedding e JOIN ml_offer o ON o.embedding_id = e.id "
            f"WHERE e.version_id = %(version)s AND {self.conditions} "
            "ORDER BY e.vector <=> %(query)s LIMIT %(window)s",
            window,
            f"SET LOCAL hnsw.ef_search = {candidates:d}; "
            "SET LOCAL hnsw.iterative_scan = off; "
            "SET LOCAL enable_sort = off",
        )

    def compared(self, window: int) -> list[Row]:
        """Compare every offer that fits."""
        return self._fetch(
            # A sum: no index orders by one.
            "SELECT o.picture_id, (o.vector <=> %(query)s) + 0 AS distance, o.vector "
            f"FROM ml_offer o WHERE {self.conditions} AND o.label = ANY(%(labels)s) "
            "ORDER BY distance LIMIT %(window)s",
            window,
        )

    def _fetch(self, nearest: str, window: int, settings: str = "") -> list[Row]:
        """Run the inner query; ``settings`` hold for it alone."""
        with ExitStack() as stack:
            cursor = stack.enter_context(_cursor())
            if settings:
                # Rolled back, since within a caller's transaction they would outlive a savepoint
                # that is released.
                stack.enter_context(cursor.connection.transaction(force_rollback=True))
                cursor.execute(settings)
            cursor.execute(
                "SELECT c.id, c.product_id, n.distance, c.sha256, c.perceptual_hash, n.vector "
                f"FROM ({nearest}) n JOIN catalog_picture c ON c.id = n.picture_id "
                "ORDER BY n.distance, n.picture_id",
                {**self.given, "labels": self.labels, "window": window},
                binary=True,
            )
            return [
                Row(picture, product, distance, sha256, perceptual_hash, vector.to_numpy())
                for picture, product, distance, sha256, perceptual_hash, vector in cursor
            ]


@contextmanager
def _cursor() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """Give a cursor that sends and takes vectors as bytes.

    Django's writes them as text into the statement, and reads text: 2 ms of each search.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw: psycopg.Connection[tuple[Any, ...]] = connection.connection
    if raw.adapters.types.get("halfvec") is None:
        register_vector(raw)
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        yield cursor


def index_size(version: ModelVersion) -> float:
    """Return how many vectors the version's index holds, by the database's statistics; 0 for none.

    Remembered for a minute.
    """

    def ask() -> float:
        with _cursor() as cursor:
            cursor.execute(
                "SELECT reltuples FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid "
                "WHERE pg_class.oid = to_regclass(%s) AND indisvalid",
                [version.index_name],
            )
            row = cursor.fetchone()
        return max(0.0, row[0]) if row else 0.0

    return _remembered(version.index_name, ask)


def _remembered(key: object, ask: Callable[[], float]) -> float:
    """Return what ``ask`` answered within the last minute, else ask."""
    now = time.monotonic()
    known = _estimates.get(key)
    if known is None or now - known[0] > REMEMBERED:
        if len(_estimates) >= MOST_REMEMBERED:
            _estimates.clear()
        known = _estimates[key] = (now, ask())
    return known[1]


def next_price(version: ModelVersion, wishes: Wishes) -> Decimal | None:
    """Return the lowest price above the visitor's limit that a piece to show costs, or None."""
    if wishes.price_max is None:
        return None
    dearer = {"currency": wishes.currency, "price__gt": wishes.price_max}
    pieces: QuerySet[Any]
    if wishes.label is None:
        products = Product.objects.active().available().in_department(wishes.department)
        pieces, product = products.filter(pictures__is_readable=True), "pk"
    else:
        label = version.label_names.index(wishes.label)
        pieces, product = Offer.objects.filter(version=version, label=label), "product"
    if wishes.excluding is not None:
        pieces = pieces.exclude(**{product: wishes.excluding})
    # The first in price order, a hundred times as fast as the least of all.
    prices = pieces.filter(**dearer).order_by("price").values_list("price", flat=True)
    price: Decimal | None = prices.first()
    return price
