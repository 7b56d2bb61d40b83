"""Read WooCommerce's Store API: /wp-json/wc/store/v1/products."""

from decimal import Decimal
from typing import Any

from catalog.reading.rows import Availability
from catalog.reading.text import clip
from crawlers.items import Page, ParseError
from crawlers.parsers.prices import Offer, currency_of, make_offer, read_price
from crawlers.parsers.products import add_product, each_object
from crawlers.parsers.values import (
    address,
    at,
    images_of,
    listed,
    query_number,
    read_json,
    text_of,
    whole_number,
    with_query,
)

_DUE = "a WooCommerce shop's list of products"
_PER_PAGE = 10  # what the API hands out where per_page is not given


def read_products(body: bytes, url: str, *, total: int | None) -> Page:
    """Return the products of one page, or of one product's answer; total is X-WP-Total.

    next_url is the page with the next number while there are products left, without a total after
    every full page. Raise ParseError where
    the answer holds no products, with the shop's own words where it sent an error.
    """
    data = read_json(body, url, _DUE)
    if isinstance(data, dict) and "prices" not in data:
        reason = text_of(data.get("message"), 200)
        said = f": the shop says {clip(reason, 200)}" if reason else ""
        raise ParseError(f"{clip(url)} is not {_DUE}{said}.")
    if not isinstance(data, list | dict):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    page = Page(total=total)
    for product in each_object(page, listed(data), url):
        _add(page, product, url)
    number, count = query_number(url, "page", 1), query_number(url, "per_page", _PER_PAGE)
    goes_on = number * count < total if total is not None else len(listed(data)) >= count
    if isinstance(data, list) and data and goes_on:
        page.next_url = with_query(url, page=number + 1)
    return page


def _add(page: Page, product: dict[str, Any], url: str) -> None:
    images = [image for image in listed(product.get("images")) if isinstance(image, dict)]
    add_product(
        page,
        product.get("id"),
        product.get("name"),
        address(product.get("permalink"), url),
        offer=_offer(product),
        price_source="woocommerce",
        description=product.get("description") or product.get("short_description"),
        brand=next(iter(_names(product.get("brands"))), ""),
        category=", ".join(_names(product.get("categories"))),
        images=images_of(((image.get("src"), image.get("alt")) for image in images), url),
    )


def _offer(product: dict[str, Any]) -> Offer:
    prices = product.get("prices")
    currency = currency_of(at(prices, "currency_code"))
    decimals = whole_number(at(prices, "currency_minor_unit"))
    availability = _availability(product)
    if decimals is None or decimals > 4:
        return Offer(availability=availability)

    def amount(*keys: str) -> Decimal | None:
        units = whole_number(at(prices, *keys))
        return None if units is None else read_price(Decimal(units).scaleb(-decimals), currency)[0]

    return make_offer(
        amount("price_range", "min_amount") or amount("price"),
        currency,
        highest=amount("price_range", "max_amount"),
        regular=amount("regular_price"),
        availability=availability,
    )


def _availability(product: dict[str, Any]) -> Availability:
    if product.get("is_on_backorder") is True:
        return "preorder"
    in_stock = product.get("is_in_stock")
    return ("in" if in_stock else "out") if isinstance(in_stock, bool) else "unknown"


def _names(terms: Any) -> list[str]:
    names = (text_of(at(term, "name")) for term in listed(terms))
    return [name for name in names if name]
