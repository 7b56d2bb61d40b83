"""Tell what a shop speaks from an answer of it."""

import re
from typing import Any

from crawlers.items import Page, ParseError
from crawlers.parsers.encodings import decode
from crawlers.parsers.jsonld import jsonld_values
from crawlers.parsers.listing import add_links
from crawlers.parsers.markup import page_tree
from crawlers.parsers.merchant_feed import is_feed_header
from crawlers.parsers.microdata import microdata_nodes
from crawlers.parsers.opengraph import is_product_page, opengraph_tags
from crawlers.parsers.schema_org import is_product, typed_nodes, types_of
from crawlers.parsers.values import at, read_json

# Marks of a shop's system stand near the beginning of its pages.
_HEAD = 300_000
_MARKS = (
    ("merchant_feed", re.compile(r"<(?:rss|feed)\b[^>]*base\.google\.com/ns", re.IGNORECASE)),
    ("sitemap", re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)\b")),
    ("shopstyle", re.compile(r"<script[^>]*id=[\"']?app-state[^>]*>[^<]*siteSearch")),
    ("minted", re.compile(r"class=[\"'][^\"']*\bitemArtMarketplace\b")),
    ("shopify", re.compile(r"cdn\.shopify\.com|Shopify\.theme|/cdn/shop/|shopify-digital-wallet")),
    ("woocommerce", re.compile(r"/wp-json/wc/|woocommerce-page|plugins/woocommerce/")),
    ("magento", re.compile(r"Magento_|text/x-magento-init|/static/version\d+/frontend/")),
)


def speaks(body: bytes, url: str) -> str | None:
    """Return the format that an answer is in or that its shop's system hands out, None for none.

    "shopify", "woocommerce", "magento": by the marks of these systems in a page, or an answer of
    their own. "merchant_feed", "sitemap", "artic", "met", "cleveland", "shopstyle", "minted": the
    answer itself. "structured": a page with product data, or with links that look like products.
    """
    text = decode(body[:_HEAD], None)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return _json(body, url)
    if start != "<":
        return "merchant_feed" if is_feed_header(text.lstrip().partition("\n")[0]) else None
    for name, marks in _MARKS:
        if marks.search(text):
            return name
    return _structured(body, url)


def _json(body: bytes, url: str) -> str | None:
    try:
        data = read_json(body, url, "an answer of a shop")
    except ParseError:
        return None
    one = _first(data)
    product = _first(at(data, "products")) or one
    work = _first(at(data, "data")) or one
    if at(one, "prices", "currency_minor_unit") is not None:
        return "woocommerce"
    if at(data, "data", "products") is not None:
        return "magento"
    if at(data, "metadata") is not None and at(product, "clickUrl") is not None:
        return "shopstyle"
    if at(product, "variants") is not None or at(data, "published_products_count") is not None:
        return "shopify"
    if at(data, "config", "iiif_url") is not None or at(data, "api_model") == "artworks":
        return "artic"
    if at(data, "objectID") is not None or at(data, "objectIDs") is not None:
        return "met"
    return "cleveland" if at(work, "share_license_status") is not None else None


def _first(value: Any) -> Any:
    return next(iter(value), None) if isinstance(value, list) else value


def _structured(body: bytes, url: str) -> str | None:
    try:
        tree = page_tree(body, url)
    except ParseError:
        return None
    nodes = typed_nodes([*jsonld_values(tree), *microdata_nodes(tree)])
    if any(is_product(node) or "itemlist" in types_of(node) for node in nodes):
        return "structured"
    if is_product_page(opengraph_tags(tree)):
        return "structured"
    page = Page()
    add_links(page, tree, [], url)
    return "structured" if page.links else None
