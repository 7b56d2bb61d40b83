"""Read XML entry by entry: no entities, no document types, in memory of one entry."""

import re
import zlib
from collections.abc import Iterator

from lxml import etree

from catalog.reading.text import clip
from crawlers.items import ParseError
from crawlers.parsers.encodings import NOT_IN_XML, decode

LARGEST_UNPACKED = 50 * 1024 * 1024  # what the sitemap protocol allows
# No entry is as long; what comes without one is not kept in memory.
_LONGEST_STRETCH = 2 * 1024 * 1024
_CHUNK = 1 << 16
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_HEAD = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_REFERENCE = re.compile(r"&(?:(?:amp|lt|gt|quot|apos);|#(\d{1,7});|#x([0-9a-fA-F]{1,6});)?")


class Document:
    """An XML document that may be read: its root's name without a prefix, and its entries."""

    def __init__(self, body: bytes, url: str, due: str) -> None:
        """Decode body, unpacked where it is gzipped; due: what it should be, for errors.

        Comments before the declaration, as captures have them, are left out. Raise ParseError for
        what is empty, larger than LARGEST_UNPACKED or no XML, and for a document type, since
        entities are declared in one.
        """
        self.url, self.due = url, due
        body = unpacked(body, url)
        declared = _ENCODING.search(body[:2000])
        text = decode(body, declared.group(1).decode("ascii") if declared else None)
        head = _HEAD.match(text)
        self.text = text[head.end() :] if head else text
        root = _ROOT.match(self.text)
        if not self.text:
            raise ParseError(f"{clip(url)} is empty, and should be {due}.")
        if re.match(r"<!doctype html|<html", self.text, re.IGNORECASE):
            raise ParseError(f"{clip(url)} is a web page, and should be {due}.")
        if self.text.startswith("<!"):
            raise ParseError(f"{clip(url)} declares a document type: {due} has no need of one.")
        if root is None:
            raise ParseError(f"{clip(url)} is not XML, and should be {due}.")
        self.root = root.group(1).lower()

    def entries(self, *names: str) -> Iterator[etree._Element]:
        """Yield each element of these names when it is whole; it is emptied after.

        Raise ParseError where the document is broken or breaks off.
        """
        parser = etree.XMLPullParser(
            events=("end",),
            tag=[f"{{*}}{name}" for name in names],
            resolve_entities=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
        )
        since = 0
        try:
            for chunk in self._chunks():
                parser.feed(chunk)
                since += len(chunk)
                for _, element in parser.read_events():
                    since = 0
                    yield element
                    _forget(element)
                if since > _LONGEST_STRETCH:
                    raise ParseError(f"{clip(self.url)} goes on and on without being {self.due}.")
            parser.close()
        except etree.XMLSyntaxError as error:
            raise ParseError(
                f"{clip(self.url)} is broken XML at line {error.lineno}, and should be {self.due}."
            ) from None

    def _chunks(self) -> Iterator[bytes]:
        """Yield the text with the ampersands escaped that shops forget to escape."""
        position, end = 0, len(self.text)
        while position < end:
            section = self.text.find("<![CDATA[", position)
            stop = end if section < 0 else section
            while position < stop:
                # A reference is not cut in two.
                cut = min(position + _CHUNK, stop)
                last = self.text.rfind("&", max(cut - 10, position + 1), cut)
                cut = last if last > 0 and cut < stop else cut
                yield _made_fit(_REFERENCE.sub(_escaped, self.text[position:cut]))
                position = cut
            if section >= 0:
                close = self.text.find("]]>", section)
                position = end if close < 0 else close + 3
                for start in range(section, position, _CHUNK):
                    yield _made_fit(self.text[start : min(start + _CHUNK, position)])


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def unpacked(body: bytes, url: str) -> bytes:
    """Return what is gzipped unpacked, anything else as it is.

    Raise ParseError for more than LARGEST_UNPACKED bytes, of which no more are unpacked, and for a
    broken archive.
    """
    data, is_more = body, False
    if body.startswith(b"\x1f\x8b"):
        unpacking = zlib.decompressobj(wbits=31)
        try:
            data = unpacking.decompress(body, LARGEST_UNPACKED + 1)
        except zlib.error:
            raise ParseError(f"{clip(url)} is a broken gzip archive.") from None
        is_more = bool(unpacking.unconsumed_tail)
        if not unpacking.eof and not is_more and len(data) <= LARGEST_UNPACKED:
            raise ParseError(f"{clip(url)} is a gzip archive that breaks off.")
    if is_more or len(data) > LARGEST_UNPACKED:
        raise ParseError(f"{clip(url)} is larger than {LARGEST_UNPACKED >> 20} MiB unpacked.")
    return data


def _made_fit(text: str) -> bytes:
    return NOT_IN_XML.sub("", text).encode()


def _escaped(found: re.Match[str]) -> str:
    decimal, hexadecimal = found.groups()
    if decimal or hexadecimal:
        number = int(decimal) if decimal else int(hexadecimal, 16)
        return found.group() if number < 0x110000 and not NOT_IN_XML.match(chr(number)) else ""
    return "&amp;" if found.group() == "&" else found.group()


def _forget(element: etree._Element) -> None:
    """Empty an element, and drop what came before it and before those around it."""
    element.clear(keep_tail=False)
    for around in (element, *element.iterancestors()):
        while (before := around.getprevious()) is not None:
            before.getparent().remove(before)
