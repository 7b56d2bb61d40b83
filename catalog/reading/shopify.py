"""Read Shopify's product CSV export: the rows of one Handle are one product."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from catalog.reading.prices import read_amount, settle_currency
from catalog.reading.rows import (
    DESCRIPTION_LENGTH,
    EXTERNAL_ID_LENGTH,
    NAME_LENGTH,
    TITLE_LENGTH,
    Availability,
    BadValueError,
    ImageRef,
    ProductRow,
    RowError,
)
from catalog.reading.table import Cells, Table
from catalog.reading.text import clean_text, clip, image_reference, short_text

COLUMNS = frozenset(
    (
        "handle",
        "title",
        "body (html)",
        "vendor",
        "type",
        "published",
        "status",
        "option1 value",
        "variant sku",
        "variant inventory tracker",
        "variant inventory qty",
        "variant inventory policy",
        "variant price",
        "variant compare at price",
        "image src",
        "image position",
        "image alt text",
    )
)
# A row with all of these empty only adds a picture.
_VARIANT_COLUMNS = ("variant price", "option1 value", "variant sku", "variant inventory policy")


@dataclass(slots=True)
class _Variants:
    """The rows of one product, as far as they could be used."""

    priced: list[tuple[Decimal, Decimal | None]] = field(default_factory=list)
    can_be_bought: list[bool] = field(default_factory=list)
    images: list[tuple[float, ImageRef]] = field(default_factory=list)
    meant: tuple[str, ...] = ()
    errors: list[RowError] = field(default_factory=list)
    unpriced: bool = False


def read_shopify(table: Table, currency: str) -> Iterator[ProductRow | RowError]:
    """Yield one product per Handle, its row that of the first; currency is that of the shop.

    Price is the lowest of the variants, price_max the highest where it differs, regular_price the
    cheapest variant's compare-at price where that is higher. A row that cannot be used is reported
    and the product made of its others, unless these have no price or title. The export holds no
    addresses, so url is "". What is not published cannot be bought and counts as out.
    """
    seen: set[str] = set()
    handle, rows = "", list[Cells]()
    for row in table.rows():
        if isinstance(row, RowError):
            yield row
            continue
        this = clean_text(row["handle"])
        if this and this == handle:
            rows.append(row)
            continue
        if rows:
            yield from _product(handle, rows, currency)
        handle, rows = "", []
        if not this:
            yield RowError(row.row, "Handle is missing")
        elif this in seen:
            reason = f"Handle {clip(this)} comes again: rows of one product belong together"
            yield RowError(row.row, reason)
        else:
            seen.add(this)
            handle, rows = this, [row]
    if rows:
        yield from _product(handle, rows, currency)


def count_handles(table: Table) -> int:
    """Return how many products the table holds, a row that cannot be read counting as one."""
    handles = {
        row.row if isinstance(row, RowError) else clean_text(row["handle"]) for row in table.rows()
    }
    return len(handles)


def _product(handle: str, rows: list[Cells], currency: str) -> Iterator[ProductRow | RowError]:
    variants = _Variants()
    for row in rows:
        try:
            _add(variants, row)
        except BadValueError as error:
            variants.errors.append(RowError(row.row, str(error)))
    yield from variants.errors
    if variants.unpriced and not variants.priced:
        return
    first = rows[0]
    try:
        yield _assembled(handle, first, rows, variants, currency)
    except BadValueError as error:
        yield RowError(first.row, str(error))


def _add(variants: _Variants, row: Cells) -> None:
    """Add what a row says; its picture first, which holds even where its price cannot be read."""
    image = image_reference(
        row["image src"], 0, short_text("image alt text", row["image alt text"], TITLE_LENGTH)
    )
    if image is not None:
        variants.images.append((_position(row["image position"]), image))
    if not any(row[column].strip() for column in _VARIANT_COLUMNS):
        return
    try:
        price, meant = read_amount(row["variant price"], "Variant Price")
        regular, _ = read_amount(row["variant compare at price"], "Variant Compare At Price")
    except BadValueError:
        variants.unpriced = True
        raise
    variants.can_be_bought.append(_can_be_bought(row))
    if price is not None:
        variants.priced.append((price, regular))
        variants.meant = variants.meant or meant


def _can_be_bought(row: Cells) -> bool:
    quantity = row["variant inventory qty"].strip()
    has_stock = quantity.removeprefix("+").isdecimal() and int(quantity[:18]) > 0
    return (
        has_stock
        or row["variant inventory policy"].strip().lower() == "continue"
        or not row["variant inventory tracker"].strip()
    )


def _position(text: str) -> float:
    text = text.strip()
    return float(text) if text.isdecimal() and len(text) < 9 else float("inf")


def _assembled(
    handle: str, first: Cells, rows: list[Cells], variants: _Variants, currency: str
) -> ProductRow:
    title = next((title for row in rows if (title := clean_text(row["title"]))), "")
    if not title:
        raise BadValueError(f"Title is missing for Handle {clip(handle)}")
    lowest, regular = min(variants.priced, key=lambda pair: pair[0], default=(None, None))
    highest = max((price for price, _ in variants.priced), default=None)
    return ProductRow(
        row=first.row,
        external_id=short_text("Handle", handle, EXTERNAL_ID_LENGTH),
        title=short_text("Title", title, TITLE_LENGTH),
        url="",
        brand=short_text("Vendor", first["vendor"], NAME_LENGTH),
        description=short_text("Body (HTML)", first["body (html)"], DESCRIPTION_LENGTH),
        category=short_text("Type", first["type"], NAME_LENGTH),
        department=None,
        label=None,
        price=lowest,
        price_max=highest if highest != lowest else None,
        regular_price=regular if regular and lowest and regular > lowest else None,
        currency=settle_currency(variants.meant, "", currency),
        availability=_availability(first, variants),
        width_cm=None,
        height_cm=None,
        images=_ordered(variants.images),
    )


def _availability(first: Cells, variants: _Variants) -> Availability:
    if first["published"].strip().lower() == "false":
        return "out"
    if first["status"].strip().lower() in ("draft", "archived"):
        return "out"
    if not variants.can_be_bought:
        return "unknown"
    return "in" if any(variants.can_be_bought) else "out"


def _ordered(images: list[tuple[float, ImageRef]]) -> tuple[ImageRef, ...]:
    """Return pictures by their Image Position, each once, numbered from 0."""
    once: dict[str, ImageRef] = {}
    for _, image in sorted(images, key=lambda pair: pair[0]):
        once.setdefault(image.reference, image)
    return tuple(
        ImageRef(image.reference, image.kind, position, image.alt)
        for position, image in enumerate(once.values())
    )
