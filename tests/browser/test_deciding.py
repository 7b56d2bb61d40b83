"""An owner decides where labellers differ, by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import DECIDE, forget, log_in, reached, rows, shell, tab_to, usable_by_all
from tests.browser.site import Site

DIFFER = """
import json
from django.contrib.auth.models import User
from catalog.models import Annotation, Label, Picture
water, city = (Label.objects.get(department="art", name=name) for name in ("water", "city"))
cora, ben = (User.objects.get(username=name) for name in ("cora", "ben"))
pictures = Picture.objects.filter(product__source__name="prints").order_by("pk")[:3]
for picture in pictures:
    Annotation.objects.create(picture=picture, labeller=cora, label=water)
    Annotation.objects.create(picture=picture, labeller=ben, label=city)
print(json.dumps([picture.pk for picture in pictures]))
"""
DECIDED = """
import json
from catalog.models import Adjudication
found = Adjudication.objects.values_list("picture", "label__name", "decided_by__username")
print(json.dumps(list(found.order_by("picture"))))
"""


@pytest.fixture
def pictures(site: Site, unlabelled: None) -> list[int]:
    """Have three prints that cora and ben differ on."""
    forget(site)
    found: list[int] = shell(site, DIFFER)
    return found


@pytest.fixture
def desk(page: Page, pictures: list[int]) -> Page:
    """Open the page as cora."""
    log_in(page, "cora", DECIDE)
    shows(page, pictures[0])
    return page


def shows(desk: Page, picture: int) -> None:
    expect(desk.locator("input[name=picture]")).to_have_value(str(picture))
    # Keys are heard once its script has run.
    desk.wait_for_load_state()


def decided(site: Site) -> list[list[Any]]:
    found: list[list[Any]] = shell(site, DECIDED)
    return found


def test_one_key_decides_and_takes_back(site: Site, desk: Page, pictures: list[int]) -> None:
    one, two, three = pictures
    expect(desk.get_by_role("button", name="water")).to_contain_text("cora")
    expect(desk.get_by_role("button", name="city")).to_contain_text("ben")
    desk.keyboard.press("6")
    shows(desk, two)
    desk.keyboard.press("s")
    shows(desk, three)
    desk.keyboard.press("u")
    shows(desk, two)
    assert decided(site) == [[one, "water", "cora"], [three, None, "cora"]]
    desk.keyboard.press("Control+z")
    shows(desk, three)
    desk.keyboard.press("Backspace")
    shows(desk, one)
    assert decided(site) == []
    # What people said stays as it was.
    assert rows(site) == [[picture, "water"] for picture in pictures]
    assert rows(site, "ben") == [[picture, "city"] for picture in pictures]


def test_it_is_decided_by_tab_and_enter(site: Site, desk: Page, pictures: list[int]) -> None:
    reached(desk, ["Zoom", "abstract", "city"])
    desk.keyboard.press("Enter")
    shows(desk, pictures[1])
    tab_to(desk, "Undo")
    desk.keyboard.press("Enter")
    shows(desk, pictures[0])
    tab_to(desk, "Nobody can tell")
    desk.keyboard.press("Enter")
    shows(desk, pictures[1])
    assert decided(site) == [[pictures[0], None, "cora"]]


def test_all_that_is_decided_is_told(site: Site, desk: Page, pictures: list[int]) -> None:
    for following in (*pictures[1:], None):
        desk.keyboard.press("4")
        if following:
            shows(desk, following)
    expect(desk.locator(".room-empty")).to_contain_text("differ on nothing")
    usable_by_all(desk)
    assert decided(site) == [[picture, "city", "cora"] for picture in pictures]


def test_the_picture_is_looked_at_nearer(site: Site, desk: Page, pictures: list[int]) -> None:
    zoom = desk.locator("#zoom")
    desk.keyboard.press("x")
    expect(zoom).to_contain_text("800 %")
    desk.locator("#picture").click()
    expect(zoom).to_contain_text("1600 %")
    shows(desk, pictures[0])
    assert decided(site) == []


def test_it_can_be_used_by_all(desk: Page, pictures: list[int]) -> None:
    # With what was decided last beside it.
    desk.keyboard.press("6")
    shows(desk, pictures[1])
    usable_by_all(desk)
