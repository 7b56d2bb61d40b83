"""Read Magento's GraphQL answers to a query for products."""

from typing import Any
from urllib.parse import quote

from catalog.reading.rows import Availability
from catalog.reading.text import clip
from crawlers.items import Page, ParseError
from crawlers.parsers.prices import (
    Offer,
    currency_of,
    fold_availability,
    fold_offers,
    make_offer,
    read_price,
)
from crawlers.parsers.products import add_product, each_object
from crawlers.parsers.values import address, at, images_of, listed, read_json, text_of, whole_number

_DUE = "a Magento shop's list of products"
_STOCK: dict[str, Availability] = {"IN_STOCK": "in", "OUT_OF_STOCK": "out"}


def read_products(body: bytes, url: str, *, currency: str, suffix: str = ".html") -> Page:
    """Return the products of an answer {"data": {"products": {"items": …}}}.

    currency (ISO 4217) serves prices that name none; suffix ends the shop's product addresses where
    the answer has no url_suffix. A product's address is its url_key under the shop's root; variants
    and the pieces of a group are one product. total is total_count. Raise ParseError where the
    answer holds no products, with the shop's own words where it sent errors.
    """
    data = read_json(body, url, _DUE)
    products = at(data, "data", "products")
    items = at(products, "items")
    if not isinstance(items, list):
        said = text_of(at(next(iter(listed(at(data, "errors"))), None), "message"), 200)
        raise ParseError(f"{clip(url)} is not {_DUE}{f': it says {clip(said)}' if said else ''}.")
    page = Page(total=whole_number(at(products, "total_count")))
    for item in each_object(page, items, url):
        _add(page, item, url, currency, suffix)
    return page


def _add(page: Page, item: dict[str, Any], url: str, currency: str, suffix: str) -> None:
    key = text_of(item.get("url_key"))
    ending = item.get("url_suffix")
    path = f"/{quote(key)}{ending if isinstance(ending, str) else suffix}"
    parts = [
        at(part, "product") for part in [*listed(item.get("variants")), *listed(item.get("items"))]
    ]
    pictures = [item.get("image"), *listed(item.get("media_gallery"))]
    categories = [category for category in listed(item.get("categories")) if category]
    add_product(
        page,
        text_of(item.get("sku")) or item.get("uid"),
        item.get("name"),
        address(path, url) if key else "",
        offer=_offer(item, parts, currency),
        price_source="magento",
        description=at(item, "description", "html") or at(item, "short_description", "html"),
        brand=item.get("manufacturer_label"),
        category=_category(categories),
        images=images_of(((at(image, "url"), at(image, "label")) for image in pictures), url),
    )


def _offer(item: dict[str, Any], parts: list[Any], currency: str) -> Offer:
    whole = _price(item, currency)
    variants = [_price(part, currency) for part in parts if isinstance(part, dict)]
    folded = fold_offers(variants)
    if folded.price is None:
        return whole
    states = [offer.availability for offer in variants]
    stock = whole.availability if whole.availability != "in" else fold_availability(states)
    return make_offer(
        folded.price,
        folded.currency,
        highest=folded.price_max,
        regular=folded.regular_price,
        availability=stock,
    )


def _price(item: dict[str, Any], currency: str) -> Offer:
    lowest, highest = (at(item, "price_range", name) for name in ("minimum_price", "maximum_price"))
    final = at(lowest, "final_price")
    price, code = read_price(at(final, "value"), currency_of(at(final, "currency")) or currency)
    return make_offer(
        price,
        code,
        highest=read_price(at(highest, "final_price", "value"), code)[0],
        regular=read_price(at(lowest, "regular_price", "value"), code)[0],
        availability=_STOCK.get(text_of(item.get("stock_status")), "unknown"),
    )


def _category(categories: list[Any]) -> str:
    """Return the deepest category with the levels above it."""
    paths = [
        [
            text_of(at(level, "category_name") or at(level, "name"))
            for level in [*listed(at(category, "breadcrumbs")), category]
        ]
        for category in categories
    ]
    deepest = max(paths, key=lambda path: len(path), default=[])
    return " > ".join(filter(None, deepest))
