"""What a crawl leaves when a process of the site is killed in the middle: everything, once."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import psutil
import psycopg
import pytest

from config import services
from tests.browser.site import Site
from tests.crawlers.pieces import catalogue, pictures
from tests.crawlers.replicas import shopify
from tests.crawlers.shops import Answer, Asked, Shop, open_shop

BEFORE, COUNT = 60, 300
# Seconds that the shop takes for an answer, so that there is a middle.
SLOW = 0.01
COMMANDS = {
    "crawler": "crawlers.process",
    "worker": "--queues=crawling",
    "redis": "redis-server",
    "postgres": "bin/postgres",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve an empty catalogue, with workers that may crawl the loopback."""
    site = Site(tmp_path_factory.mktemp("kills") / "home")
    site.home.mkdir()
    site.settings |= {"FETCH_PRIVATE_ADDRESSES": "yes", "CRAWLER_PACE": "full"}
    site.manage("migrate", "--verbosity=0")
    site.start(warm=False)
    yield site
    site.stop()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Serve a catalogue, every answer a moment late."""
    with open_shop(pictures) as shop:
        yield shop


def ask(site: Site, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(services.database_url(site.home), autocommit=True) as connection:
        return connection.execute(sql.encode(), values).fetchall()


def sell(shop: Shop, count: int, *, dearer: int = 0) -> None:
    sold = [replace(one, price=one.price + dearer) for one in catalogue(count)]

    def late(speak: Any) -> Any:
        def speaks(asked: Asked) -> Answer | None:
            answer: Answer | None = speak(asked)
            return replace(answer, wait=SLOW) if answer else None

        return speaks

    shop.speakers = tuple(map(late, (shopify(sold), pictures)))


START = """
from crawlers import services
print(services.start_crawl(services.crawl_of({name!r}, "shopify", {url!r}, "art")).pk)
"""


def start(site: Site, name: str, shop: Shop) -> int:
    """Queue a crawl as the admin's button does; return the run's id."""
    script = START.format(name=name, url=shop.url)
    return int(site.manage("shell", "--verbosity=0", "--command", script).stdout)


def state(site: Site, run: int) -> str:
    """Return a run's state, "" while the database is away."""
    with suppress(psycopg.OperationalError):
        return str(ask(site, "SELECT state FROM crawlers_crawlrun WHERE id = %s", run)[0][0])
    return ""


def processes(site: Site, what: str) -> list[psutil.Process]:
    """Return the site's processes of a kind, whoever their parents are."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            line = " ".join(process.cmdline())
            if COMMANDS[what] in line and _belongs(process, line, site):
                found.append(process)
    return found


def _belongs(process: psutil.Process, line: str, site: Site) -> bool:
    own = process.environ().get("PENDANT_HOME") == str(site.home)
    pids = {one["pid"] for one in services.status(site.home).values() if isinstance(one, dict)}
    return own or process.pid in pids


def kill(site: Site, what: str) -> None:
    killed = processes(site, what)
    assert killed, f"there is no {what} to kill"
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(killed, 30)


def finished(site: Site, run: int) -> None:
    """Wait until the run is done; a worker that fell silent is not waited for as long as it may."""

    def is_done() -> bool:
        now = state(site, run)
        assert now != "failed", ask(site, "SELECT error, error_detail FROM crawlers_crawlrun")
        if now == "running" and not processes(site, "crawler"):
            with suppress(psycopg.OperationalError):
                ask(
                    site,
                    "UPDATE crawlers_crawlrun SET heartbeat_at = heartbeat_at - interval '1 minute'"
                    " WHERE id = %s AND state = 'running'"
                    " AND started_at < now() - interval '10 seconds' RETURNING id",
                    run,
                )
        return now == "done"

    site.wait_for(is_done)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("what", list(COMMANDS))
def test_a_crawl_survives(site: Site, shop: Shop, what: str, seed: int) -> None:
    name = f"{what} {seed}"
    sell(shop, BEFORE)
    finished(site, start(site, name, shop))
    sell(shop, COUNT, dearer=5)
    # At any request of the run: robots.txt, two pages with what is beside them, the pictures.
    moment = len(shop.asked) + Random(name).randrange(1, COUNT - BEFORE)
    run = start(site, name, shop)
    site.wait_for(lambda: len(shop.asked) >= moment)
    kill(site, what)
    finished(site, run)
    rows = ask(
        site,
        "SELECT external_id, price, is_active, (SELECT count(*) FROM catalog_picture"
        " WHERE product_id = product.id AND is_readable), (SELECT count(*) FROM"
        " catalog_pricechange WHERE product_id = product.id) FROM catalog_product product"
        " JOIN catalog_source source ON source.id = source_id WHERE source.name = %s",
        name,
    )
    expected = [
        (str(one.number), one.price + 5, True, 1, 1 if one.number <= BEFORE else 0)
        for one in catalogue(COUNT)
    ]
    assert sorted(rows) == sorted(expected)
    ((outcome, progress),) = ask(
        site, "SELECT outcome, progress FROM crawlers_crawlrun WHERE id = %s", run
    )
    assert (outcome, progress["delisted"]) == ("complete", 0)
    site.wait_for(lambda: not processes(site, "crawler"))
