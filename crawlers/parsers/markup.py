"""Decode web pages and XML, and make trees of them that no document can abuse."""

import re
import zlib
from collections.abc import Iterator
from io import BytesIO

from lxml import etree
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

from catalog.reading.text import clip
from crawlers.items import ParseError

LARGEST_UNPACKED = 50 * 1024 * 1024  # what the sitemap protocol allows
_LARGEST_PAGE = 16 * 1024 * 1024
_XML_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)["']""")
_XML_HEAD = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOSE_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?\]\]>|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)", re.DOTALL
)


def decode(body: bytes, declared: str | None) -> str:
    """Return a document's text: by its mark, else UTF-8 where it is that, else as it declares.

    What neither marks nor declares an encoding is Windows-1252 where hardly any of it is UTF-8.
    """
    mark, _ = read_bom(body)
    if mark:
        return body.decode(mark, "replace").removeprefix("\ufeff")
    try:
        return body.decode()
    except UnicodeDecodeError:
        text = body.decode(errors="replace")
    if declared and declared != "utf-8":
        return body.decode(declared, "replace")
    wrong = text.count("\ufffd")
    right = sum(1 for byte in body[: 1 << 20] if byte >= 0xC2) - wrong
    return text if declared or right > wrong else body.decode("cp1252", "replace")


def page_tree(body: bytes, url: str) -> etree._Element:
    """Return the tree of a web page, made whole where it is broken, its encoding found out.

    Raise ParseError where it is empty, of more than 16 MiB, or no page of text at all.
    """
    if len(body) > _LARGEST_PAGE:
        raise ParseError(f"{clip(url)} is larger than {_LARGEST_PAGE >> 20} MiB, as no page is.")
    text = _NOT_IN_XML.sub("", decode(body, html_body_declared_encoding(body)))
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


def unpacked(body: bytes, url: str) -> bytes:
    """Return what is gzipped unpacked, anything else as it is.

    Raise ParseError for more than LARGEST_UNPACKED bytes, of which no more are unpacked, and for a
    broken archive.
    """
    if not body.startswith(b"\x1f\x8b"):
        data, rest = body, b""
    else:
        unpacking = zlib.decompressobj(wbits=31)
        try:
            data = unpacking.decompress(body, LARGEST_UNPACKED + 1)
        except zlib.error:
            raise ParseError(f"{clip(url)} is a broken gzip archive.") from None
        rest = unpacking.unconsumed_tail
        if not unpacking.eof and not rest:
            raise ParseError(f"{clip(url)} is a gzip archive that breaks off.")
    if rest or len(data) > LARGEST_UNPACKED:
        raise ParseError(f"{clip(url)} is larger than {LARGEST_UNPACKED >> 20} MiB unpacked.")
    return data


def xml_text(body: bytes, url: str, due: str) -> str:
    """Return an XML document's text from its first element on, made fit to be parsed.

    Comments before the declaration, as captures have them, are left out. Raise ParseError for an
    empty one, for a web page, and for one with a document type: entities are declared in it.
    """
    declared = _XML_ENCODING.search(body[:2000])
    encoding = resolve_encoding(declared.group(1).decode("ascii")) if declared else None
    text = decode(body, encoding)
    start = _XML_HEAD.match(text)
    text = text[start.end() :] if start else text
    if not text:
        raise ParseError(f"{clip(url)} is empty, and should be {due}.")
    if re.match(r"<!doctype html|<html", text, re.IGNORECASE):
        raise ParseError(f"{clip(url)} is a web page, and should be {due}.")
    if text[:2] == "<!":
        raise ParseError(f"{clip(url)} declares a document type, which {due} has no need of.")
    if text[0] != "<":
        raise ParseError(f"{clip(url)} is not XML, and should be {due}.")
    return text


def xml_elements(text: str, names: set[str], url: str, due: str) -> Iterator[etree._Element]:
    """Yield each element with one of these local names when it ends, whole; it is emptied after.

    The first one yielded is the root as it begins. Raise ParseError where the document is broken.
    """
    text = _NOT_IN_XML.sub("", text)
    text = _LOOSE_AMPERSAND.sub(_escaped, text)
    source = BytesIO(text.encode())
    events = etree.iterparse(
        source,
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: etree._Element | None = None
    try:
        for event, element in events:
            if root is None:
                root = element
                yield element
            elif event == "end" and local_name(element) in names:
                yield element
                element.clear(keep_tail=False)
                while (before := element.getprevious()) is not None:
                    before.getparent().remove(before)
    except etree.XMLSyntaxError as error:
        raise ParseError(
            f"{clip(url)} is broken XML at line {error.lineno}, and should be {due}."
        ) from None


def _escaped(found: re.Match[str]) -> str:
    return "&amp;" if found.group() == "&" else found.group()


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace, in lower case."""
    return str(element.tag).rpartition("}")[2].lower()
