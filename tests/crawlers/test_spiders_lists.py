"""Spiders of lists, against their replicas on loopback."""

from tests.crawlers.crawling import CrawlProcess
from tests.crawlers.pieces import catalogue
from tests.crawlers.replicas import shopify
from tests.crawlers.shops import open_shop


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
