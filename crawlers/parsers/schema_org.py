"""Read a product from its schema.org node, whether it came as JSON-LD or as microdata."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalog.reading.flat import availability as availability_of
from catalog.reading.rows import DESCRIPTION_LENGTH, NAME_LENGTH, Availability
from crawlers.parsers.jsonld import Node
from crawlers.parsers.prices import Offer, currency_of, fold_offers, make_offer, read_price
from crawlers.parsers.sizes import length_cm
from crawlers.parsers.values import address, at, listed, text_of

MOST_NODES = 20_000
MOST_OFFERS = 500
_PRODUCTS = frozenset(
    ("product", "productgroup", "productmodel", "individualproduct", "someproducts")
)
# Pieces of art are products where they are offered.
_WORKS = frozenset(("visualartwork", "painting", "photograph", "drawing", "sculpture"))
# What was asked before, or elsewhere: never the price itself.
_REGULAR_TYPES = frozenset(("listprice", "strikethroughprice", "srp", "msrp", "regularprice"))
_IDS = (
    "productGroupID",
    "inProductGroupWithID",
    "sku",
    "productID",
    "gtin13",
    "gtin",
    "gtin12",
    "gtin14",
    "gtin8",
)


@dataclass(slots=True)
class Found:
    """Hold what one place of a page says of one product.

    ids: what may tell it from others, the best first. url: absolute, "" where none is named.
    images: (address, alt) pairs as they stand there.
    """

    ids: list[str] = field(default_factory=list)
    title: str = ""
    url: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    images: list[tuple[Any, Any]] = field(default_factory=list)
    offer: Offer = field(default_factory=Offer)
    width_cm: Decimal | None = None
    height_cm: Decimal | None = None


def types_of(node: Any) -> set[str]:
    """Return the local names of a node's types, in lower case."""
    names = (text_of(name, NAME_LENGTH).lower() for name in listed(at(node, "@type")))
    return {name.rstrip("/#").rpartition("/")[2].rpartition(":")[2] for name in names if name}


def is_product(node: Any) -> bool:
    """Say whether a node is a product, a group of variants of one, or a work of art on offer."""
    types = types_of(node)
    return not types.isdisjoint(_PRODUCTS) or ("offers" in node and not types.isdisjoint(_WORKS))


def typed_nodes(values: list[Any]) -> list[Node]:
    """Return the typed nodes in these values in their order, those within others after them.

    At most MOST_NODES. What lies within a product or a list is not looked for: a product names
    others there, and a list what it lists.
    """
    nodes: list[Node] = []
    seen: set[int] = set()
    waiting = list(reversed(values))
    while waiting and len(nodes) < MOST_NODES:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict) and id(value) not in seen:
            # Items of microdata may refer to one another.
            seen.add(id(value))
            if "@type" in value:
                nodes.append(value)
            if not is_product(value):
                inner = (part for name, part in value.items() if name != "itemListElement")
                waiting.extend(reversed([part for part in inner if isinstance(part, dict | list)]))
    return nodes


def literal(node: Any, name: str) -> Any:
    """Return the first value of a property, without the object that JSON-LD may wrap it in."""
    value = at(node, name)
    if isinstance(value, list):
        value = next(iter(value), None)
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def address_of(node: Any, name: str, base: str) -> str:
    """Return a property as an absolute address, "" where it is none."""
    value = literal(node, name)
    if isinstance(value, dict):
        value = literal(value, "url") or value.get("@id")
    return address(value, base)


def name_of(node: Any, name: str) -> str:
    """Return a property, which may be a text or a thing with a name, as text."""
    value = literal(node, name)
    return text_of(literal(value, "name") if isinstance(value, dict) else value, NAME_LENGTH)


def read_node(node: Node, url: str) -> Found:
    """Return what a product's node says; url is the page's, for relative addresses."""
    variants = [variant for variant in listed(node.get("hasVariant")) if isinstance(variant, dict)]
    nodes = [node, *variants[:MOST_OFFERS]]
    categories = (name_of({"": category}, "") for category in listed(node.get("category")))
    return Found(
        ids=[text for name in _IDS if (text := text_of(literal(node, name), NAME_LENGTH))],
        title=text_of(literal(node, "name")),
        url=address_of(node, "url", url),
        description=text_of(literal(node, "description"), DESCRIPTION_LENGTH),
        brand=name_of(node, "brand") or name_of(node, "manufacturer") or name_of(node, "creator"),
        category=" > ".join(filter(None, categories)),
        images=[pair for each in nodes for pair in _images(each)],
        offer=fold_offers(offer for each in nodes for offer in _offers(each)),
        width_cm=length_cm(literal(node, "width")),
        height_cm=length_cm(literal(node, "height")),
    )


def _images(node: Node) -> Iterator[tuple[Any, Any]]:
    for image in [*listed(node.get("image")), *listed(node.get("images"))]:
        if isinstance(image, dict):
            place = literal(image, "contentUrl") or literal(image, "url") or image.get("@id")
            yield place, literal(image, "caption") or literal(image, "name")
        else:
            yield image, ""


def _offers(node: Node) -> list[Offer]:
    """Return what a node's offers say: of single ones where these have prices, else of ranges."""
    single: list[Offer] = []
    ranges: list[Offer] = []
    for offer in listed(node.get("offers"))[:MOST_OFFERS]:
        if not isinstance(offer, dict):
            continue
        inner = [part for part in listed(offer.get("offers")) if isinstance(part, dict)]
        single += [_offer(part) for part in inner[:MOST_OFFERS]]
        if "lowPrice" in offer or "highPrice" in offer:
            ranges.append(_range(offer))
        else:
            single.append(_offer(offer))
    return single if any(offer.price for offer in single) else [*ranges, *single]


def _range(offer: Node) -> Offer:
    currency = currency_of(literal(offer, "priceCurrency"))
    low, code = read_price(literal(offer, "lowPrice"), currency)
    if low is None:
        low, code = read_price(literal(offer, "price"), currency)
    high, high_code = read_price(literal(offer, "highPrice"), currency)
    highest = high if high_code == code else None
    return make_offer(low, code, highest=highest, availability=_availability(offer))


def _offer(offer: Node) -> Offer:
    currency = currency_of(literal(offer, "priceCurrency"))
    price, code = read_price(literal(offer, "price"), currency)
    regular: Decimal | None = None
    for part in listed(offer.get("priceSpecification"))[:20]:
        amount, part_code = _specified(part, currency)
        if amount is None or (code and part_code != code):
            continue
        kind = text_of(literal(part, "priceType"), NAME_LENGTH).rpartition("/")[2].lower()
        if kind in _REGULAR_TYPES:
            regular = amount
        elif price is None:
            price, code = amount, part_code
    return make_offer(price, code, regular=regular, availability=_availability(offer))


def _specified(part: Any, currency: str) -> tuple[Decimal | None, str]:
    currency = currency_of(literal(part, "priceCurrency")) or currency
    amount, code = read_price(literal(part, "price"), currency)
    return (amount, code) if amount else read_price(literal(part, "minPrice"), currency)


def _availability(offer: Node) -> Availability:
    value = literal(offer, "availability")
    return availability_of(text_of(at(value, "@id") or value, NAME_LENGTH))
