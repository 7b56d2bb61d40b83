"""How a crawl ends: with a sentence for an owner, or stopped in a way that another goes on from."""

import gzip
import signal
import socket
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from tests.crawlers.crawling import CrawlProcess
from tests.crawlers.pieces import catalogue
from tests.crawlers.replicas import shopify, structured
from tests.crawlers.shops import Answer, Asked, Shop, open_shop

SMALL = {"RETRY_TIMES": 0, "DOWNLOAD_MAXSIZE": 500_000, "DOWNLOAD_TIMEOUT": 2}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop(structured(catalogue(5))) as shop:
        yield shop


def refusal(crawler: CrawlProcess, spider: str, url: str) -> str:
    crawled = crawler.crawl(spider, url, SMALL)
    assert (crawled.reason, crawled.items) == ("refused", [])
    assert " The catalogue stays as it was. " in crawled.refusal
    return crawled.refusal


def test_it_works(crawler: CrawlProcess, shop: Shop) -> None:
    crawled = crawler.crawl("auto", shop.url)
    assert (crawled.reason, crawled.refusal, len(crawled.items)) == ("finished", "", 5)


LISTS = ["shopify", "woocommerce", "artic", "cleveland", "met", "magento"]


@pytest.mark.parametrize("spider", LISTS)
def test_what_is_no_such_shop(crawler: CrawlProcess, shop: Shop, spider: str) -> None:
    assert "could not be read: 127.0.0.1 answered 404." in refusal(crawler, spider, shop.url)


@pytest.mark.parametrize("spider", [*LISTS, "merchant_feed", "shopstyle"])
def test_a_web_page_where_data_are_due(crawler: CrawlProcess, spider: str) -> None:
    page = Answer.page("<!doctype html><title>Welcome</title>")
    with open_shop(lambda asked: None if asked.path == "/robots.txt" else page) as shop:
        sentence = refusal(crawler, spider, shop.url)
    due = "has no script#app-state" if spider == "shopstyle" else "is a web page, and should be"
    assert due in sentence
    assert "Check the address, or let “auto” find out" in sentence


def test_a_broken_sitemap_alone(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/sitemap.xml"] = Answer("<urlset><url><loc>http://", kind="application/xml")
    sentence = refusal(crawler, "structured", f"{shop.url}sitemap.xml")
    assert "is broken XML" in sentence


def test_an_empty_shop(crawler: CrawlProcess) -> None:
    with open_shop(shopify([])) as shop:
        assert f"No products were found at {shop.url}." in refusal(crawler, "shopify", shop.url)


def test_a_shop_of_which_no_page_can_be_read(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead = {f"/products/piece-{number}": Answer(status=500) for number in range(1, 6)}
    sentence = refusal(crawler, "structured", shop.url)
    assert f"No products were found at {shop.url}: 5 of its pages could not be read." in sentence


def test_pages_without_products(crawler: CrawlProcess, shop: Shop) -> None:
    sentence = refusal(crawler, "structured", f"{shop.url}about")
    assert f"No products were found at {shop.url}about." in sentence


def test_a_site_that_speaks_nothing_known(crawler: CrawlProcess) -> None:
    page = Answer.page("<html><p>My holidays</p></html>")
    with open_shop(lambda asked: page if asked.path == "/" else None) as shop:
        assert "speaks nothing that this crawler reads" in refusal(crawler, "auto", shop.url)


@pytest.mark.parametrize("spider", ["shopify", "auto"])
def test_a_server_that_is_not_there(crawler: CrawlProcess, spider: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sentence = refusal(crawler, spider, f"http://127.0.0.1:{port}/")
    assert "127.0.0.1 could not be reached." in sentence


BOMB = gzip.compress(bytes(40_000_000), 9)
OVERSIZED = [
    ("large", Answer(b" " * 600_000), "too large"),
    ("endless", Answer(blocks=repeat(b" " * 65_536)), "too large"),
    ("bomb", Answer(BOMB, headers={"Content-Encoding": "gzip"}), "too large"),
    ("bomb in a bomb", Answer(gzip.compress(BOMB), headers={"Content-Encoding": "gzip, gzip"}),
     "too large"),
    ("never", Answer(wait=5), "timeout"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "kind"), [each[1:] for each in OVERSIZED], ids=[each[0] for each in OVERSIZED]
)
def test_what_is_too_large_or_too_slow_costs_itself_alone(
    crawler: CrawlProcess, shop: Shop, answer: Answer, kind: str
) -> None:
    shop.instead["/products/piece-2"] = answer
    crawled = crawler.crawl("structured", shop.url, SMALL)
    assert (crawled.reason, sorted(crawled.ids)) == ("finished", ["P1", "P3", "P4", "P5"])
    assert crawled.stats[f"errors/{kind}"] == crawled.failed == 1


def test_a_drip_without_end_is_not_waited_for(crawler: CrawlProcess, shop: Shop) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.2)
            yield b"."

    shop.instead["/products/piece-2"] = lambda asked: Answer(blocks=drip())
    crawled = crawler.crawl("structured", shop.url, SMALL)
    assert (crawled.reason, len(crawled.items)) == ("finished", 4)
    assert crawled.stats["errors/timeout"] == 1


def test_a_crawl_that_takes_too_long_ends(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/products/piece-1"] = Answer(wait=300)
    crawled = crawler.crawl("structured", shop.url, {"PENDANT_MOST_HOURS": 1 / 3600})
    assert (crawled.reason, crawled.items) == ("refused", [])
    assert crawled.refusal == (
        "The crawl of 127.0.0.1 took more than 0 hours. The catalogue stays as it was."
        " Give the address of a smaller list."
    )


def test_xml_that_declares_entities_is_refused(crawler: CrawlProcess) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    feed = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]><rss><channel>&l9;</channel></rss>'
    with open_shop() as shop:
        shop.instead["/feed.xml"] = Answer(feed, kind="application/xml")
        sentence = refusal(crawler, "merchant_feed", f"{shop.url}feed.xml")
    assert "declares a document type" in sentence


def stop_when(shop: Shop, count: int, process: CrawlProcess, answer: Answer) -> None:
    """Send SIGTERM to the crawl with the request of that number, and answer it so."""

    def watch(asked: Asked) -> Answer | None:
        pages = [each for each in shop.asked if each.path.startswith("/products/")]
        if len(pages) != count:
            return None
        process.process.send_signal(signal.SIGTERM)
        return answer

    shop.instead.update({f"/products/piece-{n}": watch for n in range(1, 200)})


@pytest.mark.parametrize(
    ("spider", "answer"),
    [
        ("structured", Answer.page("<html></html>")),
        ("auto", Answer(status=429, headers={"Retry-After": "500"})),
        ("structured", Answer(wait=300)),
    ],
    ids=["at work", "waiting", "fetching"],
)
def test_a_crawl_goes_on_from_a_clean_stop(tmp_path: Path, spider: str, answer: Answer) -> None:
    with open_shop(structured(catalogue(150))) as shop:
        process = CrawlProcess(jobdir=str(tmp_path))
        stop_when(shop, 60, process, answer)
        stopped = process.crawl(spider, shop.url)
        process.close()
        assert stopped.reason == "shutdown"
        shop.instead.clear()
        process = CrawlProcess(jobdir=str(tmp_path))
        resumed = process.crawl(spider, shop.url)
        process.close()
    assert resumed.reason == "finished"
    assert len(stopped.items) >= 55
    # Where it was at work, the page in hand was read, and had no product.
    lost = 1 if answer.body else 0
    assert len(stopped.ids) + len(resumed.ids) == 150 - lost
    assert len({*stopped.ids, *resumed.ids}) == 150 - lost
    assert resumed.speaks == "structured"
