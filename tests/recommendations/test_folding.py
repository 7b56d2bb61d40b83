"""Several pictures of one piece are one match."""

import pytest

from catalog.models import Picture
from ml.models import ModelVersion
from recommendations.folding import LOOK_ALIKE, NEAR_DUPLICATE
from recommendations.search import Wishes, nearest
from tests.recommendations.helpers import add_products, embed, near, new_picture
from tests.recommendations.searching import QUERY, search, spread

pytestmark = pytest.mark.django_db


def test_count_is_filled_behind_a_crowd_of_the_same_picture(version: ModelVersion) -> None:
    crowd = add_products(version, [near(0.05, 500)] * 300)
    others = add_products(version, spread(5))
    found = search(version, count=6)
    assert found[0] in crowd
    assert found[1:] == others


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
