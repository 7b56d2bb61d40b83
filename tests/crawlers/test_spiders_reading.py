"""Spiders against replicas on loopback: what is asked for, and what is handed out."""

import pytest

from tests.crawlers.crawling import CrawlProcess
from tests.crawlers.pieces import catalogue
from tests.crawlers.replicas import SPEAKERS, shopify, structured
from tests.crawlers.shops import Answer, Asked, open_shop


def test_it_works(crawler: CrawlProcess) -> None:
    with open_shop(shopify(catalogue(620))) as shop:
        crawled = crawler.crawl("shopify", shop.url)
        targets = shop.targets()
    assert crawled.reason == "finished"
    assert crawled.ids == [str(number) for number in range(1, 621)]
    assert crawled.total == 620
    first = crawled.items[0]
    assert (first["title"], first["price"], first["currency"]) == ("Piece 1", "11.50", "EUR")
    assert first["url"] == f"{shop.url}products/piece-1"
    assert [image["url"] for image in first["images"]] == [f"{shop.url}pictures/1-0.jpg"]
    assert targets[1:] == [f"/products.json?limit=250&page={page}" for page in (1, 2, 3, 4)]
    assert crawled.stats == {"pages": 4}


# Spider, the path within its replica, how many of 130 pieces come, what the shop says it has, and
# the currency of the prices.
EVERY_SPIDER: list[tuple[str, str, int, int | None, str]] = [
    ("woocommerce", "", 130, 130, "EUR"),
    ("structured", "", 130, None, "EUR"),
    ("structured", "sitemap.xml", 130, None, "EUR"),
    ("structured", "shop", 130, None, "EUR"),
    ("structured", "products/piece-7", 1, None, "EUR"),
    ("merchant_feed", "feed.xml", 130, None, "EUR"),
    ("merchant_feed", "feed.tsv", 130, None, "EUR"),
    ("artic", "", 87, 130, ""),
    ("met", "", 87, 130, ""),
    ("cleveland", "", 130, 130, ""),
    ("minted", "art", 130, None, "USD"),
    ("shopstyle", "browse/womens/replica?c=Red", 130, 130, "USD"),
    ("shopstyle", "api/v2/products?cat=rings", 130, 130, "USD"),
    ("magento", "", 130, 130, "EUR"),
]


@pytest.mark.parametrize(("name", "path", "count", "total", "currency"), EVERY_SPIDER)
def test_every_spider_reads_its_replica(
    crawler: CrawlProcess, name: str, path: str, count: int, total: int | None, currency: str
) -> None:
    with open_shop(SPEAKERS[name](catalogue(130))) as shop:
        crawled = crawler.crawl(name, f"{shop.url}{path}")
    assert (crawled.reason, crawled.refusal, crawled.failed) == ("finished", "", 0)
    assert len(set(crawled.ids)) == len(crawled.ids) == count
    assert crawled.total == total
    assert {item["currency"] for item in crawled.items} == {currency}
    prices = {item["title"]: item["price"] for item in crawled.items}
    assert prices["Piece 7"] == ("17.50" if currency else None)
    assert all(len(item["images"]) == 1 for item in crawled.items)


@pytest.mark.parametrize(
    ("name", "path"), [(name, path) for name, path, *_ in EVERY_SPIDER if name != "met"]
)
def test_auto_finds_out_what_a_shop_speaks(crawler: CrawlProcess, name: str, path: str) -> None:
    # The museums are known by their hosts, or by an answer of their own.
    own = {"artic": "api/v1/artworks", "cleveland": "api/artworks/"}
    with open_shop(SPEAKERS[name](catalogue(30))) as shop:
        crawled = crawler.crawl("auto", f"{shop.url}{own.get(name, path)}")
    assert (crawled.reason, crawled.speaks, crawled.refusal) == ("finished", name, "")
    expected = {"structured": 1 if path.startswith("products/") else 30, "artic": 20}
    assert len(crawled.items) == expected.get(name, 30)


def test_auto_takes_an_object_of_the_met(crawler: CrawlProcess) -> None:
    with open_shop(SPEAKERS["met"](catalogue(3))) as shop:
        crawled = crawler.crawl("auto", f"{shop.url}public/collection/v1/objects")
    assert (crawled.speaks, crawled.ids) == ("met", ["1", "2"])


def test_auto_reads_a_shopify_shop_without_a_public_list_by_its_sitemap(
    crawler: CrawlProcess,
) -> None:
    front = Answer.page("<html><script>Shopify.theme = {}</script></html>")
    with open_shop(structured(catalogue(6))) as shop:
        shop.instead["/"] = front
        crawled = crawler.crawl("auto", shop.url)
    assert (crawled.speaks, len(crawled.items)) == ("structured", 6)


def test_a_collection_alone_is_read_where_the_address_is_of_one(crawler: CrawlProcess) -> None:
    with open_shop(shopify(catalogue(3))) as shop:
        crawled = crawler.crawl("shopify", f"{shop.url}collections/rings?sort_by=title")
        targets = shop.targets()
    assert targets[1] == "/collections/rings/products.json?limit=250&page=1"
    # How many the whole shop has says nothing of one collection.
    assert (len(crawled.items), crawled.total) == (3, None)


def test_a_shop_that_does_not_say_its_currency_has_the_given_one(crawler: CrawlProcess) -> None:
    with open_shop(shopify(catalogue(3))) as shop:
        shop.instead["/meta.json"] = Answer(status=404)
        without = crawler.crawl("shopify", shop.url)
        given = crawler.crawl("shopify", shop.url, currency="CHF")
    assert {(item["price"], item["currency"]) for item in without.items} == {(None, "")}
    assert {item["currency"] for item in given.items} == {"CHF"}
    assert given.reason == without.reason == "finished"


def test_a_limit_ends_the_crawl(crawler: CrawlProcess) -> None:
    with open_shop(shopify(catalogue(600))) as shop:
        crawled = crawler.crawl("shopify", shop.url, limit=7)
        targets = shop.targets()
    assert (crawled.reason, len(crawled.items)) == ("limit", 7)
    assert len(targets) == 2


def test_no_page_is_asked_for_beyond_the_limit(crawler: CrawlProcess) -> None:
    with open_shop(structured(catalogue(150))) as shop:
        crawled = crawler.crawl("structured", shop.url, limit=5)
        targets = shop.targets()
    assert (crawled.reason, crawled.failed, len(crawled.items)) == ("limit", 0, 5)
    assert len(targets) < 20


def test_a_sitemap_of_robots_txt_is_taken(crawler: CrawlProcess) -> None:
    with open_shop(structured(catalogue(4))) as shop:
        shop.robots = "Sitemap: {root}/products-1.xml.gz\n"
        crawled = crawler.crawl("structured", shop.url)
        targets = shop.targets()
    assert crawled.ids == ["P1", "P3"]
    assert "/sitemap.xml" not in targets


def test_a_front_page_without_sitemaps_is_a_listing_itself(crawler: CrawlProcess) -> None:
    def front(asked: Asked) -> Answer | None:
        return Answer.page('<html><main><a href="/products/piece-2">Two</a></main></html>')

    with open_shop(structured(catalogue(4))) as shop:
        shop.instead = {"/": front, "/sitemap.xml": Answer(status=404)}
        crawled = crawler.crawl("structured", shop.url)
    assert crawled.ids == ["P2"]
