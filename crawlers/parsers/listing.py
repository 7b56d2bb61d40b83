"""Find the products that a listing links to, and its next page."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import etree

from crawlers.items import Page
from crawlers.parsers.jsonld import Node
from crawlers.parsers.schema_org import first, is_product, types_of
from crawlers.parsers.values import address, at, listed

MOST_LINKS = 5000
# Addresses of products as the common shops have them: Shopify and many others, WooCommerce,
# Magento's .html under a category, Etsy-like /listing/ and /item/, Salla's and Zid's /p123.
_LOOKS_LIKE_PRODUCT = re.compile(
    r"/(?:products?|shop/products?|item|items|listing|artwork|artworks|p|pd|pdp|dp)/[^/]+"
    r"|/p-?\d{4,}(?:/|$)|-p-?\d{4,}(?:\.html|/|$)"
)
_NO_PRODUCT = re.compile(r"/(?:products?|items?|listing|artworks?)/(?:categor|tag|page)")


def add_links(page: Page, tree: etree._Element, nodes: list[Node], base: str) -> None:
    """Add the products that a page lists: of its ItemList or Product nodes, else by their looks.

    By their looks: links on the same host whose path holds what the common shops put before a
    product's name or number, /products/NAME for one; not those in the page's head or foot.
    """
    add_stated_links(page, nodes, base)
    if not page.links:
        page.links = list(dict.fromkeys(_looking_like(tree, base)))[:MOST_LINKS]


def add_stated_links(page: Page, nodes: list[Node], base: str) -> None:
    """Add the addresses that a page's ItemList and Product nodes name."""
    page.links = list(dict.fromkeys([*page.links, *_stated(nodes, base)]))[:MOST_LINKS]


def next_page(tree: etree._Element, base: str) -> str:
    """Return the page after this one by rel="next" on a link, "" where there is none."""
    for element in tree.iter("link", "a"):
        if "next" in (element.get("rel") or "").lower().split():
            return address(element.get("href"), base)
    return ""


def _stated(nodes: list[Node], base: str) -> Iterator[str]:
    for node in nodes:
        if "ItemList" in types_of(node):
            for entry in listed(node.get("itemListElement")):
                item = first(at(entry, "item"))
                place = first(at(item, "url")) or at(item, "@id") or first(at(entry, "url"))
                link = address(place or (item if isinstance(item, str) else entry), base)
                if link:
                    yield link
        elif is_product(node) and (link := address(first(node.get("url")), base)):
            yield link


def _looking_like(tree: etree._Element, base: str) -> Iterator[str]:
    host = urlsplit(base).netloc
    for element in tree.iter("a"):
        link = address(element.get("href"), base)
        parts = urlsplit(link)
        if (
            parts.netloc == host
            and _LOOKS_LIKE_PRODUCT.search(parts.path)
            and not _NO_PRODUCT.search(parts.path)
            and link != base
            and next(element.iterancestors("header", "footer", "nav"), None) is None
        ):
            yield link
