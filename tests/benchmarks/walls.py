"""``bench walls``: visitors post photos to a whole site; how long until their walls hang."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import numpy as np
import psutil
from PIL import Image, ImageOps

from tests.benchmarks.machine import machine, quantiles

BASE_DIR = Path(__file__).resolve().parents[2]
VISITORS = (1, 10, 50)
# How long a visitor looks at a result before posting the next photo, in seconds.
THINKING = 1.0
RATE = 10.0
# A visitor looks every 0.2 s at first, then every second as the page does.
POLL, EAGER, PAGE_POLL = 0.2, 2.0, 1.0
PATIENCE = 120.0
# A phone's photo, 12 million pixels, and how many different ones there are.
WIDTH, PHOTOS = 3000, 12
# The highest prices that visitors ask for, in dollars, "" for none; prints cost 24 to 240.
PRICES = ("", "30", "45", "60", "90", "150")
START_SECONDS = 600.0


@dataclass
class Load:
    """What the visitors of one load saw: seconds from POST to done, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    posting: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    errors: Counter[str] = field(default_factory=Counter)


def bench(
    *,
    seconds: float = 60.0,
    visitors: tuple[int, ...] = VISITORS,
    rate: float = RATE,
    width: int = WIDTH,
    on_progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Serve the demo catalogue from a home of its own, and let visitors come."""
    on_progress("Setting up a site with the demo catalogue")
    with tempfile.TemporaryDirectory(prefix="pendant-bench-", dir="/var/tmp") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        with site(home) as (url, process):
            on_progress(f"Taking {PHOTOS} photos")
            photos = photos_of(home, width)
            asyncio.run(closed(url, photos, 1, 5.0))
            rows = []
            for count in visitors:
                for thinking in (THINKING, 0.0):
                    on_progress(f"{count} visitors, {thinking:g} s between photos")
                    load = closed(url, photos, count, seconds, thinking)
                    rows.append(
                        {
                            "load": "closed",
                            "visitors": count,
                            "thinking_s": thinking,
                            **measured(process, load),
                        }
                    )
            on_progress(f"{rate:g} photos a second, whatever comes back")
            rows.append(
                {
                    "load": "open",
                    "rate": rate,
                    **measured(process, opened(url, photos, rate, seconds)),
                }
            )
            return {
                "bench": "walls",
                "seconds_a_load": seconds,
                "machine": machine("django", "celery", "tensorflow-cpu", "keras", "aiohttp"),
                "photos": {
                    "count": len(photos),
                    "width": width,
                    "height": 4 * width // 3,
                    "megabytes": round(sum(map(len, photos)) / len(photos) / 1e6, 1),
                },
                "rows": rows,
                "memory_mib": memory(process),
            }


@contextmanager
def site(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Set up the demo in ``home`` and serve it on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PENDANT_HOME": str(home)}
    for name in ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT"):
        environment.pop(name, None)
    log = home / "serve.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, str(BASE_DIR / "manage.py"), "demo", f"--port={port}"],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(url):
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The site did not start:\n{log.read_text()[-2000:]}")
            time.sleep(1)
        yield url, psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(60)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz/", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def photos_of(home: Path, width: int = WIDTH) -> list[bytes]:
    """Return photos as a phone takes them, 3 to 4: prints of the catalogue in the light of a room.

    Light falls off from one corner, and the sensor's noise makes the JPEG as large as a phone's.
    """
    sources = sorted((home / "media" / "pictures").rglob("*.jpg"))
    chance = np.random.default_rng(5)
    size = width, 4 * width // 3
    photos = []
    for place in chance.permutation(len(sources))[:PHOTOS]:
        with Image.open(sources[place]) as image:
            pixels = np.asarray(ImageOps.fit(image.convert("RGB"), size), dtype=np.float32)
        light = np.add.outer(np.linspace(0.55, 0.45, size[1]), np.linspace(0.55, 0.35, width))
        noise = chance.standard_normal((*size[::-1], 1), dtype=np.float32) * 4
        pixels = np.clip(pixels * light[..., None].astype(np.float32) + noise, 0, 255)
        data = BytesIO()
        Image.fromarray(pixels.astype(np.uint8)).save(data, "JPEG", quality=90)
        photos.append(data.getvalue())
    return photos


async def visit(client: aiohttp.ClientSession, photo: bytes, price: str, load: Load) -> None:
    """Post one photo and wait for its wall."""
    started = time.perf_counter()
    try:
        async with client.post("/api/submissions/", data=_form(photo, price)) as answer:
            if answer.status != 202:
                load.refused += 1
                return
            token = (await answer.json())["token"]
    except (aiohttp.ClientError, TimeoutError) as error:
        load.errors[f"POST {type(error).__name__}"] += 1
        return
    load.posting.append(time.perf_counter() - started)
    while (waited := time.perf_counter() - started) < PATIENCE:
        await asyncio.sleep(POLL if waited < EAGER else PAGE_POLL)
        try:
            async with client.get(f"/api/submissions/{token}/") as answer:
                state = (await answer.json()).get("state")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # As a browser does: ask again.
            load.errors[f"GET {type(error).__name__}"] += 1
            continue
        if state == "done":
            load.seconds.append(time.perf_counter() - started)
            return
        if state == "failed":
            load.errors["failed"] += 1
            return
    load.lost += 1


def _form(photo: bytes, price: str) -> aiohttp.FormData:
    form = aiohttp.FormData({"department": "art", "price_max": price})
    form.add_field("photo", photo, filename="photo.jpg", content_type="image/jpeg")
    return form


async def closed(
    url: str, photos: list[bytes], visitors: int, seconds: float, thinking: float = 0.0
) -> Load:
    """Let each visitor post the next photo once the wall of the last one hangs."""
    load = Load()
    until = time.perf_counter() + seconds
    chance = random.Random(visitors)

    async def stay(client: aiohttp.ClientSession) -> None:
        await asyncio.sleep(thinking * chance.random())
        while time.perf_counter() < until:
            await visit(client, chance.choice(photos), chance.choice(PRICES), load)
            await asyncio.sleep(thinking)

    async with _client(url) as client:
        await asyncio.gather(*(stay(client) for _ in range(visitors)))
    return load


async def opened(url: str, photos: list[bytes], rate: float, seconds: float) -> Load:
    """Post photos at a fixed mean rate, at random moments, whatever comes back."""
    load = Load()
    chance = random.Random(7)
    visits = []
    started = time.perf_counter()
    due = 0.0
    async with _client(url) as client:
        while due < seconds:
            await asyncio.sleep(max(0.0, started + due - time.perf_counter()))
            come = visit(client, chance.choice(photos), chance.choice(PRICES), load)
            visits.append(asyncio.create_task(come))
            due += chance.expovariate(rate)
        await asyncio.gather(*visits)
    return load


def _client(url: str) -> aiohttp.ClientSession:
    # A client that takes little of the cores it shares with the site: a quarter of httpx's time.
    return aiohttp.ClientSession(
        url,
        connector=aiohttp.TCPConnector(limit=200),
        timeout=aiohttp.ClientTimeout(total=60),
    )


def measured(process: psutil.Process, visits: Coroutine[Any, Any, Load]) -> dict[str, Any]:
    """Let the visitors come; return rates, quantiles and the processor time of a photo."""
    before, started = cpu(process), time.perf_counter()
    load = asyncio.run(visits)
    elapsed, after = time.perf_counter() - started, cpu(process)
    done = len(load.seconds)
    return {
        "done": done,
        "refused": load.refused,
        "lost": load.lost,
        "errors": dict(load.errors),
        "elapsed_s": round(elapsed, 1),
        "per_second": round(done / elapsed, 2),
        **(quantiles(load.seconds) if load.seconds else {}),
        "post": quantiles(load.posting) if load.posting else {},
        "cpu_ms_a_photo": {
            role: round(1000 * (after[role] - before.get(role, 0.0)) / max(1, done), 1)
            for role in after
            if after[role] > before.get(role, 0.0)
        },
    }


def roles(process: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    """Yield the site's processes, each with what it is."""
    names = {
        "gunicorn": "web",
        "catalog.decoder": "decoder",
        "--queues=interactive": "worker",
        "--queues=embedding": "embedding worker",
        "manage.py sweep": "sweeper",
    }
    for child in process.children(recursive=True):
        line = " ".join(child.cmdline())
        yield next((role for mark, role in names.items() if mark in line), "other"), child


def cpu(process: psutil.Process) -> dict[str, float]:
    """Return the seconds of processor time that each kind of process has used.

    With them "machine": all of it, database, broker and the visitors themselves included.
    """
    whole = psutil.cpu_times()
    seconds = {"machine": whole.user + whole.nice + whole.system}
    for role, child in roles(process):
        times = child.cpu_times()
        # A child a photo decodes, and is counted once it has ended.
        ended = times.children_user + times.children_system if role == "decoder" else 0.0
        seconds[role] = seconds.get(role, 0.0) + times.user + times.system + ended
    return seconds


def memory(process: psutil.Process) -> dict[str, int]:
    """Return resident memory by kind of process, in MiB; the largest where there are several."""
    sizes: dict[str, int] = {}
    for role, child in roles(process):
        sizes[role] = max(sizes.get(role, 0), child.memory_info().rss // 2**20)
    return sizes
