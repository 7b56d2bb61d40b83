"""What holds for every product a parser hands out, whatever it was given."""

import re
import unicodedata
from decimal import Decimal
from typing import get_args
from urllib.parse import urlsplit

from catalog.reading.currencies import CODES
from catalog.reading.rows import (
    DESCRIPTION_LENGTH,
    EXTERNAL_ID_LENGTH,
    HIGHEST_PRICE,
    LONGEST_SIDE_CM,
    NAME_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    Availability,
)
from crawlers.items import Page, ProductItem

_CENT = Decimal("0.01")


def assert_valid_page(page: Page) -> None:
    """Assert that a page's products, links and counts are such as the house can keep."""
    for item in page.items:
        assert_valid(item)
    for skipped in page.skipped:
        assert_text(skipped.external_id, EXTERNAL_ID_LENGTH)
        assert 0 < len(skipped.reason) < 60
    for link in page.links:
        assert_address(link)
    assert len(page.links) == len(set(page.links))
    if page.next_url:
        assert_address(page.next_url)
    assert page.total is None or page.total >= 0


def assert_valid(item: ProductItem) -> None:
    """Assert what the contract of ProductItem says."""
    assert_text(item.external_id, EXTERNAL_ID_LENGTH)
    assert_text(item.title, TITLE_LENGTH)
    assert_text(item.description, DESCRIPTION_LENGTH)
    assert_text(item.brand, NAME_LENGTH)
    assert_text(item.category, NAME_LENGTH)
    assert item.external_id
    assert item.title
    assert_address(item.url)
    if item.purchase_url:
        assert_address(item.purchase_url)
    assert [image.position for image in item.images] == list(range(len(item.images)))
    assert len({image.url for image in item.images}) == len(item.images)
    for image in item.images:
        assert_address(image.url)
        assert_text(image.alt, TITLE_LENGTH)
    assert item.availability in get_args(Availability)
    assert_prices(item)
    for side in (item.width_cm, item.height_cm):
        assert side is None or (0 < side <= LONGEST_SIDE_CM and side == side.quantize(_CENT))


def assert_prices(item: ProductItem) -> None:
    """Assert that price, currency and their source come together, the others above the price."""
    if item.price is None:
        assert (item.price_max, item.regular_price) == (None, None)
        assert (item.currency, item.price_source) == ("", "")
        return
    assert item.currency in CODES
    assert item.price_source
    assert 0 < item.price <= HIGHEST_PRICE
    for amount in (item.price, item.price_max, item.regular_price):
        assert amount is None or amount == amount.quantize(_CENT)
    assert item.price_max is None or item.price_max > item.price
    assert item.regular_price is None or item.regular_price > item.price


def assert_address(url: str) -> None:
    """Assert that an address is one of the web, in ASCII, and short enough."""
    assert urlsplit(url).scheme in ("http", "https"), url
    assert urlsplit(url).hostname, url
    assert len(url) <= URL_LENGTH
    assert re.fullmatch(r"[\x21-\x7e]+", url), url


def assert_text(text: str, limit: int) -> None:
    """Assert that a text is of one line and short enough, and holds nothing that is not seen."""
    assert len(text) <= limit
    assert text == " ".join(text.split())
    assert not [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs")]
