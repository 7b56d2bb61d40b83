"""Read Shopify's public lists: /products.json, /collections/HANDLE/products.json, /meta.json."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from catalog.reading.rows import Availability
from catalog.reading.text import clip
from crawlers.items import ItemImage, Page, ParseError
from crawlers.parsers.prices import Offer, currency_of, fold_offers, make_offer, read_price
from crawlers.parsers.products import add_product, each_object
from crawlers.parsers.values import (
    address,
    at,
    identity,
    images_of,
    listed,
    query_number,
    read_json,
    text_of,
    whole_number,
    with_query,
)

_DUE = "a Shopify shop's list of products"


@dataclass(frozen=True, slots=True)
class ShopMeta:
    """Hold what a shop says of itself: currency "" and total None where it does not."""

    name: str
    currency: str
    total: int | None


def read_meta(body: bytes, url: str) -> ShopMeta:
    """Return what /meta.json says; raise ParseError where it is none."""
    data = read_json(body, url, "a Shopify shop's /meta.json")
    if not {"currency", "published_products_count"} & set(data if isinstance(data, dict) else ()):
        raise ParseError(f"{clip(url)} is not a Shopify shop's /meta.json.")
    return ShopMeta(
        text_of(data.get("name")),
        currency_of(data.get("currency")),
        whole_number(data.get("published_products_count")),
    )


def read_products(body: bytes, url: str, *, currency: str) -> Page:
    """Return the products of one page of a list; currency (ISO 4217) is the shop's.

    price is the lowest of the variants that can be had. next_url is the page with the next number,
    "" after one without products, which ends the list. Raise ParseError where the answer is no list
    of products.
    """
    data = read_json(body, url, _DUE)
    products = data if isinstance(data, list) else at(data, "products")
    if not isinstance(products, list):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    page = Page()
    for product in each_object(page, products, url):
        _add(page, product, url, currency)
    if products:
        page.next_url = with_query(url, page=query_number(url, "page", 1) + 1)
    return page


def _add(page: Page, product: dict[str, Any], url: str, currency: str) -> None:
    handle = text_of(product.get("handle"))
    variants = [variant for variant in listed(product.get("variants")) if isinstance(variant, dict)]
    add_product(
        page,
        identity(product.get("id"), handle),
        product.get("title"),
        address(f"/products/{quote(handle)}", url) if handle else "",
        offer=fold_offers(_offer(variant, currency) for variant in variants),
        price_source="shopify",
        description=product.get("body_html"),
        brand=product.get("vendor"),
        category=text_of(product.get("product_type")),
        images=_images(product, url),
    )


def _offer(variant: dict[str, Any], currency: str) -> Offer:
    price, code = read_price(variant.get("price"), currency)
    regular, _ = read_price(variant.get("compare_at_price"), currency)
    available = variant.get("available")
    availability: Availability = "unknown"
    if isinstance(available, bool):
        availability = "in" if available else "out"
    return make_offer(price, code, regular=regular, availability=availability)


def _images(product: dict[str, Any], url: str) -> tuple[ItemImage, ...]:
    """Return the pictures by their position, those without one last."""
    images = [image for image in listed(product.get("images")) if isinstance(image, dict)]
    images.sort(key=_position)
    base = f"{urlsplit(url).scheme or 'https'}:"
    return images_of(((image.get("src"), image.get("alt")) for image in images), url or base)


def _position(image: dict[str, Any]) -> float:
    position = whole_number(image.get("position"))
    return float("inf") if position is None else position
