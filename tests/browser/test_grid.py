"""A curator labels many pictures at once: chosen by mouse or keyboard, undone as one."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.room import GRID, forget, kept, log_in, rows, tab_to, usable_by_all
from tests.browser.site import Site

TILES = "#grid [role=option]"


@pytest.fixture
def grid(page: Page, site: Site, unlabelled: None) -> Page:
    """Open the grid as cora, with all that she labelled before forgotten."""
    forget(site)
    # The workers embed what came in; the model's guesses are there when it is done.
    site.manage("embed", "art")
    log_in(page, "cora", GRID)
    expect(page.locator(TILES).first).to_be_visible()
    return page


def tiles(grid: Page) -> list[int]:
    options = grid.locator(TILES).all()
    return [int(one.get_attribute("data-picture") or 0) for one in options]


def chosen(grid: Page) -> list[int]:
    """Return the places of the chosen tiles."""
    options = grid.locator(TILES).all()
    return [at for at, one in enumerate(options) if one.get_attribute("aria-selected") == "true"]


def guessed(tile: Locator) -> str:
    """Return the label that the model guesses, as the tile shows it."""
    shown = re.fullmatch(r"(\w+)\? \d+ %", tile.inner_text().strip())
    assert shown, tile.inner_text()
    return shown[1]


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


def test_they_are_chosen_by_dragging_over_them(site: Site, grid: Page) -> None:
    options, found = grid.locator(TILES), tiles(grid)
    options.nth(0).hover()
    grid.mouse.down()
    for place in range(1, 5):
        options.nth(place).hover()
    grid.mouse.up()
    options.nth(6).hover()
    assert chosen(grid) == [0, 1, 2, 3, 4]
    # A drag that begins on a chosen one lets go of what it passes.
    options.nth(1).hover()
    grid.mouse.down()
    options.nth(2).hover()
    grid.mouse.up()
    assert chosen(grid) == [0, 3, 4]
    grid.get_by_role("button", name="botanical").click()
    kept(grid)
    assert dict(rows(site)) == dict.fromkeys([found[0], *found[3:5]], "botanical")


def test_they_are_chosen_and_labelled_by_keyboard_alone(site: Site, grid: Page) -> None:
    found = tiles(grid)
    across = grid.locator(TILES).evaluate_all(
        "all => all.filter((one) => one.offsetTop === all[0].offsetTop).length"
    )
    tab_to(grid, "?")
    grid.keyboard.press(" ")
    grid.keyboard.press("ArrowDown")
    grid.keyboard.press("Shift+ArrowRight")
    assert chosen(grid) == [0, across, across + 1]
    grid.keyboard.press("Escape")
    assert chosen(grid) == []
    grid.keyboard.press("ArrowUp")
    grid.keyboard.press(" ")
    grid.keyboard.press("3")
    # Without a choice a key says it of the one that has the focus.
    grid.keyboard.press("ArrowLeft")
    grid.keyboard.press("u")
    kept(grid)
    assert dict(rows(site)) == {found[1]: "botanical", found[0]: None}
    # The labels are reached by tab as well, and say it of what is chosen.
    grid.keyboard.press("a")
    tab_to(grid, "other")
    grid.keyboard.press("Enter")
    kept(grid)
    assert dict(rows(site)) == dict.fromkeys(found, "other")


def test_guesses_are_confirmed_of_what_is_chosen_or_of_all(site: Site, grid: Page) -> None:
    options, found = grid.locator(TILES), tiles(grid)
    guesses = dict(zip(found, map(guessed, options.all()), strict=True))
    options.nth(1).click()
    options.nth(2).click()
    grid.keyboard.press("Enter")
    kept(grid)
    some = {picture: guesses[picture] for picture in found[1:3]}
    assert dict(rows(site)) == some
    options.nth(1).click()
    grid.keyboard.press("Delete")
    grid.keyboard.press("s")
    kept(grid)
    assert dict(rows(site)) == {found[2]: guesses[found[2]]}
    # All that have no label yet, undone as one.
    grid.get_by_role("button", name="Confirm guesses").click()
    kept(grid)
    assert dict(rows(site)) == guesses
    grid.keyboard.press("z")
    kept(grid)
    assert dict(rows(site)) == {found[2]: guesses[found[2]]}


def test_the_next_pictures_follow_those_that_are_done(site: Site, grid: Page) -> None:
    first = tiles(grid)
    grid.keyboard.press("a")
    expect(grid.locator("#chosen")).to_have_text(f"{len(first)} chosen")
    grid.keyboard.press("2")
    kept(grid)
    grid.keyboard.press("j")
    expect(grid.locator("#empty")).to_be_visible()
    assert dict(rows(site)) == dict.fromkeys(first, "animal")


def test_g_leads_from_one_way_to_the_other(grid: Page) -> None:
    grid.keyboard.press("g")
    expect(grid.locator("#picture img")).to_be_visible()
    grid.keyboard.press("g")
    expect(grid.locator(TILES).first).to_be_visible()


def test_the_grid_can_be_used_by_all(grid: Page) -> None:
    grid.locator(TILES).nth(1).click()
    usable_by_all(grid)
