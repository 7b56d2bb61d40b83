"""WooCommerce's Store API: of a real shop, and with what that lacks."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawlers.items import ParseError
from crawlers.parsers.woocommerce import read_products
from tests.crawlers.parsers.reading import price_of, prices_of
from tests.crawlers.parsers.valid import assert_valid_page

URL = "https://shop.example/wp-json/wc/store/v1/products?per_page=2&page=1"

# Copper wire by the reel, all on sale; the last but two by colour; one is sold out.
WIRES = """
2776.66<2985.66 14279.83<15354.66 8921.58<9593.10 5430.34<5839.08 3606.80<3878.28 2321.84<2496.60
1906.24<2049.72 1433.39<1541.28 988.11<1062.48x 16650.44<17903.70 10571.25<11366.94 5972.11<6421.62
4040.42<4344.54 3067.16<3298.02 2614.45<2811.24 2089.78–2090.72<2247.08 1597.72<1717.98
1124.87<1209.54
"""


def test_a_real_shop_gives_what_a_person_reads(pages: Path) -> None:
    file = pages / "woocommerce" / "samehgabriel_store_v1_products_page1of1.json"
    page = read_products(file.read_bytes(), URL, total=18)
    assert_valid_page(page)
    assert prices_of(page) == WIRES.split()
    assert {item.currency for item in page.items} == {"EGP"}
    assert [len(item.images) for item in page.items] == [
        *(6, 1, 3, 6, 6, 6, 6, 6, 6),
        *(1, 3, 2, 2, 2, 2, 2, 2, 2),
    ]
    first = page.items[0]
    assert first.external_id == "10150"
    assert first.title == "سلك نحاس مجدول 3 مم"
    assert first.category == "سلك معزول"
    assert first.description.startswith("كابلات أحادية النواة مجدولة يتم تجميع")
    assert first.url.startswith("https://samehgabriel.com/product/%d8%b3%d9%84%d9%83-")


def test_a_variation_by_itself_is_read(pages: Path) -> None:
    file = pages / "woocommerce" / "woocommerce_variation_10491.json"
    page = read_products(file.read_bytes(), URL, total=None)
    assert_valid_page(page)
    (item,) = page.items
    assert (item.external_id, price_of(item), item.currency) == ("10491", "2776.66<2985.66", "EGP")
    assert item.url == "https://samehgabriel.com/product/copper-wire-3mm/?attribute_pa_color=earth"
    assert page.next_url == ""


def ring(**changes: Any) -> dict[str, Any]:
    """Return a product as the Store API lists it."""
    prices = {"price": "2500", "currency_code": "EUR", "currency_minor_unit": 2}
    return {
        "id": 7,
        "name": "Ring &#8211; gold",
        "permalink": "https://shop.example/product/ring/",
        "is_in_stock": True,
        "prices": prices | changes.pop("prices", {}),
    } | changes


def read(*products: Any, total: int | None = None) -> Any:
    return read_products(json.dumps(products).encode(), URL, total=total)


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({}, "25"),
        ({"price": "2500", "regular_price": "3000", "sale_price": "2500"}, "25<30"),
        ({"price": "2500", "regular_price": "2500"}, "25"),
        ({"price": "25", "currency_minor_unit": 0, "currency_code": "JPY"}, "25"),
        ({"price": "25000", "currency_minor_unit": 3, "currency_code": "KWD"}, "25"),
        ({"price_range": {"min_amount": "2000", "max_amount": "4000"}}, "20–40"),
        ({"price_range": {"min_amount": "2500", "max_amount": "2500"}}, "25"),
        ({"price": "0"}, "-"),
        ({"price": ""}, "-"),
        ({"price": "25.00"}, "-"),
        ({"price": "-2500"}, "-"),
        ({"currency_code": "XXX"}, "-"),
        ({"currency_minor_unit": None}, "-"),
        ({"currency_minor_unit": 99}, "-"),
    ],
)
def test_prices_are_in_minor_units(prices: dict[str, Any], expected: str) -> None:
    page = read(ring(prices=prices))
    assert_valid_page(page)
    assert price_of(page.items[0]) == expected


def test_stock_brands_and_categories() -> None:
    page = read(
        ring(brands=[{"name": "Bijou &amp; Co"}], categories=[{"name": "Rings"}, {"name": "Gold"}]),
        ring(id=8, is_in_stock=False),
        ring(id=9, is_on_backorder=True),
    )
    first = page.items[0]
    assert (first.title, first.brand) == ("Ring – gold", "Bijou & Co")
    assert first.category == "Rings, Gold"
    assert [item.availability for item in page.items] == ["in", "out", "preorder"]


def test_the_list_goes_on_until_the_total() -> None:
    two = (ring(), ring(id=8))
    assert read(*two, total=3).next_url == URL.replace("page=1", "page=2")
    assert read(*two, total=2).next_url == ""
    assert read(*two, total=3).total == 3


def test_without_a_total_a_short_page_ends_the_list() -> None:
    assert read(ring(), ring(id=8)).next_url
    assert read(ring()).next_url == ""


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"<html><body>Not here</body></html>", "is a web page"),
        (b'{"code":"rest_no_route","message":"No route was found"}', "the shop says “No route was"),
        (b"{}", "is not a WooCommerce shop's list"),
        (b'"products"', "is not a WooCommerce shop's list"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(answer: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_products(answer, URL, total=None)
