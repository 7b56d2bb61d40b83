"""Category rules: what they catch, in which order, and the preview."""

import pytest

from catalog.models import Product, Source
from crawlers.models import CategoryRule
from crawlers.rules import Rules, catches, preview

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("rings", "Jewelry > Rings"),
        ("RINGS", "rings"),
        ("art prints", "Wall > Art-Prints > New"),
        ("art prints", "art  prints"),
        ("öl", "Öl & Acryl"),
        ("c++", "Books > C++"),
    ],
)
def test_words_catch(words: str, category: str) -> None:
    assert catches(words, category)


@pytest.mark.parametrize(
    ("words", "category"),
    [("rings", "Earrings"), ("art", "Party"), ("art prints", "prints of art"), ("", "Rings")],
)
def test_words_do_not_catch(words: str, category: str) -> None:
    assert not catches(words, category)


def make_product(source: Source, number: int, category: str) -> Product:
    return Product.objects.create(
        source=source,
        department="jewelry",
        external_id=str(number),
        title=f"Piece {number}",
        category=category,
    )


def test_the_first_rule_in_order_decides() -> None:
    shop = Source.objects.create(name="a shop")
    CategoryRule.objects.create(words="prints", department="art", order=2)
    first = CategoryRule.objects.create(words="gold prints", department="jewelry", order=1)
    rules = Rules.of(shop, "art")
    assert rules.first("Gold Prints") == first
    assert rules.department_of("Gold Prints") == "jewelry"
    assert rules.department_of("Prints") == "art"
    assert rules.department_of("Else") == "art"


def test_a_rule_of_another_source_does_not_hold() -> None:
    shop, other = (Source.objects.create(name=name) for name in ("a shop", "another"))
    CategoryRule.objects.create(words="prints", department="art", source=other)
    assert Rules.of(shop).department_of("Prints") == ""
    assert Rules.of(other).department_of("Prints") == "art"


def test_the_preview_counts_what_a_rule_would_catch() -> None:
    shop, other = (Source.objects.create(name=name) for name in ("a shop", "another"))
    for number, category in enumerate(["Rings", "Rings", "Gold Rings", "Earrings", ""]):
        make_product(shop, number, category)
    make_product(other, 1, "Rings")
    gold = CategoryRule.objects.create(words="gold", department="jewelry", order=1)
    rule = CategoryRule(words="rings", department="jewelry", order=5)
    caught = [(one.source, one.category, one.products, one.earlier) for one in preview(rule)]
    assert caught == [
        ("a shop", "Gold Rings", 1, gold),
        ("a shop", "Rings", 2, None),
        ("another", "Rings", 1, None),
    ]
    rule.source = shop
    assert len(preview(rule)) == 2
