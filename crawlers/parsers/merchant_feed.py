"""Read merchant feeds (Google's): RSS 2 and Atom with g: names, and tab-separated text.

https://support.google.com/merchants/answer/7052112 says what the fields are.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from catalog.reading.flat import availability as availability_of
from catalog.reading.table import records
from catalog.reading.text import clip
from crawlers.items import Page, ParseError, Skipped
from crawlers.parsers.encodings import decode
from crawlers.parsers.prices import Offer, fold_offers, make_offer, read_price
from crawlers.parsers.products import add_product
from crawlers.parsers.values import address, identity, images_of
from crawlers.parsers.xml_stream import Document, local_name, unpacked

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
        "sale_price_effective_date",
        "availability",
        "brand",
        "product_type",
        "google_product_category",
        "item_group_id",
    )
)
_MOST_BAD_ROWS = 1000
# Atom and RSS have these of their own beside Google's.
_TWICE = ("id", "link", "title", "description")
Entry = dict[str, list[str]]


@dataclass(slots=True)
class _Product:
    """One product: what its entries say first, and what its variants cost and look like."""

    entry: Entry = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    images: list[str] = field(default_factory=list)


def read_feed(body: bytes, url: str, *, now: datetime | None = None) -> Page:
    """Return the products of a feed, in order; the variants of one item_group_id are one product.

    What the variants differ in is the first one's, the price the lowest of those that can be had. A
    sale price below the price is the price, and the price then the regular one; now tells whether
    the sale's dates are past or to come, None believes every sale. Skipped are rows that cannot be
    read. Raise ParseError where it is no feed, or broken: of one that breaks off, nothing is known.
    """
    products: dict[str, _Product] = {}
    page = Page()
    for number, entry in enumerate(_entries(unpacked(body, url), url)):
        if isinstance(entry, str):
            page.skipped.append(Skipped("", "a row that cannot be read"))
            if len(page.skipped) > _MOST_BAD_ROWS:
                raise ParseError(f"{clip(url)} is {_DUE} with too many broken rows.")
            continue
        group, key = identity(_one(entry, "item_group_id")), identity(_one(entry, "id"))
        name = f"group {group}" if group else f"id {key}" if key else f"entry {number}"
        product = products.setdefault(name, _Product())
        for field_name, values in entry.items():
            product.entry.setdefault(field_name, values)
        product.offers.append(_offer(entry, now))
        product.images += [*entry.get("image_link", []), *_additional(entry)]
    for product in products.values():
        _add(page, product, url)
    return page


def is_feed_header(line: str) -> bool:
    """Say whether a line holds the names of a tab-separated feed's fields."""
    return {"id", "title", "link"} <= set(_field_names(line))


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


def _offer(entry: Entry, now: datetime | None) -> Offer:
    availability = availability_of(_one(entry, "availability"))
    price, currency = read_price(_one(entry, "price"))
    sale, sale_currency = read_price(_one(entry, "sale_price"), currency)
    if sale is not None and _is_on(_one(entry, "sale_price_effective_date"), now):
        if price is None:
            return make_offer(sale, sale_currency, availability=availability)
        if sale < price and sale_currency == currency:
            return make_offer(sale, currency, regular=price, availability=availability)
    return make_offer(price, currency, availability=availability)


def _is_on(dates: str, now: datetime | None) -> bool:
    """Say whether now lies within "START/END"; what cannot be read as that sets no bounds."""
    if now is None:
        return True
    try:
        start, end = (datetime.fromisoformat(part.strip()) for part in dates.split("/"))
    except ValueError:
        return True
    start, end = (when if when.tzinfo else when.replace(tzinfo=UTC) for when in (start, end))
    return start <= now <= end


def _additional(entry: Entry) -> list[str]:
    """Return the further pictures: a field each, or, in text files, many in one field."""
    fields = entry.get("additional_image_link", [])
    return [link for value in fields for link in re.split(r"\s*,\s*(?=https?:)", value)]


def _one(entry: Entry, name: str) -> str:
    return entry[name][0] if name in entry else ""


def _entries(body: bytes, url: str) -> Iterator[Entry | str]:
    """Yield what each entry says, or why one cannot be read."""
    if decode(body[:1000], None).lstrip().startswith("<"):
        return _xml_entries(body, url)
    return _text_entries(decode(body, None), url)


def _xml_entries(body: bytes, url: str) -> Iterator[Entry | str]:
    document = Document(body, url, _DUE)
    if document.root not in ("rss", "feed", "rdf", "channel"):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    for element in document.entries("item", "entry"):
        yield _entry(element)


def _entry(element: etree._Element) -> Entry:
    entry: Entry = {}
    for child in element:
        name = local_name(child)
        value = (child.text or child.get("href") or "").strip()
        if name in _NAMES and value and child.get("rel", "alternate") == "alternate":
            values = entry.setdefault(name, [])
            is_first = name in _TWICE and "base.google.com" in str(child.tag)
            values.insert(0 if is_first else len(values), value)
    return entry


def _text_entries(text: str, url: str) -> Iterator[Entry | str]:
    lines = io.StringIO(text, newline="")
    header = next((line for line in lines if line.strip()), "")
    if not is_feed_header(header):
        raise ParseError(f"{clip(url)} is not {_DUE}: it is neither XML nor a table of its fields.")
    names = _field_names(header)
    for record in records(lines, "\t", len(names)):
        if isinstance(record, str):
            yield record
        elif any(record):
            pairs = zip(names, record, strict=False)
            yield {
                name: [value.strip()] for name, value in pairs if name in _NAMES and value.strip()
            }


def _field_names(line: str) -> list[str]:
    names = (name.strip().strip('"').lower().replace(" ", "_") for name in line.split("\t"))
    return [name.removeprefix("g:") for name in names]
