"""Product pages as shops served them; what a person reads there is written down by hand."""

from pathlib import Path

import pytest

from crawlers.parsers.structured import read_product_page
from tests.crawlers.parsers.valid import assert_valid_page

PAGES = [
    ("jsonld/ace.html", "DeWalt 20V MAX 1/2 in. Brushed Cordless Compact Drill Kit", "129.00 USD"),
    ("jsonld/adaysmarch.html", "Miller Cotton Lyocell Trousers", "170.00 USD"),
    ("jsonld/advancedcastle_product_ar_2026-07-28.trimmed.html", "طفاية حريق", "285.00 SAR"),
    (
        "jsonld/advancedcastle_product_en_2026-07-28.trimmed.html",
        "6kg CO₂ Fire Extinguisher",
        "285.00 SAR",
    ),
    ("jsonld/jossandmain.html", "Duprey 4-Light Lantern Pendant", "98.99 USD"),
    ("jsonld/micah_card.html", "Superhero Dad Father's Day Card", "3.95 GBP"),
    ("jsonld/micah_coverscore.html", "2025 Subaru Forester Cover BlockTite", "117.99 USD"),
    ("jsonld/nike.html", "Nike Air Force 1 '07 LV8 Men's Shoes", "76.99 GBP"),
    (
        "jsonld/overstock.html",
        "Certified International Elegance Canape Plates, Set of 6",
        "31.49 USD",
    ),
    ("jsonld/salla_alsweed_product_price0_p1506395107.html", "خزان ماء الزامل عمودي", "None "),
    ("jsonld/salla_elburoj_product_priced_p543555922.html", "قاطع فرعي من شنايدر", "23.00 SAR"),
    ("jsonld/therealreal_badblock.html", "Double G Marmont Small", "875.00 USD"),
    ("jsonld/wayfair.html", "Penhook 20.47'' Wide Armchair", "111.99 USD"),
    (
        "microdata/microdata-with-description.html",
        "Johnsons 4 Fleas Cats & Kittens Tablets",
        "5.29 GBP",
    ),
    ("microdata/opengraph_ns_product.html", "Better Off Dead [Exclusive Blu-ray", "17.99 USD"),
    ("microdata/product.html", "Executive Anvil", "119.99 USD"),
    ("microdata/product-ref_itemref.html", "Executive Anvil", "119.99 USD"),
    ("microdata/product_microdata.html", "Executive Anvil", "119.99 USD"),
]


@pytest.mark.parametrize(("file", "title", "price"), PAGES)
def test_a_page_gives_the_one_product_a_person_reads(
    pages: Path, file: str, title: str, price: str
) -> None:
    page = read_product_page((pages / file).read_bytes(), "https://shop.example/a/page")
    assert_valid_page(page)
    (item,) = page.items
    assert item.title.startswith(title)
    assert f"{item.price} {item.currency}" == price


@pytest.mark.parametrize(
    "file",
    [
        "jsonld_malformed/JSONLD_with_control_characters.html",
        "no_structured/amazon.html",
        "no_structured/micah_repub.html",
    ],
)
def test_a_page_without_product_data_gives_none(pages: Path, file: str) -> None:
    page = read_product_page((pages / file).read_bytes(), "https://shop.example/a/page")
    assert (page.items, page.links, page.skipped) == ([], [], [])
