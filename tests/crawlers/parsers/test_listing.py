"""Listings: the products they name, else the links that look like products, and the next page."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawlers.items import ParseError
from crawlers.parsers.structured import read_listing
from tests.crawlers.parsers.valid import assert_valid_page

URL = "https://shop.example/collections/rings?page=1"


def listing(body: str, *nodes: Any) -> list[str]:
    blocks = "".join(
        f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes
    )
    page = read_listing(f"<html><body>{body}{blocks}</body></html>".encode(), URL)
    assert_valid_page(page)
    assert page.items == []
    return [link.removeprefix("https://shop.example") for link in page.links]


def links(*addresses: str) -> str:
    return "".join(f'<a href="{address}">Ring</a>' for address in addresses)


@pytest.mark.parametrize(
    "address",
    [
        "/products/ring",
        "/product/ring/",
        "/collections/rings/products/ring?variant=1",
        "/item/1234",
        "/listing/1234/ring",
        "/artwork/ring-123",
        "/p/ring",
        "/us/pdp/ring-j00110.html",
        "/dp/B07G2L3JMM",
        "/ar/ring/p543555922",
        "/gold-ring-p-12345.html",
    ],
)
def test_addresses_of_products_are_known_by_their_looks(address: str) -> None:
    assert listing(links(address)) == [address]


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "#",
        "/pages/about",
        "/products",
        "/products/",
        "/product/category/rings",
        "/product/tag/gold/",
        "/blog/how-we-make-products",
        "/collections/rings?page=2",
        "https://elsewhere.example/products/ring",
        "javascript:open('/products/ring')",
        "mailto:someone@shop.example",
        "http://[/products/ring",
    ],
)
def test_other_addresses_are_not(address: str) -> None:
    assert listing(links(address)) == []


def test_links_around_the_page_are_not_its_products() -> None:
    around = "".join(
        f"<{tag}>{links('/products/x')}</{tag}>" for tag in ("header", "nav", "footer")
    )
    assert listing(around + links("/products/a", "/products/b", "/products/a")) == [
        "/products/a",
        "/products/b",
    ]


def test_a_product_s_variants_are_one_link() -> None:
    addresses = ("/products/a?variant=1", "/products/a?variant=2", "/products/a/?utm_source=x")
    assert listing(links(*addresses)) == ["/products/a?variant=1"]


def test_what_a_listing_says_it_lists_counts_before_looks() -> None:
    node = {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "url": "/ring-1"}]}
    assert listing(links("/products/advertised"), node) == ["/ring-1"]
    products = [{"@type": "Product", "name": str(n), "url": f"/ring-{n}"} for n in (1, 2)]
    assert listing(links("/products/advertised"), products) == ["/ring-1", "/ring-2"]


def test_microdata_names_them_too() -> None:
    product = '<div itemscope itemtype="https://schema.org/Product">'
    card = product + '<a itemprop="url" href="/ring-{}">Ring</a></div>'
    assert listing(card.format(1) + card.format(2)) == ["/ring-1", "/ring-2"]


@pytest.mark.parametrize(
    ("html", "following"),
    [
        ('<link rel="next" href="?page=2">', "https://shop.example/collections/rings?page=2"),
        ('<a rel="nofollow NEXT" href="/r/2">', "https://shop.example/r/2"),
        ('<a class="next" href="/r/2">', ""),
        ('<a rel="next" href="javascript:more()">', ""),
        (f'<a rel="next" href="{URL}">', ""),
    ],
)
def test_the_next_page_is_the_one_that_says_so(html: str, following: str) -> None:
    page = read_listing(f"<html><body>{html}</a></body></html>".encode(), URL)
    assert page.next_url == following


def test_a_real_page_s_recommendations_look_like_products(pages: Path) -> None:
    body = (pages / "no_structured" / "amazon.html").read_bytes()
    page = read_listing(body, "https://www.amazon.com/")
    assert_valid_page(page)
    assert all("/dp/" in link for link in page.links)


def test_an_empty_page_is_refused() -> None:
    with pytest.raises(ParseError):
        read_listing(b"", URL)
