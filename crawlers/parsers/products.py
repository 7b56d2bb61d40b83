"""Make one ProductItem of what a parser found, or say why it is left out."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalog.reading.rows import DESCRIPTION_LENGTH, LONGEST_SIDE_CM, NAME_LENGTH
from catalog.reading.text import clip
from crawlers.items import ItemImage, Page, ParseError, ProductItem, Skipped
from crawlers.parsers.prices import Offer
from crawlers.parsers.values import identity, text_of

MOST_AT_ONCE = 10_000


def each_object(page: Page, found: list[Any], url: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list of products; anything else in it is skipped.

    Raise ParseError where it holds more than any shop hands out at once.
    """
    if len(found) > MOST_AT_ONCE:
        raise ParseError(f"{clip(url)} lists more than {MOST_AT_ONCE:,} products at once.")
    for value in found:
        if isinstance(value, dict):
            yield value
        else:
            page.skipped.append(Skipped("", "not an object"))


def add_product(
    page: Page,
    external_id: Any,
    title: Any,
    url: str,
    *,
    offer: Offer,
    price_source: str,
    purchase_url: str = "",
    description: Any = "",
    brand: Any = "",
    category: str = "",
    images: tuple[ItemImage, ...] = (),
    width_cm: Decimal | None = None,
    height_cm: Decimal | None = None,
) -> None:
    """Add a product to the page, or what it lacks to be one; texts come as the shop sent them."""
    key, name = identity(external_id), text_of(title)
    if not key or not name or not url:
        lacking = "id" if not key else "title" if not name else "address"
        page.skipped.append(Skipped(key, f"no {lacking}"))
        return
    page.items.append(
        ProductItem(
            external_id=key,
            title=name,
            url=url,
            purchase_url=purchase_url if purchase_url != url else "",
            description=text_of(description, DESCRIPTION_LENGTH),
            brand=text_of(brand, NAME_LENGTH),
            category=text_of(category, NAME_LENGTH),
            images=images,
            price=offer.price,
            price_max=offer.price_max,
            regular_price=offer.regular_price,
            currency=offer.currency,
            availability=offer.availability,
            price_source=price_source if offer.price is not None else "",
            width_cm=side_cm(width_cm),
            height_cm=side_cm(height_cm),
        )
    )


def side_cm(length: Decimal | None) -> Decimal | None:
    """Return a length in cm to 0.01, None for one that no piece has."""
    if length is None or not length.is_finite() or not 0 < length <= LONGEST_SIDE_CM:
        return None
    return length.quantize(Decimal("0.01")) or None
