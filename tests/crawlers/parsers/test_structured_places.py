"""A product's page: microdata and OpenGraph beside JSON-LD, its address, encoding and limits."""

from typing import Any

import pytest

from crawlers.items import ParseError
from crawlers.parsers.structured import read_product_page
from tests.crawlers.parsers.prints import URL, block, only, product, read
from tests.crawlers.parsers.reading import price_of


def test_microdata_is_read_where_there_is_no_json_ld() -> None:
    item = only(
        read(
            body="""
            <div itemscope itemtype="https://schema.org/Product">
              <h1 itemprop="name"> Sea <small>print</small></h1>
              <img itemprop="image" data-src="a.jpg"><link itemprop="image" href="/b.jpg">
              <div itemprop="brand" itemscope itemtype="http://schema.org/Brand">
                <meta itemprop="name" content="Ana"></div>
              <div itemprop="offers" itemscope itemtype="http://schema.org/Offer">
                <span itemprop="price" content="1299.00">1.299 €</span>
                <meta itemprop="priceCurrency" content="EUR">
                <link itemprop="availability" href="http://schema.org/OutOfStock">
              </div>
              <div itemprop="description"><p>Deep</p><script>no()</script><p>blue</p></div>
            </div>"""
        )
    )
    assert (item.title, item.brand, item.description) == ("Sea print", "Ana", "Deep blue")
    assert [image.url for image in item.images] == [
        "https://shop.example/prints/a.jpg",
        "https://shop.example/b.jpg",
    ]
    assert (price_of(item), item.currency, item.price_source) == ("1299x", "EUR", "microdata")
    assert item.external_id == "/prints/sea"


def test_itemref_joins_what_lies_apart() -> None:
    item = only(
        read(
            body="""
            <p id="who"><span itemprop="brand">Ana</span></p>
            <div itemscope itemtype="https://schema.org/Product" id="own"
                 itemref="cost who cost nobody own"><span itemprop="name">Sea</span></div>
            <div id="cost" itemprop="offers" itemscope itemtype="https://schema.org/Offer">
              <meta itemprop="price" content="25">
              <meta itemprop="priceCurrency" content="USD"></div>"""
        )
    )
    assert (item.title, item.brand, price_of(item)) == ("Sea", "Ana", "25")


def test_items_that_refer_to_one_another_end() -> None:
    scope = 'itemprop="offers" itemscope itemtype="https://schema.org/Product"'
    page = read(body=f'<p id="a" {scope} itemref="b"><p id="b" {scope} itemref="a">')
    assert page.items == []


OPENGRAPH = """
<meta property="og:type" content="product"><meta property="og:title" content="Sea">
<meta property="og:image" content="https://cdn.example/o.jpg">
<meta property="og:description" content="Blue"><meta property="product:brand" content="Ana">
<meta property="product:price:amount" content="30,00">
<meta property="product:price:currency" content="EUR">
<meta property="product:availability" content="in stock">
<meta property="product:retailer_item_id" content="R1">
"""


def test_opengraph_alone_is_enough() -> None:
    item = only(read(head=OPENGRAPH))
    assert (item.external_id, item.title, item.brand) == ("R1", "Sea", "Ana")
    assert (price_of(item), item.currency, item.price_source) == ("30", "EUR", "opengraph")
    assert (item.availability, item.description) == ("in", "Blue")


def test_opengraph_fills_what_the_others_leave_open() -> None:
    item = only(read(product(offers={"price": 25, "priceCurrency": "USD"}), head=OPENGRAPH))
    assert (price_of(item), item.currency, item.price_source) == ("25", "USD", "json-ld")
    assert (item.brand, item.availability) == ("Ana", "in")
    assert item.images[0].url == "https://cdn.example/o.jpg"


def test_price_and_currency_come_from_one_place() -> None:
    item = only(read(product(offers={"price": 25}), head=OPENGRAPH))
    assert (price_of(item), item.currency, item.price_source) == ("30", "EUR", "opengraph")


def test_another_product_in_microdata_fills_nothing() -> None:
    beside = """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Air</b>
    <link itemprop="url" href="/prints/air"><b itemprop="brand">Ana</b>
    <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
    <b itemprop="price">9</b><meta itemprop="priceCurrency" content="USD"></div></div>"""
    page = read(product(offers={}), body=beside)
    assert (only(page).brand, price_of(only(page))) == ("", "-")
    assert page.links == ["https://shop.example/prints/air"]


def test_opengraph_of_the_whole_shop_fills_nothing() -> None:
    shop = """<meta property="og:title" content="Our shop">
    <meta property="og:image" content="/logo.png"><meta property="og:type" content="website">"""
    assert only(read(product(), head=shop)).images == ()
    assert len(only(read(product(), head=shop.replace("Our shop", "Sea | Shop"))).images) == 1


def test_microdata_within_a_page_s_own_item() -> None:
    page = read(
        body="""<div itemscope itemtype="https://schema.org/WebPage">
        <ol itemprop="breadcrumb" itemscope itemtype="https://schema.org/BreadcrumbList">
          <li itemprop="itemListElement" itemscope itemtype="https://schema.org/ListItem">
            <a itemprop="item" href="/art"><b itemprop="name">Art</b></a></li></ol>
        <div itemprop="mainEntity" itemscope itemtype="https://schema.org/Product">
          <b itemprop="name">Sea</b>
          <div itemprop="isRelatedTo" itemscope itemtype="https://schema.org/Product">
            <b itemprop="name">Air</b></div></div></div>"""
    )
    assert (only(page).title, only(page).category) == ("Sea", "Art")


def test_a_sale_in_opengraph() -> None:
    sale = """<meta property="product:sale_price:amount" content="20">
    <meta property="product:sale_price:currency" content="EUR">"""
    assert price_of(only(read(head=OPENGRAPH + sale))) == "20<30"
    other = sale.replace("EUR", "USD")
    assert price_of(only(read(head=OPENGRAPH + other))) == "30"


def test_a_page_that_is_no_product_s_gives_none() -> None:
    article = """<meta property="og:type" content="article"><meta property="og:title" content="Sea">
    <a href="/products/air">Air, 25.00 USD</a>"""
    page = read({"@type": "Organization", "name": "Shop"}, head=article)
    assert (page.items, page.skipped, page.links) == ([], [], [])


def test_the_address_is_the_product_s_own() -> None:
    canonical = '<link rel="canonical" href="https://shop.example/prints/the-sea">'
    assert only(read(product(url="/p/sea"), head=canonical)).url == "https://shop.example/p/sea"
    assert only(read(product(), head=canonical)).url == "https://shop.example/prints/the-sea"
    front_page = '<link rel="canonical" href="https://shop.example/">'
    assert only(read(product(url="https://shop.example"), head=front_page)).url == URL


def test_without_an_id_the_address_tells_products_apart() -> None:
    html = block(product(sku="N/A")).encode()
    for url, key in (
        ("https://shop.example/view.do?b=2&pid=7&gclid=x&utm_medium=y", "/view.do?b=2&pid=7"),
        ("https://shop.example/prints/s%C3%A9a/?variant=9", "/prints/séa"),
    ):
        assert only(read_product_page(html, url)).external_id == key


def test_addresses_are_joined_to_the_base() -> None:
    item = only(read(product(image="a b.jpg"), head='<base href="https://cdn.example/x/">'))
    assert item.images[0].url == "https://cdn.example/x/a%20b.jpg"


@pytest.mark.parametrize(
    "image",
    ["javascript:alert(1)", "data:image/png;base64,xx", "file:///etc/passwd", "http://[", 7, {}],
)
def test_what_is_no_address_of_the_web_is_dropped(image: Any) -> None:
    assert only(read(product(image=[image, "/good.jpg"]))).images[0].url.endswith("/good.jpg")


def test_the_category_is_the_breadcrumb_s_where_the_product_names_none() -> None:
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"name": "Our shop", "item": "https://shop.example/"},
            {"item": {"@id": "/art", "name": "Art"}},
            {"name": "Prints", "item": "/art/prints"},
            {"name": "Sea"},
        ],
    }
    assert only(read(product(), crumbs)).category == "Art > Prints"
    assert only(read(product(category={"name": "Posters"}), crumbs)).category == "Posters"


def test_works_of_art_are_products_where_they_are_offered() -> None:
    assert only(read(product() | {"@type": "VisualArtwork"})).title == "Sea"
    assert read({"@type": "Painting", "name": "Sea"}).items == []


@pytest.mark.parametrize(
    ("encoded", "head"),
    [
        ("Café".encode(), ""),
        ("Café".encode("utf-8-sig"), ""),
        ("Café".encode("latin-1"), ""),
        ("Café".encode("latin-1"), '<meta charset="iso-8859-1">'),
        ("Café".encode(), '<meta charset="windows-1251">'),
        ("Café".encode("latin-1"), '<meta charset="rot13">'),
    ],
)
def test_the_encoding_is_what_the_bytes_are(encoded: bytes, head: str) -> None:
    mark, name = (encoded[:3], encoded[3:]) if encoded[:1] == b"\xef" else (b"", encoded)
    html = mark + f"<html><head>{head}</head>{block(product(name='NAME'))}".encode()
    assert only(read_product_page(html.replace(b"NAME", name), URL)).title == "Café"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty or no web page"),
        (b"<!-- -->", "is empty or no web page"),
        (b"x" * (17 << 20), "is larger than 16 MiB"),
        (b"<p>" * 200_001, "has more than 200,000 tags"),
        (b"<p " + b" ".join(b"a%d" % number for number in range(300)) + b">", "more attributes"),
        (b"<p a='<' " + b" ".join(b'b%d="<"' % number for number in range(300)), "more attributes"),
    ],
)
def test_what_is_no_page_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_product_page(body, URL)


def test_what_a_script_compares_is_no_attribute() -> None:
    script = f"<script>if (a <b {'and c ' * 300}) go()</script>"
    assert only(read(product(), head=script)).title == "Sea"
