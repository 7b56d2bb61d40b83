"""Read products from flat CSV and from JSON lines: one product a row, columns named as ours."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from catalog.reading.files import UNDECODED, TextFile
from catalog.reading.prices import checked_amount, read_amount, settle_currency
from catalog.reading.rows import (
    DESCRIPTION_LENGTH,
    EXTERNAL_ID_LENGTH,
    LONGEST_SIDE_CM,
    NAME_LENGTH,
    TITLE_LENGTH,
    Availability,
    BadValueError,
    ImageRef,
    ProductRow,
    RowError,
)
from catalog.reading.table import Table
from catalog.reading.text import clip, image_reference, short_text, web_address

REQUIRED = ("external_id", "title")
COLUMNS = (
    *REQUIRED,
    "url",
    "image",
    "price",
    "currency",
    "department",
    "label",
    "brand",
    "description",
    "price_max",
    "width_cm",
    "height_cm",
    "availability",
)

# Spaces, hyphens and underscores do not count: "in stock", "in_stock", "InStock".
_AVAILABILITY_WORDS: dict[Availability, str] = {
    "in": "in instock available yes true 1 limitedavailability instoreonly onlineonly",
    "out": "out outofstock soldout unavailable no false 0 discontinued",
    "preorder": "preorder presale backorder",
}
_AVAILABILITIES = {
    word: availability
    for availability, words in _AVAILABILITY_WORDS.items()
    for word in words.split()
}
_LENGTH = re.compile(r"(-?\d+(?:[.,]\d+)?) ?(?:cm)?", re.IGNORECASE)


def read_flat_csv(table: Table, currency: str) -> Iterator[ProductRow | RowError]:
    """Yield the products of a flat CSV; currency (ISO 4217) serves rows that name none."""
    for cells in table.rows():
        if isinstance(cells, RowError):
            yield cells
        else:
            yield _product(cells.row, cells.values, currency)


def read_json_lines(file: TextFile, currency: str) -> Iterator[ProductRow | RowError]:
    """Yield the products of a file with one JSON object a line; blank lines are left out.

    "images" may be a list of paths or addresses, beside or instead of "image".
    """
    for number, line in enumerate(file.lines(), 1):
        if line is None:
            yield RowError(number, "is longer than a line can be")
        elif line.strip():
            record = parse_object(line)
            if isinstance(record, str):
                yield RowError(number, record)
            else:
                yield _product(number, record, currency)


def parse_object(line: str) -> dict[str, Any] | str:
    """Return the JSON object of a line, its numbers as Decimal, or what is wrong with it."""
    if UNDECODED.search(line):
        return "holds bytes that are not UTF-8"
    try:
        value = parse_json(line)
    except ValueError as error:
        return f"is not JSON: {error}"
    return value if isinstance(value, dict) else "is not a JSON object"


def parse_json(text: str) -> Any:
    """Return what JSON text says, numbers as Decimal, NaN and Infinity as text.

    Raise ValueError for anything else, also for nesting too deep to read.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=str)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except InvalidOperation:
        raise ValueError("a number out of range") from None


def _product(row: int, values: Mapping[str, Any], default: str) -> ProductRow | RowError:
    try:
        price, meant = _amount(values, "price")
        price_max, meant_max = _amount(values, "price_max")
        currency = settle_currency(meant or meant_max, _text(values, "currency"), default)
        settle_currency(meant_max, currency, default)
        return ProductRow(
            row=row,
            external_id=_required(values, "external_id", EXTERNAL_ID_LENGTH),
            title=_required(values, "title", TITLE_LENGTH),
            url=web_address(_text(values, "url")),
            brand=short_text("brand", _text(values, "brand"), NAME_LENGTH),
            description=short_text("description", _text(values, "description"), DESCRIPTION_LENGTH),
            category="",
            department=short_text("department", _text(values, "department"), NAME_LENGTH).lower()
            or None,
            label=short_text("label", _text(values, "label"), NAME_LENGTH) or None,
            price=price,
            price_max=_higher(price, price_max),
            regular_price=None,
            currency=currency,
            availability=availability(_text(values, "availability")),
            width_cm=_length(values, "width_cm"),
            height_cm=_length(values, "height_cm"),
            images=_images(values),
        )
    except BadValueError as error:
        return RowError(row, str(error))


def availability(text: str) -> Availability:
    """Return what a shop's word or schema.org address says of stock, "unknown" for other words."""
    word = re.sub(r"[\W_]", "", text.lower().removeprefix("https://").removeprefix("http://"))
    return _AVAILABILITIES.get(word.removeprefix("schemaorg"), "unknown")


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # A Decimal of 1e999999 has a million digits when written out.
    if isinstance(value, Decimal) and -30 < value.adjusted() < 30:
        return format(value, "f")
    raise BadValueError(f"{name} {clip(str(value))} is not text")


def _required(values: Mapping[str, Any], name: str, limit: int) -> str:
    text = short_text(name, _text(values, name), limit)
    if not text:
        raise BadValueError(f"{name} is missing")
    return text


def _amount(values: Mapping[str, Any], name: str) -> tuple[Decimal | None, tuple[str, ...]]:
    value = values.get(name)
    if isinstance(value, Decimal):
        return checked_amount(value, name), ()
    if isinstance(value, bool):
        raise BadValueError(f"{name} is not a number")
    return read_amount(_text(values, name), name)


def _higher(price: Decimal | None, price_max: Decimal | None) -> Decimal | None:
    if price_max is None or price_max == price:
        return None
    if price is None:
        raise BadValueError("price_max is given without a price")
    if price_max < price:
        raise BadValueError(f"price_max {price_max} is below the price {price}")
    return price_max


def _length(values: Mapping[str, Any], name: str) -> Decimal | None:
    text = _text(values, name).strip()
    if not text:
        return None
    number = _LENGTH.fullmatch(text)
    if number is None or len(text) > 30:
        raise BadValueError(f"{name} {clip(text)} is not a length in centimetres")
    length = Decimal(number.group(1).replace(",", "."))
    if length < 0 or length > LONGEST_SIDE_CM:
        raise BadValueError(f"{name} {clip(text)} is not between 0 and {LONGEST_SIDE_CM:,} cm")
    return length.quantize(Decimal("0.01")) or None


def _images(values: Mapping[str, Any]) -> tuple[ImageRef, ...]:
    named: list[Any] = []
    for name in ("image", "images"):
        value = values.get(name)
        named += value if isinstance(value, list) else [_text(values, name)]
    images: dict[str, ImageRef] = {}
    for reference in named:
        if not isinstance(reference, str):
            raise BadValueError(f"image {clip(str(reference))} is not a path or an address")
        image = image_reference(reference, len(images))
        if image is not None:
            images.setdefault(reference, image)
    return tuple(images.values())
