"""Magento's GraphQL answers: real ones, and with what they lack."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawlers.items import Page, ParseError
from crawlers.parsers.magento import read_products
from tests.crawlers.parsers.reading import price_of, prices_of
from tests.crawlers.parsers.valid import assert_valid_page

URL = "https://www.shop.example/graphql"


def read(body: bytes) -> Page:
    page = read_products(body, URL, currency="SAR")
    assert_valid_page(page)
    return page


def test_real_products_of_all_kinds_are_what_a_person_reads(pages: Path) -> None:
    page = read((pages / "magento_graphql" / "madar_shapes_2026-07-25.json").read_bytes())
    assert [(item.external_id, item.title) for item in page.items] == [
        ("12512-TSP", "Tigercore Shuttering Plywood"),
        ("71102002", "Putty - 1 kg - sab"),
        ("10128-TSS", "حديد تسليح تعمير"),
        ("11535-SRW", "الخشب الأحمر السويدي"),
    ]
    # The redwood is a group of four kinds, at 1,630.13, 1,750.88, 1,811.25 and 1,449.
    assert prices_of(page) == ["50.40–90.30", "4.23", "3139.50", "1449–1811.25"]
    assert {(item.currency, item.availability) for item in page.items} == {("SAR", "in")}
    assert page.items[0].category == "الأخشاب والمنتجات الخشبية > أبلكاش مدهون"
    assert page.items[0].url == "https://www.shop.example/12512-tsp.html"


def test_a_real_page_of_a_list_is_what_a_person_reads(pages: Path) -> None:
    capture = json.loads(
        (pages / "magento_graphql" / "madar_magento_graphql_2026-07-20.json").read_bytes()
    )
    answer = {"data": {"products": capture["products_page1_trimmed"]}}
    page = read(json.dumps(answer).encode())
    assert [(item.external_id, price_of(item)) for item in page.items] == [
        ("72702007", "22.34"),
        ("71231005", "65.21"),
        ("71231004", "30.19"),
        ("12512-TSP", "50.40–90.30"),
        ("61002-PFT", "150.94–181.13"),
    ]


def test_real_answers_to_other_questions_are_refused(pages: Path) -> None:
    body = (pages / "magento_graphql" / "madar_magento_graphql_2026-07-20.json").read_bytes()
    with pytest.raises(ParseError, match="is not a Magento shop's list"):
        read_products(body, URL, currency="SAR")


def test_real_products_without_prices_have_none(pages: Path) -> None:
    capture = json.loads(
        (pages / "magento_graphql" / "madar_magento_graphql_2026-07-20.json").read_bytes()
    )
    page = read(json.dumps(capture["products_filtered_by_category_uid_MTE"]).encode())
    assert (page.total, page.items) == (88, [])
    assert [skipped.reason for skipped in page.skipped] == ["no address", "no address"]


def amount(value: Any, currency: str = "EUR") -> dict[str, Any]:
    return {"value": value, "currency": currency}


def vase(**changes: Any) -> dict[str, Any]:
    """Return a product as Magento answers."""
    lowest = {"final_price": amount(20), "regular_price": amount(25)}
    return {
        "sku": "V1",
        "name": "Vase",
        "url_key": "vase",
        "stock_status": "IN_STOCK",
        "price_range": {"minimum_price": lowest},
    } | changes


def answer(*items: Any) -> bytes:
    return json.dumps({"data": {"products": {"items": items, "total_count": 9}}}).encode()


def test_a_product_is_read_whole() -> None:
    pictures = [{"url": "/media/a.jpg", "label": "Front"}, {"url": "/media/b.jpg"}, {}]
    page = read(
        answer(
            vase(
                url_suffix="/",
                image={"url": "/media/a.jpg"},
                media_gallery=pictures,
                description={"html": "<p>Clay</p>"},
            )
        )
    )
    (item,) = page.items
    assert (item.url, item.description) == ("https://www.shop.example/vase/", "Clay")
    assert (price_of(item), item.currency, item.price_source) == ("20<25", "EUR", "magento")
    assert [image.url[-5:] for image in item.images] == ["a.jpg", "b.jpg"]
    assert page.total == 9


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stock_status": "OUT_OF_STOCK"}, "20<25x"),
        ({"price_range": {"minimum_price": {"final_price": amount(0)}}}, "-"),
        ({"price_range": None}, "-"),
        ({"variants": [{"product": vase(stock_status="OUT_OF_STOCK")}]}, "20<25x"),
        ({"variants": [{"product": None}, None]}, "20<25"),
    ],
)
def test_prices(changes: dict[str, Any], expected: str) -> None:
    (item,) = read(answer(vase(**changes))).items
    assert price_of(item) == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"errors":[{"message":"Syntax Error"}]}', "says “Syntax Error”"),
        (b'{"data":{"products":null}}', "is not a Magento shop's list"),
        (b"<html></html>", "is a web page"),
        (b"[]", "is not a Magento shop's list"),
    ],
)
def test_another_answer_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_products(body, URL, currency="SAR")
