"""What shops get wrong: broken pages, lists without end, pages that come again."""

from typing import Any

import pytest

from tests.crawlers.crawling import CrawlProcess
from tests.crawlers.pieces import catalogue
from tests.crawlers.replicas import shopify, structured
from tests.crawlers.shops import Answer, Asked, open_shop


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer('{"products": [{"id": 1, "tit'), "malformed"),
        (Answer.page("<!doctype html><h1>Maintenance</h1>"), "malformed"),
        (Answer(b"\xff\x00" * 50), "malformed"),
        (Answer(""), "malformed"),
        (Answer("[" * 100_000), "malformed"),
        (Answer(status=500), "status 500"),
        (Answer('{"products": []}', cut=500), "cut off"),
    ],
)
def test_a_page_that_cannot_be_read_costs_itself_alone(
    crawler: CrawlProcess, answer: Answer, kind: str
) -> None:
    with open_shop(shopify(catalogue(700))) as shop:
        shop.instead["/products.json"] = lambda asked: (
            answer if asked.number("page", 1) == 2 else None
        )
        crawled = crawler.crawl("shopify", shop.url, {"RETRY_TIMES": 0})
    assert crawled.reason == "finished"
    assert crawled.ids == [str(number) for number in [*range(1, 251), *range(501, 701)]]
    assert crawled.stats["failed_pages"] == crawled.stats[f"errors/{kind}"] == 1


def test_a_product_page_that_cannot_be_read_costs_itself_alone(crawler: CrawlProcess) -> None:
    with open_shop(structured(catalogue(6))) as shop:
        shop.instead = {
            "/products/piece-1": Answer(status=500),
            "/products/piece-2": Answer(status=410),
            "/products/piece-3": Answer.page(""),
            "/products/piece-4": Answer.page("<html><p>Sold</p></html>"),
        }
        crawled = crawler.crawl("structured", shop.url, {"RETRY_TIMES": 0})
    assert crawled.reason == "finished"
    assert sorted(crawled.ids) == ["P5", "P6"]
    # What is gone, or no product any more, is left out; it is no failure.
    expected: dict[str, Any] = {"failed_pages": 2, "skipped/gone": 1, "skipped/no product": 1}
    assert {name: crawled.stats.get(name) for name in expected} == expected


def test_pages_that_come_again_end_the_list(crawler: CrawlProcess) -> None:
    def always_the_first(asked: Asked) -> Answer | None:
        return speak(Asked("GET", "/products.json?limit=250", asked.headers, b"", 0.0))

    speak = shopify(catalogue(9))
    with open_shop(speak) as shop:
        shop.instead["/products.json"] = always_the_first
        crawled = crawler.crawl("shopify", shop.url)
        targets = shop.targets()
    assert (crawled.reason, len(crawled.items)) == ("finished", 9)
    assert len(targets) == 3


def test_a_list_without_end_is_refused(crawler: CrawlProcess) -> None:
    def endless(asked: Asked) -> Answer | None:
        pieces = catalogue(250, first=asked.number("page", 1) * 250)
        return shopify(pieces)(Asked("GET", "/products.json?limit=250", asked.headers, b"", 0.0))

    with open_shop(shopify(catalogue(1))) as shop:
        shop.instead["/products.json"] = endless
        crawled = crawler.crawl("shopify", shop.url, {"PENDANT_MOST_PAGES": 4})
    assert (crawled.reason, len(crawled.items)) == ("refused", 1000)
    assert crawled.refusal == (
        "The list of 127.0.0.1 goes on without end: it has more than 4 pages. The 1,000 products"
        " read before are kept. Give the address of a smaller list."
    )


def test_three_broken_pages_in_a_row_end_the_run(crawler: CrawlProcess) -> None:
    with open_shop(shopify(catalogue(2000))) as shop:
        shop.instead["/products.json"] = lambda asked: (
            Answer("{") if asked.number("page", 1) > 2 else None
        )
        crawled = crawler.crawl("shopify", shop.url)
    assert (crawled.reason, len(crawled.items), crawled.failed) == ("refused", 500, 3)
    assert crawled.refusal.startswith("3 pages in a row could not be read")
