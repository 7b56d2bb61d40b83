"""Read sitemaps: what they list, or what other sitemaps they name; gzipped or not."""

import re
from urllib.parse import unquote

from lxml import etree

from catalog.reading.text import clip
from crawlers.items import Page, ParseError
from crawlers.parsers.values import address
from crawlers.parsers.xml_stream import Document, local_name

_DUE = "a sitemap"
_MOST_LINKS = 100_000  # twice what the sitemap protocol allows
_LOCALE = re.compile(r"^(https?://[^/?#]+)/[a-z]{2}(?:[-_][a-zA-Z]{2})?(?=/)")


def read_sitemap(body: bytes, url: str) -> Page:
    """Return the links of a sitemap or of an index of sitemaps, in order, one page once.

    Pages that are one another's translation, by their xhtml:link alternates or by an address that
    differs in the locale at its beginning only, are one: the first listed stays. Raise ParseError
    for anything but a sitemap, for a broken one, for more than 50 MiB or 100,000 links, and for one
    with a document type.
    """
    document = _document(body, url)
    page = Page()
    seen: set[str] = set()
    for element in document.entries("url", "sitemap"):
        link = address(_location(element), url)
        if not link:
            continue
        if local_name(element) == "sitemap":
            same = {link}
        else:
            same = {without_locale(other) for other in (link, *_alternates(element))}
        if same.isdisjoint(seen):
            page.links.append(link)
            if len(page.links) > _MOST_LINKS:
                raise ParseError(f"{clip(url)} lists more than {_MOST_LINKS:,} addresses.")
        seen |= same
    return page


def is_index(body: bytes, url: str) -> bool:
    """Say whether what a sitemap lists are sitemaps again; raise ParseError as read_sitemap."""
    return _document(body, url).root == "sitemapindex"


def without_locale(link: str) -> str:
    """Return an address without a locale such as /en/ or /ar-sa/ at its beginning, to compare."""
    return _LOCALE.sub(r"\1", unquote(link))


def _document(body: bytes, url: str) -> Document:
    document = Document(body, url, _DUE)
    if document.root not in ("urlset", "sitemapindex"):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    return document


def _location(element: etree._Element) -> str:
    return next((child.text or "" for child in element if local_name(child) == "loc"), "")


def _alternates(element: etree._Element) -> list[str]:
    links = (child.get("href") for child in element if local_name(child) == "link")
    return [link.strip() for link in links if link]
