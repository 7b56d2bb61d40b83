"""Read merchant feeds (Google's): RSS 2 and Atom with g: names, and tab-separated text."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from catalog.reading.flat import availability as availability_of
from catalog.reading.text import clip
from crawlers.items import Page, ParseError
from crawlers.parsers.markup import decode, local_name, unpacked, xml_elements, xml_text
from crawlers.parsers.prices import Offer, fold_offers, make_offer, read_price
from crawlers.parsers.products import add_product
from crawlers.parsers.values import address, identity, images_of

_DUE = "a merchant feed"
_NAMES = frozenset(
    (
        "id",
        "title",
        "description",
        "link",
        "image_link",
        "additional_image_link",
        "price",
        "sale_price",
        "availability",
        "brand",
        "product_type",
        "google_product_category",
        "item_group_id",
    )
)
_TWICE = ("id", "link", "title", "description")
_LONGEST_FIELD = 1 << 20
Entry = dict[str, list[str]]


@dataclass(slots=True)
class _Product:
    """The entries of one product: itself, or the variants of its item_group_id."""

    entry: Entry
    offers: list[Offer] = field(default_factory=list)
    images: list[str] = field(default_factory=list)


def read_feed(body: bytes, url: str) -> Page:
    """Return the products of a feed, in order; the variants of one item_group_id are one product.

    Its title and address are the first variant's, its price the lowest of those that can be had. A
    sale price below the price is the price, and the price then the regular one. Raise ParseError
    where it is no feed, or broken: of one that breaks off, nothing is known to be gone.
    """
    products: dict[str, _Product] = {}
    page = Page()
    for number, entry in enumerate(_entries(unpacked(body, url), url)):
        group = identity(_one(entry, "item_group_id"))
        key = f"group {group}" if group else identity(_one(entry, "id"))
        product = products.setdefault(key or f"entry {number}", _Product(entry))
        product.offers.append(_offer(entry))
        product.images += [*entry.get("image_link", []), *_additional(entry)]
    for product in products.values():
        _add(page, product, url)
    return page


def _add(page: Page, product: _Product, url: str) -> None:
    entry = product.entry
    add_product(
        page,
        identity(_one(entry, "item_group_id"), _one(entry, "id")),
        _one(entry, "title"),
        address(_one(entry, "link"), url),
        offer=fold_offers(product.offers),
        price_source="merchant feed",
        description=_one(entry, "description"),
        brand=_one(entry, "brand"),
        category=_one(entry, "product_type") or _one(entry, "google_product_category"),
        images=images_of(((image, "") for image in product.images), url),
    )


def _offer(entry: Entry) -> Offer:
    availability = availability_of(_one(entry, "availability"))
    price, currency = read_price(_one(entry, "price"))
    sale, sale_currency = read_price(_one(entry, "sale_price"), "")
    if sale is not None and (price is None or (sale < price and sale_currency == currency)):
        return make_offer(sale, sale_currency, regular=price, availability=availability)
    return make_offer(price, currency, availability=availability)


def _additional(entry: Entry) -> list[str]:
    """Return the further pictures: a field each, or, in text files, many in one field."""
    links: list[str] = []
    for value in entry.get("additional_image_link", []):
        links += re.split(r",(?=https?:)", value)
    return links


def _one(entry: Entry, name: str) -> Any:
    return next(iter(entry.get(name, [])), "")


def _entries(body: bytes, url: str) -> Iterator[Entry]:
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from _xml_entries(body, url)
    else:
        yield from _text_entries(decode(body, None), url)


def _xml_entries(body: bytes, url: str) -> Iterator[Entry]:
    elements = xml_elements(xml_text(body, url, _DUE), {"item", "entry"}, url, _DUE)
    root = next(elements, None)
    if root is None or local_name(root) not in ("rss", "feed", "rdf", "channel"):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    for element in elements:
        yield _entry(element)


def _entry(element: etree._Element) -> Entry:
    """Return the texts of an entry's fields; those of the g: namespace come before others."""
    entry: Entry = {}
    for child in element:
        name = local_name(child)
        if name not in _NAMES:
            continue
        value = (child.text or child.get("href") or "").strip()
        if value and child.get("rel", "alternate") == "alternate":
            values = entry.setdefault(name, [])
            # Atom has an id, a link and a title of its own beside those of the feed's language.
            is_first = name in _TWICE and "base.google.com" in str(child.tag)
            values.insert(0 if is_first else len(values), value)
    return entry


def _text_entries(text: str, url: str) -> Iterator[Entry]:
    lines = text.splitlines(keepends=True)
    header = next((line for line in lines if line.strip()), "")
    names = [name.strip().strip('"').lower().replace(" ", "_") for name in header.split("\t")]
    names = [name.removeprefix("g:") for name in names]
    if "id" not in names or "title" not in names or len(names) < 3:
        raise ParseError(f"{clip(url)} is not {_DUE}: it is neither XML nor has a header of names.")
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    rows = csv.reader(lines[lines.index(header) + 1 :], delimiter="\t")
    try:
        for row in rows:
            entry: Entry = {}
            for name, value in zip(names, row, strict=False):
                if name in _NAMES and value.strip():
                    entry.setdefault(name, []).append(value.strip())
            if entry:
                yield entry
    except csv.Error as error:
        raise ParseError(f"{clip(url)} is a broken table: {error}.") from None
