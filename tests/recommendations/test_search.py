"""The search against real pgvector, with vectors made by hand."""

import time
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from catalog.models import Picture, Product
from ml.models import DIMENSIONS, Embedding, ModelVersion, Offer
from ml.services import leave_out
from recommendations.search import (
    EF_LEAST,
    EF_MOST,
    FOLLOWED,
    LOOK_ALIKE,
    NEAR_DUPLICATE,
    PAGED,
    SPARE,
    Row,
    Search,
    Wishes,
    _estimates,
    find,
    nearest,
    next_price,
)
from tests.recommendations.helpers import (
    Vector,
    add_products,
    embed,
    near,
    new_picture,
    new_version,
)

pytestmark = pytest.mark.django_db

QUERY = near(0)


@pytest.fixture
def version() -> ModelVersion:
    return new_version()


def search(
    version: ModelVersion,
    *,
    low: object = None,
    high: object = None,
    count: int = 3,
    currency: str = "USD",
    **options: bool,
) -> list[Product]:
    price_min, price_max = (None if one is None else Decimal(str(one)) for one in (low, high))
    wishes = Wishes("art", price_min, price_max, currency, count)
    return [found.product for found in nearest(version, QUERY, wishes, **options)]


def spread(count: int, first: float = 0.1) -> list[Vector]:
    """Return vectors ever further from the query, each on an axis of its own."""
    return [near(first + 0.5 * place / count, axis=1 + place) for place in range(count)]


def test_it_works(version: ModelVersion) -> None:
    far, close, middle = add_products(version, [near(0.6, 1), near(0.1, 2), near(0.3, 3)])
    found = nearest(version, QUERY, Wishes("art", count=3))
    assert [one.product for one in found] == [close, middle, far]
    assert [one.distance for one in found] == pytest.approx([0.1, 0.3, 0.6], abs=1e-3)
    assert [one.picture.product for one in found] == [close, middle, far]


def test_an_empty_catalogue_gives_nothing(version: ModelVersion) -> None:
    assert search(version) == []


def test_count_is_filled_from_far_away_where_the_price_leaves_out_what_is_near(
    version: ModelVersion,
) -> None:
    products = add_products(version, spread(200), price=lambda place: 1000 - place)
    assert search(version, high=803) == products[197:]
    assert search(version, low=999) == products[:2]
    assert search(version, low="900.50", high="902.50") == products[98:100]


def test_count_is_filled_where_what_is_near_is_sold_out(version: ModelVersion) -> None:
    products = add_products(
        version, spread(120), availability=lambda place: "out" if place < 100 else "in"
    )
    assert search(version) == products[100:103]


def test_count_is_filled_behind_a_crowd_of_the_same_picture(version: ModelVersion) -> None:
    crowd = add_products(version, [near(0.05, 500)] * 300)
    others = add_products(version, spread(5))
    found = search(version, count=6)
    assert found[0] in crowd
    assert found[1:] == others


def test_none_wanted_are_none(version: ModelVersion) -> None:
    add_products(version, spread(4))
    assert search(version, count=0) == []


def test_fewer_come_only_where_no_more_exist(version: ModelVersion) -> None:
    products = add_products(version, spread(4))
    assert search(version, count=24) == products


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
    # As the database holds them: in half precision.
    distances = 1 - vectors.astype(np.float16).astype(np.float64) @ QUERY
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
    vectors = np.random.default_rng(3).normal(size=(900, DIMENSIONS))
    query = vectors[0].astype(np.float32)
    add_products(version, list(vectors.astype(np.float32)))
    index(version, "m = 4, ef_construction = 8")
    monkeypatch.setattr("recommendations.search.EF_LEAST", 1)

    def page(count: int, offset: int | None) -> list[int]:
        wishes = Wishes("art", count=count, offset=offset)
        return [row.product for row in find(version, query, wishes)]

    narrow, wide = page(10, None), page(200, None)[:10]
    assert narrow != wide, "it must not be exact for this test to mean anything"
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
    distances = 1 - vectors.astype(np.float16).astype(np.float64) @ QUERY
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
    distances = 1 - vectors.astype(np.float16).astype(np.float64) @ QUERY
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


@pytest.mark.parametrize(
    "change",
    [
        {"price": 90},
        {"currency": "EUR"},
        {"availability": "out"},
        {"is_active": False},
    ],
    ids=["price", "currency", "sold", "gone"],
)
def test_what_changes_before_it_is_loaded_is_not_shown(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    products = add_products(version, spread(6), price=20)
    rounds: list[int] = []

    def find_then_change(*args: object, **options: object) -> list[Row]:
        rows = find(*args, **options)  # type: ignore[arg-type]  # passed on as they came
        if not rounds:
            Product.objects.filter(pk=products[1].pk).update(**change)
        rounds.append(len(rows))
        return rows

    monkeypatch.setattr("recommendations.search.find", find_then_change)
    assert search(version, high=50) == [products[0], products[2], products[3]]
    assert rounds == [3, 3]


def test_another_departments_product_does_not_fit(version: ModelVersion) -> None:
    (product,) = add_products(version, [near(0.1)])
    assert Wishes("art").fit(product)
    assert not Wishes("jewelry").fit(product)


def test_a_label_that_was_not_learnt_is_refused(version: ModelVersion) -> None:
    with pytest.raises(ValueError, match="city"):
        nearest(version, QUERY, Wishes("art", label="city"))


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


def test_an_unknown_price_matches_no_bound(version: ModelVersion) -> None:
    (unknown,) = add_products(version, [near(0.1, 1)], price=None)
    (known,) = add_products(version, [near(0.2, 2)])
    assert search(version) == [unknown, known]
    assert search(version, high=1000) == [known]
    assert search(version, low=0) == [known]


def test_bounds_are_within_the_range(version: ModelVersion) -> None:
    products = add_products(version, spread(3), price=lambda place: Decimal("19.99") + place)
    assert search(version, low="19.99", high="20.99") == products[:2]


def test_a_bound_is_in_its_own_currency(version: ModelVersion) -> None:
    (euros,) = add_products(version, [near(0.1, 1)], currency="EUR")
    (dollars,) = add_products(version, [near(0.2, 2)])
    assert search(version, high=50) == [dollars]
    assert search(version, high=50, currency="EUR") == [euros]
    assert search(version) == [euros, dollars]


@pytest.mark.parametrize(
    "fields", [{"is_active": False}, {"availability": "out"}], ids=["inactive", "sold out"]
)
def test_what_nobody_can_buy_is_never_found(
    version: ModelVersion, fields: dict[str, object]
) -> None:
    add_products(version, [near(0.01)], **fields)
    (other,) = add_products(version, [near(0.4, 2)])
    assert search(version) == [other]


@pytest.mark.parametrize("availability", ["in", "preorder", "unknown"])
def test_what_may_be_bought_is_found(version: ModelVersion, availability: str) -> None:
    products = add_products(version, [near(0.1)], availability=availability)
    assert search(version) == products


def test_an_unreadable_picture_is_not_found(version: ModelVersion) -> None:
    (broken,) = add_products(version, [near(0.1)])
    leave_out(broken.pictures.get())
    assert search(version) == []


def test_versions_are_never_mixed(version: ModelVersion) -> None:
    products = add_products(version, [near(0.3)])
    add_products(new_version(), [near(0.01)])
    add_products(new_version("jewelry"), [near(0.01)])
    assert search(version) == products


def test_the_same_picture_of_two_products_folds(version: ModelVersion) -> None:
    add_products(version, [near(0.1, 1), near(0.3, 2)], sha256="a" * 64)
    (other,) = add_products(version, [near(0.5, 3)])
    found = search(version)
    assert len(found) == 2
    assert found[1] == other


def test_nearly_equal_vectors_fold_into_the_nearest(version: ModelVersion) -> None:
    # Leaning to the same axis, the two lie 0.001 apart, and the third 0.15 from both.
    one, copy, third = near(0.1), near(0.12), near(0.5)
    assert 1 - one @ copy < NEAR_DUPLICATE / 2 < LOOK_ALIKE < 1 - one @ third
    first, _copy, other = add_products(version, [one, copy, third])
    assert search(version) == [first, other]


def test_look_alikes_fold_where_their_vectors_are_close(version: ModelVersion) -> None:
    one, copy = near(0.1), near(0.3)
    assert NEAR_DUPLICATE < 1 - one @ copy < LOOK_ALIKE
    three_bits_apart = [0b1010, -(1 << 63)].__getitem__
    first, _copy = add_products(version, [one, copy], perceptual_hash=three_bits_apart)
    assert search(version) == [first]


def test_look_alikes_whose_vectors_differ_are_two(version: ModelVersion) -> None:
    products = add_products(version, [near(0.1, 1), near(0.2, 2)], perceptual_hash=5)
    assert search(version) == products


def test_close_vectors_that_look_different_are_two(version: ModelVersion) -> None:
    products = add_products(version, [near(0.1), near(0.3)])
    assert search(version) == products


def test_several_pictures_of_a_product_are_one_match(version: ModelVersion) -> None:
    product, other = add_products(version, [near(0.4, 1), near(0.3, 2)])
    second = new_picture(product, "b" * 64)
    second.save()
    embed(version, {second: near(0.1, 3)})
    found = nearest(version, QUERY, Wishes("art", count=3))
    assert [one.product for one in found] == [product, other]
    assert found[0].picture == second
    assert Picture.objects.count() == 3


def test_the_piece_itself_can_be_left_out(version: ModelVersion) -> None:
    itself, other = add_products(version, [near(0.001), near(0.2, 2)])
    assert search(version) == [itself, other]
    assert search(version, without_itself=True) == [other]


def test_a_product_can_be_excluded(version: ModelVersion) -> None:
    itself, other = add_products(version, [near(0.1, 1), near(0.2, 2)])
    found = nearest(version, QUERY, Wishes("art", count=3, excluding=itself.pk))
    assert [one.product for one in found] == [other]


@pytest.mark.parametrize("length", [40, 1e-30, 1e30, 1e300, 1e-300])
def test_the_length_of_a_query_does_not_matter(version: ModelVersion, length: float) -> None:
    products = add_products(version, spread(5))
    query = length * QUERY.astype(np.float64)
    found = nearest(version, query, Wishes("art", count=5), without_itself=True)
    assert [one.product for one in found] == products


@pytest.mark.parametrize(
    "vector",
    [QUERY[:511], np.zeros(DIMENSIONS), near(0) * np.nan, np.full(DIMENSIONS, np.inf), [], [[1.0]]],
    ids=["too short", "zeros", "not numbers", "infinite", "empty", "nested"],
)
def test_a_vector_that_is_none_is_refused(version: ModelVersion, vector: Vector) -> None:
    with pytest.raises(ValueError, match="512 finite numbers"):
        nearest(version, vector, Wishes("art"))


def test_one_query_loads_what_was_found(
    version: ModelVersion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add_products(version, spread(60), price=lambda place: 10 + place % 7)
    with django_assert_num_queries(1):
        found = nearest(version, QUERY, Wishes("art", Decimal(11), Decimal(15), count=8))
        assert len(found) == 8
        assert {one.product.source.name for one in found} == {"vector shop"}


def test_next_price_is_the_lowest_above_the_limit(version: ModelVersion) -> None:
    add_products(version, spread(4), price=lambda place: [20, 45, 41, 90][place])
    assert next_price(Wishes("art", price_max=Decimal(40))) == Decimal(41)
    assert next_price(Wishes("art", price_max=Decimal(41))) == Decimal(45)
    assert next_price(Wishes("art", price_max=Decimal(90))) is None


def test_next_price_needs_a_limit(version: ModelVersion) -> None:
    add_products(version, spread(2))
    assert next_price(Wishes("art", price_min=Decimal(1))) is None


@pytest.mark.parametrize(
    "fields",
    [{"is_active": False}, {"availability": "out"}, {"currency": "EUR"}, {"department": "jewelry"}],
)
def test_next_price_tells_of_nothing_that_cannot_be_had(
    version: ModelVersion, fields: dict[str, object]
) -> None:
    add_products(version, [near(0.1)], price=50, **fields)
    assert next_price(Wishes("art", price_max=Decimal(40))) is None


def test_next_price_tells_of_nothing_that_cannot_be_shown(version: ModelVersion) -> None:
    (pictureless,) = add_products(version, [near(0.1)], price=50)
    pictureless.pictures.all().delete()
    assert next_price(Wishes("art", price_max=Decimal(40))) is None
