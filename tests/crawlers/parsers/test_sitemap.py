"""Sitemaps: real ones, those with faults that are common, and those made to hurt."""

import gzip
from pathlib import Path

import pytest

from crawlers.items import ParseError
from crawlers.parsers.sitemap import is_index, read_sitemap
from tests.crawlers.parsers.valid import assert_valid_page

URL = "https://shop.example/sitemap.xml"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def links(body: bytes | str) -> list[str]:
    page = read_sitemap(body.encode() if isinstance(body, str) else body, URL)
    assert_valid_page(page)
    assert not page.items
    return page.links


def urlset(*locations: str) -> str:
    entries = "".join(f"<url><loc>{location}</loc></url>" for location in locations)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {NAMESPACE}>{entries}</urlset>'


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "salla_alsweed_sitemap_index.xml",
            [
                "https://alsweed.sa/ar/sitemap-1.xml",
                "https://alsweed.sa/ar/sitemap-2.xml",
                "https://alsweed.sa/ar/blog-1.xml",
            ],
        ),
        (
            "salla_elburoj_sitemap_index_2026-07-20.xml",
            [
                "https://elburoj.com/ar/sitemap-1.xml",
                "https://elburoj.com/ar/sitemap-2.xml",
                "https://elburoj.com/ar/sitemap-3.xml",
                "https://elburoj.com/ar/blog-1.xml",
            ],
        ),
    ],
)
def test_real_indexes_name_their_sitemaps(pages: Path, file: str, expected: list[str]) -> None:
    body = (pages / "sitemap" / file).read_bytes()
    assert is_index(body, URL)
    assert links(body) == expected


def test_a_real_shop_s_products_come_once_for_its_two_languages(pages: Path) -> None:
    body = (
        pages / "sitemap" / "salla_elburoj_sitemap-3_products_TRIMMED_2026-07-20.xml"
    ).read_bytes()
    assert not is_index(body, URL)
    assert [int(link.rpartition("/p")[2]) for link in links(body)] == [
        *(1554381606, 692049908, 615966405, 466887398, 121046716, 1155215560, 1774397926),
        *(73447446, 1408142900, 1167479324, 1759563054, 2138772374, 1451683235, 1953523097),
        *(403166767, 728423271, 2013590079, 859180459, 1145911328, 276476446),
    ]
    assert all(
        link.startswith("https://elburoj.com/ar/%D9%82%D8%B3%D8%A7%D9%85-") for link in links(body)
    )


def test_a_real_shop_s_products_are_among_its_pages(pages: Path) -> None:
    found = links((pages / "sitemap" / "sharoncraft_sitemap.xml").read_bytes())
    assert len(found) == 40
    assert found[0] == "https://www.sharoncraft.co.ke/"
    products = [link for link in found if "/products/" in link]
    assert len(products) == 13
    assert products[0] == "https://www.sharoncraft.co.ke/products/beaded-carry-net.html"
    assert products[-1] == "https://www.sharoncraft.co.ke/products/unity-table-placemats.html"


def test_pictures_and_other_extensions_are_no_links() -> None:
    body = f"""<urlset {NAMESPACE} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
      <url><loc>https://shop.example/a</loc>
        <image:image><image:loc>https://cdn.example/a.jpg</image:loc></image:image></url></urlset>"""
    assert links(body) == ["https://shop.example/a"]


def test_translations_that_name_one_another_are_one() -> None:
    def entry(language: str) -> str:
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{other}" href="https://shop.example/{name}"/>'
            for other, name in (("en", "print"), ("de", "druck"))
        )
        return f"<url><loc>https://shop.example/{language}</loc>{others}</url>"

    body = f"""<urlset {NAMESPACE} xmlns:xhtml="http://www.w3.org/1999/xhtml">
      {entry("print")}{entry("druck")}<url><loc>https://shop.example/other</loc></url></urlset>"""
    assert links(body) == ["https://shop.example/print", "https://shop.example/other"]


def test_prefixed_names_are_read() -> None:
    body = '<s:urlset xmlns:s="x"><s:url><s:loc>https://a.example/1</s:loc></s:url></s:urlset>'
    assert links(body) == ["https://a.example/1"]


@pytest.mark.parametrize(
    ("location", "link"),
    [
        (" \n https://shop.example/a \n", "https://shop.example/a"),
        ("/a", "https://shop.example/a"),
        ("<![CDATA[https://shop.example/?a=1&b=2]]>", "https://shop.example/?a=1&b=2"),
        ("https://shop.example/?a=1&amp;b=2", "https://shop.example/?a=1&b=2"),
        ("https://shop.example/?a=1&b=2&copy=3", "https://shop.example/?a=1&b=2&copy=3"),
        ("https://shop.example/é", "https://shop.example/%C3%A9"),
        ("https://shop.example/a&#11;b\x0bc", "https://shop.example/abc"),
    ],
)
def test_addresses_are_read_as_shops_write_them(location: str, link: str) -> None:
    assert links(urlset(location)) == [link]


@pytest.mark.parametrize("location", ["", "javascript:alert(1)", "file:///etc/passwd", "http://["])
def test_what_is_no_address_of_the_web_is_left_out(location: str) -> None:
    assert links(urlset(location, "https://shop.example/a")) == ["https://shop.example/a"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(encoding: str) -> None:
    body = urlset("https://shop.example/é").replace("UTF-8", encoding.removesuffix("-sig"))
    assert links(body.encode(encoding)) == ["https://shop.example/%C3%A9"]


def test_gzip() -> None:
    assert links(gzip.compress(urlset("https://shop.example/a").encode())) == [
        "https://shop.example/a"
    ]


def test_fifty_thousand_pages_are_read() -> None:
    found = links(urlset(*(f"https://shop.example/{number}" for number in range(50_000))))
    assert found[-1] == "https://shop.example/49999"
    assert len(found) == 50_000


BOMB = """<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<urlset><url><loc>https://shop.example/&b;</loc></url></urlset>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<urlset><url><loc>https://shop.example/&x;</loc></url></urlset>"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOMB.encode(), "declares a document type"),
        (OUTSIDE.encode(), "declares a document type"),
        (OUTSIDE.encode("utf-16"), "declares a document type"),
        (
            b"<!-- x --> <!DOCTYPE urlset SYSTEM 'http://evil.example/x.dtd'><urlset/>",
            "document type",
        ),
        (b"", "is empty"),
        (b"<!-- only a comment -->", "is empty"),
        (b"<!DOCTYPE html><html><body>Not here</body></html>", "is a web page"),
        (b"https://shop.example/a\n", "is not XML"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "is not XML"),
        (b"<rss><channel/></rss>", "is not a sitemap"),
        (urlset("https://shop.example/a").encode()[:-12], "is broken XML"),
        (b"<urlset><url><loc>a</url></urlset>", "is broken XML"),
        (b"<urlset>" + b"<a>" * 10_000, "is broken XML"),
        (b"<urlset>" + b"<a/>" * 1_000_000 + b"</urlset>", "goes on and on"),
        (b"<urlset><url><loc>" + b"a" * 12_000_000, "goes on and on|is broken XML"),
        (gzip.compress(bytes(60 << 20)), "is larger than 50 MiB"),
        (gzip.compress(b"<urlset/>", mtime=0)[:-12], "breaks off"),
        (b"\x1f\x8b" + b"x" * 100, "broken gzip"),
    ],
)
def test_what_is_no_sitemap_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read_sitemap(body, URL)


def test_what_was_read_before_a_break_is_not_handed_out() -> None:
    body = urlset(*(f"https://shop.example/{number}" for number in range(5000)))
    with pytest.raises(ParseError):
        read_sitemap(body[: len(body) // 2].encode(), URL)


def test_entities_of_no_document_type_are_text() -> None:
    assert links(urlset("https://shop.example/&evil;")) == ["https://shop.example/&evil;"]
