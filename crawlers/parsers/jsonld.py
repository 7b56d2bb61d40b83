"""Find the JSON-LD nodes of a web page; a broken block costs that block only."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from crawlers.parsers.values import decode_json

MOST_NODES = 20_000
Node = dict[str, Any]

_WRAPPING = re.compile(r"^\s*(?://\s*)?(?:<!--|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*;?\s*$")
_LOOSE_COMMA = re.compile(r",(?=\s*[}\]])")


def jsonld_nodes(tree: etree._Element) -> list[Node]:
    """Return every typed node of the page's blocks in document order, nested ones after their own.

    At most MOST_NODES. A node that only refers to another by "@id" is not one.
    """
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            nodes.extend(_typed(_block(script.text or "")))
            if len(nodes) >= MOST_NODES:
                break
    return nodes[:MOST_NODES]


def _block(text: str) -> Any:
    """Return the value of a block, None where it cannot be read even without its usual mistakes."""
    try:
        return decode_json(text)
    except ValueError:
        pass
    try:
        return decode_json(_LOOSE_COMMA.sub("", _WRAPPING.sub("", text)))
    except ValueError:
        return None


def _typed(value: Any) -> Iterator[Node]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            if "@type" in value:
                yield value
            inner = [part for part in value.values() if isinstance(part, dict | list)]
            waiting.extend(reversed(inner))
