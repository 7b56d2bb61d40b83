"""How else one could search: each peer answers a query under a price cap and a label."""

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector

from recommendations.search import _cursor
from tests.benchmarks.synthetic import LABELS, Synthetic

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Filter:
    """What a visitor asks for: a highest price, or none; a label, or none."""

    price_max: float | None
    label: int | None

    def keeps(self, data: Synthetic, places: Ids | slice = slice(None)) -> NDArray[np.bool_]:
        """Say of the pieces at these places, or of all, whether the filter keeps them."""
        kept = np.ones(data.prices[places].shape, dtype=bool)
        if self.price_max is not None:
            kept &= data.prices[places] <= self.price_max
        if self.label is not None:
            kept &= data.labels[places] == self.label
        return kept


class Peer(ABC):
    """A way to search; ``name`` says what and with which settings."""

    name: str
    package: str | None = None

    def __init__(self, data: Synthetic) -> None:
        self.data = data
        started = time.perf_counter()
        self.build()
        self.build_seconds = time.perf_counter() - started

    def build(self) -> None:  # noqa: B027  # most need nothing
        """Make what the search needs."""

    @abstractmethod
    def search(self, query: NDArray[np.float32], wish: Filter, count: int) -> Ids:
        """Return up to ``count`` places (0-based), nearest first, that the filter keeps."""


class PostFilter(Peer):
    """Take the nearest, drop what the filter does not keep, take ever more until it is enough."""

    once = False

    @abstractmethod
    def nearest(self, query: NDArray[np.float32], count: int) -> Ids: ...

    def search(self, query: NDArray[np.float32], wish: Filter, count: int) -> Ids:
        data, total = self.data, len(self.data.prices)
        wanted = count
        while True:
            places = self.nearest(query, wanted)
            found = places[wish.keeps(data, places)][:count]
            if self.once or len(found) == count or wanted >= total:
                return found
            wanted = min(total, wanted * 4)


class SeedsWay(PostFilter):
    """scikit-learn's brute force, ten neighbours, then the filter."""

    name = "scikit-learn brute force, 10 neighbours, then filter (the seed's way)"
    package = "scikit-learn"
    once = True

    def build(self) -> None:
        from sklearn.neighbors import NearestNeighbors

        # Of unit vectors the nearest are the same; by cosine it would scale all at each query.
        self.index = NearestNeighbors(algorithm="brute", metric="euclidean").fit(self.data.vectors)

    def nearest(self, query: NDArray[np.float32], count: int) -> Ids:
        places: Ids = self.index.kneighbors(query[None], count, return_distance=False)[0]
        return places


class BruteForce(SeedsWay):
    """The same, asked for ever more until ten are left."""

    name = "scikit-learn brute force, filter, more until filled"
    once = False


def faiss() -> Any:
    """Return faiss, whose types know nothing of what it adds to itself when it is loaded."""
    return import_module("faiss")


def faiss_flat(data: Synthetic) -> Any:
    index = faiss().IndexFlatIP(data.vectors.shape[1])
    index.add(data.vectors)
    return index


def faiss_hnsw(data: Synthetic) -> Any:
    index = faiss().IndexHNSWFlat(data.vectors.shape[1], 16, faiss().METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 128
    index.add(data.vectors)
    return index


class FaissFlat(PostFilter):
    """faiss's exact index."""

    name = "faiss flat, filter, more until filled"
    package = "faiss-cpu"

    def build(self) -> None:
        self.index = faiss_flat(self.data)

    def nearest(self, query: NDArray[np.float32], count: int) -> Ids:
        places: Ids = self.index.search(query[None], count)[1][0]
        return places[places >= 0]


class FaissHnsw(FaissFlat):
    """faiss's graph; searched as widely as the number asked for, at least ``EF``."""

    EF = 200
    name = f"faiss HNSW (M 16, efConstruction 128, efSearch ≥ {EF}), filter, more until filled"

    def build(self) -> None:
        self.index = faiss_hnsw(self.data)

    def nearest(self, query: NDArray[np.float32], count: int) -> Ids:
        self.index.hnsw.efSearch = max(self.EF, count)
        return super().nearest(query, count)


class Hnswlib(PostFilter):
    """hnswlib's graph, the same way."""

    EF = 200
    name = f"hnswlib (M 16, ef_construction 128, ef ≥ {EF}), filter, more until filled"
    package = "hnswlib"

    def build(self) -> None:
        import hnswlib

        self.index: Any = hnswlib.Index(space="ip", dim=self.data.vectors.shape[1])
        self.index.init_index(len(self.data.vectors), ef_construction=128, M=16, random_seed=1)
        self.index.add_items(self.data.vectors)

    def nearest(self, query: NDArray[np.float32], count: int) -> Ids:
        self.index.set_ef(max(self.EF, count))
        try:
            places = self.index.knn_query(query[None], count)[0][0]
        except RuntimeError:
            # hnswlib raises where its graph reaches fewer than asked for.
            return self.nearest(query, count // 2)
        return np.asarray(places, dtype=np.int64)


class PreFilter(Peer):
    """Find what the filter keeps, in prices that lie in order label by label; compare only that."""

    def build(self) -> None:
        order = np.argsort(self.data.prices, kind="stable")
        self.places: dict[int | None, Ids] = {None: order}
        for label in range(len(LABELS)):
            self.places[label] = order[self.data.labels[order] == label]
        self.prices = {label: self.data.prices[places] for label, places in self.places.items()}

    def kept(self, wish: Filter) -> Ids | None:
        """Return the places that the filter keeps; None for all."""
        places = self.places[wish.label]
        if wish.price_max is not None:
            return places[: np.searchsorted(self.prices[wish.label], wish.price_max, side="right")]
        return None if wish.label is None else places


class NumpyFirst(PreFilter):
    """NumPy's matrix product over what fits."""

    name = "NumPy, filter first"

    def search(self, query: NDArray[np.float32], wish: Filter, count: int) -> Ids:
        places, vectors = self.kept(wish), self.data.vectors
        near = (vectors if places is None else vectors[places]) @ query
        best = np.argpartition(near, -count)[-count:] if len(near) > count else np.arange(len(near))
        best = best[np.argsort(-near[best])]
        return best if places is None else places[best]


class FaissFlatFirst(PreFilter):
    """faiss's exact index, told which to compare."""

    name = "faiss flat, filter first (IDSelectorArray)"
    package = "faiss-cpu"

    def build(self) -> None:
        super().build()
        self.index = faiss_flat(self.data)

    def search(self, query: NDArray[np.float32], wish: Filter, count: int) -> Ids:
        places = self.kept(wish)
        parameters = self.parameters(places, count)
        found: Ids = self.index.search(query[None], count, params=parameters)[1][0]
        return found[found >= 0]

    def parameters(self, places: Ids | None, count: int) -> Any:
        if places is None:
            return None
        return faiss().SearchParameters(sel=faiss().IDSelectorArray(places))


class FaissHnswFirst(FaissFlatFirst):
    """faiss's graph, which takes only what fits; searched the more widely the less that is."""

    EF, SPARE = 200, 2
    name = f"faiss HNSW, filter first (IDSelectorBitmap; efSearch ≥ {EF}, {SPARE} x 10 / share)"

    def build(self) -> None:
        PreFilter.build(self)
        self.index = faiss_hnsw(self.data)

    def parameters(self, places: Ids | None, count: int) -> Any:
        if places is None:
            return faiss().SearchParametersHNSW(efSearch=self.EF)
        fits = np.zeros(len(self.data.prices), dtype=bool)
        fits[places] = True
        wide = self.SPARE * count * len(fits) // max(1, len(places))
        return faiss().SearchParametersHNSW(
            sel=faiss().IDSelectorBitmap(np.packbits(fits, bitorder="little")),
            efSearch=max(self.EF, wide),
        )


class PlainPgvector(Peer):
    """One SQL statement with filter, order and limit, as pgvector's README shows it."""

    package = "pgvector"
    settings: dict[str, str] = {"hnsw.iterative_scan": "off", "hnsw.ef_search": "40"}
    name = "pgvector HNSW, ef_search 40, no iterative scan"

    def search(self, query: NDArray[np.float32], wish: Filter, count: int) -> Ids:
        conditions = ["e.version_id = %s"]
        given: list[object] = [self.data.version.pk]
        if wish.price_max is not None:
            conditions.append("p.currency = 'USD' AND p.price <= %s")
            given.append(Decimal(f"{wish.price_max:.2f}"))
        if wish.label is not None:
            conditions.append("e.label = %s")
            given.append(wish.label)
        with _cursor() as cursor:
            cursor.execute(
                "SELECT p.id - 1 FROM ml_embedding e JOIN catalog_product p ON p.id = e.product_id "
                f"WHERE {' AND '.join(conditions)} ORDER BY e.vector <=> %s LIMIT %s",
                [*given, HalfVector(query), count],
                binary=True,
            )
            return np.array([row[0] for row in cursor], dtype=np.int64)

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            for name, value in self.settings.items():
                cursor.execute(f"SET {name} = {value}")
            cursor.execute("SET enable_sort = off")

    def __exit__(self, *_: object) -> None:
        with connection.cursor() as cursor:
            for name in self.settings:
                cursor.execute(f"RESET {name}")
            cursor.execute("RESET enable_sort")


class IterativePgvector(PlainPgvector):
    """The same with iterative scans."""

    settings = {"hnsw.iterative_scan": "strict_order", "hnsw.ef_search": "200"}
    name = "pgvector HNSW, ef_search 200, iterative_scan strict_order"
