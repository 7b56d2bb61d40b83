"""Read minted.com's listings and product pages."""

import re
from urllib.parse import unquote, urlsplit

from lxml import etree

from crawlers.items import Page
from crawlers.parsers.listing import next_page
from crawlers.parsers.markup import page_tree
from crawlers.parsers.opengraph import opengraph_tags, read_tags
from crawlers.parsers.prices import Offer
from crawlers.parsers.products import add_product
from crawlers.parsers.schema_org import Found
from crawlers.parsers.values import address, images_of, text_of

# /product/<kind>/<SKU>/<slug>, a SKU as MIN-008-GNA.
_PRODUCT = re.compile(r"/product/([^/]+)/([^/]+)(?:/([^/]*))?")
_WRAPPED = re.compile(r"/image/fetch/(?:.*?/)?(https?:)/{1,2}(.+)$", re.IGNORECASE)


def read_listing(body: bytes, url: str) -> Page:
    """Return the products of a listing, without prices, and links to their pages.

    Skipped are entries without a product's link. Raise ParseError where it is no web page.
    """
    tree = page_tree(body, url)
    page = Page()
    for entry in tree.iter("li"):
        if "itemArtMarketplace" not in (entry.get("class") or "").split():
            continue
        link = _first(entry, "a", "productDetailsLink")
        place = address(link.get("href"), url) if link is not None else ""
        if place and place not in page.links:
            page.links.append(place)
        _add(page, place, _entry(entry, link, url))
    page.next_url = next_page(tree, url)
    return page


def read_product_page(body: bytes, url: str) -> Page:
    """Return the product of its page, priced by og:price:amount; none where the page has none.

    Raise ParseError where it is no web page.
    """
    tree = page_tree(body, url)
    tags = opengraph_tags(tree)
    found = read_tags(tags, url)
    page = Page()
    place = found.url if _PRODUCT.search(urlsplit(found.url).path) else url
    if _PRODUCT.search(urlsplit(place).path) and found.title:
        found.images = [(unwrapped(str(image)), alt) for image, alt in found.images]
        _add(page, place, found)
    return page


def unwrapped(image: str) -> str:
    """Return the picture's own address where a picture server's is wrapped around it."""
    found = _WRAPPED.search(image)
    if found is None:
        return image
    scheme, rest = found.groups()
    return f"{scheme}//{rest}"


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
        category=(kind or "").replace("-", " "),
        images=images_of(found.images, place or "https://www.minted.com/"),
    )


def _entry(entry: etree._Element, link: etree._Element | None, url: str) -> Found:
    photo = _first(entry, "img", "productPhoto")
    words = " ".join(link.itertext()) if link is not None else ""
    alt = photo.get("alt") if photo is not None else ""
    image = (photo.get("data-src") or photo.get("src") or "") if photo is not None else ""
    image = "" if image.startswith("data:") else image
    return Found(
        title=text_of(words) or text_of(alt),
        images=[(unwrapped(address(image, url)), alt)] if image else [],
        offer=Offer(),
    )


def _first(entry: etree._Element, tag: str, name: str) -> etree._Element | None:
    for element in entry.iter(tag):
        if name in (element.get("class") or "").split():
            return element
    return None
