"""``bench room``: how soon the next picture shows, and how long the server takes for its pages."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection
from django.test import Client
from django.test.testcases import LiveServerThread
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from playwright.sync_api import Page, sync_playwright

from catalog.demo import draw_catalogue
from catalog.models import Label
from catalog.photos import clean_photo
from catalog.room.queues import MOST, Queue
from catalog.storage import picture_name, thumbnail_name
from ml.indexes import create_index
from ml.networks.files import picture_files
from tests.benchmarks.machine import machine, quantiles
from tests.benchmarks.search import own_database
from tests.benchmarks.synthetic import LABELS, Mixture, Synthetic, fill, without_timeout
from tests.browser.conftest import ARGUMENTS
from tests.browser.install import find

# The room is used by hand: so many pictures lie in the table while keys are pressed.
BROWSED, KEYS = 10_000, 60
# Few labelled is where people begin, most where they end; of these so many are labelled twice, and
# of those so many otherwise.
FEW, NEARLY_ALL = 400, 0.97
TWICE, OTHERWISE = 0.2, 0.04
TIMES = 15
DRAWN = 64
# How far apart pictures are, as a training measures it.
DISTANCES = {"p50": 0.2, "p75": 0.3, "p90": 0.35, "p95": 0.4, "p99": 0.5}

# Take the time from the key to the frame that has the next picture in it.
WATCH = """() => {
  window.shown = [];
  let pressed = 0;
  document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  new MutationObserver(async () => {
    const image = document.querySelector("#picture img"), from = pressed;
    if (!image || !from) return;
    pressed = 0;
    await image.decode();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      window.shown.push(performance.now() - from);
    }));
  }).observe(document.getElementById("picture"), { childList: true });
}"""


def bench(
    size: int = 100_000,
    *,
    keys: int = KEYS,
    times: int = TIMES,
    on_progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Measure; see docs/benchmarks.md for what the figures mean.

    Keys are pressed with at most BROWSED pictures in the table, the server is measured with
    ``size``.
    """
    with own_database():
        browsed = min(size, BROWSED)
        on_progress(f"Filling a room of {browsed:,} pictures")
        with catalogue(browsed, FEW) as (_, person):
            on_progress(f"Pressing {keys} keys")
            shown = pressed(person, keys)
            about = machine("django", "numpy", "playwright")
    rows = []
    for labelled in (FEW, round(NEARLY_ALL * size)):
        with own_database():
            on_progress(f"Filling a room of {size:,} pictures, {labelled:,} of them labelled")
            with catalogue(size, labelled) as (data, person):
                create_index(data.version)
                on_progress("Asking for its pages")
                rows += [{"labelled": labelled, **row} for row in served(person, times)]
    return {
        "bench": "room",
        "size": size,
        "machine": about,
        "browsed": browsed,
        "keys": len(shown),
        "key_to_picture": quantiles(shown),
        "rows": rows,
    }


@contextmanager
def catalogue(size: int, labelled: int) -> Iterator[tuple[Synthetic, User]]:
    """Fill an empty database with pictures, guesses and labels, and make who labels more."""
    folder = tempfile.TemporaryDirectory(prefix="pendant-bench-", dir="/var/tmp")
    with folder as media, override_settings(MEDIA_ROOT=media):
        for name in LABELS:
            Label.objects.get_or_create(department="art", name=name)
        data = fill(size, Mixture(size))
        _draw(Path(media), min(size, BROWSED))
        _label(data, labelled)
        yield data, User.objects.create_superuser("cora")


def _draw(folder: Path, count: int) -> None:
    """Give the first pictures files: a few drawn ones under the names of all."""
    with tempfile.TemporaryDirectory(prefix="pendant-bench-", dir="/var/tmp") as drawn:
        draw_catalogue(Path(drawn), "art")
        photos = [clean_photo(path.read_bytes()) for path in picture_files(Path(drawn))[:DRAWN]]
    for name_of, side in ((picture_name, "jpeg"), (thumbnail_name, "thumbnail")):
        first: list[Path] = []
        for row in range(count):
            path = folder / name_of(f"{row:064x}")
            path.parent.mkdir(parents=True, exist_ok=True)
            if row < len(photos):
                path.write_bytes(getattr(photos[row], side))
                first.append(path)
            else:
                os.link(first[row % len(photos)], path)


def _label(data: Synthetic, labelled: int) -> None:
    """Let two people label pictures, and let the version know how sure it is and was of them."""
    people = [User.objects.create(username=name) for name in ("anna", "ben")]
    labels = dict(Label.objects.filter(department="art").values_list("name", "pk"))
    random = np.random.default_rng(24)
    size = len(data.labels)
    chosen = np.sort(random.permutation(size)[:labelled])
    own = np.array([labels[name] for name in LABELS])
    rows = []
    for place in chosen.tolist():
        given = int(own[data.labels[place]])
        rows.append((place + 1, given, people[0].pk))
        if random.random() < TWICE:
            differs = random.random() < OTHERWISE
            other = int(random.choice(own)) if differs else given
            rows.append((place + 1, other, people[1].pk))
    guesses = np.where(
        random.random(labelled) < 0.9, data.labels[chosen], random.integers(0, 6, labelled)
    )
    sure = np.round(random.random(labelled), 4)
    version = data.version
    version.distances = DISTANCES
    version.metrics = {
        "guesses": {str(pk + 1): LABELS[at] for pk, at in zip(chosen, guesses, strict=True)},
        "probabilities": {str(pk + 1): float(p) for pk, p in zip(chosen, sure, strict=True)},
        "self_confidence": dict.fromkeys(LABELS, 0.7),
        "label_curve": {
            name: [[20, 0.6, 0.5, 0.7], [40, 0.7, 0.6, 0.8], [80, 0.75, 0.7, 0.8]]
            for name in LABELS
        },
    }
    version.save()
    with without_timeout() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute("UPDATE ml_embedding SET probability = 0.2 + 0.8 * random()")
        # One in twenty is taken for something else.
        cursor.execute("UPDATE ml_embedding SET label = (label + 1) % 6 WHERE picture_id % 20 = 0")
        cursor.execute(
            "INSERT INTO catalog_annotation (picture_id, label_id, labeller_id, created_at)"
            " SELECT *, now() - interval '3 days'"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])",
            [list(column) for column in zip(*rows, strict=True)],
        )
        for table in ("ml_embedding", "catalog_annotation"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def pressed(person: User, keys: int) -> list[float]:
    """Label by one key a picture in Chromium; return the seconds from each key to the next picture
    on screen."""
    handler = LiveServerThread("127.0.0.1", StaticFilesHandler)
    handler.daemon = True
    handler.start()
    handler.is_ready.wait()
    if handler.error:
        raise handler.error
    client = Client()
    client.force_login(person)
    url = f"http://127.0.0.1:{handler.port}"
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
            context = chromium.new_context(base_url=url)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}]
            )
            page = context.new_page()
            page.goto(reverse("admin:catalog_labelling", args=["art"]))
            page.wait_for_selector("#picture img")
            page.evaluate(WATCH)
            shown = [_press(page, number) for number in range(1, keys + 1)]
            chromium.close()
    finally:
        handler.terminate()
        handler.join()
    return shown


def _press(page: Page, number: int) -> float:
    """Press a label's key as people do, half a second after they saw the picture."""
    page.wait_for_timeout(500)
    page.keyboard.press("1")
    page.wait_for_function("number => window.shown.length >= number", arg=number)
    milliseconds: float = page.evaluate("window.shown.at(-1)")
    return milliseconds / 1000


def served(person: User, times: int) -> list[dict[str, Any]]:
    """Return for each page of the room how long the server takes, and its queries."""
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    of_art = {"department": "art"}
    names = {
        "page": reverse("admin:catalog_labelling", kwargs=of_art),
        "grid page": reverse("admin:catalog_labelling_grid", kwargs=of_art),
        "progress": reverse("admin:catalog_labelling_progress", kwargs=of_art),
        "decide": reverse("admin:catalog_adjudicate", kwargs=of_art),
        "how many more": reverse("admin:catalog_labelling_advice", kwargs=of_art),
        "agreement": reverse("admin:catalog_annotation_agreement"),
        "home": reverse("admin:index"),
    }
    following = reverse("admin:catalog_labelling_next", kwargs=of_art)
    for queue in Queue:
        for what, asked in (("next 8", "count=8"), (f"grid of {MOST}", f"count={MOST}&alike=1")):
            names[f"{what}: {queue}"] = f"{following}?queue={queue}&near=1&{asked}"
    return [{"page": name, **_served(client, url, times)} for name, url in names.items()]


def _served(client: Client, url: str, times: int) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    count = len(queries)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}")
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        client.get(url)
        seconds.append(time.perf_counter() - started)
    return {"queries": count, **quantiles(seconds)}
