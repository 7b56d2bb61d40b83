"""A print's page of our own: its node, the page around it, and what is read there."""

import json
from typing import Any

from crawlers.items import Page, ProductItem
from crawlers.parsers.structured import read_product_page
from tests.crawlers.parsers.valid import assert_valid_page

URL = "https://shop.example/prints/sea?utm_source=mail"


SIXTY = {"price": 60, "priceCurrency": "USD"}


def product(**changes: Any) -> dict[str, Any]:
    """Return a product's node as shops write it."""
    offers = {"@type": "Offer", "price": "25.00", "priceCurrency": "USD"}
    return {"@type": "Product", "name": "Sea", "sku": "S1", "offers": offers} | changes


def block(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="application/ld+json">{text}</script>'


def read(*blocks: Any, head: str = "", body: str = "") -> Page:
    blocks_text = "".join(block(value) for value in blocks)
    html = f"<html><head><title>Sea | Prints</title>{head}</head><body>{body}{blocks_text}</body>"
    page = read_product_page(html.encode(), URL)
    assert_valid_page(page)
    return page


def only(page: Page) -> ProductItem:
    (item,) = page.items
    return item
