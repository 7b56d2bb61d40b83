"""A visitor's way through the real site: Chromium, gunicorn, Celery, PostgreSQL, Redis."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site

FOUND = 60_000


def ask(page: Page, photo: Path, department: str = "art", price_max: str = "") -> None:
    page.goto("/")
    page.set_input_files("#id_photo", photo)
    page.check(f"input[name=department][value={department}]", force=True)
    page.fill("#id_price_max", price_max)
    page.click("button[type=submit]")


def test_it_works(page: Page, photo: Path) -> None:
    ask(page, photo, price_max="200")
    expect(page).to_have_url(re.compile(r"/r/[\w-]{43}/$"))
    expect(page.locator("#result .hung svg").first).to_be_visible(timeout=FOUND)
    expect(page.locator("#result")).not_to_have_attribute("hx-get", re.compile("."))
    prices = page.locator("#result").inner_text()
    shown = [float(price) for price in re.findall(r"\$(\d+(?:\.\d\d)?)", prices)]
    assert shown
    assert max(shown) <= 200
    links = page.locator("#result a[href^='https://shop.example/art/']")
    assert links.count() >= 8
    assert "noopener" in (links.first.get_attribute("rel") or "")


def test_every_picture_on_the_wall_loads(page: Page, photo: Path) -> None:
    ask(page, photo)
    page.locator("#result .hung svg").first.wait_for(timeout=FOUND)
    hrefs = page.eval_on_selector_all(
        ".hung svg image", "images => images.map(image => image.getAttribute('href'))"
    )
    assert len(hrefs) == 3 * 9
    for href in set(hrefs):
        answer = page.request.get(href)
        assert answer.ok, href
        assert answer.headers["content-type"] == "image/jpeg"


def test_the_arrangement_can_be_switched(page: Page, photo: Path) -> None:
    ask(page, photo)
    walls = page.locator(".hung")
    expect(walls.nth(0)).to_be_visible(timeout=FOUND)
    for number, arrangement in enumerate(["salon", "row", "grid"]):
        page.check(f"input[name=arrangement][value={arrangement}]", force=True)
        for other in range(3):
            expect(walls.nth(other)).to_be_visible(visible=other == number)


def test_jewelry_shows_its_type_and_links(page: Page, photo: Path) -> None:
    ask(page, photo, department="jewelry", price_max="100")
    links = page.locator("#result a[href^='https://shop.example/jewelry/']")
    expect(links.first).to_be_visible(timeout=FOUND)
    assert page.locator(".hung").count() == 0


def test_nothing_under_the_price_names_the_next_price(page: Page, photo: Path) -> None:
    ask(page, photo, price_max="5")
    expect(page.locator("#result")).to_contain_text("10", timeout=FOUND)
    expect(page.locator("#result")).to_contain_text("Nothing")
    assert page.locator(".hung").count() == 0


def test_a_photo_can_be_deleted(page: Page, photo: Path) -> None:
    ask(page, photo)
    page.locator("#result .hung svg").first.wait_for(timeout=FOUND)
    url = page.url
    page.click("details.delete summary")
    page.click("details.delete button")
    expect(page.locator("main")).to_contain_text("Your photo is gone")
    for gone in (url, f"{url}photo.jpg", f"{url}print.jpg", f"{url}wall-salon.svg"):
        assert page.request.get(gone).status == 404


def test_something_that_is_no_picture_is_explained(page: Page, tmp_path: Path) -> None:
    note = tmp_path / "note.jpg"
    note.write_text("Dear diary, this is no picture.")
    page.goto("/")
    page.set_input_files("#id_photo", note)
    page.fill("#id_price_max", "42")
    # The browser's own check knows types only; the server reads the bytes.
    answer = page.request.post(
        "/api/submissions/",
        multipart={
            "department": "art",
            "photo": {"name": "note.jpg", "mimeType": "image/jpeg", "buffer": note.read_bytes()},
        },
    )
    assert answer.status == 400
    assert "photo" in answer.json()


def test_it_works_without_javascript(browser: Browser, site: Site, photo: Path) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    ask(page, photo)
    expect(page.locator("#result .hung svg").first).to_be_visible(timeout=FOUND)
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    context.close()


def test_it_fits_a_phone(browser: Browser, site: Site, photo: Path) -> None:
    context = browser.new_context(base_url=site.url, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto("/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ask(page, photo)
    page.locator("#result .hung svg").first.wait_for(timeout=FOUND)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_the_api_documents_itself(page: Page) -> None:
    page.goto("/api/docs/")
    expect(page.locator(".opblock-summary-path").first).to_be_visible(timeout=FOUND)
    paths = page.locator(".opblock-summary-path").all_inner_texts()
    assert any("submissions" in path for path in paths)
