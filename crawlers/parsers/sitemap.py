"""Read sitemaps: what they list, and what other sitemaps they name; gzipped or not."""

import re
from urllib.parse import unquote, urlsplit

from lxml import etree

from catalog.reading.text import clip
from crawlers.items import Page, ParseError
from crawlers.parsers.markup import local_name, unpacked, xml_elements, xml_text
from crawlers.parsers.values import address

_DUE = "a sitemap"
_LOCALE = re.compile(r"^/(?:[a-z]{2}|[a-z]{2}[-_](?:[a-z]{2}|[A-Z]{2}))(?=/)")


def read_sitemap(body: bytes, url: str) -> Page:
    """Return the links of a sitemap or of an index of sitemaps, in order, one page once.

    Pages that are one another's translation, by their xhtml:link alternates or by an address that
    differs in the locale at its beginning only, are one: the first listed stays. Raise ParseError
    for anything but a sitemap, for a broken one, for more than 50 MiB, and for one with a document
    type.
    """
    text = xml_text(unpacked(body, url), url, _DUE)
    page = Page()
    seen: set[str] = set()
    elements = xml_elements(text, {"url", "sitemap"}, url, _DUE)
    root = next(elements, None)
    if root is None or local_name(root) not in ("urlset", "sitemapindex"):
        raise ParseError(f"{clip(url)} is not {_DUE}.")
    for element in elements:
        link = address(_location(element), url)
        if not link:
            continue
        same = {without_locale(link)} if local_name(element) == "url" else {link}
        same |= {without_locale(other) for other in _alternates(element, url)}
        if same.isdisjoint(seen):
            page.links.append(link)
        seen |= same
    return page


def is_index(body: bytes, url: str) -> bool:
    """Say whether the links of a sitemap are sitemaps again; raise ParseError as read_sitemap."""
    text = xml_text(unpacked(body, url), url, _DUE)
    return re.match(r"<(?:\w+:)?sitemapindex\b", text) is not None


def without_locale(link: str) -> str:
    """Return an address without a locale such as /en/ or /ar-sa/ at its beginning, to compare."""
    parts = urlsplit(link)
    return f"{parts.netloc}{_LOCALE.sub('', unquote(parts.path))}?{parts.query}"


def _location(element: etree._Element) -> str:
    for child in element:
        if local_name(child) == "loc":
            return child.text or ""
    return ""


def _alternates(element: etree._Element, url: str) -> list[str]:
    links = [child.get("href") for child in element if local_name(child) == "link"]
    return [link for link in (address(link, url) for link in links) if link]
