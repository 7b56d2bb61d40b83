"""Product pages as shops served them; what a person reads there is written down by hand."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawlers.parsers.structured import read_product_page
from tests.crawlers.parsers.reading import price_of
from tests.crawlers.parsers.valid import assert_valid_page

URL = "https://shop.example/a/page"


@dataclass(frozen=True, slots=True)
class Read:
    """What a person reads: the title's beginning, PRICE CURRENCY, whether it is to be had."""

    title: str
    price: str
    stock: str
    key: str = "/a/page"
    brand: str = ""
    category: str = ""
    pictures: int = 1
    source: str = "json-ld"


PAGES = {
    "jsonld/ace.html": Read(
        "DeWalt 20V MAX 1/2 in. Brushed Cordless Compact Drill Kit (Battery & Charger)",
        "129 USD",
        "in",
        "2385458",
        "DeWalt",
        "Cordless Compact Drill",
        7,
    ),
    "jsonld/adaysmarch.html": Read(
        "Miller Cotton Lyocell Trousers", "170 USD", "unknown", "10280550", "A Day's March"
    ),
    "jsonld/advancedcastle_product_ar_2026-07-28.trimmed.html": Read(
        "طفاية حريق ثاني أكسيد الكربون CO2 سعة 6 كجم",
        "285 SAR",
        "in",
        "e1mf0901",
        "",
        "أنظمة الإطفاء > طفايات الحريق اليدوية",
    ),
    "jsonld/advancedcastle_product_en_2026-07-28.trimmed.html": Read(
        "6kg CO₂ Fire Extinguisher",
        "285 SAR",
        "in",
        "e1mf0901",
        "",
        "Extinguish Systems > Manual fire extinguishers",
    ),
    "jsonld/jossandmain.html": Read(
        "Duprey 4-Light Lantern Pendant",
        "98.99 USD",
        "in",
        "J001109161",
        "",
        "Lighting > Pendant Lighting",
    ),
    "jsonld/micah_card.html": Read(
        "Superhero Dad Father's Day Card",
        "3.95 GBP",
        "in",
        "1813029",
        "",
        "Gifts > Greetings Cards > Father's Day Cards",
    ),
    "jsonld/micah_coverscore.html": Read(
        "2025 Subaru Forester Cover BlockTite Prime Beige",
        "117.99 USD",
        "in",
        "/products/2025-subaru-forester-cover-blocktite-prime-beige",
        "Covermates",
    ),
    # In 25 sizes, of which 17 have a price, the same; the page shows £109.99 struck through.
    "jsonld/nike.html": Read(
        "Nike Air Force 1 '07 LV8 Men's Shoes", "76.99 GBP", "unknown", "E5NnNyBr", "Nike"
    ),
    "jsonld/overstock.html": Read(
        "Certified International Elegance Canape Plates, Set of 6",
        "31.49 USD",
        "in",
        "34092028",
        "Certified International",
        "Home Goods > Kitchen & Dining > Dinnerware > Plates",
    ),
    # Its price is 0, and it is "in stock".
    "jsonld/salla_alsweed_product_price0_p1506395107.html": Read(
        "خزان ماء الزامل عمودي",
        "- ",
        "in",
        "خزان-ماء-الزامل-عمودي/p1506395107",
        "الزامل AL ZAMIL",
        "خزانات وأغطية,خزانات ماء عمودية",
        source="",
    ),
    # OpenGraph also names the price before tax, 20.
    "jsonld/salla_elburoj_product_priced_p543555922.html": Read(
        "قاطع فرعي من شنايدر - 1 بول - 20 أمبير - ACTI9 iC60N A9F44120, C Curve",
        "23 SAR",
        "in",
        "قاطع-فرعي-من-شنايدر-1-بول-20-أمبير-acti9-ic60n-a9f44120-c-curve/p543555922",
        "شنايدر",
        "القواطع الكهربائية",
    ),
    # Used, at 875; 1,950 is its estimated price in shops. One block is empty.
    "jsonld/therealreal_badblock.html": Read(
        "Double G Marmont Small",
        "875<1950 USD",
        "in",
        "/products/women/handbags/crossbody-bags/gucci-double-g-marmont-small-tkmwf",
        "Gucci",
        "All Gucci > Women > Handbags > Crossbody Bags",
        6,
    ),
    "jsonld/wayfair.html": Read(
        "Penhook 20.47'' Wide Armchair",
        "111.99 USD",
        "in",
        "W005759888",
        "Wade Logan®",
        "Furniture > Living Room Furniture > Chairs & Seating > Accent Chairs > Arm Accent Chairs",
    ),
    # Packs of three treatments and of six.
    "microdata/microdata-with-description.html": Read(
        "Johnsons 4 Fleas Cats & Kittens Tablets",
        "5.29–9.56 GBP",
        "in",
        "/cat/cat-flea-tick/johnsons-4-fleas-cats-kittens",
        "Johnsons",
        source="microdata",
    ),
    "microdata/opengraph_ns_product.html": Read(
        "Better Off Dead [Exclusive Blu-ray Steelbook]",
        "17.99 USD",
        "in",
        "fye.000000032429335302",
        source="microdata",
    ),
    # The regular price, 179.99, is told to people only.
    "microdata/product.html": Read(
        "Executive Anvil", "119.99 USD", "in", brand="ACME", source="microdata"
    ),
    "microdata/product_microdata.html": Read(
        "Executive Anvil", "119.99 USD", "in", brand="ACME", source="microdata"
    ),
    # The related products on the page have no price and no address: they are not its product.
    "microdata/product-ref_itemref.html": Read(
        "Executive Anvil", "119.99 USD", "in", brand="ACME", pictures=2, source="microdata"
    ),
}


@pytest.mark.parametrize("file", PAGES)
def test_a_page_gives_the_one_product_a_person_reads(pages: Path, file: str) -> None:
    page = read_product_page((pages / file).read_bytes(), URL)
    assert_valid_page(page)
    (item,) = page.items
    assert (page.links, page.skipped) == ([], [])
    found = Read(
        item.title,
        f"{price_of(item)} {item.currency}",
        item.availability,
        item.external_id,
        item.brand,
        item.category,
        len(item.images),
        item.price_source,
    )
    assert found == PAGES[file]


@pytest.mark.parametrize(
    ("file", "url"),
    [
        (
            "jsonld/nike.html",
            "https://www.nike.com/gb/t/air-force-1-07-lv8-shoes-E5NnNyBr",
        ),
        (
            "jsonld/micah_coverscore.html",
            "https://www.coverstore.com/products/2025-subaru-forester-cover-blocktite-prime-beige",
        ),
        (
            "microdata/microdata-with-description.html",
            "https://www.monsterpetsupplies.co.uk/cat/cat-flea-tick/johnsons-4-fleas-cats-kittens",
        ),
        ("microdata/product.html", URL),
    ],
)
def test_the_address_is_the_one_the_page_names(pages: Path, file: str, url: str) -> None:
    (item,) = read_product_page((pages / file).read_bytes(), URL).items
    assert item.url == url


def test_the_pictures_of_itemref_are_those_its_expected_result_names(pages: Path) -> None:
    body = (pages / "microdata/product-ref_itemref.html").read_bytes()
    (item,) = read_product_page(body, URL).items
    assert [image.url for image in item.images] == [
        "https://shop.example/a/anvil_executive.jpg",
        "https://shop.example/a/img-2.jpg",
    ]
    assert item.description == (
        "Sleeker than ACME's Classic Anvil, the Executive Anvil is perfect for the business "
        "traveler looking for something to drop from a height."
    )


@pytest.mark.parametrize(
    ("file", "title", "price", "key", "pictures"),
    [
        ("advancedcastle_product_ldjson.json", "بكج 6 كواشف دخان ببطارية", "160", "a4ba0102-P6", 2),
        (
            "alsweed_product_ldjson.json",
            "دينمو ماء إيطالي",
            "129",
            "دينمو-ماء-إيطالي/p698258674",
            1,
        ),
    ],
)
def test_nodes_alone_are_read_in_a_page_of_our_own(
    pages: Path, file: str, title: str, price: str, key: str, pictures: int
) -> None:
    blocks = json.loads((pages / "jsonld_nodes" / file).read_bytes())["blocks"]
    scripts = [
        f'<script type="application/ld+json">{json.dumps(block)}</script>' for block in blocks
    ]
    (item,) = read_product_page("".join(scripts).encode(), URL).items
    assert (item.title, price_of(item), item.currency) == (title, price, "SAR")
    assert (item.external_id, item.availability, len(item.images)) == (key, "in", pictures)


@pytest.mark.parametrize(
    "file",
    [
        "jsonld_malformed/JSONLD_with_control_characters.html",
        "no_structured/amazon.html",
        "no_structured/micah_repub.html",
    ],
)
def test_a_page_without_product_data_gives_none(pages: Path, file: str) -> None:
    page = read_product_page((pages / file).read_bytes(), URL)
    assert (page.items, page.links, page.skipped, page.next_url) == ([], [], [], "")


# What else lies in the folder: the expected results of two pages, and what other tests read.
ELSEWHERE = {
    "README.md": "of the folder",
    "microdata/opengraph_ns_product.expected.json": "above",
    "microdata/product-ref.expected.json": "above",
}
READ_BY = {
    "shopify": "test_shopify.py",
    "woocommerce": "test_woocommerce.py",
    "sitemap": "test_sitemap.py",
    "museum_aic": "test_museums.py",
    "museum_met": "test_museums.py",
    "museum_cleveland": "test_museums.py",
    "magento_graphql": "test_magento.py",
    "shopstyle": "test_shopstyle.py",
    "price_strings": "test_prices.py",
    "jsonld_nodes": "test_real_pages.py",
}


def test_every_file_of_the_folder_is_read_by_a_test(pages: Path) -> None:
    here = Path(__file__).parent
    for file in sorted(path for path in pages.rglob("*") if path.is_file()):
        name = str(file.relative_to(pages))
        test = here / READ_BY.get(file.parent.name, "test_real_pages.py")
        assert name in ELSEWHERE or file.name in test.read_text(), name
