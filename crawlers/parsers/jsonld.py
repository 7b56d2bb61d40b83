"""Find the JSON-LD of a web page; a broken block costs that block only."""

import html
import re
from typing import Any

from lxml import etree

from crawlers.parsers.values import decode_json

Node = dict[str, Any]

_LOOSE_COMMA = re.compile(r",(?=\s*[}\]])")


def jsonld_values(tree: etree._Element) -> list[Any]:
    """Return what the page's blocks hold, in document order."""
    scripts = (
        script for script in tree.iter("script") if "ld+json" in (script.get("type") or "").lower()
    )
    return [value for script in scripts if (value := _block(script.text or "")) is not None]


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
