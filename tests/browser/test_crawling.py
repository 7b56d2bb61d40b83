"""An owner crawls a shop from the admin, watches it, cancels it, and lets it go on."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_training import log_in, owner  # noqa: F401  (a fixture)
from tests.crawlers.pieces import catalogue, pictures
from tests.crawlers.replicas import shopify
from tests.crawlers.shops import Answer, Asked, Shop, open_shop

CRAWLED = 120_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve an empty catalogue, with workers that may crawl the loopback."""
    site = Site(tmp_path_factory.mktemp("crawls") / "home")
    site.home.mkdir()
    site.settings |= {"FETCH_PRIVATE_ADDRESSES": "yes", "CRAWLER_PACE": "full"}
    site.manage("migrate", "--verbosity=0")
    site.start(warm=False)
    yield site
    site.stop()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Serve 300 products whose second page of the list takes long."""

    def slow(asked: Asked) -> Answer | None:
        return Answer.of({"products": []}, wait=30.0) if asked.number("page", 1) == 2 else None

    with open_shop(shopify(catalogue(300)), pictures) as shop:
        shop.instead["/products.json"] = slow
        yield shop


def test_an_owner_crawls_watches_cancels_and_goes_on(
    site: Site,
    page: Page,
    owner: str,  # noqa: F811
    shop: Shop,
) -> None:
    log_in(page, owner, "/admin/catalog/source/add/")
    page.fill("#id_name", "A replica")
    page.locator(".add-row a").click()
    page.select_option("#id_crawls-0-spider", "shopify")
    page.fill("#id_crawls-0-url", shop.url)
    page.select_option("#id_crawls-0-department", "art")
    page.click("input[name=_continue]")
    page.get_by_role("button", name="Crawl now").click()
    expect(page).to_have_url(re.compile(r"/admin/crawlers/crawlrun/\d+/change/$"))
    run = page.locator("#run")
    # The numbers come in without a reload.
    expect(run).to_contain_text("Products: 250", timeout=CRAWLED)
    expect(run.locator("progress")).to_have_attribute("max", "300")
    page.click("text=Cancel this crawl")
    expect(run).to_contain_text("Cancelled by owner")
    expect(page.locator(".field-shown_state .readonly")).to_have_text("Cancelled")
    shop.instead.clear()
    page.locator("form[action$='/resume/'] button").click()
    expect(run).to_contain_text("Complete", timeout=CRAWLED)
    expect(run).to_contain_text("Products: 300")
    assert run.get_attribute("hx-get") is None


def test_a_rule_shows_what_it_would_catch(site: Site, page: Page, owner: str) -> None:  # noqa: F811
    log_in(page, owner, "/admin/crawlers/categoryrule/add/")
    expect(page.locator("#preview")).to_contain_text("Give words")
    page.fill("#id_words", "nowhere to be found")
    expect(page.locator("#preview")).to_contain_text("nothing of the catalogue")
