"""What the room tells: how many more labels, how far labellers agree, what needs a person now."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import DECIDE, forget, log_in, reached, shell, tab_to, usable_by_all
from tests.browser.site import Site
from tests.browser.test_deciding import DIFFER

ADVICE = "/admin/catalog/annotation/advice/art/"
AGREEMENT = "/admin/catalog/annotation/agreement/"
HOME = "/admin/"


@pytest.fixture
def cora(page: Page, site: Site, unlabelled: None) -> Page:
    """Have two people differ on three prints, and sign in as one of them."""
    forget(site)
    shell(site, DIFFER)
    log_in(page, "cora", HOME)
    return page


def test_advice_is_told_of_each_label_and_leads_on(cora: Page) -> None:
    cora.goto(ADVICE)
    for label in ("abstract", "water", "city"):
        expect(cora.locator(".advice h2", has_text=label)).to_be_visible()
    expect(cora.locator("svg.curve .point").first).to_be_visible()
    usable_by_all(cora)
    reached(cora, ["Jewelry", "One by one", "Decide", "Agreement"])
    cora.keyboard.press("Enter")
    expect(cora).to_have_url(re.compile(f"{AGREEMENT}$"))


def test_agreement_is_told_of_each_department_and_leads_on(cora: Page) -> None:
    cora.goto(AGREEMENT)
    expect(cora.locator("caption", has_text="ben and cora: 0 of 3 alike, 0.0 %")).to_be_visible()
    expect(cora.locator("#of-jewelry")).to_be_visible()
    usable_by_all(cora)
    reached(cora, ["How many more?", "Decide where they differ", "Give a second opinion", "CSV"])
    cora.reload()
    tab_to(cora, "Decide where they differ")
    cora.keyboard.press("Enter")
    expect(cora).to_have_url(re.compile(f"{DECIDE}$"))


def test_the_home_says_what_needs_a_person_and_leads_there(cora: Page) -> None:
    for need in ("pictures of art have no label", "3 pictures of art on which labellers differ"):
        expect(cora.locator(".needs li", has_text=need)).to_be_visible()
    usable_by_all(cora)
    tab_to(cora, "3 pictures of art on which labellers differ")
    cora.keyboard.press("Enter")
    expect(cora).to_have_url(re.compile(f"{DECIDE}$"))
    cora.goto(HOME)
    tab_to(cora, "Label art")
    cora.keyboard.press("Enter")
    expect(cora.locator("#picture img")).to_be_visible()


@pytest.mark.parametrize("name", ["annotation", "label"])
def test_the_lists_can_be_used_by_all(cora: Page, name: str) -> None:
    cora.goto(f"/admin/catalog/{name}/")
    expect(cora.locator("#result_list")).to_be_visible()
    for width in (1280, 390):
        cora.set_viewport_size({"width": width, "height": 844})
        hidden = "results => results.scrollWidth - results.clientWidth"
        assert cora.locator(".results").evaluate(hidden) == 0
