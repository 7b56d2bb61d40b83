"""ShopStyle: one real answer of its API, and replicas of its browse pages."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawlers.items import Page, ParseError
from crawlers.parsers.shopstyle import read_browse_page, read_products, unescaped
from tests.crawlers.parsers.reading import price_of
from tests.crawlers.parsers.valid import assert_valid_page

API = "https://api.shopstyle.example/api/v2/products?cat=rings&offset=0&limit=2"
BROWSE = "https://www.shopstyle.example/browse/earrings/Ana?c=Gold"


def test_the_real_answer_gives_what_a_person_reads(pages: Path) -> None:
    file = pages / "shopstyle" / "api_v2_product_2015.json"
    page = read_products(file.read_bytes(), API)
    assert_valid_page(page)
    (item,) = page.items
    assert item.external_id == "468065536"
    assert item.title == (
        "Towallmark(TM)Flip Leather Case Cover+Bag Straps for Galaxy S4 i9500 Black"
    )
    assert (price_of(item), item.currency, item.availability) == ("5.08", "USD", "in")
    assert (item.brand, item.category) == ("Samsung", "Tech Accessories")
    assert item.url.startswith("http://www.shopstyle.com/p/samsung-towallmark-tm-flip-leather")
    assert item.purchase_url.startswith("http://api.shopstyle.com/action/apiVisitRetailer?id=")
    assert [image.url for image in item.images] == [
        "http://bim.shopstyle.com/pim/4a/34/4a34ef7c850e64c2435fc3f0a2e0427c_best.jpg"
    ]
    assert (page.total, page.next_url) == (1, "")


def hoops(**changes: Any) -> dict[str, Any]:
    """Return a product as ShopStyle lists it."""
    return {
        "id": 1,
        "name": "Ana Gold Hoops",
        "unbrandedName": "Gold Hoops",
        "currency": "USD",
        "price": 120,
        "inStock": True,
        "pageUrl": "/p/hoops/1",
        "clickUrl": "https://www.shopstyle.example/action/visit?id=1",
        "image": {"sizes": {"Small": {"url": "https://i.example/s.jpg"}}},
    } | changes


def answer(*products: Any, **metadata: int) -> bytes:
    return json.dumps({"metadata": metadata, "products": products}).encode()


def read(body: bytes) -> Page:
    page = read_products(body, API)
    assert_valid_page(page)
    return page


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "120"),
        ({"salePrice": 80}, "80<120"),
        ({"salePrice": 120}, "120"),
        ({"salePrice": 0}, "120"),
        ({"inStock": False}, "120x"),
        ({"currency": None}, "-"),
        ({"price": 0}, "-"),
        ({"price": "$120.00", "currency": ""}, "120"),
    ],
)
def test_prices(changes: dict[str, Any], expected: str) -> None:
    (item,) = read(answer(hoops(**changes))).items
    assert price_of(item) == expected


def test_further_pictures_are_taken_at_their_largest() -> None:
    others = [
        {"sizes": {"Medium": {"url": "/m.jpg"}, "XLarge": {"url": "/x.jpg"}}},
        {"sizes": {"XLarge": {"url": "/x.jpg"}}},
        {},
        None,
    ]
    (item,) = read(answer(hoops(alternateImages=others))).items
    assert [image.url.rpartition("/")[2] for image in item.images] == ["s.jpg", "x.jpg"]


def test_the_list_goes_on_until_the_total() -> None:
    page = read(answer(hoops(), hoops(id=2), offset=4, limit=2, total=7))
    assert page.next_url == API.replace("offset=0", "offset=6")
    assert read(answer(hoops(), offset=6, limit=2, total=7)).next_url == ""
    assert read(answer(offset=6, limit=2, total=7)).next_url == ""


def angular(text: str) -> str:
    """Escape text as Angular does for a script."""
    for sign, escape in (("&", "&a;"), ('"', "&q;"), ("'", "&s;"), ("<", "&l;"), (">", "&g;")):
        text = text.replace(sign, escape)
    return text


def browse(state: Any) -> bytes:
    script = f'<script id="app-state" type="application/json">{angular(json.dumps(state))}</script>'
    return f"<html><body><div>Hoops</div>{script}</body></html>".encode()


@pytest.mark.parametrize("name", ['Women\'s <b>gold</b> "hoops" & more', "&q; &a;q; &amp;q;"])
def test_a_browse_page_s_products_are_unescaped(name: str) -> None:
    state = {"siteSearch": {"products": [hoops(unbrandedName=name)], "metadata": {"total": 1}}}
    page = read_browse_page(browse(state), BROWSE)
    assert_valid_page(page)
    assert unescaped(angular(name)) == name
    (item,) = page.items
    expected = {"W": 'Women\'s gold "hoops" & more', "&": "&q; &a;q; &q;"}
    assert item.title == expected[name[0]]
    assert item.url == "https://www.shopstyle.example/p/hoops/1"


def test_the_search_may_lie_under_a_key_of_its_own() -> None:
    state = {"other": 1, "ng-state": {"siteSearch": {"products": [hoops()]}}}
    assert len(read_browse_page(browse(state), BROWSE).items) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html><body>Nothing</body></html>", "has no script#app-state"),
        (b'<script id="app-state">{&q;a</script>', "in broken JSON"),
        (browse({"siteSearch": {}}), "is not a ShopStyle list"),
        (browse([]), "is not a ShopStyle list"),
    ],
)
def test_a_changed_layout_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_browse_page(body, BROWSE)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"metadata":{}}', b'{"products":5}'])
def test_another_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        read_products(body, API)
