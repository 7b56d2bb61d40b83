"""An owner retrains in the admin, watches, and lets the new version serve."""

import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site

TRAINED = 120_000


@pytest.fixture(scope="module")
def owner(site: Site) -> str:
    """Make somebody who may do everything."""
    site.settings["DJANGO_SUPERUSER_PASSWORD"] = "a long enough one"
    site.manage("createsuperuser", "--noinput", "--username=owner", "--email=o@shop.example")
    return "owner"


def log_in(page: Page, name: str, to: str) -> None:
    page.goto(f"/admin/login/?next={to}")
    page.fill("#id_username", name)
    page.fill("#id_password", "a long enough one")
    page.click("input[type=submit]")


def test_an_owner_retrains_watches_and_promotes(site: Site, page: Page, owner: str) -> None:
    log_in(page, owner, "/admin/ml/trainingrun/")
    page.click("text=Retrain")
    expect(page.locator("input[name=_save]")).to_have_value("Retrain")
    page.select_option("#id_department", "art")
    page.select_option("#id_backbone", "autoencoder")
    page.fill("#id_epochs", "4")
    page.click("input[name=_save]")
    expect(page).to_have_url(re.compile(r"/admin/ml/trainingrun/\d+/change/$"))
    run = page.locator("#run")
    expect(run.locator("progress")).to_be_visible()
    version = run.get_by_role("link", name=re.compile(r"Version \d+"))
    expect(version).to_be_visible(timeout=TRAINED)
    # The loss by epoch came in without a reload, and the page asks no more.
    expect(run.locator("svg.chart polyline")).to_have_count(2)
    assert run.get_attribute("hx-get") is None
    number = int((version.inner_text()).removeprefix("Version "))
    version.click()
    expect(page.locator("table.confusion")).to_be_visible()
    expect(page.locator("ul.label-curves svg.curve").first).to_be_visible()

    def promoted() -> bool:
        page.goto("/admin/ml/modelversion/?department__exact=art&state__exact=candidate")
        page.locator("#result_list input.action-select").first.check()
        page.select_option("select[name=action]", "promote_though_worse")
        page.click("button[name=index]")
        return "is live now" in page.locator("ul.messagelist").inner_text()

    site.wait_for(promoted)
    token = site.post(7)
    site.wait_for(lambda: site.is_done(token))
    assert site.get(f"/api/submissions/{token}/")["model_version"] == number


def test_a_training_is_cancelled_from_its_page(site: Site, page: Page, owner: str) -> None:
    log_in(page, owner, "/admin/ml/trainingrun/add/")
    page.select_option("#id_department", "jewelry")
    page.select_option("#id_backbone", "autoencoder")
    page.fill("#id_epochs", "900")
    page.click("input[name=_save]")
    expect(page.locator("#run .run-stage")).to_contain_text("Epoch", timeout=TRAINED)
    page.click("text=Cancel this training")
    expect(page.locator("#run .run-stage")).to_contain_text("Cancelled by owner")
    expect(page.locator(".field-shown_state .readonly")).to_have_text("Cancelled")
    with urllib.request.urlopen(f"{site.url}/healthz/", timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["modelversion", "trainingrun"])
def test_the_lists_can_be_read_whole(page: Page, owner: str, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    log_in(page, owner, f"/admin/ml/{name}/")
    expect(page.locator("#result_list")).to_be_visible()
    hidden = "results => results.scrollWidth - results.clientWidth"
    assert page.locator(".results").evaluate(hidden) == 0
