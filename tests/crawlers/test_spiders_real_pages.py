"""Spiders fetch what shops and museums really served; a person wrote down what it holds."""

import json
from pathlib import Path

import pytest

from tests.crawlers.crawling import CrawlProcess
from tests.crawlers.shops import Answer, Shop, open_shop

SHOPIFY = [
    ("hughes_like_air_fryer.json", 30, "Ninja Foodi 11 in 1 SmartLid Multi", "279.00"),
    ("hughes_like_fridges.json", 30, "Blomberg SSM4554 Tall Larder Fridge", "419.99"),
    ("hughes_like_mowers_bobs.json", 179, "Masport AL S19 3 N 1 Lawnmower", "1199.00"),
    ("stanley_us_trimmed.json", 40, "The IceFlow™ Flip Straw Tumbler", "30.00"),
    ("vmax_de_trimmed.json", 40, "Schutzblech hinten R40 PRO", "19.90"),
]


def serve(shop: Shop, path: str, file: Path, kind: str = "application/json") -> None:
    """Serve a file once, whatever the query; a list goes on with nothing."""
    shop.instead[path] = lambda asked: (
        Answer(file.read_bytes(), kind=kind)
        if asked.number("page", 1) == 1
        else Answer.of({"products": []})
    )


@pytest.mark.parametrize(("file", "count", "title", "price"), SHOPIFY)
@pytest.mark.parametrize("spider", ["shopify", "auto"])
def test_shopify(
    crawler: CrawlProcess, pages: Path, spider: str, file: str, count: int, title: str, price: str
) -> None:
    with open_shop() as shop:
        serve(shop, "/products.json", pages / "shopify" / file)
        shop.instead["/meta.json"] = Answer.of(
            {"currency": "EUR", "published_products_count": count}
        )
        crawled = crawler.crawl(spider, shop.url)
    assert (crawled.reason, crawled.speaks, crawled.total) == ("finished", "shopify", count)
    assert len(set(crawled.ids)) == count
    assert crawled.items[0]["title"].startswith(title)
    assert (crawled.items[0]["price"], crawled.items[0]["currency"]) == (price, "EUR")


def test_woocommerce(crawler: CrawlProcess, pages: Path) -> None:
    file = pages / "woocommerce" / "samehgabriel_store_v1_products_page1of1.json"
    with open_shop() as shop:
        shop.instead["/wp-json/wc/store/v1/products"] = Answer(
            file.read_bytes(), headers={"X-WP-Total": "18"}
        )
        crawled = crawler.crawl("auto", shop.url)
        assert len(shop.targets()) == 4
    assert (crawled.reason, crawled.speaks, crawled.total) == ("finished", "woocommerce", 18)
    assert len(crawled.items) == 18
    item = crawled.items[0]
    assert (item["external_id"], item["price"], item["currency"]) == ("10150", "2776.66", "EGP")


def test_product_pages_by_a_sitemap(crawler: CrawlProcess, pages: Path) -> None:
    files = {
        "ace.html": ("DeWalt 20V MAX 1/2 in. Brushed Cordless Compact Drill Kit", "129.00"),
        "adaysmarch.html": ("Miller Cotton Lyocell Trousers", "170.00"),
        "wayfair.html": ("Penhook 20.47'' Wide Armchair", "111.99"),
    }
    with open_shop() as shop:
        links = "".join(f"<url><loc>{shop.url}{name}</loc></url>" for name in files)
        shop.instead["/sitemap.xml"] = Answer(f"<urlset>{links}</urlset>", kind="application/xml")
        for name in files:
            serve(shop, f"/{name}", pages / "jsonld" / name, "text/html")
        crawled = crawler.crawl("structured", f"{shop.url}sitemap.xml")
    assert crawled.reason == "finished"
    found = [(item["title"], item["price"]) for item in crawled.items]
    assert len(found) == 3
    for (title, price), (expected, written) in zip(found, files.values(), strict=True):
        assert title.startswith(expected)
        assert price == written


@pytest.mark.parametrize("file", ["no_structured/amazon.html", "no_structured/micah_repub.html"])
@pytest.mark.parametrize("spider", ["structured", "auto"])
def test_pages_without_product_data(
    crawler: CrawlProcess, pages: Path, spider: str, file: str
) -> None:
    with open_shop() as shop:
        serve(shop, "/page", pages / file, "text/html")
        crawled = crawler.crawl(spider, f"{shop.url}page")
    assert (crawled.reason, crawled.items) == ("refused", [])
    assert "The catalogue stays as it was." in crawled.refusal


def test_a_work_of_the_art_institute(crawler: CrawlProcess, pages: Path) -> None:
    with open_shop() as shop:
        serve(shop, "/api/v1/artworks/4", pages / "museum_aic" / "4.json")
        crawled = crawler.crawl("auto", f"{shop.url}api/v1/artworks/4")
    assert (crawled.reason, crawled.speaks) == ("finished", "artic")
    assert [(item["external_id"], item["title"]) for item in crawled.items] == [
        ("4", "Priest and Boy")
    ]


def test_an_object_of_the_met(crawler: CrawlProcess, pages: Path) -> None:
    file = pages / "museum_met" / "sample_response_without_additional.json"
    path = "public/collection/v1/objects/47533"
    with open_shop() as shop:
        serve(shop, f"/{path}", file)
        crawled = crawler.crawl("auto", f"{shop.url}{path}")
    assert (crawled.reason, crawled.speaks) == ("finished", "met")
    assert [(item["external_id"], item["title"]) for item in crawled.items] == [("47533", "Cover")]


def test_a_list_of_the_cleveland_museum(crawler: CrawlProcess, pages: Path) -> None:
    answer = json.loads((pages / "museum_cleveland" / "response_success.json").read_bytes())
    nothing = (pages / "museum_cleveland" / "response_no_data.json").read_bytes()
    answer["info"]["total"] = 200
    with open_shop() as shop:
        shop.instead["/api/artworks/"] = lambda asked: (
            Answer(nothing) if asked.number("skip", 0) else Answer.of(answer)
        )
        crawled = crawler.crawl("cleveland", shop.url)
    assert (crawled.reason, crawled.ids) == ("finished", ["96887"])


def test_an_answer_of_shopstyle(crawler: CrawlProcess, pages: Path) -> None:
    with open_shop() as shop:
        shop.instead["/api/v2/products"] = Answer(
            (pages / "shopstyle" / "api_v2_product_2015.json").read_bytes()
        )
        crawled = crawler.crawl("auto", f"{shop.url}api/v2/products?cat=cases")
    assert (crawled.speaks, len(crawled.items)) == ("shopstyle", 1)


def test_answers_of_magento(crawler: CrawlProcess, pages: Path) -> None:
    with open_shop() as shop:
        shop.instead["/graphql"] = Answer(
            (pages / "magento_graphql" / "madar_shapes_2026-07-25.json").read_bytes()
        )
        crawled = crawler.crawl("magento", shop.url, currency="SAR")
    assert (crawled.reason, len(crawled.items)) == ("finished", 4)
    plywood = next(item for item in crawled.items if item["external_id"] == "12512-TSP")
    assert (plywood["price"], plywood["price_max"], plywood["currency"]) == (
        "50.40",
        "90.30",
        "SAR",
    )
