"""The processes of a site: what they load, what they leave, what they survive."""

import time
from pathlib import Path

import psutil
from redis import Redis

from config.places import redis_url
from tests.browser.site import Site


def children(site: Site) -> dict[str, psutil.Process]:
    """Return the site's processes by what their command line names."""
    assert site.process is not None
    found = {}
    for process in psutil.Process(site.process.pid).children(recursive=True):
        line = " ".join(process.cmdline())
        for name in ("gunicorn", "--queues=interactive", "--queues=embedding", "sweep"):
            if name in line:
                found[name] = process
    return found


def test_the_web_process_never_loads_tensorflow_and_stays_small(site: Site) -> None:
    token = site.post()
    site.wait_for(lambda: site.is_done(token))
    site.get("/api/products/")
    assert site.process is not None
    web = [
        process
        for process in psutil.Process(site.process.pid).children(recursive=True)
        if "gunicorn" in " ".join(process.cmdline())
    ]
    assert len(web) == 2
    for process in web:
        mapped = {Path(region.path).name for region in process.memory_maps()}
        assert not any("tensorflow" in name or "libtensorflow" in name for name in mapped)
        assert process.memory_info().rss < 200 * 1024 * 1024
    worker = children(site)["--queues=interactive"]
    loaded = {region.path for region in worker.memory_maps()}
    assert any("tensorflow" in path for path in loaded), "the probe must see it where it is"


def test_a_killed_worker_loses_nothing(site: Site) -> None:
    before = children(site)["--queues=interactive"]
    tokens = [site.post(number) for number in range(5)]
    before.kill()
    tokens += [site.post(number) for number in range(5, 8)]
    for token in tokens:
        site.wait_for(lambda token=token: site.is_done(token))
    assert children(site)["--queues=interactive"].pid != before.pid


def test_a_flushed_broker_loses_nothing(site: Site) -> None:
    worker = children(site)["--queues=interactive"]
    worker.suspend()
    try:
        tokens = [site.post(number) for number in range(3)]
        Redis.from_url(redis_url(site.home)).flushall()
    finally:
        worker.resume()
    for token in tokens:
        site.wait_for(lambda token=token: site.is_done(token))


def test_a_killed_redis_loses_nothing(site: Site) -> None:
    redis = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if any(
            str(redis_url(site.home)).removeprefix("unix://") in part
            for part in process.info["cmdline"] or []
        )
        and "redis-server" in (process.info["cmdline"] or [""])[0]
    )
    redis.kill()
    tokens = [site.post(number) for number in range(3)]
    for token in tokens:
        site.wait_for(lambda token=token: site.is_done(token))


def test_ctrl_c_leaves_no_process(site: Site) -> None:
    """Runs last in its file: the site is started again for whoever comes next."""
    assert site.process is not None
    family = psutil.Process(site.process.pid).children(recursive=True)
    assert len(family) >= 5
    assert site.stop() == 0
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and of_home(site):
        time.sleep(0.2)
    assert of_home(site) == []
    site.start()


def of_home(site: Site) -> list[str]:
    """Return the command lines of processes that belong to the site's home."""
    lines = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(site.home) in line or redis_url(site.home).removeprefix("unix://") in line:
            lines.append(line)
    return lines
