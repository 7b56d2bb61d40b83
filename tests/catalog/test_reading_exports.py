"""Files as shops export them, made up and real: Shopify's and the jeweller's."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.reading import ImageRef, ProductRow, RowError, count_rows
from tests.catalog.files import SHOPIFY_HEADER, products, read, written


def test_shopify_rows_of_one_handle_are_one_product(tmp_path: Path) -> None:
    lines = [
        SHOPIFY_HEADER,
        "ring,Ring &amp; Co,<p>Gold</p>,Ann,Ring,true,S,shopify,0,deny,30,45,https://c.example/b.jpg,2,Back",
        "ring,,,,,,M,shopify,0,deny,25,40,https://c.example/a.jpg,1,Front",
        "ring,,,,,,,,,,,,https://c.example/b.jpg,3,",
        "chain,Chain,,Ann,Necklace,true,Default Title,shopify,3,deny,10,,,,",
        "cuff,Cuff,,Ann,Bracelet,true,Default Title,shopify,0,continue,10,5,,,",
        "clip,Clip,,Ann,Earrings,true,Default Title,,0,deny,Free,,,,",
        "draft,Draft,,Ann,Earrings,false,Default Title,shopify,9,deny,7,,,,",
    ]
    rows = products(read(path := written(tmp_path, "\n".join(lines)), "CAD"))
    ring, chain, cuff, clip, draft = rows
    assert (ring.row, ring.external_id, ring.title, ring.url) == (2, "ring", "Ring & Co", "")
    assert (ring.price, ring.price_max) == (Decimal(25), Decimal(30))
    assert ring.regular_price == Decimal(40)
    assert (ring.brand, ring.category, ring.description) == ("Ann", "Ring", "Gold")
    assert ring.images == (
        ImageRef("https://c.example/a.jpg", "url", 0, "Front"),
        ImageRef("https://c.example/b.jpg", "url", 1, "Back"),
    )
    assert [row.availability for row in rows] == ["out", "in", "in", "in", "out"]
    assert (chain.price, chain.price_max, chain.currency, chain.row) == (
        Decimal(10),
        None,
        "CAD",
        5,
    )
    assert (cuff.regular_price, clip.price, draft.price) == (None, None, Decimal(7))
    assert count_rows(path) == 5


def test_shopify_s_bad_rows_are_reported_and_the_rest_is_kept(tmp_path: Path) -> None:
    lines = [
        SHOPIFY_HEADER,
        "ring,Ring,,,,true,S,,0,deny,lots,,,,",
        "ring,,,,,,M,,0,deny,25,,,,",
        "ring,short",
        "ring,,,,,,L,,0,deny,35,,,,",
        "clip,Clip,,,,true,S,,0,deny,-1,,,,",
        ",No handle,,,,true,S,,0,deny,1,,,,",
        "pin,,,,,true,S,,0,deny,1,,,,",
        "ring,Again,,,,true,S,,0,deny,1,,,,",
    ]
    rows = read(written(tmp_path, "\n".join(lines)))
    assert sorted(row.row for row in rows if isinstance(row, RowError)) == [2, 4, 6, 7, 8, 9]
    (ring,) = [row for row in rows if isinstance(row, ProductRow)]
    assert (ring.row, ring.title) == (2, "Ring")
    assert (ring.price, ring.price_max) == (Decimal(25), Decimal(35))


def test_the_jeweller_s_variants_are_one_product(tmp_path: Path) -> None:
    def variant(price: str, link: str, number: str = "77") -> dict[str, object]:
        return {"Price": price, "Product ID": number, "Product Full Link": link, "Category ID": "9"}

    link = "https://j.example/ring?a=1&b=2"
    data = {
        "Ring": {
            "gold": variant("$1,146.00", "https://j.example/gold", "No Found Product ID")
            | {"Product Image Path": ["/Users/x/1", "/Users/x/2"]},
            "silver": variant("$95.50", link) | {"Product Image Path": ["/Users/x/2"]},
            "tin": variant("ask", link),
        },
        "Nothing": {},
        "Nameless": {"gold": variant("$1.00", link, "No Found Product ID")},
        "Chain": {"gold": variant("$20.00", link, "78") | {"Category ID": "No Found Category ID"}},
    }
    tin, ring, nothing, nameless, chain = read(written(tmp_path, json.dumps(data, indent=1)), "EUR")
    assert isinstance(ring, ProductRow)
    assert isinstance(chain, ProductRow)
    assert (ring.external_id, ring.title, ring.url, ring.category) == ("77", "Ring", link, "9")
    assert (ring.price, ring.price_max) == (Decimal("95.50"), Decimal("1146.00"))
    assert ring.currency == "USD"
    assert [(i.reference, i.kind) for i in ring.images] == [
        ("/Users/x/1", "foreign"),
        ("/Users/x/2", "foreign"),
    ]
    assert (chain.row, chain.price_max, chain.category) == (4, None, "")
    assert [row.row for row in (tin, nothing, nameless)] == [1, 2, 3]


def test_json_without_line_breaks_is_read_however_long(tmp_path: Path) -> None:
    data = {f"Ring {n}": {"gold": {"Price": "$9.00", "Product ID": str(n)}} for n in range(20_000)}
    assert len(products(read(written(tmp_path, json.dumps(data))))) == 20_000


@pytest.mark.parametrize(
    ("name", "count", "identities"),
    [
        ("art/products.csv", 1416, 1414),
        ("jewelry/products.csv", 809, 809),
        ("catalogues/shopify_jewelery.csv", 20, 20),
        ("catalogues/glamira_products_details.json", 195, 195),
    ],
)
def test_real_catalogues(shared: Path, name: str, count: int, identities: int) -> None:
    path = shared / "data" / name
    rows = products(read(path))
    assert (len(rows), len({row.external_id for row in rows})) == (count, identities)
    assert count_rows(path) == count
    assert all(row.price and row.currency == "USD" and row.images and row.title for row in rows)


def test_every_variant_of_the_real_jeweller_is_priced(shared: Path) -> None:
    path = shared / "data" / "catalogues" / "glamira_products_details.json"
    data = json.loads(path.read_text())
    prices = [
        [Decimal(variant["Price"].strip("$").replace(",", "")) for variant in variants.values()]
        for variants in data.values()
    ]
    assert sum(map(len, prices)) == 2741
    for row, amounts in zip(products(read(path)), prices, strict=True):
        assert (row.price, row.price_max or row.price) == (min(amounts), max(amounts))
