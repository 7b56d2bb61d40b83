"""Read a product from a page's OpenGraph tags: og:*, product:* and what shops write for them."""

from decimal import Decimal

from lxml import etree

from catalog.reading.flat import availability as availability_of
from catalog.reading.rows import DESCRIPTION_LENGTH
from crawlers.parsers.prices import currency_of, make_offer, read_price
from crawlers.parsers.schema_org import Found
from crawlers.parsers.values import address, text_of

_IDS = ("product:retailer_item_id", "product:retailer_part_no", "product:gtin")
_MOST_TAGS = 1000
Tags = dict[str, list[str]]


def opengraph_tags(tree: etree._Element) -> Tags:
    """Return the contents of the page's og: and product: tags by their names, in order."""
    tags: Tags = {}
    metas = (meta for meta in tree.iter("meta"))
    for meta, _ in zip(metas, range(_MOST_TAGS), strict=False):
        name = (meta.get("property") or meta.get("name") or "").strip().lower()
        content = (meta.get("content") or "").strip()
        if content and name.startswith(("og:", "product:")):
            tags.setdefault(name, []).append(content)
    return tags


def is_product_page(tags: Tags) -> bool:
    """Say whether the tags are of one product: by their type, or since they name a price."""
    kind = _tag(tags, "og:type").lower()
    return kind in ("product", "product.item", "og:product") or any(
        name in tags for name in ("product:price:amount", "og:price:amount")
    )


def read_tags(tags: Tags, url: str) -> Found:
    """Return what the tags say of the page's product; url is the page's."""
    price, currency = _amount(tags, "price")
    sale, sale_currency = _amount(tags, "sale_price")
    regular, _ = _amount(tags, "original_price")
    if sale is not None and (price is None or (sale_currency == currency and sale < price)):
        price, currency, regular = sale, sale_currency, regular or price
    stock = _tag(tags, "product:availability") or _tag(tags, "og:availability")
    return Found(
        ids=[text for name in _IDS if (text := text_of(_tag(tags, name)))],
        title=text_of(_tag(tags, "og:title")),
        url=address(_tag(tags, "og:url"), url),
        description=text_of(_tag(tags, "og:description"), DESCRIPTION_LENGTH),
        brand=text_of(_tag(tags, "product:brand") or _tag(tags, "og:brand")),
        category=text_of(_tag(tags, "product:category")),
        images=[(image, "") for image in tags.get("og:image", tags.get("og:image:url", []))],
        offer=make_offer(price, currency, regular=regular, availability=availability_of(stock)),
    )


def _amount(tags: Tags, name: str) -> tuple[Decimal | None, str]:
    """Return an amount and its currency, both of product:… or both of og:…"""
    for space in ("product", "og"):
        currency = currency_of(_tag(tags, f"{space}:{name}:currency"))
        found = read_price(_tag(tags, f"{space}:{name}:amount"), currency)
        if found[0] is not None:
            return found
    return None, ""


def _tag(tags: Tags, name: str) -> str:
    return tags.get(name, [""])[0]
