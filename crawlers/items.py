"""What a parser reads of a page: products, and what it left out."""

from dataclasses import dataclass, field
from decimal import Decimal

from catalog.reading import Availability


class ParseError(ValueError):
    """Say why a page cannot be read at all; it costs that page, never the run."""


@dataclass(frozen=True, slots=True)
class ItemImage:
    """Name one picture of a product: an absolute http(s) address, in the product's order from 0."""

    url: str
    position: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class ProductItem:
    """Hold one product as its shop serves it.

    external_id: the shop's own, stable over time; the key within a source. url: the product's page,
    http(s); purchase_url: where it is bought, "" where that is the page. description: plain text.
    category: the shop's own words, levels joined by " > ". Prices are positive, to 0.01; price is
    the lowest at which a variant is to be had, price_max and regular_price are above it, else None;
    None where no price is known. currency: ISO 4217, "" without a price. price_source: where price
    and currency, both from one place, were read: "json-ld", "microdata", "opengraph", "shopify", …
    width_cm, height_cm: of the piece itself. images: none twice.
    """

    external_id: str
    title: str
    url: str
    purchase_url: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    images: tuple[ItemImage, ...] = ()
    price: Decimal | None = None
    price_max: Decimal | None = None
    regular_price: Decimal | None = None
    currency: str = ""
    availability: Availability = "unknown"
    price_source: str = ""
    width_cm: Decimal | None = None
    height_cm: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Say which product of a page was left out, and why, in a few words that can be counted."""

    external_id: str
    reason: str


@dataclass(slots=True)
class Page:
    """Hold what one answer of a shop gave.

    total: how many products the shop says it has, None where it does not say. next_url: where the
    list goes on, "" where it ends. links: product pages or sitemaps to fetch, in order, none twice.
    """

    items: list[ProductItem] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    total: int | None = None
    next_url: str = ""
    links: list[str] = field(default_factory=list)
