"""No label is lost: not by a lost connection, an expired session, a closed page or a deletion."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from tests.browser.room import PASSWORD, ROOM, current, forget, kept, log_in, press, rows
from tests.browser.site import Site


@pytest.fixture
def adrift(browser: Browser, site: Site, unlabelled: None) -> Iterator[Page]:
    """Open the page as ``room`` does, where the console may tell of lost connections."""
    forget(site)
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    log_in(page, "cora", ROOM)
    expect(page.locator("#picture img")).to_be_visible()
    yield page
    context.close()
    assert faults == []


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


def test_labels_of_one_department_are_sent_by_the_page_of_another(site: Site, adrift: Page) -> None:
    adrift.context.set_offline(True)
    given = [press(adrift, "2"), "animal"]
    expect(adrift.locator("#state")).to_have_text("1 not sent yet")
    context = adrift.context
    adrift.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(ROOM.replace("art", "jewelry"))
    kept(again)
    site.wait_for(lambda: rows(site) == [given])


def test_what_was_kept_without_a_word_is_undone_all_the_same(site: Site, adrift: Page) -> None:
    lost = True

    def arrives(route: Route) -> None:
        if not lost:
            route.continue_()
            return
        route.fetch()
        route.abort()

    adrift.route("**/answer/", arrives)
    press(adrift, "1")
    expect(adrift.locator("#notice")).to_contain_text("No connection")
    assert len(rows(site)) == 1
    press(adrift, "z")
    lost = False
    kept(adrift)
    assert rows(site) == []


def test_what_is_on_its_way_is_undone_before_what_came_earlier(site: Site, adrift: Page) -> None:
    press(adrift, "1")
    kept(adrift)
    adrift.reload()
    expect(adrift.locator("#picture img")).to_be_visible()
    late: list[tuple[Route, APIResponse]] = []
    adrift.route("**/answer/", lambda route: late.append((route, route.fetch())))
    press(adrift, "2")
    # Only while Chromium is asked something does the route run.
    site.wait_for(lambda: adrift.title() and late)
    assert len(rows(site)) == 2
    for _ in range(2):
        adrift.keyboard.press("z")
    [(route, response)] = late
    route.fulfill(response=response)
    kept(adrift)
    site.wait_for(lambda: rows(site) == [])


def test_the_next_pictures_come_however_many_were_passed_by(adrift: Page) -> None:
    found = adrift.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map((one) => one.name);
            const { Desk } = await import(loaded.find((name) => name.includes("/desk")));
            const have = Array.from({ length: 2000 }, (_, at) => 1_000_000 + at);
            return (await new Desk(() => {}).next(have, { count: 3 })).pictures.length;
        }"""
    )
    assert found == 3


def test_a_picture_that_is_deleted_meanwhile_costs_nothing_else(site: Site, room: Page) -> None:
    gone = current(room)
    delete = f"from catalog.models import Picture; Picture.objects.get(pk={gone}).delete()"
    site.manage("shell", "-v0", "-c", delete)
    press(room, "1")
    second = press(room, "2")
    kept(room)
    expect(room.locator("#notice")).to_contain_text("deleted meanwhile")
    assert rows(site) == [[second, "animal"]]
