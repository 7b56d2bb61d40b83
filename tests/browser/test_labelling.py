"""A curator labels by keyboard: one key a picture, undone at will, nothing lost on the way."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site
from tests.factories import write_catalogue

ROOM = "/admin/catalog/annotation/label/art/?queue=unlabelled"
COUNT = 40
PATIENCE = 30_000
KEYS = {"1": "abstract", "2": "animal", "3": "botanical", "4": "city"}
PASSWORD = "a long enough one"


@pytest.fixture(scope="module")
def unlabelled(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have prints that nobody labelled, and two people who may label."""
    file = write_catalogue(tmp_path_factory.mktemp("prints"), COUNT, "art")
    assert site.report("import_products", str(file), "--source=prints")["created"] == COUNT
    site.settings["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    for name in ("cora", "ben"):
        site.manage("createsuperuser", "--noinput", f"--username={name}", "--email=c@shop.example")


@pytest.fixture
def room(page: Page, site: Site, unlabelled: None) -> Page:
    """Open the labelling page as cora, with all that she labelled before forgotten."""
    site.manage("shell", "-v0", "-c", FORGET)
    log_in(page, "cora", ROOM)
    expect(page.locator("#picture img")).to_be_visible()
    return page


@pytest.fixture
def adrift(browser: Browser, site: Site, unlabelled: None) -> Iterator[Page]:
    """Open the page as ``room`` does, where the console may tell of lost connections."""
    site.manage("shell", "-v0", "-c", FORGET)
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    log_in(page, "cora", ROOM)
    expect(page.locator("#picture img")).to_be_visible()
    yield page
    context.close()
    assert faults == []


FORGET = """
from catalog.models import Annotation, Answer, Lease
Answer.objects.all().delete(); Lease.objects.all().delete()
Annotation.objects.filter(labeller__username__in=["cora", "ben"]).delete()
"""
ROWS = """
import json
from catalog.models import Annotation
print(json.dumps(list(
    Annotation.objects.filter(labeller__username="%s").order_by("picture")
    .values_list("picture", "label__name")
)))
"""


def log_in(page: Page, name: str, to: str) -> None:
    page.goto(f"/admin/login/?next={to}")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")


def rows(site: Site, name: str = "cora") -> list[list[Any]]:
    """Return a person's annotations, by picture: (picture's id, label's name)."""
    found: list[list[Any]] = json.loads(site.manage("shell", "-v0", "-c", ROWS % name).stdout)
    return found


def current(room: Page) -> int:
    return int(room.locator("body").get_attribute("data-picture") or 0)


def press(room: Page, key: str) -> int:
    """Press a key that leads to another picture; return the one that it was pressed for."""
    before = current(room)
    room.keyboard.press(key)
    expect(room.locator("body")).not_to_have_attribute("data-picture", str(before))
    return before


def kept(room: Page) -> None:
    """Wait until the server has kept all."""
    expect(room.locator("#state")).to_have_text("All kept", timeout=PATIENCE)


def test_twenty_pictures_are_labelled_by_twenty_keys(site: Site, room: Page) -> None:
    given: list[list[Any]] = []
    for number in range(20):
        key = str(number % 4 + 1)
        given.append([press(room, key), KEYS[key]])
    kept(room)
    assert len({picture for picture, _ in given}) == 20
    assert rows(site) == sorted(given)
    # Undone by each of its keys, then labelled anew.
    for key in ("Control+z", "Backspace", "z"):
        room.keyboard.press(key)
    expect(room.locator("body")).to_have_attribute("data-picture", str(given[17][0]))
    kept(room)
    assert rows(site) == sorted(given[:17])
    for number in (17, 18, 19):
        assert press(room, "1") == given[number][0]
        given[number][1] = "abstract"
    kept(room)
    assert rows(site) == sorted(given)


def test_one_goes_back_and_forth_and_changes_a_label(site: Site, room: Page) -> None:
    first, second = press(room, "1"), press(room, "2")
    room.keyboard.press("ArrowLeft")
    room.keyboard.press("ArrowLeft")
    expect(room.locator("body")).to_have_attribute("data-picture", str(first))
    expect(room.get_by_role("button", name="abstract")).to_have_attribute("aria-pressed", "true")
    press(room, "4")
    kept(room)
    assert rows(site) == sorted([[first, "city"], [second, "animal"]])
    room.keyboard.press("z")
    kept(room)
    assert rows(site) == sorted([[first, "abstract"], [second, "animal"]])


def test_it_works_by_mouse(site: Site, room: Page) -> None:
    first = current(room)
    room.get_by_role("button", name="water").click()
    second = current(room)
    room.get_by_role("button", name="Can’t tell").click()
    room.get_by_role("button", name="Skip").click()
    kept(room)
    assert dict(rows(site)) == {first: "water", second: None}


def test_what_is_undone_of_an_earlier_visit_comes_back(site: Site, room: Page) -> None:
    first = press(room, "1")
    kept(room)
    room.reload()
    expect(room.locator("#picture img")).to_be_visible()
    room.keyboard.press("z")
    expect(room.locator("body")).to_have_attribute("data-picture", str(first))
    assert rows(site) == []


def test_a_lost_connection_loses_no_label(site: Site, adrift: Page) -> None:
    given = [[press(adrift, "1"), "abstract"]]
    kept(adrift)
    adrift.context.set_offline(True)
    given += [[press(adrift, "2"), "animal"], [press(adrift, "3"), "botanical"]]
    expect(adrift.locator("#notice")).to_contain_text("No connection. Your labels are kept here")
    expect(adrift.locator("#state")).to_have_text("2 not sent yet")
    adrift.context.set_offline(False)
    kept(adrift)
    expect(adrift.locator("#notice")).to_be_hidden()
    assert rows(site) == sorted(given)


def test_an_expired_session_loses_no_label(site: Site, adrift: Page) -> None:
    adrift.context.clear_cookies()
    given = [[press(adrift, "2"), "animal"], [press(adrift, "3"), "botanical"]]
    expect(adrift.locator("#notice")).to_contain_text("You were signed out")
    assert rows(site) == []
    with adrift.context.expect_page() as opened:
        adrift.get_by_role("link", name="Sign in").click()
    other = opened.value
    other.fill("#id_username", "cora")
    other.fill("#id_password", PASSWORD)
    other.click("input[type=submit]")
    other.close()
    kept(adrift)
    assert rows(site) == sorted(given)


def test_nothing_is_kept_in_the_name_of_who_signs_in_next(site: Site, adrift: Page) -> None:
    adrift.context.clear_cookies()
    given = [press(adrift, "2"), "animal"]
    expect(adrift.locator("#notice")).to_contain_text("You were signed out")
    other = adrift.context.new_page()
    log_in(other, "ben", "/admin/")
    expect(adrift.locator("#notice")).to_contain_text("Somebody else is signed in now")
    assert rows(site, "ben") == []
    other.locator("#logout-form button").click()
    log_in(other, "cora", "/admin/")
    kept(adrift)
    assert (rows(site), rows(site, "ben")) == ([given], [])


def test_labels_of_a_closed_page_are_sent_by_the_next(site: Site, adrift: Page) -> None:
    adrift.context.set_offline(True)
    given = [press(adrift, "2"), "animal"]
    expect(adrift.locator("#state")).to_have_text("1 not sent yet")
    context = adrift.context
    adrift.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(ROOM)
    kept(again)
    assert rows(site) == [given]


def test_two_people_are_shown_different_pictures(site: Site, room: Page) -> None:
    context = room.context.browser.new_context(base_url=site.url)  # type: ignore[union-attr]
    other = context.new_page()
    log_in(other, "ben", ROOM)
    expect(other.locator("#picture img")).to_be_visible()
    mine = {press(room, "1") for _ in range(5)}
    theirs = {press(other, "1") for _ in range(5)}
    assert not mine & theirs
    kept(room)
    kept(other)
    context.close()


def test_a_picture_that_is_deleted_meanwhile_costs_nothing_else(site: Site, room: Page) -> None:
    gone = current(room)
    delete = f"from catalog.models import Picture; Picture.objects.get(pk={gone}).delete()"
    site.manage("shell", "-v0", "-c", delete)
    press(room, "1")
    second = press(room, "2")
    kept(room)
    expect(room.locator("#notice")).to_contain_text("deleted meanwhile")
    assert rows(site) == [[second, "animal"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_can_be_used_by_all(room: Page, width: int, scheme: str) -> None:
    room.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    room.set_viewport_size({"width": width, "height": 844})
    room.locator("summary").click()
    found = Axe().run(room, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == []
    assert room.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # All of it is reached by tab, and shows that it is.
    names = set()
    for _ in range(40):
        room.keyboard.press("Tab")
        names.add(room.evaluate("document.activeElement.innerText || document.activeElement.id"))
    for wanted in ("abstract", "Skip", "Undo", "Zoom"):
        assert any(re.search(wanted, name) for name in names), names


TILES = "#grid [role=option]"
GRID = "/admin/catalog/annotation/grid/art/?queue=unlabelled"


@pytest.fixture
def grid(page: Page, site: Site, unlabelled: None) -> Page:
    """Open the grid as cora, with all that she labelled before forgotten."""
    site.manage("shell", "-v0", "-c", FORGET)
    log_in(page, "cora", GRID)
    expect(page.locator(TILES).first).to_be_visible()
    return page


def tiles(grid: Page) -> list[int]:
    options = grid.locator(TILES).all()
    return [int(one.get_attribute("data-picture") or 0) for one in options]


def test_many_are_labelled_by_one_key_and_undone_as_one(site: Site, grid: Page) -> None:
    found = tiles(grid)
    options = grid.locator(TILES)
    options.nth(0).click()
    options.nth(3).click(modifiers=["Shift"])
    expect(grid.locator("#chosen")).to_have_text("4 chosen")
    grid.keyboard.press("6")
    expect(options.nth(0)).to_contain_text("water")
    # Dragged over, then by keyboard alone.
    options.nth(4).hover()
    grid.mouse.down()
    options.nth(5).hover()
    grid.mouse.up()
    expect(grid.locator("#chosen")).to_have_text("2 chosen")
    grid.keyboard.press("4")
    grid.keyboard.press("ArrowRight")
    grid.keyboard.press("Shift+ArrowRight")
    expect(grid.locator("#chosen")).to_have_text("2 chosen")
    grid.keyboard.press("1")
    kept(grid)
    given = dict.fromkeys(found[:4], "water") | dict.fromkeys(found[4:6], "city")
    chosen = dict.fromkeys(found[5:7], "abstract")
    assert dict(rows(site)) == given | chosen
    grid.keyboard.press("Control+z")
    grid.keyboard.press("Control+z")
    kept(grid)
    assert dict(rows(site)) == dict.fromkeys(found[:4], "water")
    # Cleared, and that undone too.
    options.nth(1).click()
    grid.keyboard.press("Delete")
    kept(grid)
    assert dict(rows(site)) == dict.fromkeys([found[0], *found[2:4]], "water")
    grid.keyboard.press("z")
    kept(grid)
    assert dict(rows(site)) == dict.fromkeys(found[:4], "water")


def test_the_next_pictures_follow_those_that_are_done(site: Site, grid: Page) -> None:
    first = tiles(grid)
    grid.keyboard.press("a")
    expect(grid.locator("#chosen")).to_have_text(f"{len(first)} chosen")
    grid.keyboard.press("2")
    kept(grid)
    grid.keyboard.press("j")
    expect(grid.locator("#empty")).to_be_visible()
    assert dict(rows(site)) == dict.fromkeys(first, "animal")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_grid_can_be_used_by_all(grid: Page, width: int, scheme: str) -> None:
    grid.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    grid.set_viewport_size({"width": width, "height": 844})
    found = Axe().run(grid, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == []
    assert grid.evaluate("document.documentElement.scrollWidth <= innerWidth")
