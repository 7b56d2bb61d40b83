"""Read prices as shops send them: an amount and its currency from one and the same place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.reading.currencies import CODES
from catalog.reading.prices import checked_amount, parse_price, read_amount, settle_currency
from catalog.reading.rows import Availability, BadValueError

# Read in one way only, and by far the most.
_MACHINE_MADE = re.compile(r"\d{1,9}(?:\.\d{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offer:
    """Hold at what price something is to be had; as in ProductItem, but an Offer may be empty."""

    price: Decimal | None = None
    price_max: Decimal | None = None
    regular_price: Decimal | None = None
    currency: str = ""
    availability: Availability = "unknown"


def currency_of(value: Any) -> str:
    """Return the ISO 4217 code that a code or a sign means ("$" is USD), "" for none known."""
    text = value.strip() if isinstance(value, str) else ""
    if text.upper() in CODES:
        return text.upper()
    return (parse_price(f"1 {text}")[1] or "") if text and len(text) < 10 else ""


def read_price(value: Any, currency: str = "") -> tuple[Decimal | None, str]:
    """Return (amount, ISO 4217 code) of a price, (None, "") where there is none to rely on.

    value: a number, or text as people or machines write it; currency: what is said beside it, ""
    for nothing. None: zero, free, negative, of two readings, no currency, or one that contradicts
    the sign in the text.
    """
    try:
        if isinstance(value, Decimal):
            amount, meant = checked_amount(value), tuple[str, ...]()
        elif isinstance(value, str) and _MACHINE_MADE.fullmatch(value):
            amount, meant = checked_amount(Decimal(value)), ()
        elif isinstance(value, str):
            amount, meant = read_amount(value)
        else:
            return None, ""
        code = settle_currency(meant, currency, "")
    except BadValueError:
        return None, ""
    return (amount, code) if amount is not None and code else (None, "")


def make_offer(
    price: Decimal | None,
    currency: str,
    *,
    highest: Decimal | None = None,
    regular: Decimal | None = None,
    availability: Availability = "unknown",
) -> Offer:
    """Return an offer; highest and regular are kept where they are above the price."""
    if price is None or not currency:
        return Offer(availability=availability)
    return Offer(
        price,
        highest if highest is not None and highest > price else None,
        regular if regular is not None and regular > price else None,
        currency,
        availability,
    )


def fold_offers(offers: Iterable[Offer]) -> Offer:
    """Return one offer for the variants of a product.

    Price and its highest are those of the variants that can be had, of all where none can; the
    regular price is that of the cheapest. Variants in another currency than the first priced one's
    are left out.
    """
    all_offers = list(offers)
    availability = fold_availability(offer.availability for offer in all_offers)
    priced = [offer for offer in all_offers if offer.price is not None]
    priced = [offer for offer in priced if offer.currency == priced[0].currency]
    priced = [offer for offer in priced if offer.availability != "out"] or priced
    if not priced:
        return Offer(availability=availability)
    lowest = min(priced, key=lambda offer: offer.price or 0)
    highest = max(offer.price_max or offer.price or Decimal(0) for offer in priced)
    return make_offer(
        lowest.price,
        lowest.currency,
        highest=highest,
        regular=lowest.regular_price,
        availability=availability,
    )


def fold_availability(all_of_them: Iterable[Availability]) -> Availability:
    """Return what holds for a product whose variants are in these states."""
    states = set(all_of_them)
    order: tuple[Availability, ...] = ("in", "preorder", "unknown", "out")
    return next((state for state in order if state in states), "unknown")
