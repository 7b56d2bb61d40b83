"""Read the product of a page from its structured data: JSON-LD, microdata, OpenGraph.

Where they contradict one another, JSON-LD is believed before microdata and microdata before
OpenGraph, each field by itself; but a price, its currency, its range and its regular price all come
from the first of the three that names a price with a currency. What a page only shows, and names in
none of them, is not guessed at.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from lxml import etree

from catalog.reading.rows import NAME_LENGTH
from crawlers.items import Page
from crawlers.parsers.grouping import fold_into, fold_variants, read_products
from crawlers.parsers.jsonld import Node, jsonld_values
from crawlers.parsers.listing import add_links, add_stated_links, next_page
from crawlers.parsers.markup import page_tree
from crawlers.parsers.microdata import microdata_nodes
from crawlers.parsers.opengraph import is_product_page, opengraph_tags, read_tags
from crawlers.parsers.products import add_product
from crawlers.parsers.schema_org import (
    Found,
    address_of,
    is_product,
    name_of,
    typed_nodes,
    types_of,
)
from crawlers.parsers.values import address, identity, images_of, listed, own_address, text_of

_HEADINGS = 3


@dataclass(slots=True)
class _Document:
    """What is known of the page as a whole; titles: the letters of its title and headings."""

    url: str
    base: str
    canonical: str
    titles: list[str]


def read_product_page(body: bytes, url: str) -> Page:
    """Return the product of a page, and links to the others that it names.

    A page has one product at most: its nodes are folded. Of several, the page's own is the one at
    its address, else the one its title names, else the only one without an address of its own; a
    page of which none is its own lists products, and only gives their links. Raise ParseError where
    it is no web page.
    """
    tree = page_tree(body, url)
    document = _document(tree, url)
    tags = opengraph_tags(tree)
    said = read_tags(tags, document.base)
    document.titles.append(_letters(said.title))
    page = Page()
    places: list[tuple[str, Found]] = []
    all_nodes: list[Node] = []
    for name, values in (("json-ld", jsonld_values(tree)), ("microdata", microdata_nodes(tree))):
        nodes = typed_nodes(values)
        products = read_products([node for node in nodes if is_product(node)], document.base)
        own = _own(products, document)
        if own is not None and places and not _is_same(places[0][1], own):
            own = None
        if own is not None:
            places.append((name, own))
        here = {_place(own.url if own else ""), *_here(document)}
        page.links += [product.url for product in products if _place(product.url) not in here]
        all_nodes += nodes
    if is_product_page(tags) or (places and _is_same(places[0][1], said)):
        places.append(("opengraph", said))
    if places:
        _add(page, places, all_nodes, document)
    else:
        add_stated_links(page, all_nodes, document.base)
        page.next_url = next_page(tree, document.base)
    page.links = [link for link in dict.fromkeys(page.links) if link]
    return page


def read_listing(body: bytes, url: str) -> Page:
    """Return the product links of a listing, and its next page by rel="next".

    The links are those of its ItemList or of its Product nodes; where it has neither, those that
    look like products (``crawlers.parsers.listing``). Raise ParseError where it is no web page.
    """
    tree = page_tree(body, url)
    base = _document(tree, url).base
    page = Page()
    add_links(page, tree, typed_nodes([*jsonld_values(tree), *microdata_nodes(tree)]), base)
    page.next_url = next_page(tree, base)
    return page


def _document(tree: etree._Element, url: str) -> _Document:
    base = canonical = ""
    titles: list[str] = []
    for element in tree.iter("base", "link"):
        if element.tag == "base":
            base = base or address(element.get("href"), url)
        elif "canonical" in (element.get("rel") or "").lower().split():
            canonical = canonical or address(element.get("href"), base or url)
    for name, most in (("title", 1), ("h1", _HEADINGS)):
        for element, _ in zip(tree.iter(name), range(most), strict=False):
            titles.append(_letters(text_of("".join(element.itertext()))))
    return _Document(url, base or url, canonical if _is_page(canonical) else "", titles)


def _own(products: list[Found], document: _Document) -> Found | None:
    if len(products) == 1:
        return products[0]
    here = _here(document)
    at_this_page = [product for product in products if _place(product.url) in here]
    if at_this_page:
        own = fold_variants(at_this_page)
        # Several are variants, whose addresses are not the product's.
        return own if len(at_this_page) == 1 else replace(own, url="")
    for product in products:
        name = _letters(product.title)
        if name and any(name in title for title in document.titles):
            return product
    alone = [product for product in products if not product.url]
    return alone[0] if len(alone) == 1 else None


def _is_same(one: Found, other: Found) -> bool:
    """Say whether two places speak of one product: by an id, its address or its name."""
    if set(one.ids) & set(other.ids) or (one.url and _place(one.url) == _place(other.url)):
        return True
    names = sorted((_letters(one.title), _letters(other.title)), key=len)
    return bool(names[0]) and names[0] in names[1]


def _here(document: _Document) -> set[str]:
    return {_place(document.url), _place(document.canonical)} - {""}


def _place(url: str) -> str:
    """Return what tells a page within its shop, "" for the front page, which no product is at."""
    return own_address(url) if _is_page(url) else ""


def _is_page(url: str) -> bool:
    """Say whether an address is not a shop's front page, as some name for each of their pages."""
    parts = urlsplit(url)
    return parts.path not in ("", "/") or bool(parts.query)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _add(
    page: Page, places: list[tuple[str, Found]], nodes: list[Node], document: _Document
) -> None:
    priced = (name for name, found in places if found.offer.price is not None)
    source = next(priced, "")
    category = places[0][1].category
    whole = places[0][1]
    fold_into(whole, (found for _, found in places[1:]))
    url = whole.url if _is_page(whole.url) else document.canonical or document.url
    add_product(
        page,
        identity(*whole.ids, own_address(url)),
        whole.title,
        url,
        offer=whole.offer,
        price_source=source,
        description=whole.description,
        brand=whole.brand,
        category=category or _breadcrumb(nodes, whole.title, document.base) or whole.category,
        images=images_of(whole.images, document.base),
        width_cm=whole.width_cm,
        height_cm=whole.height_cm,
    )


def _breadcrumb(nodes: list[Node], title: str, base: str) -> str:
    """Return the levels of the page's breadcrumb, without the shop itself and the product."""
    for node in nodes:
        if "breadcrumblist" not in types_of(node):
            continue
        levels: list[str] = []
        for entry in listed(node.get("itemListElement"))[:20]:
            name = name_of(entry, "name") or name_of(entry, "item")
            place = address_of(entry, "item", base)
            is_shop = bool(place) and not _is_page(place)
            if name and not is_shop and name.lower() != "home":
                levels.append(name)
        if levels and _letters(levels[-1]) == _letters(title):
            levels.pop()
        return text_of(" > ".join(levels), NAME_LENGTH)
    return ""
