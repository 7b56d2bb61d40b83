"""What shops speak, of a catalogue made up here: one speaker a format."""

import gzip
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.crawlers.museums import artic, cleveland, met
from tests.crawlers.pieces import Catalogue, Piece
from tests.crawlers.shops import Answer, Asked, Speaker

_XML = "application/xml"


def shopify(pieces: Catalogue, currency: str = "EUR") -> Speaker:
    def speak(asked: Asked) -> Answer | None:
        if asked.path == "/meta.json":
            count = len(pieces)
            return Answer.of(
                {"name": "Replica", "currency": currency, "published_products_count": count}
            )
        if not re.fullmatch(r"(/collections/[\w-]+)?/products\.json", asked.path):
            return None
        limit = asked.number("limit", 30)
        start = (asked.number("page", 1) - 1) * limit
        listed = [_shopify(piece, asked) for piece in pieces[start : start + limit]]
        return Answer.of({"products": listed})

    return speak


def _shopify(piece: Piece, asked: Asked) -> dict[str, Any]:
    variant = {
        "id": piece.number * 10,
        "price": piece.price,
        "available": piece.available,
        "compare_at_price": None,
        "position": 1,
    }
    images = [{"id": n, "position": n + 1, "src": src} for n, src in enumerate(piece.images(asked))]
    return {
        "id": piece.number,
        "title": piece.title,
        "handle": f"piece-{piece.number}",
        "body_html": f"<p>The piece with the number {piece.number}.</p>",
        "vendor": "Replica",
        "product_type": piece.category,
        "tags": [],
        "variants": [variant],
        "images": images,
    }


def woocommerce(pieces: Catalogue) -> Speaker:
    def speak(asked: Asked) -> Answer | None:
        if asked.path != "/wp-json/wc/store/v1/products":
            return None
        count = asked.number("per_page", 10)
        start = (asked.number("page", 1) - 1) * count
        listed = [_woocommerce(piece, asked) for piece in pieces[start : start + count]]
        pages = -(-len(pieces) // count)
        headers = {"X-WP-Total": str(len(pieces)), "X-WP-TotalPages": str(pages)}
        return Answer.of(listed, headers=headers)

    return speak


def _woocommerce(piece: Piece, asked: Asked) -> dict[str, Any]:
    cents = str(int(piece.price * 100))
    return {
        "id": piece.number,
        "name": piece.title,
        "permalink": f"{asked.root}/product/piece-{piece.number}/",
        "prices": {
            "price": cents,
            "regular_price": cents,
            "sale_price": cents,
            "currency_code": "EUR",
            "currency_minor_unit": 2,
            "price_range": None,
        },
        "is_in_stock": piece.available,
        "images": [{"src": src, "alt": piece.title} for src in piece.images(asked)],
        "categories": [{"name": piece.category}],
    }


def structured(pieces: Catalogue, *, per_page: int = 20) -> Speaker:
    """Speak a sitemap's index, gzipped sitemaps, listings /shop?page=N and pages with JSON-LD."""

    def speak(asked: Asked) -> Answer | None:
        found = re.fullmatch(r"/products/piece-(\d+)", asked.path)
        if found:
            by_number = {piece.number: piece for piece in pieces}
            piece = by_number.get(int(found.group(1)))
            return _product_page(piece, asked) if piece else None
        if asked.path == "/sitemap.xml":
            names = ["pages-1.xml", "products-1.xml.gz", "products-2.xml.gz"]
            return Answer(_sitemap([f"{asked.root}/{name}" for name in names], True), kind=_XML)
        if asked.path == "/pages-1.xml":
            return Answer(_sitemap([f"{asked.root}/about"]), kind=_XML)
        if asked.path in ("/products-1.xml.gz", "/products-2.xml.gz"):
            half = pieces[asked.path == "/products-2.xml.gz" :: 2]
            links = [f"{asked.root}/products/piece-{piece.number}" for piece in half]
            return Answer(gzip.compress(_sitemap(links).encode()), kind="application/gzip")
        if asked.path == "/shop":
            return _listing(pieces, asked, per_page)
        if asked.path in ("/", "/about"):
            return Answer.page("<html><title>Replica</title><p>Welcome to our shop.</p></html>")
        return None

    return speak


def _sitemap(links: Sequence[str], is_index: bool = False) -> str:
    root, entry = ("sitemapindex", "sitemap") if is_index else ("urlset", "url")
    entries = "".join(f"<{entry}><loc>{link}</loc></{entry}>" for link in links)
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><{root} xmlns="{namespace}">{entries}</{root}>'


def _listing(pieces: Catalogue, asked: Asked, per_page: int) -> Answer:
    page = asked.number("page", 1)
    shown = pieces[(page - 1) * per_page : page * per_page]
    links = "".join(f'<a href="/products/piece-{p.number}">{p.title}</a>' for p in shown)
    more = f'<a rel="next" href="/shop?page={page + 1}">More</a>'
    end = more if page * per_page < len(pieces) else ""
    return Answer.page(f"<html><title>All</title><main>{links}</main>{end}</html>")


def _product_page(piece: Piece, asked: Asked) -> Answer:
    node = {
        "@context": "https://schema.org",
        "@type": "Product",
        "sku": f"P{piece.number}",
        "name": piece.title,
        "image": piece.images(asked),
        "category": piece.category,
        "offers": {
            "@type": "Offer",
            "price": str(piece.price),
            "priceCurrency": "EUR",
            "availability": f"https://schema.org/{'InStock' if piece.available else 'OutOfStock'}",
        },
    }
    script = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    return Answer.page(f"<html><head><title>{piece.title}</title>{script}</head></html>")


def merchant_feed(pieces: Catalogue) -> Speaker:
    """Speak /feed.xml (RSS 2 with g: names) and /feed.tsv."""

    def speak(asked: Asked) -> Answer | None:
        if asked.path == "/feed.xml":
            entries = "".join(_feed_entry(piece, asked) for piece in pieces)
            namespace = 'xmlns:g="http://base.google.com/ns/1.0"'
            return Answer(
                f'<rss version="2.0" {namespace}><channel>{entries}</channel></rss>', kind=_XML
            )
        if asked.path == "/feed.tsv":
            rows = [
                f"{p.number}\t{p.title}\t{asked.root}/p/{p.number}\t{image}\t{p.price} EUR"
                for p in pieces
                for image in p.images(asked)[:1]
            ]
            names = "id\ttitle\tlink\timage_link\tprice"
            return Answer("\n".join([names, *rows]), kind="text/tab-separated-values")
        return None

    return speak


def _feed_entry(piece: Piece, asked: Asked) -> str:
    return (
        f"<item><g:id>{piece.number}</g:id><g:title>{piece.title}</g:title>"
        f"<g:link>{asked.root}/p/{piece.number}</g:link>"
        f"<g:image_link>{piece.images(asked)[0]}</g:image_link><g:price>{piece.price} EUR</g:price>"
        "<g:availability>in stock</g:availability></item>"
    )


def minted(pieces: Catalogue, *, per_page: int = 20) -> Speaker:
    """Speak listings /art?page=N and product pages /product/<kind>/<SKU>/<slug>."""

    def speak(asked: Asked) -> Answer | None:
        found = re.fullmatch(r"/product/wall-art/MIN-(\d+)-PRT/[\w-]+", asked.path)
        if found:
            number = int(found.group(1))
            price = {piece.number: piece.price for piece in pieces}[number]
            tags = {
                "og:title": f"Piece {number}",
                "og:type": "product",
                "og:url": asked.root + asked.path,
                "og:image": f"{asked.root}/pictures/{number}-0.jpg",
                "og:price:amount": price,
                "og:price:currency": "USD",
            }
            metas = "".join(f'<meta property="{k}" content="{v}">' for k, v in tags.items())
            return Answer.page(f"<html><head>{metas}</head></html>")
        if asked.path != "/art":
            return None
        page = asked.number("page", 1)
        shown = pieces[(page - 1) * per_page : page * per_page]
        entries = "".join(
            '<li class="itemArtMarketplace"><a class="productDetailsLink"'
            f' href="/product/wall-art/MIN-{p.number}-PRT/piece-{p.number}">{p.title}</a>'
            f'<img class="productPhoto" data-src="/pictures/{p.number}-0.jpg"></li>'
            for p in shown
        )
        more = f'<a rel="next" href="/art?page={page + 1}">Next</a>'
        end = more if page * per_page < len(pieces) else ""
        return Answer.page(f'<html><ul id="productGrid">{entries}</ul>{end}</html>')

    return speak


def shopstyle(pieces: Catalogue) -> Speaker:
    """Speak browse pages /browse/… and the API /api/v2/products."""

    def speak(asked: Asked) -> Answer | None:
        offset = asked.number("offset", 0)
        if asked.path.startswith("/browse"):
            shown, limit = pieces[offset : offset + 40], 40
        elif asked.path == "/api/v2/products":
            limit = asked.number("limit", 10)
            shown = pieces[offset : offset + limit]
        else:
            return None
        listed = {
            "metadata": {"offset": offset, "limit": limit, "total": len(pieces)},
            "products": [_shopstyle(piece, asked) for piece in shown],
        }
        if asked.path == "/api/v2/products":
            return Answer.of(listed)
        text = json.dumps({"siteSearch": listed})
        escapes = (("&", "&a;"), ('"', "&q;"), ("'", "&s;"), ("<", "&l;"), (">", "&g;"))
        for sign, escape in escapes:
            text = text.replace(sign, escape)
        return Answer.page(f'<html><script id="app-state" type="json">{text}</script></html>')

    return speak


def _shopstyle(piece: Piece, asked: Asked) -> dict[str, Any]:
    return {
        "id": piece.number,
        "name": piece.title,
        "price": float(piece.price),
        "currency": "USD",
        "inStock": piece.available,
        "clickUrl": f"{asked.root}/action/apiVisitRetailer?id={piece.number}",
        "pageUrl": f"{asked.root}/p/replica/piece/{piece.number}",
        "image": {"sizes": {"Best": {"url": piece.images(asked)[0]}}},
    }


def magento(pieces: Catalogue) -> Speaker:
    """Speak GraphQL: answers by the query's variables alone, and with one product without any."""

    def speak(asked: Asked) -> Answer | None:
        if asked.path == "/":
            return Answer.page('<html><script type="text/x-magento-init">{}</script></html>')
        if asked.path != "/graphql":
            return None
        variables = {"pageSize": 1, "currentPage": 1}
        if asked.method == "POST":
            variables = json.loads(asked.body)["variables"]
        size, page = variables["pageSize"], variables["currentPage"]
        shown = pieces[(page - 1) * size : page * size]
        return Answer.of(
            {
                "data": {
                    "storeConfig": {"base_currency_code": "EUR"},
                    "products": {
                        "total_count": len(pieces),
                        "page_info": {"current_page": page, "total_pages": -(-len(pieces) // size)},
                        "items": [_magento(piece, asked) for piece in shown],
                    },
                }
            }
        )

    return speak


def _magento(piece: Piece, asked: Asked) -> dict[str, Any]:
    price = {"value": float(piece.price), "currency": "EUR"}
    return {
        "sku": f"M{piece.number}",
        "name": piece.title,
        "url_key": f"piece-{piece.number}",
        "stock_status": "IN_STOCK" if piece.available else "OUT_OF_STOCK",
        "price_range": {"minimum_price": {"regular_price": price, "final_price": price}},
        "image": {"url": piece.images(asked)[0]},
    }


SPEAKERS: dict[str, Callable[[Catalogue], Speaker]] = {
    "shopify": shopify,
    "woocommerce": woocommerce,
    "structured": structured,
    "merchant_feed": merchant_feed,
    "artic": artic,
    "met": met,
    "cleveland": cleveland,
    "minted": minted,
    "shopstyle": shopstyle,
    "magento": magento,
}

# Where a replica is entered that says nothing at its root.
ENTRANCES = {
    "merchant_feed": "feed.xml",
    "minted": "art",
    "shopstyle": "api/v2/products?cat=rings",
    "artic": "api/v1/artworks",
    "cleveland": "api/artworks/",
}
