"""How crawlers behave towards a shop: what its log tells of them."""

import gzip
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from itertools import pairwise

import pytest

from catalog.fetching import USER_AGENT
from tests.crawlers.crawling import Crawled, CrawlProcess
from tests.crawlers.museums import artic
from tests.crawlers.pieces import catalogue
from tests.crawlers.replicas import shopify, structured
from tests.crawlers.shops import Answer, Asked, Shop, open_shop

SOON = {"RETRY_TIMES": 1, "PENDANT_FIRST_WAIT": 0.05}
UNTOUCHED = "The catalogue stays as it was."


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop(shopify(catalogue(500))) as shop:
        yield shop


@pytest.fixture
def pages() -> Iterator[Shop]:
    with open_shop(structured(catalogue(6))) as shop:
        yield shop


def assert_refused(crawled: Crawled, *words: str) -> None:
    assert crawled.reason == "refused"
    assert crawled.items == []
    assert UNTOUCHED in crawled.refusal
    for word in words:
        assert word in crawled.refusal


def gaps(shop: Shop) -> list[float]:
    """Return the seconds between one request and the next, robots.txt before all."""
    times = [asked.at for asked in shop.asked]
    return [after - before for before, after in pairwise(times)]


def test_it_works(crawler: CrawlProcess, shop: Shop) -> None:
    shop.robots = "User-agent: *\nDisallow: /cart\n"
    assert len(crawler.crawl("shopify", shop.url).items) == 500
    assert [asked.path for asked in shop.asked].count("/robots.txt") == 1
    assert shop.asked[0].path == "/robots.txt"
    assert {asked.headers["user-agent"] for asked in shop.asked} == {USER_AGENT}


def test_a_crawl_takes_so_much_memory_and_no_more(shop: Shop) -> None:
    weight = bytearray(600 * 1024 * 1024)
    weight[::4096] = b"x" * len(weight[::4096])
    process = CrawlProcess()
    try:
        allowed = {"MEMUSAGE_LIMIT_MB": 500, "MEMUSAGE_CHECK_INTERVAL_SECONDS": 0.01}
        # What this process holds, which started the crawler, is not the crawler's.
        assert process.crawl("shopify", shop.url, allowed).reason == "finished"
        allowed["MEMUSAGE_LIMIT_MB"] = 20
        assert process.crawl("shopify", shop.url, allowed).reason == "memusage_exceeded"
    finally:
        process.close()


def test_an_owner_is_named_to_the_shop(shop: Shop) -> None:
    process = CrawlProcess(contact="mailto:owner@museum.example")
    try:
        process.crawl("shopify", shop.url)
    finally:
        process.close()
    agents = {asked.headers["user-agent"] for asked in shop.asked}
    assert agents == {f"{USER_AGENT} (+mailto:owner@museum.example)"}


@pytest.mark.parametrize(
    "rules", ["User-agent: *\nDisallow: /", "User-agent: pendant\nDisallow: /products.json"]
)
def test_what_robots_txt_forbids_is_not_asked(
    crawler: CrawlProcess, shop: Shop, rules: str
) -> None:
    shop.robots = rules
    crawled = crawler.crawl("shopify", shop.url)
    assert "/products.json?limit=250&page=1" not in shop.targets()
    assert_refused(crawled, "robots.txt of 127.0.0.1", "/products.json")


def test_rules_for_other_crawlers_are_theirs(crawler: CrawlProcess, shop: Shop) -> None:
    shop.robots = "User-agent: Pendantic\nDisallow: /\n\nUser-agent: Pendant\nDisallow: /cart\n"
    assert crawler.crawl("shopify", shop.url).reason == "finished"


def test_a_page_that_robots_txt_forbids_is_left_out(crawler: CrawlProcess, pages: Shop) -> None:
    pages.robots = "User-agent: *\nDisallow: /products/piece-3\nSitemap: {root}/sitemap.xml\n"
    crawled = crawler.crawl("structured", pages.url)
    assert crawled.reason == "finished"
    assert sorted(crawled.ids) == ["P1", "P2", "P4", "P5", "P6"]
    assert (crawled.failed, crawled.stats["skipped/robots.txt"]) == (0, 1)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_shop_without_robots_txt_is_free(crawler: CrawlProcess, shop: Shop, status: int) -> None:
    shop.instead["/robots.txt"] = Answer(status=status)
    assert crawler.crawl("shopify", shop.url).reason == "finished"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=503),
        Answer(status=500),
        Answer("User-agent: *\n", wait=3),
        Answer("User-agent: *\n", cut=100),
        Answer("#" * 600_000),
        Answer(gzip.compress(b"#" * 600_000), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["503", "500", "slow", "cut off", "too large", "bomb"],
)
def test_a_robots_txt_that_cannot_be_read_keeps_crawlers_away(
    crawler: CrawlProcess, shop: Shop, answer: Answer
) -> None:
    shop.instead["/robots.txt"] = answer
    crawled = crawler.crawl("shopify", shop.url, {**SOON, "DOWNLOAD_TIMEOUT": 1})
    assert shop.targets() == []
    assert_refused(crawled, "robots.txt of 127.0.0.1 could not be read")


@pytest.mark.parametrize("rule", ["Crawl-delay: 0.4", "Request-rate: 5/2"])
def test_the_delay_that_robots_txt_asks_for_is_kept(
    crawler: CrawlProcess, shop: Shop, rule: str
) -> None:
    shop.robots = f"User-agent: *\n{rule}\n"
    assert crawler.crawl("shopify", shop.url).reason == "finished"
    assert len(shop.asked) == 5
    assert min(gaps(shop)[1:]) >= 0.4


def test_a_delay_beyond_patience_is_not_cut_short(crawler: CrawlProcess, shop: Shop) -> None:
    shop.robots = "User-agent: *\nCrawl-delay: 3600\n"
    crawled = crawler.crawl("shopify", shop.url)
    assert shop.targets() == []
    assert_refused(crawled, "asks to wait 3600 seconds")


def test_the_delay_of_the_crawl_is_kept(crawler: CrawlProcess, shop: Shop) -> None:
    crawler.crawl("shopify", shop.url, {"PENDANT_DELAY": 0.3})
    assert min(gaps(shop)) >= 0.3


def test_a_museum_is_asked_60_times_a_minute_at_most(crawler: CrawlProcess) -> None:
    with open_shop(artic(catalogue(250))) as museum:
        settings = {"PENDANT_LEARNS_DELAY": True, "PENDANT_DELAY": 0}
        assert len(crawler.crawl("artic", museum.url, settings).items) == 167
        assert len(museum.targets()) == 3
        assert min(gaps(museum)) >= 1


def test_a_slow_shop_is_asked_less_often(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/products.json"] = lambda asked: (
        Answer('{"products": [{}]}', wait=0.4) if asked.number("page", 1) == 1 else None
    )
    crawler.crawl("shopify", shop.url, {"PENDANT_LEARNS_DELAY": True})
    # The third page comes after the answer to the second, and the delay learnt from the first.
    assert gaps(shop)[-1] >= 0.2


def test_one_request_at_a_time(crawler: CrawlProcess) -> None:
    running = threading.Semaphore(1)
    together: list[str] = []

    def alone(asked: Asked) -> Answer | None:
        if not running.acquire(blocking=False):
            together.append(asked.target)
            return None
        time.sleep(0.02)
        running.release()
        return speak(asked)

    speak = structured(catalogue(30))
    with open_shop(alone) as shop:
        assert len(crawler.crawl("structured", shop.url).items) == 30
    assert together == []


@pytest.mark.parametrize("status", [429, 430, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_shop_that_asks_for_time_gets_it(
    crawler: CrawlProcess, shop: Shop, status: int, as_date: bool
) -> None:
    def busy(asked: Asked) -> Answer | None:
        if sum(each.path == asked.path for each in shop.asked) > 1:
            return None
        # A date has whole seconds: two from now are more than one.
        later = formatdate(time.time() + 2, usegmt=True) if as_date else "1"
        return Answer(status=status, headers={"Retry-After": later})

    shop.instead["/products.json"] = busy
    crawled = crawler.crawl("shopify", shop.url)
    assert (crawled.reason, len(crawled.items), crawled.failed) == ("finished", 500, 0)
    assert gaps(shop)[2] >= 1


def test_waits_double_until_the_run_ends(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/products.json"] = Answer(status=429)
    crawled = crawler.crawl("shopify", shop.url, SOON)
    assert [gap >= 0.05 * 2**n for n, gap in enumerate(gaps(shop)[2:])] == [True] * 5
    assert_refused(crawled, "went on asking crawlers to slow down")


def test_a_wait_beyond_patience_ends_the_run(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/products.json"] = Answer(status=429, headers={"Retry-After": "86400"})
    assert_refused(crawler.crawl("shopify", shop.url), "asks to wait 86400 seconds")
    assert len(shop.targets()) == 2


def test_what_fails_for_the_moment_is_tried_again(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/products.json"] = lambda asked: (
        Answer(status=502)
        if [each.target for each in shop.asked].count(asked.target) == 1
        else None
    )
    crawled = crawler.crawl("shopify", shop.url, SOON)
    assert (len(crawled.items), crawled.failed) == (500, 0)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_ends_the_run(crawler: CrawlProcess, shop: Shop, status: int) -> None:
    shop.instead["/products.json"] = Answer.page("<h1>Forbidden</h1>", status=status)
    crawled = crawler.crawl("shopify", shop.url)
    assert_refused(crawled, "127.0.0.1 refuses crawlers", str(status))
    assert len(shop.targets()) == 2


def test_a_refusal_in_the_middle_tells_what_is_kept(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/products.json"] = lambda asked: (
        Answer(status=403) if asked.number("page", 1) == 2 else None
    )
    crawled = crawler.crawl("shopify", shop.url)
    assert (crawled.reason, len(crawled.items)) == ("refused", 250)
    assert "The 250 products read before are kept." in crawled.refusal
    assert len(shop.targets()) == 3


CHALLENGES = {
    "Cloudflare": [
        Answer.page("<title>Just a moment...</title>", status=403),
        Answer.page("<title>Just a moment...</title>"),
        Answer.page("<script src=/cdn-cgi/challenge-platform/h/b></script>", status=503),
        Answer.page("Wait", status=429, headers={"cf-mitigated": "challenge"}),
    ],
    "DataDome": [Answer.page('<script src="//ct.captcha-delivery.com/c.js">', status=403)],
    "AWS WAF": [Answer.page("", status=202, headers={"x-amzn-waf-action": "challenge"})],
}


@pytest.mark.parametrize(
    ("guard", "answer"), [(guard, answer) for guard, all_ in CHALLENGES.items() for answer in all_]
)
@pytest.mark.parametrize("spider", ["shopify", "auto"])
def test_a_challenge_page_ends_the_run(
    crawler: CrawlProcess, shop: Shop, spider: str, guard: str, answer: Answer
) -> None:
    shop.instead = {"/products.json": answer, "/": answer}
    crawled = crawler.crawl(spider, shop.url)
    assert_refused(crawled, f"challenge page ({guard})")


def test_a_page_that_a_guard_let_through_is_read(crawler: CrawlProcess, pages: Shop) -> None:
    script = "<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script>"
    link = '<main><a href="/products/piece-1">One</a></main>'
    pages.instead["/shop"] = Answer.page(f"<html>{script}{link}</html>")
    assert crawler.crawl("structured", f"{pages.url}shop").ids == ["P1"]


def test_no_cookies_are_kept(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/meta.json"] = Answer.of(
        {"currency": "EUR"}, headers={"Set-Cookie": "visitor=7; Path=/"}
    )
    crawler.crawl("shopify", shop.url)
    assert not any("cookie" in asked.headers for asked in shop.asked)
