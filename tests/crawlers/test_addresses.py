"""Whom crawlers connect to: every name, redirect, robots.txt and sitemap is checked."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.crawlers.crawling import Crawled, CrawlProcess
from tests.crawlers.pieces import catalogue
from tests.crawlers.replicas import shopify, structured
from tests.crawlers.shops import Answer, Shop, open_shop

CERTIFICATE = Path(__file__).parents[1] / "catalog" / "shop.example.pem"
SOON = {"RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 5}


@pytest.fixture(scope="module")
def stranger() -> Iterator[CrawlProcess]:
    """Crawl as on the internet, without saying whom to write to."""
    names = {
        "shop.example": [["93.184.216.34"]],
        "mixed.example": [["93.184.216.34", "127.0.0.1"]],
        "nowhere.example": [[]],
    }
    process = CrawlProcess(allow_private=False, names=names)
    yield process
    process.close()


@pytest.fixture(scope="module")
def guest() -> Iterator[CrawlProcess]:
    """Crawl as on the internet; 127.0.0.1 counts as a public address there."""
    names = {
        "shop.example": [["127.0.0.1"]],
        "www.shop.example": [["127.0.0.1"]],
        "metadata.shop.example": [["169.254.169.254"]],
        "inside.shop.example": [["127.0.0.2"]],
        "far.example": [["93.184.216.34"]],
        "other.example": [["127.0.0.1"]],
        "xn--bcher-kva.example": [["127.0.0.1"]],
    }
    process = CrawlProcess(
        allow_private=False,
        contact="mailto:owner@museum.example",
        names=names,
        settings={"PENDANT_KNOWN_ADDRESSES": ["127.0.0.1"]},
    )
    yield process
    process.close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop(shopify(catalogue(3)), structured(catalogue(3))) as shop:
        yield shop


def refusal(crawled: Crawled) -> str:
    assert (crawled.reason, crawled.items) == ("refused", [])
    assert "The catalogue stays as it was." in crawled.refusal
    return crawled.refusal


def test_it_works(guest: CrawlProcess, shop: Shop) -> None:
    assert len(guest.crawl("shopify", shop.at("shop.example")).items) == 3
    assert {asked.headers["host"] for asked in shop.asked} == {f"shop.example:{shop.port}"}


def test_a_name_beyond_ascii(guest: CrawlProcess, shop: Shop) -> None:
    assert len(guest.crawl("shopify", shop.at("Bücher.example")).items) == 3


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "LOCALHOST", "127.1", "0", "2130706433", "0x7f000001", "[::1]",
        "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "10.0.0.1", "192.168.0.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "mixed.example",
    ],
)  # fmt: skip
def test_private_addresses_are_not_asked(stranger: CrawlProcess, shop: Shop, host: str) -> None:
    sentence = refusal(stranger.crawl("shopify", shop.at(host), SOON))
    assert shop.asked == []
    expected = "private network" if host != "mixed.example" else "CRAWLER_CONTACT"
    assert expected in sentence


def test_no_public_site_is_asked_by_a_stranger(stranger: CrawlProcess) -> None:
    sentence = refusal(stranger.crawl("shopify", "http://shop.example/"))
    assert "Set CRAWLER_CONTACT" in sentence


def test_a_name_without_a_server(stranger: CrawlProcess) -> None:
    sentence = refusal(stranger.crawl("shopify", "http://nowhere.example/", SOON))
    assert "No server named nowhere.example was found." in sentence


def test_unusual_ports_of_public_addresses_are_not_asked(guest: CrawlProcess) -> None:
    sentence = refusal(guest.crawl("shopify", "http://far.example:8080/"))
    assert "far.example names an unusual port." in sentence


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://shop.example/x", "s3://bucket/key", "data:text/html,<p>",
        "javascript:alert(1)", "shop.example", "//shop.example/", "http://", "",
        "http://shop.example:99999/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("spider", ["structured", "auto"])
def test_what_is_no_web_address_is_not_asked(crawler: CrawlProcess, spider: str, url: str) -> None:
    assert "is not a web address" in refusal(crawler.crawl(spider, url))


def test_names_and_passwords_are_not_sent(crawler: CrawlProcess, shop: Shop) -> None:
    crawled = crawler.crawl("shopify", shop.at("owner:secret@127.0.0.1"))
    assert "user name or password" in refusal(crawled)
    assert "secret" not in crawled.refusal
    assert shop.asked == []


def test_a_name_that_rebinds_is_asked_once_a_connection(shop: Shop) -> None:
    # From the second question on the name leads elsewhere, where nobody answers.
    process = CrawlProcess(names={"shop.example": [["127.0.0.1"], ["127.0.0.2"]]})
    try:
        crawled = process.crawl("shopify", shop.at("shop.example"))
    finally:
        process.close()
    assert (len(crawled.items), crawled.asked) == (3, ["shop.example"])


def test_a_name_that_rebinds_is_checked_each_time(shop: Shop) -> None:
    closing = {"Connection": "close"}
    shop.instead["/robots.txt"] = Answer("User-agent: *\n", headers=closing)
    process = CrawlProcess(
        allow_private=False,
        contact="mailto:owner@museum.example",
        names={"shop.example": [["127.0.0.1"], ["127.0.0.2"]]},
        settings={"PENDANT_KNOWN_ADDRESSES": ["127.0.0.1"]},
    )
    try:
        crawled = process.crawl("shopify", shop.at("shop.example"))
    finally:
        process.close()
    assert "shop.example leads into a private network" in refusal(crawled)
    assert crawled.asked[:2] == ["shop.example", "shop.example"]
    assert [asked.path for asked in shop.asked] == ["/robots.txt"]


@pytest.mark.parametrize("host", ["metadata.shop.example", "inside.shop.example"])
@pytest.mark.parametrize("at", ["/products.json", "/robots.txt"])
def test_redirects_into_private_networks_are_not_followed(
    guest: CrawlProcess, shop: Shop, at: str, host: str
) -> None:
    shop.instead[at] = Answer(status=302, headers={"Location": f"http://{host}/latest/"})
    crawled = guest.crawl("shopify", shop.at("shop.example"), SOON)
    assert "leads into a private network" in refusal(crawled)


@pytest.mark.parametrize(
    ("place", "counted"),
    [
        ("http://metadata.shop.example/latest/meta-data/", "skipped/a private address"),
        ("http://169.254.169.254/latest/meta-data/", "skipped/another site"),
        ("http://other.example/", "skipped/another site"),
        ("http://shop.example.other.example/", "skipped/another site"),
        ("file:///etc/passwd", "errors/status 302"),
        ("http://owner:secret@shop.example/", "errors/credentials"),
    ],
)
def test_a_page_that_leads_away_is_left_out(
    guest: CrawlProcess, shop: Shop, place: str, counted: str
) -> None:
    shop.instead["/products/piece-2"] = Answer(status=302, headers={"Location": place})
    crawled = guest.crawl("structured", shop.at("shop.example"), SOON)
    assert (crawled.reason, sorted(crawled.ids)) == ("finished", ["P1", "P3"])
    assert crawled.stats[counted] == 1


def test_links_of_a_sitemap_to_elsewhere_are_not_followed(guest: CrawlProcess, shop: Shop) -> None:
    places = [
        "http://169.254.169.254/latest/", "http://metadata.shop.example/", "file:///etc/passwd",
        "http://127.0.0.1:1/", "ftp://shop.example/x", "http://other.example/products/piece-1",
        f"{shop.at('shop.example')}products/piece-2",
    ]  # fmt: skip
    entries = "".join(f"<url><loc>{place}</loc></url>" for place in places)
    shop.instead["/sitemap.xml"] = Answer(f"<urlset>{entries}</urlset>", kind="application/xml")
    crawled = guest.crawl("structured", f"{shop.at('shop.example')}sitemap.xml", SOON)
    assert (crawled.reason, crawled.ids) == ("finished", ["P2"])
    assert crawled.stats["skipped/another site"] == 3
    assert crawled.stats["skipped/a private address"] == 1


def test_a_shop_that_moved_to_www_is_followed(guest: CrawlProcess, shop: Shop) -> None:
    def moved(asked: object) -> Answer | None:
        is_old = shop.asked[-1].headers["host"].startswith("shop.example")
        place = f"{shop.at('www.shop.example')}meta.json"
        return Answer(status=301, headers={"Location": place}) if is_old else None

    shop.instead["/meta.json"] = moved
    assert len(guest.crawl("shopify", shop.at("shop.example")).items) == 3


def test_a_shop_that_moved_to_another_site_is_not(guest: CrawlProcess, shop: Shop) -> None:
    place = f"{shop.at('other.example')}products.json"
    shop.instead["/products.json"] = Answer(status=301, headers={"Location": place})
    sentence = refusal(guest.crawl("shopify", shop.at("shop.example")))
    assert "belongs to another site than shop.example" in sentence
    assert "other.example" in sentence


def test_redirects_in_a_circle_end(crawler: CrawlProcess, shop: Shop) -> None:
    shop.instead["/products.json"] = Answer(status=302, headers={"Location": "/products.json?a=1"})
    sentence = refusal(crawler.crawl("shopify", shop.url))
    assert "leads on to other addresses too many times" in sentence


def test_proxies_of_the_environment_are_not_used(shop: Shop) -> None:
    with open_shop(shopify(catalogue(9))) as proxy:
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), proxy.url)
        process = CrawlProcess(proxies)
        try:
            assert len(process.crawl("shopify", shop.url).items) == 3
        finally:
            process.close()
        assert proxy.asked == []


def test_a_crawler_listens_to_nobody(crawler: CrawlProcess, shop: Shop) -> None:
    open_ports: list[Any] = []

    def look(asked: object) -> None:
        process = psutil.Process(crawler.process.pid)
        open_ports.extend(each for each in process.net_connections() if each.status == "LISTEN")

    shop.instead["/meta.json"] = look
    assert len(crawler.crawl("shopify", shop.url).items) == 3
    assert open_ports == []


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_a_certificate_that_proves_nothing_ends_the_run(crawler: CrawlProcess) -> None:
    with open_shop(shopify(catalogue(3)), tls=tls()) as shop:
        sentence = refusal(crawler.crawl("shopify", shop.url))
        assert shop.asked == []
    assert "127.0.0.1 could not prove over TLS who it is." in sentence


def test_a_certificate_is_of_one_name() -> None:
    names = {"shop.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    process = CrawlProcess({"SSL_CERT_FILE": str(CERTIFICATE)}, names=names)
    try:
        with open_shop(shopify(catalogue(3)), tls=tls()) as shop:
            own = process.crawl("shopify", shop.at("shop.example"))
            other = process.crawl("shopify", shop.at("other.example"))
    finally:
        process.close()
    assert len(own.items) == 3
    assert "other.example could not prove over TLS who it is." in refusal(other)
