"""Read a product from its schema.org node, whether it came as JSON-LD or as microdata."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalog.reading.flat import availability as availability_of
from catalog.reading.rows import NAME_LENGTH, Availability
from crawlers.parsers.jsonld import Node
from crawlers.parsers.prices import Offer, currency_of, fold_offers, make_offer, read_price
from crawlers.parsers.sizes import length_cm
from crawlers.parsers.values import address, at, identity, listed, text_of

MOST_OFFERS = 2000
_PRODUCTS = ("Product", "ProductGroup", "ProductModel", "IndividualProduct", "SomeProducts")
# What was asked before, or elsewhere: never the price itself.
_REGULAR_TYPES = ("listprice", "strikethroughprice", "srp", "msrp", "regularprice")


@dataclass(slots=True)
class Found:
    """Hold what one place of a page says of one product, texts as they stand there.

    url: absolute, "" where none is named. image: (address, alt) pairs.
    """

    ids: list[Any] = field(default_factory=list)
    title: str = ""
    url: str = ""
    description: Any = ""
    brand: str = ""
    category: str = ""
    images: list[tuple[Any, Any]] = field(default_factory=list)
    offer: Offer = field(default_factory=Offer)
    width_cm: Decimal | None = None
    height_cm: Decimal | None = None


def types_of(node: Any) -> set[str]:
    """Return the local names of a node's types."""
    names = (text_of(name, NAME_LENGTH) for name in listed(at(node, "@type")))
    return {name.rstrip("/#").rpartition("/")[2].rpartition(":")[2] for name in names if name}


def is_product(node: Any) -> bool:
    """Say whether a node is a product, or a group of variants of one."""
    return not types_of(node).isdisjoint(_PRODUCTS)


def first(value: Any) -> Any:
    """Return the first of a list, a single value as it is."""
    return next(iter(value), None) if isinstance(value, list) else value


def named(value: Any) -> str:
    """Return the name of a brand, category or the like, which may be a text or a node."""
    value = first(value)
    return text_of(first(at(value, "name")) if isinstance(value, dict) else value, NAME_LENGTH)


def read_node(node: Node, url: str) -> Found:
    """Return what a product's node says; url is the page's, for relative addresses."""
    variants = [variant for variant in listed(node.get("hasVariant")) if isinstance(variant, dict)]
    nodes = [node, *variants[:MOST_OFFERS]]
    return Found(
        ids=[
            first(node.get(name))
            for name in ("productGroupID", "sku", "productID", "gtin13", "gtin", "gtin12", "gtin8")
        ],
        title=text_of(first(node.get("name"))),
        url=address(first(node.get("url")), url),
        description=first(node.get("description")),
        brand=named(node.get("brand")) or named(node.get("manufacturer")),
        category=" > ".join(filter(None, map(named, listed(node.get("category"))))),
        images=[pair for each in nodes for pair in _images(each)],
        offer=fold_offers(offer for each in nodes for offer in _offers(each)),
        width_cm=length_cm(first(node.get("width"))),
        height_cm=length_cm(first(node.get("height"))),
    )


def _images(node: Node) -> Iterator[tuple[Any, Any]]:
    for image in [*listed(node.get("image")), *listed(node.get("images"))]:
        if isinstance(image, dict):
            place = first(image.get("contentUrl")) or first(image.get("url")) or image.get("@id")
            yield place, first(image.get("caption")) or first(image.get("name"))
        else:
            yield image, ""


def _offers(node: Node) -> Iterable[Offer]:
    """Return what a node's offers say: of single ones where these have prices, else of ranges."""
    waiting = [offer for offer in listed(node.get("offers")) if isinstance(offer, dict)]
    single: list[Offer] = []
    ranges: list[Offer] = []
    for offer in waiting[:MOST_OFFERS]:
        inner = [part for part in listed(offer.get("offers")) if isinstance(part, dict)]
        single += [_offer(part) for part in inner[:MOST_OFFERS]]
        if "lowPrice" in offer or "highPrice" in offer:
            ranges.append(_range(offer))
        else:
            single.append(_offer(offer))
    return single if any(offer.price for offer in single) or not ranges else [*single, *ranges]


def _range(offer: Node) -> Offer:
    currency = currency_of(first(offer.get("priceCurrency")))
    low, code = read_price(first(offer.get("lowPrice")), currency)
    if low is None:
        low, code = read_price(first(offer.get("price")), currency)
    high, high_code = read_price(first(offer.get("highPrice")), currency)
    availability = _availability(offer)
    return make_offer(
        low, code, highest=high if high_code == code else None, availability=availability
    )


def _offer(offer: Node) -> Offer:
    currency = currency_of(first(offer.get("priceCurrency")))
    price, code = read_price(first(offer.get("price")), currency)
    regular: Decimal | None = None
    for part in listed(offer.get("priceSpecification"))[:20]:
        amount, part_code = _specified(part, currency)
        if amount is None or (code and part_code != code):
            continue
        kind = text_of(first(at(part, "priceType")), NAME_LENGTH).rpartition("/")[2].lower()
        if kind in _REGULAR_TYPES:
            regular = amount
        elif price is None:
            price, code = amount, part_code
    return make_offer(price, code, regular=regular, availability=_availability(offer))


def _specified(part: Any, currency: str) -> tuple[Decimal | None, str]:
    currency = currency_of(first(at(part, "priceCurrency"))) or currency
    amount, code = read_price(first(at(part, "price")), currency)
    return (amount, code) if amount else read_price(first(at(part, "minPrice")), currency)


def _availability(offer: Node) -> Availability:
    return availability_of(text_of(first(offer.get("availability")), NAME_LENGTH))


def node_ids(node: Node) -> set[str]:
    """Return by which ids a node may be told to be of the same product as another."""
    names = ("productGroupID", "sku", "productID", "gtin13", "gtin", "mpn", "@id")
    return {found for name in names if (found := identity(first(node.get(name))))}
