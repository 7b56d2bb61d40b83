"""One small answer of each format, and who reads it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crawlers.items import Page
from crawlers.parsers import (
    artic,
    cleveland,
    magento,
    merchant_feed,
    met,
    minted,
    shopify,
    shopstyle,
    sitemap,
    structured,
    woocommerce,
)

URL = "https://shop.example/prints/list?page=2&limit=10"


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer and its reader; data: what an answer in JSON holds."""

    read: Callable[[bytes], Page]
    body: bytes
    data: Any = None


def _json(read: Callable[[bytes], Page], data: Any) -> Sample:
    return Sample(read, json.dumps(data).encode(), data)


def _script(data: Any) -> bytes:
    head = '<html><head><title>Sea</title><link rel="canonical" href="/prints/sea"></head>'
    block = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return f"{head}<body><h1>Sea</h1>{block}</body></html>".encode()


IMAGE = {"url": "/a.jpg", "src": "//cdn.example/a.jpg", "position": 1, "alt": "Sea", "label": "x"}
VARIANT = {"price": "25.00", "compare_at_price": "30.00", "available": True}
SHOPIFY = {
    "products": [
        {
            "id": 1,
            "title": "Sea",
            "handle": "sea",
            "body_html": "<p>Blue</p>",
            "vendor": "Ana",
            "product_type": "Print",
            "variants": [VARIANT, VARIANT | {"price": "40.00", "available": False}],
            "images": [IMAGE, IMAGE | {"src": "/b.jpg", "position": 2}],
        }
    ]
}
WOO = [
    {
        "id": 1,
        "name": "Sea",
        "permalink": "https://shop.example/product/sea/",
        "description": "<p>Blue</p>",
        "is_in_stock": True,
        "is_on_backorder": False,
        "prices": {
            "price": "2500",
            "regular_price": "3000",
            "price_range": {"min_amount": "2500", "max_amount": "4000"},
            "currency_code": "EUR",
            "currency_minor_unit": 2,
        },
        "images": [IMAGE],
        "categories": [{"name": "Prints"}],
        "brands": [{"name": "Ana"}],
    }
]
OFFER = {
    "@type": "Offer",
    "price": 25,
    "priceCurrency": "USD",
    "availability": "https://schema.org/InStock",
    "priceSpecification": [{"price": 30, "priceType": "https://schema.org/ListPrice"}],
}
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "@id": "#sea",
    "name": "Sea",
    "sku": "S1",
    "url": "/prints/sea",
    "brand": {"@type": "Brand", "name": "Ana"},
    "category": ["Art", "Prints"],
    "image": ["/a.jpg", {"@type": "ImageObject", "contentUrl": "/b.jpg", "caption": "x"}],
    "width": {"value": 30, "unitCode": "CMT"},
    "offers": [OFFER, {"@type": "AggregateOffer", "lowPrice": 20, "highPrice": 40}],
}
CRUMBS = {
    "@type": "BreadcrumbList",
    "itemListElement": [{"name": "Art", "item": {"@id": "/art"}}, {"name": "Prints"}],
}
GROUP = {
    "@graph": [
        {
            "@type": "ProductGroup",
            "productGroupID": "G",
            "name": "Sea",
            "hasVariant": [{"@type": "Product", "name": "Small", "offers": OFFER}, {"@id": "#1"}],
        },
        {"@type": "Product", "@id": "#1", "name": "Big", "isVariantOf": {"@id": "#g"}},
        {"@type": "Product", "name": "Huge", "offers": OFFER, "inProductGroupWithID": "G"},
        CRUMBS,
    ]
}
LIST = {"@type": "ItemList", "itemListElement": [{"item": PRODUCT, "url": "/prints/air"}]}
MAGENTO_PRICE = {
    "minimum_price": {
        "final_price": {"value": 20, "currency": "EUR"},
        "regular_price": {"value": 25},
    },
    "maximum_price": {"final_price": {"value": 40}},
}
MAGENTO = {
    "data": {
        "products": {
            "total_count": 1,
            "items": [
                {
                    "sku": "S1",
                    "name": "Sea",
                    "url_key": "sea",
                    "url_suffix": ".html",
                    "stock_status": "IN_STOCK",
                    "price_range": MAGENTO_PRICE,
                    "categories": [{"name": "Sea", "breadcrumbs": [{"category_name": "Art"}]}],
                    "image": IMAGE,
                    "media_gallery": [IMAGE],
                    "variants": [{"product": {"price_range": MAGENTO_PRICE}}],
                }
            ],
        }
    }
}
ARTIC = {
    "pagination": {"total": 9, "next_url": "https://api.example/2"},
    "config": {"iiif_url": "https://api.example/iiif"},
    "data": [
        {
            "id": 4,
            "title": "Sea",
            "is_public_domain": True,
            "image_id": "a-b",
            "dimensions": "Sheet: 10 × 20 cm; Image: 5 × 5 cm",
            "thumbnail": {"alt_text": "x"},
            "artist_title": "Ana",
        }
    ],
}
MET = {
    "objectID": 4,
    "title": "Sea",
    "isPublicDomain": True,
    "primaryImage": "https://images.example/a.jpg",
    "additionalImages": ["https://images.example/b.jpg"],
    "measurements": [{"elementName": "Overall", "elementMeasurements": {"Height": 1, "Width": 2}}],
    "dimensions": "H. 1 in. (2.5 cm)",
}
CLEVELAND = {
    "info": {"total": 9},
    "data": [
        {
            "id": 4,
            "title": "Sea",
            "share_license_status": "CC0",
            "url": "https://clevelandart.org/art/4",
            "images": {"web": {"url": "https://images.example/a.jpg"}},
            "dimensions": {"unframed": {"width": 0.5, "height": 1.5}},
            "creators": [{"description": "Ana (Spanish, 1801)"}],
        }
    ],
}
SHOPSTYLE = {
    "metadata": {"offset": 0, "limit": 1, "total": 2},
    "products": [
        {
            "id": 1,
            "unbrandedName": "Hoops",
            "currency": "USD",
            "price": 120,
            "salePrice": 80,
            "inStock": True,
            "pageUrl": "/p/1",
            "clickUrl": "/visit/1",
            "categories": [{"name": "Earrings"}],
            "image": {"sizes": {"Best": {"url": "/a.jpg"}}},
            "alternateImages": [{"sizes": {"Small": {"url": "/b.jpg"}}}],
        }
    ],
}
MICRODATA = b"""<html><head><title>Sea</title><base href="/x/"><meta charset="utf-8">
<meta property="og:type" content="product"><meta property="og:title" content="Sea">
<meta property="product:price:amount" content="25"><meta property="og:image" content="/o.jpg">
<meta property="product:price:currency" content="USD"></head><body>
<div itemscope itemtype="https://schema.org/Product" itemref="more"><h1 itemprop="name">Sea</h1>
<img itemprop="image" src="a.jpg">
<div itemprop="offers" itemscope itemtype="http://schema.org/Offer">
<span itemprop="price" content="25.00">25</span><meta itemprop="priceCurrency" content="USD">
</div></div><p id="more"><b itemprop="brand">Ana</b></p>
<a href="/products/air" rel="next">Air</a></body></html>"""
MINTED_URL = "https://www.minted.com/product/wall-art/MIN-1/sea"
MINTED = b"""<ul id="productGrid"><li class="itemArtMarketplace">
<a class="productDetailsLink" href="/product/wall-art/MIN-1/sea"><img class="productPhoto" alt="Sea"
data-src="https://r.example/image/fetch/w_4/https://c.example/a.jpg">Sea</a></li></ul>"""
SITEMAP = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://shop.example/a?x=1&amp;y=2</loc><link href="https://shop.example/de/a"/></url>
<url><loc><![CDATA[https://shop.example/b]]></loc></url></urlset>"""
FEED = b"""<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>
<item><g:id>1</g:id><title>Sea &amp; air</title><link>/sea</link><g:price>25.00 USD</g:price>
<g:sale_price>20.00 USD</g:sale_price><g:image_link>/a.jpg</g:image_link>
<g:availability>in_stock</g:availability><g:item_group_id>G</g:item_group_id></item></channel></rss>"""
TABLE = (
    b"id\ttitle\tlink\tprice\tsale_price\timage_link\titem_group_id\n"
    b'1\t"Sea"\t/sea\t25.00 USD\t20.00 USD\t/a.jpg\tG\n2\tAir\t/air\t9 EUR\t\t\t\n'
)


def _page(body: bytes) -> Page:
    return structured.read_product_page(body, URL)


def _with_script(data: Any) -> Sample:
    return Sample(_page, _script(data), data)


def _shopify(body: bytes) -> Page:
    return shopify.read_products(body, URL, currency="USD")


def _magento(body: bytes) -> Page:
    return magento.read_products(body, URL, currency="USD")


SAMPLES: dict[str, Sample] = {
    "shopify": _json(_shopify, SHOPIFY),
    "woocommerce": _json(lambda body: woocommerce.read_products(body, URL, total=9), WOO),
    "magento": _json(_magento, MAGENTO),
    "artic": _json(lambda body: artic.read_artworks(body, URL), ARTIC),
    "met": _json(lambda body: met.read_object(body, URL), MET),
    "met list": _json(
        lambda body: met.read_object_ids(body, URL), {"total": 2, "objectIDs": [1, 2]}
    ),
    "cleveland": _json(lambda body: cleveland.read_artworks(body, URL), CLEVELAND),
    "shopstyle": _json(lambda body: shopstyle.read_products(body, URL), SHOPSTYLE),
    "json-ld": _with_script(PRODUCT),
    "json-ld group": _with_script(GROUP),
    "json-ld list": _with_script(LIST),
    "microdata": Sample(_page, MICRODATA),
    "listing": Sample(lambda body: structured.read_listing(body, URL), MICRODATA),
    "minted listing": Sample(lambda body: minted.read_listing(body, URL), MINTED),
    "minted": Sample(lambda body: minted.read_product_page(body, MINTED_URL), MICRODATA),
    "browse": Sample(
        lambda body: shopstyle.read_browse_page(body, URL),
        b'<script id="app-state">{&q;siteSearch&q;:{&q;products&q;:[{&q;id&q;:1}]}}</script>',
    ),
    "sitemap": Sample(lambda body: sitemap.read_sitemap(body, URL), SITEMAP),
    "feed": Sample(lambda body: merchant_feed.read_feed(body, URL), FEED),
    "table": Sample(lambda body: merchant_feed.read_feed(body, URL), TABLE),
}


def written(sample: Sample, data: Any) -> bytes:
    """Return the answer that holds data in place of the sample's own."""
    return _script(data) if sample.body.startswith(b"<") else json.dumps(data).encode()
