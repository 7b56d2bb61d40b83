"""Find the JSON-LD nodes of a web page; a broken block costs that block only."""

import html
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from crawlers.parsers.values import decode_json

MOST_NODES = 20_000
Node = dict[str, Any]

# Under these a product names others, or itself again, and a list what it lists.
_OTHERS = frozenset(
    (
        "isRelatedTo",
        "isSimilarTo",
        "isAccessoryOrSparePartFor",
        "isConsumableFor",
        "isVariantOf",
        "hasVariant",
        "itemListElement",
        "itemOffered",
        "itemReviewed",
        "review",
    )
)
_LOOSE_COMMA = re.compile(r",(?=\s*[}\]])")


def jsonld_nodes(tree: etree._Element) -> list[Node]:
    """Return the typed nodes of the page's blocks in document order, nested ones after their own.

    At most MOST_NODES. Left out are the relations, variants and reviews of products, and what
    lists list.
    """
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            nodes.extend(_typed(_block(script.text or "")))
            if len(nodes) >= MOST_NODES:
                break
    return nodes[:MOST_NODES]


def _block(text: str) -> Any:
    """Return the value of a block, None where it cannot be read even without the usual mistakes."""
    for mend in (str, _unwrapped, lambda text: html.unescape(_unwrapped(text))):
        try:
            return decode_json(mend(text))
        except ValueError:
            continue
    return None


def _unwrapped(text: str) -> str:
    """Return a block without a comment or CDATA around it, and without commas before a bracket."""
    text = text.strip().removeprefix("//").lstrip().removeprefix("<!--").removeprefix("<![CDATA[")
    text = text.rstrip("; \t\r\n").removesuffix("-->").removesuffix("]]>").rstrip()
    return _LOOSE_COMMA.sub("", text.removesuffix("//").rstrip("; \t\r\n"))


def _typed(value: Any) -> Iterator[Node]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            if "@type" in value:
                yield value
            inner = [part for name, part in value.items() if name not in _OTHERS]
            waiting.extend(part for part in reversed(inner) if isinstance(part, dict | list))
