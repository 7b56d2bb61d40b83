"""Tell which of a page's schema.org nodes are one product, and fold what they say of it."""

from collections.abc import Iterable
from dataclasses import replace

from crawlers.parsers.jsonld import Node
from crawlers.parsers.prices import Offer, fold_offers
from crawlers.parsers.schema_org import Found, literal, read_node, types_of
from crawlers.parsers.values import at, identity, listed, text_of

MOST_PRODUCTS = 500
_IDS = ("productGroupID", "sku", "productID", "gtin13", "gtin", "mpn", "@id")


def read_products(nodes: list[Node], url: str) -> list[Found]:
    """Return the products of these nodes, in order, 500 at most; url is the page's.

    Nodes are one product where they share an id; unless their addresses differ, a name; or, unless
    their ids differ, an address. Where they repeat one another the first is believed; variants of a
    group are folded into it.
    """
    groups = _with_variants(nodes)
    of: dict[str, Found] = {}
    products: list[Found] = []
    for node in groups[:MOST_PRODUCTS]:
        found = read_node(node, url)
        same = next((of[key] for key in _keys(node) if key in of), None)
        by_name, by_address = of.get(f"={found.title}"), of.get(f"@{found.url}")
        if same is None and by_name and (by_name.url in ("", found.url) or not found.url):
            same = by_name
        # Variants may share an address, but not their ids.
        if same is None and by_address and found.url and not (found.ids and by_address.ids):
            same = by_address
        if same is None:
            products.append(found)
            same = found
        else:
            fold_into(same, [found])
        for key in (*_keys(node), f"={same.title}", f"@{same.url}"):
            of.setdefault(key, same)
    return [product for product in products if product.title]


def fold_into(whole: Found, others: Iterable[Found]) -> None:
    """Add to what one place says what it leaves open and the others say.

    A price comes with its currency, range and regular price, from the first that has one.
    """
    for found in others:
        whole.ids += found.ids
        whole.title = whole.title or found.title
        whole.url = whole.url or found.url
        whole.description = whole.description or found.description
        whole.brand = whole.brand or found.brand
        whole.category = whole.category or found.category
        whole.images = whole.images or found.images
        whole.width_cm = whole.width_cm or found.width_cm
        whole.height_cm = whole.height_cm or found.height_cm
        whole.offer = _first_priced(whole.offer, found.offer)


def fold_variants(variants: list[Found]) -> Found:
    """Return the one product that these are variants of: the first, at the prices of them all."""
    whole = replace(variants[0], images=[pair for each in variants for pair in each.images])
    fold_into(whole, variants[1:])
    whole.offer = fold_offers(found.offer for found in variants)
    return whole


def _first_priced(first: Offer, second: Offer) -> Offer:
    chosen, other = (second, first) if first.price is None and second.price else (first, second)
    if chosen.availability == "unknown":
        return replace(chosen, availability=other.availability)
    return chosen


def _keys(node: Node) -> list[str]:
    keys = ((name, identity(literal(node, name))) for name in _IDS)
    return [f"{name} {key}" for name, key in keys if key]


def _with_variants(nodes: list[Node]) -> list[Node]:
    """Return the nodes without those that vary another, which lie in its hasVariant then."""
    by_id = {identity(node.get("@id")): node for node in nodes if node.get("@id")}
    groups: dict[str, Node] = {}
    for node in nodes:
        if "productgroup" in types_of(node):
            for key in (identity(literal(node, "productGroupID")), identity(node.get("@id"))):
                groups.setdefault(key, node)
    groups.pop("", None)
    variants: dict[int, list[Node]] = {}
    taken: set[int] = set()
    for node in nodes:
        for part in listed(node.get("hasVariant")):
            other = by_id.get(identity(at(part, "@id")))
            if other is not None and other is not part and other is not node:
                variants.setdefault(id(node), []).append(other)
                taken.add(id(other))
    without_group: dict[str, Node] = {}
    for node in nodes:
        key = _group_of(node)
        if not key or id(node) in taken:
            continue
        group = groups.get(key) or without_group.setdefault(key, node)
        if group is not node:
            variants.setdefault(id(group), []).append(node)
            taken.add(id(node))
    return [
        {**node, "hasVariant": [*listed(node.get("hasVariant")), *variants[id(node)]]}
        if id(node) in variants
        else node
        for node in nodes
        if id(node) not in taken
    ]


def _group_of(node: Node) -> str:
    group = literal(node, "isVariantOf")
    return identity(
        literal(node, "inProductGroupWithID"), literal(group, "productGroupID"), at(group, "@id")
    ) or text_of(group, 200)
