"""What browser tests of the labelling room share: people, rows, keys, and who can use a page."""

import json
from collections.abc import Iterable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.site import Site

ROOM = "/admin/catalog/annotation/label/art/?queue=unlabelled"
GRID = "/admin/catalog/annotation/grid/art/?queue=unlabelled"
DECIDE = "/admin/catalog/annotation/adjudicate/art/"
PASSWORD = "a long enough one"
PATIENCE = 30_000
LOOKS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]

FORGET = """
from catalog.models import Adjudication, Annotation, Answer, Lease
Answer.objects.all().delete(); Lease.objects.all().delete(); Adjudication.objects.all().delete()
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


def shell(site: Site, script: str) -> Any:
    """Run a script in the site and return the JSON that it prints; None where it prints nothing."""
    printed = site.manage("shell", "-v0", "-c", script).stdout
    return json.loads(printed) if printed.strip() else None


def forget(site: Site) -> None:
    """Forget all that cora and ben answered, and what was decided."""
    shell(site, FORGET)


def rows(site: Site, name: str = "cora") -> list[list[Any]]:
    """Return a person's annotations, by picture: (picture's id, label's name)."""
    found: list[list[Any]] = shell(site, ROWS % name)
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


def usable_by_all(page: Page) -> None:
    """Fail where axe-core finds something serious, or the page is wider than its window.

    At the widths of a desk and a phone, light and dark.
    """
    for width, scheme in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
        page.set_viewport_size({"width": width, "height": 844})
        # Colours that fade into each other are none yet.
        page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, scheme)


def tab_to(page: Page, text: str, *, most: int = 60) -> None:
    """Press Tab until something that shows this text has the focus, and shows that it has."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        passed.append(focused.inner_text() if focused.count() else "")
        if text in " ".join(passed[-1].split()):
            return
    raise AssertionError(f"Tab does not lead to {text!r}, only to {passed}")


def reached(page: Page, wanted: Iterable[str]) -> None:
    """Fail where Tab does not lead, from the page's beginning on, to each of these in turn."""
    for text in wanted:
        tab_to(page, text)
