"""The search against real pgvector, with vectors made by hand."""

from decimal import Decimal

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from ml.embedding import leave_out
from ml.models import DIMENSIONS, ModelVersion
from recommendations.folding import Row
from recommendations.search import Wishes, find, nearest, next_price
from tests.recommendations.helpers import Vector, add_products, near, new_version
from tests.recommendations.searching import QUERY, search, spread

pytestmark = pytest.mark.django_db


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


def test_none_wanted_are_none(version: ModelVersion) -> None:
    add_products(version, spread(4))
    assert search(version, count=0) == []


def test_fewer_come_only_where_no_more_exist(version: ModelVersion) -> None:
    products = add_products(version, spread(4))
    assert search(version, count=24) == products


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
    assert next_price(version, Wishes("art", price_max=Decimal(40))) == Decimal(41)
    assert next_price(version, Wishes("art", price_max=Decimal(41))) == Decimal(45)
    assert next_price(version, Wishes("art", price_max=Decimal(90))) is None


def test_next_price_needs_a_limit(version: ModelVersion) -> None:
    add_products(version, spread(2))
    assert next_price(version, Wishes("art", price_min=Decimal(1))) is None


@pytest.mark.parametrize(
    "fields",
    [{"is_active": False}, {"availability": "out"}, {"currency": "EUR"}, {"department": "jewelry"}],
)
def test_next_price_tells_of_nothing_that_cannot_be_had(
    version: ModelVersion, fields: dict[str, object]
) -> None:
    add_products(version, [near(0.1)], price=50, **fields)
    assert next_price(version, Wishes("art", price_max=Decimal(40))) is None


def test_next_price_tells_of_nothing_that_cannot_be_shown(version: ModelVersion) -> None:
    (pictureless,) = add_products(version, [near(0.1)], price=50)
    pictureless.pictures.all().delete()
    assert next_price(version, Wishes("art", price_max=Decimal(40))) is None
