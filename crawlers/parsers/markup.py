"""Make trees of web pages, which are often broken and sometimes made to hurt."""

import re

from lxml import etree
from w3lib.encoding import html_body_declared_encoding

from catalog.reading.text import clip
from crawlers.items import ParseError
from crawlers.parsers.encodings import NOT_IN_XML, decode

_LARGEST_PAGE = 16 * 1024 * 1024
_MOST_TAGS = 200_000
# libxml2 takes time in the square of an element's attributes: 300,000 of them took 340 seconds.
_MOST_ATTRIBUTES = 256
_ATTRIBUTE = r"""[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+"""
_TAG = re.compile(rf"<!--|<([a-zA-Z][^\s/>]*+)(?:[\s/]++|{_ATTRIBUTE})*+")
_OVERLOADED = re.compile(rf"<[a-zA-Z][^\s/>]*+(?:[\s/]*+{_ATTRIBUTE}){{{_MOST_ATTRIBUTES + 1}}}+")
_TEXT_ONLY = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")


def page_tree(body: bytes, url: str) -> etree._Element:
    """Return the tree of a web page, made whole where it is broken, its encoding found out.

    Raise ParseError where it is empty, of more than 16 MiB, has more than 200,000 tags, has
    an element of more than 256 attributes, or is no page at all.
    """
    if len(body) > _LARGEST_PAGE:
        raise ParseError(f"{clip(url)} is larger than {_LARGEST_PAGE >> 20} MiB, as no page is.")
    text = NOT_IN_XML.sub("", decode(body, html_body_declared_encoding(body)))
    if text.count("<") > _MOST_TAGS:
        raise ParseError(f"{clip(url)} has more than {_MOST_TAGS:,} tags, as no page has.")
    if _OVERLOADED.search(text) and _is_overloaded(text):
        raise ParseError(f"{clip(url)} has an element with more attributes than any page needs.")
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.fromstring(text.encode(), parser)
    except etree.LxmlError:
        tree = None
    if tree is None:
        raise ParseError(f"{clip(url)} is empty or no web page.")
    return tree


def _is_overloaded(text: str) -> bool:
    """Say whether a tag has too many attributes, other than what scripts compare with "<"."""
    lowered = text.lower()
    position = 0
    while (tag := _TAG.search(text, position)) is not None:
        name = (tag.group(1) or "").lower()
        if name and _OVERLOADED.match(tag.group()):
            return True
        position = tag.end()
        if not name or name in _TEXT_ONLY:
            position = lowered.find(f"</{name}" if name else "-->", position)
            if position < 0:
                break
    return False
