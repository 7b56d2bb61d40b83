"""Read the product of a page from its structured data: JSON-LD, microdata, OpenGraph.

Where they contradict one another, JSON-LD is believed before microdata and microdata before
OpenGraph, each field by itself; but a price, its currency, its range and its regular price all come
from the first of the three that names a price with a currency. What a page only shows, and names in
none of them, is not guessed at.
"""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree

from catalog.reading.rows import NAME_LENGTH
from crawlers.items import Page
from crawlers.parsers.jsonld import Node, jsonld_nodes
from crawlers.parsers.listing import add_links, add_stated_links, next_page
from crawlers.parsers.markup import page_tree
from crawlers.parsers.microdata import microdata_nodes
from crawlers.parsers.opengraph import is_product_page, opengraph_tags, read_tags
from crawlers.parsers.prices import Offer
from crawlers.parsers.products import add_product
from crawlers.parsers.schema_org import (
    Found,
    first,
    is_product,
    named,
    node_ids,
    read_node,
    types_of,
)
from crawlers.parsers.values import address, at, identity, images_of, listed, text_of

_TRACKING = ("utm_", "gclid", "fbclid", "srsltid", "mc_", "ref", "pr_", "_pos", "_sid", "_ss")


@dataclass(slots=True)
class _Document:
    """What is known of the page as a whole."""

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
    nodes = jsonld_nodes(tree)
    page = Page()
    candidates = [
        ("json-ld", _own([node for node in nodes if is_product(node)], document, page)),
        ("microdata", _own([n for n in microdata_nodes(tree) if is_product(n)], document, page)),
    ]
    tags = opengraph_tags(tree)
    places = [(name, found) for name, found in candidates if found is not None]
    if places or (is_product_page(tags) and not page.links):
        places.append(("opengraph", read_tags(tags, document.base)))
    if places:
        _add(page, places, nodes, document)
    if not page.items:
        add_stated_links(page, nodes, document.base)
        page.next_url = next_page(tree, document.base)
    return page


def read_listing(body: bytes, url: str) -> Page:
    """Return the product links of a listing, and its next page by rel="next".

    The links are those of its ItemList or of its Product nodes; where it has neither, those that
    look like products (``crawlers.parsers.listing``). Raise ParseError where it is no web page.
    """
    tree = page_tree(body, url)
    base = _document(tree, url).base
    page = Page()
    add_links(page, tree, [*jsonld_nodes(tree), *microdata_nodes(tree)], base)
    page.next_url = next_page(tree, base)
    return page


def _document(tree: etree._Element, url: str) -> _Document:
    base = canonical = ""
    titles: list[str] = []
    for element in tree.iter("base", "link", "title", "h1"):
        if element.tag == "base" and not base:
            base = address(element.get("href"), url)
        elif element.tag == "link" and "canonical" in (element.get("rel") or "").lower().split():
            canonical = canonical or address(element.get("href"), base or url)
        elif element.tag in ("title", "h1") and len(titles) < 5:
            titles.append(text_of("".join(element.itertext())).casefold())
    # Shops that name their front page as every page's address are not believed.
    if urlsplit(canonical).path in ("", "/") and not urlsplit(canonical).query:
        canonical = ""
    return _Document(url, base or url, canonical, [title for title in titles if title])


def _own(nodes: list[Node], document: _Document, page: Page) -> Found | None:
    """Return the page's own product of these nodes, folded; the others' addresses go to links."""
    groups = _same_products(nodes)
    products = [[read_node(node, document.base) for node in group] for group in groups]
    products = [product for product in products if any(found.title for found in product)]
    own = products[0] if len(products) == 1 else _at_this_page(products, document)
    for product in products:
        if product is not own:
            page.links += [found.url for found in product if found.url]
    return _folded(own) if own else None


def _same_products(nodes: list[Node]) -> list[list[Node]]:
    """Group nodes of one product: that share an id, a group or their name, or vary another."""
    groups: list[list[Node]] = []
    of: dict[str, list[Node]] = {}
    varied = {id(v) for node in nodes for v in listed(node.get("hasVariant"))}
    for node in nodes:
        if id(node) in varied:
            continue
        group_id = (
            first(node.get("inProductGroupWithID"))
            or first(at(first(node.get("isVariantOf")), "productGroupID"))
            or at(first(node.get("isVariantOf")), "@id")
        )
        keys = node_ids(node) | {identity(group_id), f"={text_of(first(node.get('name')))}"}
        keys -= {"", "="}
        group = next((of[key] for key in sorted(keys) if key in of), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(node)
        of.update(dict.fromkeys(keys, group))
    return groups


def _at_this_page(products: list[list[Found]], document: _Document) -> list[Found] | None:
    here = {_place(document.url), _place(document.canonical)} - {""}
    for product in products:
        if any(_place(found.url) in here for found in product if found.url):
            return product
    for product in products:
        names = [found.title.casefold() for found in product if found.title]
        if any(name in title for name in names for title in document.titles):
            return product
    alone = [product for product in products if not any(found.url for found in product)]
    return alone[0] if len(alone) == 1 else None


def _place(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path).rstrip("/") if url else ""


def _folded(product: list[Found]) -> Found:
    """Return the first node's word on each thing it says, else the next one's."""
    whole = product[0]
    for found in product[1:]:
        whole.ids += found.ids
        whole.title = whole.title or found.title
        whole.url = whole.url or found.url
        whole.description = whole.description or found.description
        whole.brand = whole.brand or found.brand
        whole.category = whole.category or found.category
        whole.images = whole.images or found.images
        whole.width_cm = whole.width_cm or found.width_cm
        whole.height_cm = whole.height_cm or found.height_cm
        if whole.offer.price is None and found.offer.price is not None:
            whole.offer = found.offer
    return whole


def _add(
    page: Page, places: list[tuple[str, Found]], nodes: list[Node], document: _Document
) -> None:
    priced = [(name, found.offer) for name, found in places if found.offer.price is not None]
    source, offer = priced[0] if priced else ("", Offer())
    if offer.availability == "unknown":
        states = (found.offer.availability for _, found in places)
        known = next((state for state in states if state != "unknown"), offer.availability)
        offer = replace(offer, availability=known)
    category = places[0][1].category
    whole = _folded([found for _, found in places])
    url = whole.url if _is_page(whole.url) else document.canonical or document.url
    add_product(
        page,
        identity(*whole.ids) or own_address(url),
        whole.title,
        url,
        offer=offer,
        price_source=source,
        description=whole.description,
        brand=whole.brand,
        category=category or _breadcrumb(nodes, whole.title, document.base) or whole.category,
        images=images_of(whole.images, document.base),
        width_cm=whole.width_cm,
        height_cm=whole.height_cm,
    )


def _is_page(url: str) -> bool:
    parts = urlsplit(url)
    return bool(url) and (parts.path not in ("", "/") or bool(parts.query))


def own_address(url: str) -> str:
    """Return what tells a page within its shop: path and query, without what only tracks visits."""
    parts = urlsplit(url)
    query = [
        f"{name}={value}"
        for name, value in sorted(parse_qsl(parts.query))
        if not name.lower().startswith(_TRACKING)
    ]
    return identity("?".join(filter(None, (unquote(parts.path).rstrip("/"), "&".join(query)))))


def _breadcrumb(nodes: list[Node], title: str, base: str) -> str:
    """Return the levels of the page's breadcrumb, without the shop itself and the product."""
    for node in nodes:
        if "BreadcrumbList" not in types_of(node):
            continue
        levels: list[str] = []
        for entry in listed(node.get("itemListElement"))[:20]:
            item = first(at(entry, "item"))
            name = named(at(entry, "name")) or named(item)
            place = address(at(item, "@id") or at(item, "url") or item, base)
            if name and not (place and not _is_page(place)) and name.lower() != "home":
                levels.append(name)
        if levels and levels[-1].casefold() == title.casefold():
            levels.pop()
        return text_of(" > ".join(levels), NAME_LENGTH)
    return ""
