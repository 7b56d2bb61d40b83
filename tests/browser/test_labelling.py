"""A curator labels one by one: one key a picture, undone at will, looked at as near as needed."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.room import (
    ROOM,
    current,
    forget,
    kept,
    log_in,
    press,
    reached,
    rows,
    usable_by_all,
)
from tests.browser.site import Site

KEYS = {"1": "abstract", "2": "animal", "3": "botanical", "4": "city"}


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


def test_what_is_passed_by_without_an_answer_keeps_no_other_back(site: Site, room: Page) -> None:
    passed = [press(room, "ArrowRight") for _ in range(20)]
    assert len(set(passed)) == 20
    # A skip is no label, done and undone.
    counts = room.locator("#counts").inner_text()
    press(room, "s")
    press(room, "z")
    expect(room.locator("#counts")).to_have_text(counts)
    last = press(room, "1")
    kept(room)
    assert rows(site) == [[last, "abstract"]]


def test_the_panel_of_progress_counts_what_was_just_answered(room: Page) -> None:
    expect(room.locator("#counts")).to_contain_text("you today: 0")
    for _ in range(3):
        press(room, "1")
    kept(room)
    room.locator("summary").click()
    panel = room.locator("#stats")
    expect(panel).to_contain_text("s a picture")
    expect(panel.locator("tr", has=room.get_by_role("rowheader", name="cora"))).to_contain_text("3")


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


def width(room: Page) -> float:
    """Return how wide the picture is drawn."""
    return float(room.locator("#picture img").evaluate("one => one.getBoundingClientRect().width"))


def scrolled(room: Page) -> list[float]:
    found: list[float] = room.locator("#picture").evaluate("one => [one.scrollLeft, one.scrollTop]")
    return found


def test_a_small_picture_is_seen_larger_than_its_own_pixels_by_key(site: Site, room: Page) -> None:
    zoom, height = room.locator("#zoom"), room.evaluate("document.body.scrollHeight")
    expect(zoom).to_contain_text("Zoom")
    # Drawn 160 pixels wide.
    for percent in (800, 1600):
        room.keyboard.press("x")
        expect(zoom).to_contain_text(f"{percent} %")
        expect(zoom).to_have_attribute("aria-pressed", "true")
        assert width(room) == 160 * percent / 100
    # What is near is moved by the arrows; the page is as large as before, the picture the same.
    first, (left, top) = current(room), scrolled(room)
    room.keyboard.press("ArrowRight")
    room.keyboard.press("ArrowUp")
    expect(room.locator("#picture")).to_be_focused()
    site.wait_for(lambda: scrolled(room)[0] > left and scrolled(room)[1] < top)
    assert (current(room), room.evaluate("document.body.scrollHeight")) == (first, height)
    room.keyboard.press("x")
    expect(zoom).to_have_attribute("aria-pressed", "false")
    # The next picture is seen whole.
    room.keyboard.press("x")
    press(room, "1")
    expect(zoom).to_contain_text("Zoom")


def test_it_is_looked_at_nearer_by_wheel_click_and_drag(site: Site, room: Page) -> None:
    zoom, place = room.locator("#zoom"), room.locator("#picture").bounding_box()
    assert place
    at = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    room.mouse.move(*at)
    whole = room.locator("#picture img").evaluate("one => one.clientHeight")
    room.mouse.wheel(0, -300)
    expect(zoom).to_have_attribute("aria-pressed", "true")
    assert room.locator("#picture img").evaluate("one => one.clientHeight") > 2 * whole
    room.mouse.wheel(0, 3000)
    expect(zoom).to_have_attribute("aria-pressed", "false")
    room.mouse.click(*at)
    expect(zoom).to_contain_text("800 %")
    before = scrolled(room)
    room.mouse.down()
    room.mouse.move(at[0] - 60, at[1] - 40, steps=4)
    room.mouse.up()
    assert scrolled(room) == [before[0] + 60, before[1] + 40]
    # What was a drag was no click.
    expect(zoom).to_contain_text("800 %")
    assert rows(site) == []


def test_two_fingers_bring_it_nearer_and_a_tap_labels_it(
    browser: Browser, site: Site, unlabelled: None
) -> None:
    forget(site)
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    phone = context.new_page()
    log_in(phone, "cora", ROOM)
    expect(phone.locator("#picture img")).to_be_visible()
    touch = context.new_cdp_session(phone)

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": 195 - apart, "y": 300, "id": 0}, {"x": 195 + apart, "y": 300, "id": 1}]
        points = [] if kind == "touchEnd" else points
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 30)
    for apart in (50, 70, 90):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    expect(phone.locator("#zoom")).to_have_attribute("aria-pressed", "true")
    assert width(phone) > 2 * 360
    # All labels are on the screen, whatever is looked at.
    for name in KEYS.values():
        expect(phone.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    first = current(phone)
    phone.get_by_role("button", name="city").tap()
    kept(phone)
    assert rows(site) == [[first, "city"]]
    context.close()


def test_it_can_be_used_by_all(room: Page) -> None:
    room.locator("summary").click()
    expect(room.locator("#stats")).to_contain_text("By label")
    usable_by_all(room)
    room.locator("summary").click()
    room.locator("body").click(position={"x": 1, "y": 1})
    reached(room, ["Many at once", "Next", "Zoom", "Crop", "abstract", "other", "Skip", "Undo"])


def test_it_is_labelled_by_tab_and_enter(site: Site, room: Page) -> None:
    first = current(room)
    reached(room, ["botanical"])
    room.keyboard.press("Enter")
    expect(room.locator("body")).not_to_have_attribute("data-picture", str(first))
    kept(room)
    assert rows(site) == [[first, "botanical"]]
