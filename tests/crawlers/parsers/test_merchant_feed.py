"""Merchant feeds: RSS, Atom and tab-separated text."""

import gzip
from datetime import UTC, datetime

import pytest

from crawlers.items import Page, ParseError, Skipped
from crawlers.parsers.merchant_feed import read_feed
from tests.crawlers.parsers.reading import price_of, prices_of
from tests.crawlers.parsers.valid import assert_valid_page

URL = "https://shop.example/feed.xml"
G = 'xmlns:g="http://base.google.com/ns/1.0"'


def rss(*items: str) -> bytes:
    entries = "".join(f"<item>{item}</item>" for item in items)
    head = '<?xml version="1.0"?>'
    shop = "<title>Shop</title><link>https://shop.example/</link>"
    return f'{head}<rss version="2.0" {G}><channel>{shop}{entries}</channel></rss>'.encode()


def ring(key: str = "R1", more: str = "", price: str = "25.00 USD") -> str:
    return f"""<g:id>{key}</g:id><title>Ring</title><link>https://shop.example/ring</link>
    <g:price>{price}</g:price>{more}"""


def read(body: bytes, **more: datetime) -> Page:
    page = read_feed(body, URL, **more)
    assert_valid_page(page)
    return page


def test_it_works() -> None:
    more = """<g:description>&lt;p&gt;Fine &amp;amp; gold&lt;/p&gt;</g:description>
      <g:image_link>https://cdn.example/a.jpg</g:image_link>
      <g:additional_image_link>https://cdn.example/b.jpg</g:additional_image_link>
      <g:additional_image_link>https://cdn.example/a.jpg</g:additional_image_link>
      <g:brand>Ana</g:brand><g:availability>in stock</g:availability>
      <g:product_type>Jewelry &gt; Rings</g:product_type>
      <g:google_product_category>200</g:google_product_category>"""
    (item,) = read(rss(ring(more=more))).items
    assert (item.external_id, item.title, item.brand) == ("R1", "Ring", "Ana")
    assert item.url == "https://shop.example/ring"
    assert (item.description, item.category) == ("Fine & gold", "Jewelry > Rings")
    assert (price_of(item), item.currency, item.price_source) == ("25", "USD", "merchant feed")
    assert item.availability == "in"
    assert [image.url[-5:] for image in item.images] == ["a.jpg", "b.jpg"]


def test_atom() -> None:
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom" {G}>
      <title>Shop</title><id>tag:shop</id><link rel="self" href="https://shop.example/feed"/>
      <entry><id>tag:shop,1</id><title>Atom's</title><link rel="edit" href="https://shop.example/e"/>
        <link href="https://shop.example/ring"/><g:id>R1</g:id><g:title>Ring</g:title>
        <g:price>25.00 USD</g:price></entry></feed>"""
    (item,) = read(body.encode()).items
    assert (item.external_id, item.title, price_of(item)) == ("R1", "Ring", "25")
    assert item.url == "https://shop.example/ring"


TABLE = (
    "id\ttitle\tlink\timage link\tadditional image link\tprice\tsale price\tavailability\n"
    'R1\t"Ring\t""Sea"""\thttps://shop.example/1\thttps://cdn.example/a.jpg\t'
    "https://cdn.example/b,1.jpg,https://cdn.example/c.jpg\t25.00 USD\t20.00 USD\tin_stock\n"
    "\n"
    'R2\t12" chain\thttps://shop.example/2\t\t\t1.250,00 EUR\t\tout of stock\n'
)


@pytest.mark.parametrize(
    "body", [TABLE.encode(), TABLE.encode("utf-16"), TABLE.encode("utf-8-sig")]
)
def test_tab_separated_text(body: bytes) -> None:
    first, second = read(body).items
    assert (first.title, price_of(first), first.availability) == ('Ring "Sea"', "20<25", "in")
    assert [image.url[-7:] for image in first.images] == ["e/a.jpg", "b,1.jpg", "e/c.jpg"]
    assert (second.title, price_of(second), second.currency) == ('12" chain', "1250x", "EUR")


def test_a_row_with_a_quote_left_open_costs_itself() -> None:
    rows = "".join(
        f"R{number}\tRing\thttps://shop.example/{number}\t9 USD\n" for number in range(5)
    )
    body = f'id\ttitle\tlink\tprice\nX\t"Open\thttps://shop.example/x\t9 USD\n{rows}'
    page = read(body.encode())
    assert [item.external_id for item in page.items] == ["R0", "R1", "R2", "R3", "R4"]
    assert page.skipped == [Skipped("", "a row that cannot be read")]


def test_variants_of_a_group_are_one_product() -> None:
    def variant(key: str, price: str, stock: str) -> str:
        return ring(
            key,
            f"""<g:item_group_id>G</g:item_group_id><g:availability>{stock}</g:availability>
            <g:image_link>https://cdn.example/{key}.jpg</g:image_link>""",
            price,
        )

    page = read(
        rss(
            variant("1", "10 USD", "out_of_stock"),
            variant("2", "30 USD", "in_stock"),
            ring("G2", price="5 USD"),
            variant("3", "25 USD", "in_stock"),
        )
    )
    assert [item.external_id for item in page.items] == ["G", "G2"]
    assert prices_of(page) == ["25–30", "5"]
    assert [image.url[-5:] for image in page.items[0].images] == ["1.jpg", "2.jpg", "3.jpg"]


@pytest.mark.parametrize(
    ("price", "sale", "expected"),
    [
        ("25.00 USD", "", "25"),
        ("25.00 USD", "20.00 USD", "20<25"),
        ("25.00 USD", "20.00", "20<25"),
        ("25.00 USD", "25.00 USD", "25"),
        ("25.00 USD", "30.00 USD", "25"),
        ("25.00 USD", "20.00 EUR", "25"),
        ("", "20.00 USD", "20"),
        ("USD 25.00", "", "25"),
        ("25,00 EUR", "", "25"),
        ("25.00", "", "-"),
        ("0 USD", "", "-"),
        ("0 USD", "0 USD", "-"),
        ("free", "", "-"),
    ],
)
def test_prices(price: str, sale: str, expected: str) -> None:
    more = f"<g:sale_price>{sale}</g:sale_price>"
    assert prices_of(read(rss(ring(more=more, price=price)))) == [expected]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("2026-03-01T00:00-0800/2026-03-31T23:59-0800", "20<25"),
        ("2026-03-01/2026-03-31", "20<25"),
        ("2026-04-01T00:00Z/2026-04-30T00:00Z", "25"),
        ("2025-03-01T00:00-0800/2025-03-31T23:59-0800", "25"),
        ("next week", "20<25"),
        ("", "20<25"),
    ],
)
def test_a_sale_has_its_dates(dates: str, expected: str) -> None:
    more = f"""<g:sale_price>20 USD</g:sale_price>
    <g:sale_price_effective_date>{dates}</g:sale_price_effective_date>"""
    now = datetime(2026, 3, 15, tzinfo=UTC)
    assert prices_of(read(rss(ring(more=more)), now=now)) == [expected]
    assert prices_of(read(rss(ring(more=more)))) == ["20<25"]


@pytest.mark.parametrize(
    ("word", "availability"),
    [
        ("in stock", "in"),
        ("in_stock", "in"),
        ("In Stock", "in"),
        ("out of stock", "out"),
        ("out_of_stock", "out"),
        ("preorder", "preorder"),
        ("backorder", "preorder"),
        ("soon", "unknown"),
    ],
)
def test_availability(word: str, availability: str) -> None:
    (item,) = read(rss(ring(more=f"<g:availability>{word}</g:availability>"))).items
    assert item.availability == availability


def test_what_lacks_the_least_is_skipped() -> None:
    page = read(rss("<title>No id</title>", "<g:id>1</g:id>", ring()))
    assert page.skipped == [Skipped("", "no id"), Skipped("1", "no title")]
    assert len(page.items) == 1


def test_faults_that_are_common_are_forgiven() -> None:
    body = rss(ring().replace("Ring", "Ring & chain &nbsp; \x0b&copy;")).replace(b"?>", b"?>\n", 1)
    (item,) = read(b"\n<!-- made by a tool -->" + body).items
    assert item.title == "Ring & chain ©"


def test_a_feed_may_be_gzipped_and_large() -> None:
    body = gzip.compress(rss(*(ring(str(number)) for number in range(1, 5001))))
    page = read(body)
    assert len(page.items) == 5000
    assert page.items[-1].external_id == "5000"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is not a merchant feed"),
        (b"<html><body>Not here</body></html>", "is a web page"),
        (b"<urlset/>", "is not a merchant feed"),
        (b"id,title,link\n1,Ring,/ring\n", "is not a merchant feed"),
        (b"\x00\x01\x02" * 1000, "is not a merchant feed"),
        (rss(ring())[:-20], "is broken XML"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "declares a document type"),
        (b"id\ttitle\tlink\n" + b'"a\tb\tc\n1\t2\t3\n' * 1500, "too many broken rows"),
        (gzip.compress(bytes(60 << 20)), "is larger than 50 MiB"),
    ],
)
def test_what_is_no_feed_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_feed(body, URL)
