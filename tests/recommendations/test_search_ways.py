"""Both ways of the search, along the index and by comparing, and what chooses between them."""

import time
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from numpy.typing import NDArray

from ml.models import DIMENSIONS, Embedding, ModelVersion, Offer
from recommendations.search import (
    EF_LEAST,
    EF_MOST,
    FOLLOWED,
    PAGED,
    SPARE,
    Search,
    Wishes,
    _estimates,
    find,
    index_size,
    nearest,
)
from tests.recommendations.helpers import add_products, near
from tests.recommendations.searching import QUERY, search, spread

pytestmark = pytest.mark.django_db


def index(version: ModelVersion, options: str = "m = 16, ef_construction = 64") -> None:
    """Build the version's index in the test's transaction, and make every search follow it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            f"CREATE INDEX {version.index_name} ON ml_embedding "
            f"USING hnsw (vector halfvec_cosine_ops) WITH ({options}) "
            f"WHERE version_id = {version.pk}"
        )
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def distances_as_kept(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine distances from QUERY as the database holds vectors: in half precision.

    They are not quite of unit length any more, by as much as neighbours may be apart.
    """
    kept = vectors.astype(np.float16).astype(np.float64)
    query = QUERY.astype(np.float16).astype(np.float64)
    norms = np.linalg.norm(kept, axis=1) * np.linalg.norm(query)
    distances: NDArray[np.float64] = 1 - kept @ query / norms
    return distances


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let comparing seem so dear that every search with an index goes along it."""
    monkeypatch.setattr("recommendations.search.COMPARED", 1e9)


@pytest.mark.usefixtures("follow")
def test_count_is_filled_where_the_index_gives_up(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = add_products(version, spread(400), price=lambda place: 5 if place >= 390 else 50)
    index(version)
    monkeypatch.setattr(Search, "plan", lambda *_: [5, 20])
    wishes = Wishes("art", price_max=Decimal(20), count=3)
    for candidates in (5, 20):
        assert len(Search(version, QUERY, wishes).followed(5, candidates)) < 3
    assert search(version, high=20) == products[390:393]


@pytest.fixture(params=["compared", "followed"])
def way(request: pytest.FixtureRequest) -> str:
    """Let the search go one way, then the other."""
    if request.param == "followed":
        request.getfixturevalue("follow")
    return str(request.param)


@pytest.mark.parametrize("count", [1, 8, 24])
@pytest.mark.parametrize(("low", "high"), [(None, None), (None, 40), (30, 35), (99, None)])
@pytest.mark.parametrize("label", [None, "water"])
def test_both_ways_find_what_an_exact_search_finds(
    version: ModelVersion,
    way: str,
    count: int,
    low: int | None,
    high: int | None,
    label: str | None,
) -> None:
    random = np.random.default_rng(7)
    vectors = random.normal(size=(250, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    prices = random.integers(1, 100, 250)
    products = add_products(
        version,
        list(vectors),
        price=lambda place: int(prices[place]),
        label=lambda place: place % 3,
    )
    version.label_names = ["city", "water", "people"]
    index(version)
    distances = distances_as_kept(vectors)
    allowed = (prices >= (low or 0)) & (prices <= (high or 100))
    if label:
        allowed &= np.arange(250) % 3 == 1
    order = [place for place in np.argsort(distances) if allowed[place]]
    wishes = Wishes(
        "art",
        None if low is None else Decimal(low),
        None if high is None else Decimal(high),
        count=count,
        label=label,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ml_offer")
    # Where too little fits, the index holds too few candidates, and that is known beforehand.
    if way == "compared" or (label, low) == (None, None):
        assert bool(Search(version, QUERY, wishes).plan(count)) == (way == "followed")
    found = [one.product for one in nearest(version, QUERY, wishes)]
    assert found == [products[place] for place in order[:count]]


def test_ties_come_in_the_order_of_their_pictures(version: ModelVersion, way: str) -> None:
    """The first of many as far away as each other, which the window alone does not hold."""
    products = add_products(version, [near(0.2, axis) for axis in range(1, 61)])
    # Moved to the table's end, so that the first pictures are not the first rows either.
    for model in (Embedding, Offer):
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {model._meta.db_table} SET version_id = version_id WHERE product_id <= %s",
                [products[29].pk],
            )
    index(version)
    assert search(version, count=8) == products[:8]
    first = [search(version, count=count)[-1] for count in range(1, 9)]
    assert first == products[:8]


def test_pages_follow_on_one_another(version: ModelVersion, way: str) -> None:
    crowd = add_products(version, [near(0.05, 500)] * 30)
    others = add_products(version, spread(20))
    index(version)
    pages = [
        [one.product for one in nearest(version, QUERY, Wishes("art", count=6, offset=offset))]
        for offset in range(0, 24, 6)
    ]
    assert [len(page) for page in pages] == [6, 6, 6, 3]
    assert pages[0][0] in crowd
    assert [product for page in pages for product in page][1:] == others


def test_no_page_repeats_a_piece_where_the_index_is_not_exact(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch, follow: None
) -> None:
    vectors = np.random.default_rng(3).normal(size=(900, DIMENSIONS)).astype(np.float32)
    add_products(version, list(vectors))
    index(version, "m = 4, ef_construction = 8")
    monkeypatch.setattr("recommendations.search.EF_LEAST", 1)
    query = vectors[0]

    def page(count: int, offset: int | None) -> list[int]:
        wishes = Wishes("art", count=count, offset=offset)
        return [row.product for row in find(version, query, wishes)]

    # Which queries the index misses something of is another with every build.
    for query in vectors:  # noqa: B007  # page looks at it
        if page(10, None) != page(200, None)[:10]:
            break
    else:
        pytest.fail("it must not be exact for this test to mean anything")
    pages = [page(24, offset) for offset in range(0, PAGED, 24)]
    assert len({product for one in pages for product in one}) == PAGED
    assert page(12, 12) == pages[0][12:]


def test_a_label_that_lies_elsewhere_is_compared(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index comes by a few of it that are not its nearest, which must not be taken for them."""
    random = np.random.default_rng(5)
    vectors = random.normal(size=(1500, DIMENSIONS)).astype(np.float32)
    vectors[::20] -= 0.7 * QUERY * np.linalg.norm(vectors[::20], axis=1, keepdims=True)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    products = add_products(version, list(vectors), label=lambda place: int(place % 20 == 0))
    version.label_names = ["near", "far"]
    index(version)
    monkeypatch.setattr(Search, "plan", lambda *_: [180])
    wishes = Wishes("art", label="far", count=8)
    assert len(Search(version, QUERY, wishes).followed(10, 180)) < 10
    distances = distances_as_kept(vectors)
    far = [place for place in np.argsort(distances) if place % 20 == 0]
    found = nearest(version, QUERY, wishes)
    assert [one.product for one in found] == [products[place] for place in far[:8]]


def test_a_price_that_goes_with_the_looks_is_compared(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces that look like the query are cheap but for a few: those must not fill the count."""
    random = np.random.default_rng(6)
    vectors = random.normal(size=(1500, DIMENSIONS)).astype(np.float32) / DIMENSIONS**0.5
    is_near = np.arange(1500) < 1000
    vectors[is_near] += QUERY
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    prices = np.where(is_near & (np.arange(1500) % 50 > 0), 20, 80)
    products = add_products(version, list(vectors), price=lambda place: int(prices[place]))
    index(version)
    monkeypatch.setattr(Search, "plan", lambda *_: [180])
    wishes = Wishes("art", price_min=Decimal(60), count=24)
    assert len(Search(version, QUERY, wishes).followed(26, 180)) < 26
    distances = distances_as_kept(vectors)
    dear = [place for place in np.argsort(distances) if prices[place] == 80]
    found = nearest(version, QUERY, wishes)
    assert [one.product for one in found] == [products[place] for place in dear[:24]]


@pytest.mark.usefixtures("follow")
def test_a_search_leaves_no_setting_in_its_callers_transaction(version: ModelVersion) -> None:
    add_products(version, spread(50))
    index(version)

    def settings() -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('enable_sort'), current_setting('hnsw.iterative_scan')"
            )
            return list(cursor.fetchone() or ())

    before = settings()
    assert len(search(version)) == 3
    assert connection.in_atomic_block
    assert settings() == before


def test_the_statistics_choose_the_way(version: ModelVersion) -> None:
    """Compare few offers, follow the index for many; the count of each is the database's guess."""
    add_products(version, spread(400), price=lambda place: place + 1)
    index(version)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ml_offer")
    _estimates[version.index_name] = (time.monotonic(), 400)

    def plan(high: int | None, compared: float) -> list[int]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("recommendations.search.COMPARED", compared)
            wishes = Wishes("art", price_max=None if high is None else Decimal(high))
            return Search(version, QUERY, wishes).plan(10)

    follow_least = EF_LEAST * FOLLOWED
    assert plan(None, follow_least / 300) == [EF_LEAST]
    assert plan(None, follow_least / 500) == []
    assert plan(350, follow_least / 300) == [EF_LEAST]
    assert plan(20, follow_least / 300) == []
    # 400 / 20 of the index for each of ten, about: the database guesses.
    (candidates,) = plan(20, 1e6)
    assert candidates == pytest.approx(SPARE * 200, rel=0.2)
    # More than the index gives.
    assert plan(1, 1e6) == []
    # Before very many are compared, the index is asked once more.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recommendations.search.MANY", 100)
        assert plan(350, follow_least / 300) == [EF_LEAST, EF_MOST]


def test_an_index_that_is_not_whole_is_not_followed(version: ModelVersion) -> None:
    """As a build leaves it that was cancelled: the database keeps its name, and never uses it."""
    add_products(version, spread(40))
    index(version)
    assert index_size(version) == 40
    _estimates.clear()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)",
            [version.index_name],
        )
    assert index_size(version) == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_meanwhile_is_opened_anew(version: ModelVersion) -> None:
    products = add_products(version, spread(4))
    assert search(version) == products[:3]
    wrapper: Any = connection
    wrapper.health_check_enabled, wrapper.health_check_done = True, False
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(%s, 10000)", [wrapper.connection.info.backend_pid]
            )
        assert search(version) == products[:3]
    finally:
        other.close()
        wrapper.health_check_enabled = False


def test_estimates_are_remembered_for_a_minute(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> float:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ml_offer")
        return Search(version, QUERY, Wishes("art", price_max=Decimal(30))).kept()

    add_products(version, spread(100), price=20)
    assert kept() == pytest.approx(100, rel=0.1)
    add_products(version, spread(100), price=20)
    assert kept() == pytest.approx(100, rel=0.1)
    monkeypatch.setattr("recommendations.search.REMEMBERED", 0.0)
    assert kept() == pytest.approx(200, rel=0.1)
