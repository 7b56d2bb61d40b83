"""Find the products that a listing links to, and its next page."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

from crawlers.items import Page
from crawlers.parsers.jsonld import Node
from crawlers.parsers.schema_org import address_of, is_product, literal, types_of
from crawlers.parsers.values import address, listed, own_address

MOST_LINKS = 5000
# What the common shops put before a product's name or number.
_LOOKS_LIKE_PRODUCT = re.compile(
    r"/(?:products?|items?|listing|artworks?|p|pd|pdp|dp)/[^/]+|[/-]p-?\d{4,}(?:\.html?)?(?:/|$)"
)
_NO_PRODUCT = re.compile(r"/(?:products?|items?|listing|artworks?)/(?:categor|tag|page|all)")


def add_links(page: Page, tree: etree._Element, nodes: list[Node], base: str) -> None:
    """Add the products that a page lists: of its ItemList or Product nodes, else by their looks.

    By their looks: links on the same host whose path holds what the common shops put before a
    product's name or number, as /products/NAME, /product/NAME, /p/NAME, /NAME/p1234 or -p-1234.html
    do; not those in the page's header, footer and navigation.
    """
    add_stated_links(page, nodes, base)
    if not page.links:
        links: dict[str, str] = {}
        for link in _looking_like(tree, base):
            links.setdefault(own_address(link), link)
        page.links = list(links.values())[:MOST_LINKS]


def add_stated_links(page: Page, nodes: list[Node], base: str) -> None:
    """Add the addresses that a page's ItemList and Product nodes name, in their order."""
    found = (link for link in islice(_stated(nodes, base), 2 * MOST_LINKS) if link)
    page.links = list(dict.fromkeys([*page.links, *found]))[:MOST_LINKS]


def next_page(tree: etree._Element, base: str) -> str:
    """Return the page after this one by rel="next" on a link, "" where there is none."""
    for element in tree.iter("link", "a"):
        if "next" in (element.get("rel") or "").lower().split():
            link = address(element.get("href"), base)
            return link if link != base else ""
    return ""


def _stated(nodes: list[Node], base: str) -> Iterator[str]:
    for node in nodes:
        if "itemlist" in types_of(node):
            for entry in listed(node.get("itemListElement")):
                item = literal(entry, "item") if isinstance(entry, dict) else None
                yield (
                    address_of(item, "url", base)
                    or address_of(entry, "item", base)
                    or address_of(entry, "url", base)
                    or address(entry, base)
                )
        elif is_product(node):
            yield address_of(node, "url", base)


def _looking_like(tree: etree._Element, base: str) -> Iterator[str]:
    host = urlsplit(base).netloc
    for element in tree.iter("a"):
        link = address(element.get("href"), base)
        parts = urlsplit(link)
        if (
            parts.netloc == host
            and link != base
            and _LOOKS_LIKE_PRODUCT.search(parts.path)
            and not _NO_PRODUCT.search(parts.path)
            and next(element.iterancestors("header", "footer", "nav"), None) is None
        ):
            yield link
