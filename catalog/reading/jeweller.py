"""Read the jeweller's JSON: {product name: {variant name: {...}}}, one product each."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.reading.prices import read_amount, settle_currency
from catalog.reading.rows import (
    DESCRIPTION_LENGTH,
    EXTERNAL_ID_LENGTH,
    NAME_LENGTH,
    TITLE_LENGTH,
    BadValueError,
    ImageRef,
    ProductRow,
    RowError,
)
from catalog.reading.text import clip, image_reference, short_text, web_address

# The file's own words for a value that its maker did not find: "No Found Product ID".
_ABSENT = "No Found"


@dataclass(frozen=True, slots=True)
class _Variant:
    price: Decimal | None
    meant: tuple[str, ...]
    values: dict[str, Any]


def is_jeweller(data: Any) -> bool:
    """Say whether JSON data has the jeweller's shape, going by its first variant."""
    variants = next(iter(data.values()), None) if isinstance(data, dict) else None
    variant = next(iter(variants.values()), None) if isinstance(variants, dict) else None
    return isinstance(variant, dict) and ("Price" in variant or "Product ID" in variant)


def read_jeweller(data: dict[str, Any], currency: str) -> Iterator[ProductRow | RowError]:
    """Yield one product per name, numbered from 1 in the file's order.

    Price is the lowest of the variants, price_max the highest where it differs; url and description
    are the cheapest variant's. A variant that cannot be used is reported, and the product made of
    its others. Its pictures are paths on the machine that made the file: kind "foreign".
    """
    for number, (name, variants) in enumerate(data.items(), 1):
        if not isinstance(variants, dict) or not variants:
            yield RowError(number, f"{clip(name)} has no variants")
            continue
        usable: list[_Variant] = []
        for variant_name, values in variants.items():
            try:
                usable.append(_variant(values))
            except BadValueError as error:
                yield RowError(number, f"variant {clip(variant_name)}: {error}")
        if not usable:
            continue
        try:
            yield _product(number, name, usable, currency)
        except BadValueError as error:
            yield RowError(number, str(error))


def _variant(values: Any) -> _Variant:
    if not isinstance(values, dict):
        raise BadValueError("is not a JSON object")
    price, meant = read_amount(_text(values, "Price"), "Price")
    return _Variant(price, meant, values)


def _product(row: int, name: str, variants: list[_Variant], currency: str) -> ProductRow:
    priced = [(variant.price, variant) for variant in variants if variant.price is not None]
    lowest, cheapest = min(priced, key=lambda pair: pair[0], default=(None, variants[0]))
    highest = max((price for price, _ in priced), default=None)
    external_id = next(filter(None, (_text(v.values, "Product ID") for v in variants)), "")
    title = short_text("the product's name", name, TITLE_LENGTH)
    if not external_id or not title:
        raise BadValueError(f"{clip(name)} has no {'name' if external_id else 'Product ID'}")
    return ProductRow(
        row=row,
        external_id=short_text("Product ID", external_id, EXTERNAL_ID_LENGTH),
        title=title,
        url=web_address(_text(cheapest.values, "Product Full Link"), "Product Full Link"),
        brand="",
        description=short_text("Descript", _text(cheapest.values, "Descript"), DESCRIPTION_LENGTH),
        category=next(
            filter(
                None,
                (
                    short_text("Category ID", _text(v.values, "Category ID"), NAME_LENGTH)
                    for v in variants
                ),
            ),
            "",
        ),
        department=None,
        label=None,
        price=lowest,
        price_max=highest if highest != lowest else None,
        regular_price=None,
        currency=settle_currency(cheapest.meant, "", currency),
        availability="unknown",
        width_cm=None,
        height_cm=None,
        images=_images(variants),
    )


def _text(values: dict[str, Any], name: str) -> str:
    """Return a value as text, "" where the file says that it found none."""
    value = values.get(name)
    if isinstance(value, Decimal) and -30 < value.adjusted() < 30:
        value = format(value, "f")
    if value is None or (isinstance(value, str) and value.startswith(_ABSENT)):
        return ""
    if not isinstance(value, str):
        raise BadValueError(f"{name} {clip(str(value))} is not text")
    return value


def _images(variants: list[_Variant]) -> tuple[ImageRef, ...]:
    images: dict[str, ImageRef] = {}
    for variant in variants:
        paths = variant.values.get("Product Image Path")
        for path in paths if isinstance(paths, list) else [paths]:
            if not isinstance(path, str) or path.startswith(_ABSENT) or path in images:
                continue
            image = image_reference(path, len(images))
            if image is not None:
                images[path] = ImageRef(path, "foreign", image.position)
    return tuple(images.values())
