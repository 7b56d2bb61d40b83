"""Minted's listings and product pages, on replicas."""

import pytest

from crawlers.items import Page, ParseError, Skipped
from crawlers.parsers.minted import read_listing, read_product_page, unwrapped
from tests.crawlers.parsers.reading import price_of
from tests.crawlers.parsers.valid import assert_valid_page

LISTING = "https://www.minted.com/wall-art?page=1"
PRODUCT = "https://www.minted.com/product/wall-art-prints/MIN-0AB-GNA/quiet-sea?color=A"
PICTURE = "https://cdn.example/files/MIN-0AB-GNA_A_PR.jpg"


def listing(*entries: str, more: str = "") -> Page:
    items = "".join(f'<li class="cell itemArtMarketplace">{entry}</li>' for entry in entries)
    body = f'<html><head>{more}</head><body><ul id="productGrid">{items}</ul></body></html>'
    page = read_listing(body.encode(), LISTING)
    assert_valid_page(page)
    return page


def entry(href: str, name: str = "Quiet Sea", photo: str = f'data-src="{PICTURE}"') -> str:
    link = f'<a class="productDetailsLink" href="{href}">'
    return f'{link}<img class="productPhoto" alt="Sea" {photo}></a>{link}{name}</a>'


def test_a_listing_names_its_products() -> None:
    page = listing(
        entry("/product/wall-art-prints/MIN-0AB-GNA/quiet-sea?color=A"),
        entry("/product/photo-prints/MIN-1CD-XYZ/", name="", photo='src="/x.jpg"'),
        more='<link rel="next" href="/wall-art?page=2">',
    )
    first, second = page.items
    assert (first.external_id, first.title) == ("MIN-0AB-GNA", "Quiet Sea")
    assert first.url == PRODUCT
    assert first.category == "wall art prints"
    assert [image.url for image in first.images] == [PICTURE]
    assert (first.price, first.availability) == (None, "unknown")
    assert (second.external_id, second.title) == ("MIN-1CD-XYZ", "Sea")
    assert page.links == [first.url, second.url]
    assert page.next_url == "https://www.minted.com/wall-art?page=2"


def test_an_entry_without_a_product_s_link_is_skipped() -> None:
    page = listing("<p>Advertisement</p>", entry("/gifts"), entry("javascript:alert(1)"))
    assert page.items == []
    assert page.skipped == [Skipped("", "no id")] * 3


def product(tags: str) -> Page:
    page = read_product_page(f"<html><head>{tags}</head></html>".encode(), PRODUCT)
    assert_valid_page(page)
    return page


def tag(name: str, content: str) -> str:
    return f'<meta property="og:{name}" content="{content}">'


@pytest.mark.parametrize(
    ("tags", "price"),
    [
        (tag("price:amount", "29.00"), "29 USD"),
        (tag("price:amount", "1,129.00") + tag("price:currency", "USD"), "1129 USD"),
        (tag("price:amount", "29.00") + tag("price:currency", "GBP"), "29 GBP"),
        (tag("price:amount", "0.00"), "- "),
        (tag("price:amount", "29.00") + tag("price:currency", "points"), "- "),
        ("", "- "),
    ],
)
def test_a_product_s_page(tags: str, price: str) -> None:
    (item,) = product(tag("title", "Quiet Sea") + tag("image", PICTURE) + tags).items
    assert (item.external_id, item.title, item.url) == ("MIN-0AB-GNA", "Quiet Sea", PRODUCT)
    assert f"{price_of(item)} {item.currency}" == price
    assert item.images[0].url == PICTURE


def test_a_page_of_something_else_has_no_product() -> None:
    body = tag("title", "Wall art").encode()
    assert read_product_page(body, "https://www.minted.com/wall-art").items == []
    assert product("").items == []


@pytest.mark.parametrize(
    ("image", "own"),
    [
        (PICTURE, PICTURE),
        (f"https://res.example/minted/image/fetch/{PICTURE}", PICTURE),
        (f"https://res.example/minted/image/fetch/w_400,h_400/f_auto/{PICTURE}", PICTURE),
        (
            "https://res.example/image/fetch/w_4/https%3A%2F%2Fcdn.example%2Fa%2Fb.jpg",
            "https://cdn.example/a/b.jpg",
        ),
        (
            "https://res.example/image/fetch/w_4/https:/cdn.example/a.jpg",
            "https://cdn.example/a.jpg",
        ),
        (
            "https://res.example/image/upload/w_4/a.jpg",
            "https://res.example/image/upload/w_4/a.jpg",
        ),
    ],
)
def test_pictures_are_unwrapped(image: str, own: str) -> None:
    assert unwrapped(image) == own
    photo = f'data-src="{image}"'
    (item,) = listing(entry("/product/a/MIN-1/b", photo=photo)).items
    assert item.images[0].url == own


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(ParseError):
        read_listing(b"", LISTING)
    with pytest.raises(ParseError):
        read_product_page(b"", PRODUCT)
