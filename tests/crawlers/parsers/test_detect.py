"""What a shop speaks, told from one answer."""

from pathlib import Path

import pytest

from crawlers.parsers.detect import speaks

URL = "https://shop.example/"


@pytest.mark.parametrize(
    ("file", "format_"),
    [
        ("shopify/hughes_like_fridges.json", "shopify"),
        ("shopify/hughes_like_mowers_bobs.json", "shopify"),
        ("woocommerce/samehgabriel_store_v1_products_page1of1.json", "woocommerce"),
        ("woocommerce/woocommerce_variation_10491.json", "woocommerce"),
        ("magento_graphql/madar_shapes_2026-07-25.json", "magento"),
        ("museum_aic/4.json", "artic"),
        ("museum_met/sample_response_without_additional.json", "met"),
        ("museum_cleveland/complete_data.json", "cleveland"),
        ("museum_cleveland/response_success.json", "cleveland"),
        ("shopstyle/api_v2_product_2015.json", "shopstyle"),
        ("sitemap/salla_alsweed_sitemap_index.xml", "sitemap"),
        ("sitemap/sharoncraft_sitemap.xml", "sitemap"),
        # A page of a shop on Shopify.
        ("jsonld/micah_coverscore.html", "shopify"),
        ("jsonld/nike.html", "structured"),
        ("jsonld/wayfair.html", "structured"),
        ("jsonld/salla_elburoj_product_priced_p543555922.html", "structured"),
        ("microdata/product.html", "structured"),
        ("microdata/opengraph_ns_product.html", "structured"),
        ("no_structured/micah_repub.html", None),
        ("jsonld_malformed/JSONLD_with_control_characters.html", None),
        ("museum_aic/json_info.json", None),
        ("museum_cleveland/response_no_data.json", None),
        ("price_strings/test_price_parsing.py", None),
    ],
)
def test_real_answers(pages: Path, file: str, format_: str | None) -> None:
    assert speaks((pages / file).read_bytes(), URL) == format_


@pytest.mark.parametrize(
    ("body", "format_"),
    [
        (b'<html><link href="//shop.example/cdn/shop/t/1/theme.css"></html>', "shopify"),
        (b'<html><link href="https://cdn.shopify.com/s/x.css"></html>', "shopify"),
        (b'{"currency":"USD","published_products_count":7}', "shopify"),
        (b'{"products":[{"id":1,"variants":[]}]}', "shopify"),
        (b'<html><link href="/wp-content/plugins/woocommerce/x.css"></html>', "woocommerce"),
        (b'<html><body class="woocommerce-page"></html>', "woocommerce"),
        (b'<html><script type="text/x-magento-init">{}</script></html>', "magento"),
        (b'<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"/>', "merchant_feed"),
        (b"id\ttitle\tlink\tprice\n", "merchant_feed"),
        (b'<?xml version="1.0"?><urlset xmlns="x"/>', "sitemap"),
        (b'{"total":2,"objectIDs":[1,2]}', "met"),
        (b'{"config":{"iiif_url":"https://x/iiif"},"data":[]}', "artic"),
        (b'<ul><li class="cell itemArtMarketplace"></ul>', "minted"),
        (b'<script id="app-state">{&q;siteSearch&q;:{}}</script>', "shopstyle"),
        (b'<html><a href="/products/ring">Ring</a></html>', "structured"),
        (b"<html><p>Hello</p></html>", None),
        (b"{", None),
        (b"[]", None),
        (b"[1,2]", None),
        (b"<", None),
        (b"", None),
        (b"\x00" * 1000, None),
        (b"[" * 100_000, None),
    ],
)
def test_answers_of_our_own(body: bytes, format_: str | None) -> None:
    assert speaks(body, URL) == format_
