"""``bench search``: our search and its peers over one made-up catalogue, in one run."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
from django.db import connection, connections
from numpy.typing import NDArray

from ml.indexes import create_index
from ml.models import ModelVersion
from recommendations.search import Search, Wishes, find, nearest
from tests.benchmarks.life import live
from tests.benchmarks.machine import machine, quantiles
from tests.benchmarks.peers import (
    BruteForce,
    FaissFlat,
    FaissFlatFirst,
    FaissHnsw,
    FaissHnswFirst,
    Filter,
    Hnswlib,
    IterativePgvector,
    NumpyFirst,
    Peer,
    PlainPgvector,
    PostFilter,
    SeedsWay,
)
from tests.benchmarks.restart import restarted
from tests.benchmarks.synthetic import LABELS, Mixture, Synthetic, fill

CAPS = (1.0, 0.5, 0.16, 0.05, 0.02, 0.01, 0.005, 0.001, 0.0001)
COUNT = 10
CONNECTIONS = 8
# How long a peer is measured at one setting, in seconds, at least.
PATIENCE = 2.0
PEERS: tuple[type[Peer], ...] = (
    SeedsWay,
    BruteForce,
    NumpyFirst,
    PlainPgvector,
    IterativePgvector,
    FaissFlat,
    FaissFlatFirst,
    FaissHnsw,
    FaissHnswFirst,
    Hnswlib,
)
DATABASE = "pendant_bench"
# Up to so many pieces it is measured what changes cost: vacuum goes through the whole graph.
LIVING = 200_000
# What lies closer together is a tie: single precision sums 512 products to about a millionth.
TIE = 1e-5
# So many searches are timed after a restart, along the index and through the offers.
FIRST, FIRST_CAPS = 20, (1.0, 0.01)


class Ours(Peer):
    """``recommendations.search.find``: plan, query and folding, as far as the peers go."""

    name = "Pendant"

    @staticmethod
    def wishes(wish: Filter, count: int) -> Wishes:
        return Wishes(
            "art",
            price_max=None if wish.price_max is None else Decimal(f"{wish.price_max:.2f}"),
            count=count,
            label=None if wish.label is None else LABELS[wish.label],
        )

    def search(self, query: NDArray[np.float32], wish: Filter, count: int) -> NDArray[np.int64]:
        found = find(self.data.version, query, self.wishes(wish, count))
        return np.array([row.product - 1 for row in found], dtype=np.int64)


class OursLoaded(Ours):
    """The same with products, pictures and shops loaded, ready for a page."""

    name = "Pendant, products loaded"

    def search(self, query: NDArray[np.float32], wish: Filter, count: int) -> NDArray[np.int64]:
        found = nearest(self.data.version, query, self.wishes(wish, count))
        return np.array([one.product.pk - 1 for one in found], dtype=np.int64)


@contextmanager
def own_database() -> Iterator[None]:
    """Work in an empty database of its own, on the same server, removed afterwards."""
    settings = connection.settings_dict
    before = settings["NAME"], dict(settings["TEST"])
    settings["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        for one in connections.all(initialized_only=True):
            one.close()
        connection.creation.destroy_test_db(before[0], verbosity=0)
        settings["TEST"].update(before[1])


def bench(
    size: int,
    *,
    queries: int = 200,
    peers: Sequence[type[Peer]] = PEERS,
    on_progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Measure; see docs/benchmarks.md for what the figures mean."""
    with own_database():
        about = machine("scikit-learn", "faiss-cpu", "hnswlib", "numpy", "django")
        on_progress(f"Filling a catalogue of {size:,} pieces")
        mixture = Mixture(size)
        started = time.perf_counter()
        data = fill(size, mixture)
        fill_seconds = time.perf_counter() - started
        asked, labels = mixture.draw(queries, seed=23)
        on_progress("Building the index")
        started = time.perf_counter()
        create_index(data.version)
        build_seconds = time.perf_counter() - started
        on_progress("Searching exactly, for the truth")
        settings = list(_settings(data, labels))
        truth = [_exact(data, asked, wishes) for _, _, wishes in settings]
        rows: list[dict[str, Any]] = []
        kinds: list[type[Peer]] = [Ours, OursLoaded, *peers]
        for kind in kinds:
            on_progress(f"Measuring {kind.name}")
            try:
                peer = kind(data)
            except ImportError:
                rows.append({"name": kind.name, "missing": f"install {kind.package}"})
                continue
            with peer if isinstance(peer, PlainPgvector) else nullcontext():
                for (cap, label, wishes), exact in zip(settings, truth, strict=True):
                    if label == "other" and isinstance(peer, PostFilter):
                        # What drops the near ones first is slow there beyond all patience.
                        continue
                    patience = None if isinstance(peer, Ours) else PATIENCE
                    row = {
                        "name": peer.name,
                        "cap": cap,
                        "label": label,
                        "build_seconds": round(peer.build_seconds, 1),
                        **_measured(peer, asked, exact, wishes, patience),
                    }
                    if type(peer) is Ours:
                        search = Search(data.version, asked[0], Ours.wishes(wishes[0], COUNT))
                        row["ef_search"] = next(iter(search.plan(COUNT + 2)), None)
                    rows.append(row)
            del peer
        at_once = [
            {"cap": cap, **_at_once(Ours(data), asked, wishes)}
            for cap, label, wishes in settings
            if label is None
        ]
        index = {"seconds": round(build_seconds, 1), **_sizes(data.version)}
        steps: list[dict[str, Any]] = []
        lived: list[dict[str, Any]] = []
        if size <= LIVING:
            on_progress("Changing prices and pieces")
            steps = live(data)
            lived = [
                {"cap": cap, "label": label, **_measured(Ours(data), asked, exact, wishes, None)}
                for (cap, label, wishes), exact in zip(settings, truth, strict=True)
            ]
        on_progress("Searching after a restart of the database")
        restart = restarted(
            {
                cap: [partial(Ours(data).search, one, wishes[0], COUNT) for one in asked[:FIRST]]
                for cap, label, wishes in settings
                if label is None and cap in FIRST_CAPS
            }
        )
        return {
            "bench": "search",
            "size": size,
            "dimensions": data.vectors.shape[1],
            "queries": queries,
            "machine": about,
            "fill_seconds": round(fill_seconds, 1),
            "index": index,
            "rows": rows,
            "at_once": at_once,
            "life": steps,
            "lived": lived,
            "restart": restart,
        }


def _settings(
    data: Synthetic, labels: NDArray[np.int16]
) -> Iterator[tuple[float, str | None, list[Filter]]]:
    """Yield each cap, with and without a label, and the filter of each query.

    A label is the query's own, as where a shopper looks for more of a kind, or another one.
    """
    ordered = np.sort(data.prices)
    for label in (None, "own", "other"):
        for cap in CAPS:
            place = min(len(ordered) - 1, max(0, round(cap * len(ordered)) - 1))
            price = None if cap == 1.0 else float(ordered[place])
            shift = 0 if label == "own" else 1
            yield (
                cap,
                label,
                [
                    Filter(price, None if label is None else (int(own) + shift) % len(LABELS))
                    for own in labels
                ],
            )


def _exact(
    data: Synthetic, asked: NDArray[np.float32], wishes: Sequence[Filter]
) -> list[NDArray[np.float32]]:
    """Return each query's exact distances to its ten nearest, or to all there are."""
    best: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(asked)
    for wish in dict.fromkeys(wishes):
        queries = [place for place, other in enumerate(wishes) if other == wish]
        places = np.flatnonzero(wish.keeps(data))
        nearest_of = np.empty((len(queries), 0), np.float32)
        for start in range(0, len(places), 50_000):
            block = 1 - asked[queries] @ data.vectors[places[start : start + 50_000]].T
            nearest_of = np.concatenate([nearest_of, block], axis=1)
            nearest_of = np.sort(nearest_of, axis=1)[:, :COUNT]
        for query, distances in zip(queries, nearest_of, strict=True):
            best[query] = distances
    return best


def _measured(
    peer: Peer,
    asked: NDArray[np.float32],
    truth: Sequence[NDArray[np.float32]],
    wishes: Sequence[Filter],
    patience: float | None,
) -> dict[str, Any]:
    """Run the queries one after the other; with ``patience`` stop after so many seconds."""
    for query, wish in zip(asked[: 1 if patience else 5], wishes, strict=False):
        peer.search(query, wish, COUNT)
    seconds, recalls, lacking, returned = [], [], 0, 0
    began = time.perf_counter()
    for query, exact, wish in zip(asked, truth, wishes, strict=True):
        started = time.perf_counter()
        places = peer.search(query, wish, COUNT)
        seconds.append(time.perf_counter() - started)
        # What does not fit, or comes again, is not found.
        places = np.unique(places[:COUNT])
        places = places[wish.keeps(peer.data, places)]
        distances = 1 - peer.data.vectors[places] @ query
        returned += len(places)
        lacking += len(places) < len(exact)
        if len(exact):
            recalls.append(float((distances <= exact[-1] + TIE).sum()) / len(exact))
        if patience is not None and time.perf_counter() - began > patience:
            break
    return {
        "exist": round(float(np.mean([len(exact) for exact in truth[: len(seconds)]])), 2),
        "returned": round(returned / len(seconds), 2),
        "not_filled": lacking,
        "recall": round(float(np.mean(recalls)), 4) if recalls else None,
        "measured": len(seconds),
        **quantiles(seconds),
    }


def _at_once(peer: Peer, asked: NDArray[np.float32], wishes: Sequence[Filter]) -> dict[str, Any]:
    """Run the queries over eight connections at once."""
    seconds: list[float] = []

    def work(queries: NDArray[np.float32]) -> None:
        try:
            for query in queries:
                started = time.perf_counter()
                peer.search(query, wishes[0], COUNT)
                seconds.append(time.perf_counter() - started)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=(part,)) for part in np.array_split(asked, CONNECTIONS)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    return {
        "connections": CONNECTIONS,
        "queries_per_second": round(len(seconds) / took, 1),
        **quantiles(seconds),
    }


def _sizes(version: ModelVersion) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size(to_regclass(%s)), pg_total_relation_size('ml_embedding'), "
            "pg_database_size(current_database())",
            [version.index_name],
        )
        index, table, database = cursor.fetchone()
    return {"bytes": index, "table_bytes": table, "database_bytes": database}
