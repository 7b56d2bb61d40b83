"""One site and one Chromium for all browser tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.install import find
from tests.browser.room import PASSWORD, ROOM, forget, log_in
from tests.browser.site import Site
from tests.factories import write_catalogue

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a small trained catalogue of both departments with real workers."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder / "home")
    site.home.mkdir()
    site.manage("migrate", "--verbosity=0")
    for department, count, labels in (
        ("art", 30, ["abstract", "water", "city"]),
        ("jewelry", 24, ["earrings", "rings"]),
    ):
        file = write_catalogue(
            folder / department,
            count,
            department,
            label=[labels[number % len(labels)] for number in range(count)],
        )
        site.report("import_products", str(file))
        site.report("train", department, "--promote")
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start Chromium once; its event loop must not outlive these tests, Django refuses to share."""
    executable = find()
    assert executable, "no Chromium: run “make browser”"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """Open a fresh page whose console must stay free of errors."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="package")
def unlabelled(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have 40 prints that nobody labelled, and two people who may do everything."""
    file = write_catalogue(tmp_path_factory.mktemp("prints"), 40, "art")
    assert site.report("import_products", str(file), "--source=prints")["created"] == 40
    site.settings["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    for name in ("cora", "ben"):
        site.manage("createsuperuser", "--noinput", f"--username={name}", "--email=c@shop.example")


@pytest.fixture
def room(page: Page, site: Site, unlabelled: None) -> Page:
    """Open the labelling page as cora, with all that she labelled before forgotten."""
    forget(site)
    log_in(page, "cora", ROOM)
    expect(page.locator("#picture img")).to_be_visible()
    return page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Return a photo that no shop has."""
    from tests.factories import jpeg

    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg(4711, (640, 480)))
    return path
