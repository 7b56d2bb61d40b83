"""No label is lost: not by a lost connection, an expired session, a closed page or a deletion."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

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


def test_a_picture_that_is_deleted_meanwhile_costs_nothing_else(site: Site, room: Page) -> None:
    gone = current(room)
    delete = f"from catalog.models import Picture; Picture.objects.get(pk={gone}).delete()"
    site.manage("shell", "-v0", "-c", delete)
    press(room, "1")
    second = press(room, "2")
    kept(room)
    expect(room.locator("#notice")).to_contain_text("deleted meanwhile")
    assert rows(site) == [[second, "animal"]]
