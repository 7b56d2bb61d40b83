"""Read minted.com's listings and product pages."""

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from lxml import etree

from crawlers.items import Page
from crawlers.parsers.listing import next_page
from crawlers.parsers.markup import page_tree
from crawlers.parsers.opengraph import opengraph_tags, read_tags
from crawlers.parsers.prices import make_offer, read_price
from crawlers.parsers.products import add_product
from crawlers.parsers.schema_org import Found
from crawlers.parsers.values import address, images_of, text_of

# /product/KIND/SKU/SLUG, a SKU being like MIN-008-GNA.
_PRODUCT = re.compile(r"/product/([^/]+)/([^/]+)(?:/([^/]*))?")
_WRAPPED = re.compile(
    r"/image/fetch/(?:[^?#]*?/)?(https?)(?::|%3a)(?:/|%2f){1,2}(.+)$", re.IGNORECASE
)
# The shop sells in dollars only; its pages may leave that out.
_CURRENCY = "USD"


def read_listing(body: bytes, url: str) -> Page:
    """Return the products of a listing, which have no prices there, and links to their pages.

    Skipped are entries without a link to a product. Raise ParseError where it is no web page.
    """
    tree = page_tree(body, url)
    page = Page()
    for entry in tree.iter("li"):
        if _has_class(entry, "itemArtMarketplace"):
            place, found = _entry(entry, url)
            _add(page, place, found)
    page.links = list(dict.fromkeys(item.url for item in page.items))
    page.next_url = next_page(tree, url)
    return page


def read_product_page(body: bytes, url: str) -> Page:
    """Return the product of its page, at its og:price:amount; none where it is no product's page.

    Raise ParseError where it is no web page.
    """
    tags = opengraph_tags(page_tree(body, url))
    found = read_tags(tags, url)
    page = Page()
    place = next((known for known in (found.url, url) if _PRODUCT.search(known)), "")
    if place and found.title:
        if found.offer.price is None and not tags.get("og:price:currency"):
            price, currency = read_price(tags.get("og:price:amount", [""])[0], _CURRENCY)
            stock = found.offer.availability
            found = replace(found, offer=make_offer(price, currency, availability=stock))
        _add(page, place, found)
    return page


def unwrapped(image: str) -> str:
    """Return a picture's own address where one of a server that scales it is wrapped around it."""
    found = _WRAPPED.search(image)
    if found is None:
        return image
    scheme, rest = found.groups()
    is_encoded = "%3a" in image[: found.start(2)].lower()
    return f"{scheme}://{unquote(rest) if is_encoded else rest}"


def _add(page: Page, place: str, found: Found) -> None:
    parts = _PRODUCT.search(unquote(urlsplit(place).path))
    kind, sku, slug = parts.groups() if parts else ("", "", "")
    add_product(
        page,
        sku,
        found.title or (slug or "").replace("-", " "),
        place,
        offer=found.offer,
        price_source="opengraph",
        description=found.description,
        brand=found.brand,
        category=kind.replace("-", " "),
        images=images_of([(unwrapped(str(image)), alt) for image, alt in found.images], place),
    )


def _entry(entry: etree._Element, url: str) -> tuple[str, Found]:
    """Return the address of an entry's product and what the entry says of it."""
    links = [element for element in entry.iter("a") if _has_class(element, "productDetailsLink")]
    photos = [element for element in entry.iter("img") if _has_class(element, "productPhoto")]
    place = next((link for link in (address(a.get("href"), url) for a in links) if link), "")
    names = (text_of(" ".join(link.itertext())) for link in links)
    alts = (text_of(photo.get("alt")) for photo in photos)
    images = [(photo.get("data-src") or photo.get("src"), photo.get("alt")) for photo in photos]
    return place, Found(
        title=next(filter(None, (*names, *alts)), ""),
        images=[(address(image, url), alt) for image, alt in images],
    )


def _has_class(element: etree._Element, name: str) -> bool:
    return name in (element.get("class") or "").split()
