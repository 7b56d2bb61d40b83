"""Jewelry is matched with its own kind, where the encoder is sure of it."""

from decimal import Decimal

import pytest

from catalog.models import Product
from ml.models import ModelVersion
from recommendations import services
from recommendations.search import Wishes
from tests.recommendations.helpers import add_products, near, new_version

pytestmark = pytest.mark.django_db

KINDS = ["earrings", "rings"]


@pytest.fixture
def version() -> ModelVersion:
    version = new_version("jewelry")
    version.label_names = KINDS
    version.save()
    return version


@pytest.fixture
def products(version: ModelVersion) -> list[Product]:
    """Twenty pieces, ever further away: earrings and rings in turn, but only three cheap rings."""
    return add_products(
        version,
        [near(0.1 + 0.03 * place, 1 + place) for place in range(20)],
        label=lambda place: place % 2,
        price=lambda place: 50 if place % 2 and place > 5 else 10,
    )


def found(version: ModelVersion, kind: str | None, **wishes: object) -> list[Product]:
    given = {"count": 4, **wishes}
    rows = services._kind_first(version, near(0), Wishes("jewelry", **given), kind)  # type: ignore[arg-type]  # the fields of a dataclass
    return [row.product for row in rows]


def test_only_its_own_kind_is_shown(version: ModelVersion, products: list[Product]) -> None:
    assert found(version, "rings") == products[1:9:2]
    assert found(version, "earrings") == products[0:8:2]


def test_where_it_is_not_sure_all_kinds_are_searched(
    version: ModelVersion, products: list[Product]
) -> None:
    assert found(version, None) == products[:4]


def test_others_fill_the_count_after_its_own_kind(
    version: ModelVersion, products: list[Product]
) -> None:
    cheap = {"price_max": Decimal(20)}
    assert found(version, "rings", count=6, **cheap) == [*products[1:6:2], *products[0:6:2]]
    # As many as there are, none twice.
    every = found(version, "rings", count=20)
    assert every == [*products[1::2], *products[0::2]]


@pytest.mark.parametrize(
    ("department", "metrics", "confidence", "sure"),
    [
        ("jewelry", {"sure_from": 0.8}, 0.8, True),
        ("jewelry", {"sure_from": 0.8}, 0.79, False),
        ("jewelry", {}, 0.5, True),
        ("jewelry", {}, 0.49, False),
        ("art", {"sure_from": 0.8}, 0.5, True),
        ("art", {"sure_from": 0.8}, 0.49, False),
        ("jewelry", {"sure_from": 0.8}, None, False),
    ],
)
def test_it_is_sure_from_the_measured_probability_on(
    department: str, metrics: dict[str, float], confidence: float | None, sure: bool
) -> None:
    version = new_version(department)
    version.metrics = metrics
    assert services.is_sure(confidence, version) is sure


def test_without_its_version_one_half_is_enough() -> None:
    assert services.is_sure(0.5, None)
    assert not services.is_sure(0.49, None)
