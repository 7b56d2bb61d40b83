"""Jewelry is matched with its own kind, where the encoder is sure of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from catalog.models import Product
from ml import registry
from ml.models import ModelVersion
from ml.networks.encoder import Encoding
from ml.networks.pixels import Pixels
from recommendations import services
from recommendations.search import Wishes, nearest
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


def found(version: ModelVersion, kind: str | None, **wishes: Any) -> list[Product]:
    given = {"count": 4, **wishes}
    rows = nearest(version, near(0), Wishes("jewelry", kind=kind, **given))
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
    pages = (found(version, "rings", count=6, offset=offset) for offset in (0, 6, 12, 18))
    assert [product for page in pages for product in page] == every


def test_a_piece_that_is_taken_for_two_kinds_comes_once(version: ModelVersion) -> None:
    """Two pictures of one ring, in the shops of two sellers, of which one looks like an earring."""
    ring, other = add_products(version, [near(0.2, 1), near(0.3, 2)], label=1)
    copies = add_products(version, [near(0.2, 1), near(0.2005, 1)], label=0)
    (earring,) = add_products(version, [near(0.25, 3)], label=0)
    assert found(version, "rings") == [ring, other, earring]
    assert found(version, "earrings", count=2)[0] in copies
    same = add_products(version, [near(0.4, 4)], label=0, sha256="b" * 64)
    first = add_products(version, [near(0.5, 5)], label=1, sha256="b" * 64)
    assert found(version, "rings", count=9) == [ring, other, *first, earring]
    assert same[0] in found(version, "earrings", count=9)


@pytest.mark.parametrize(("sure_from", "kinds"), [(0.6, {"rings"}), (0.9, {"earrings", "rings"})])
def test_a_photo_is_matched_with_its_kind_where_it_is_sure(
    version: ModelVersion,
    products: list[Product],
    monkeypatch: pytest.MonkeyPatch,
    sure_from: float,
    kinds: set[str],
) -> None:
    version.state = ModelVersion.State.LIVE
    version.metrics = {"sure_from": sure_from}
    version.save()
    monkeypatch.setattr(registry, "encoder_of", lambda _: Certain())
    photo = np.zeros((32, 32, 3), np.uint8)
    result = services.recommend(photo, Wishes("jewelry", count=4))
    assert result.label == "rings"
    assert result.confidence == pytest.approx(0.8)
    assert {KINDS[products.index(one.product) % 2] for one in result.found} == kinds


class Certain:
    """An encoder that takes every picture for a ring, in four of five cases."""

    label_names = tuple(KINDS)

    def crop(self, picture: Pixels) -> Pixels:
        return picture

    def encode(self, pictures: Sequence[Pixels], *, cropped: bool) -> Encoding:
        vectors = np.stack([near(0) for _ in pictures])
        return Encoding(vectors, np.array([[0.2, 0.8]] * len(pictures), np.float32))


@pytest.mark.parametrize(
    ("department", "metrics", "confidence", "sure"),
    [
        ("jewelry", {"sure_from": 0.8}, 0.8, True),
        ("jewelry", {"sure_from": 0.8}, 0.79, False),
        ("jewelry", {"sure_from": None}, 1.0, False),
        ("jewelry", {}, 1.0, False),
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
