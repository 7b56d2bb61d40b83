"""Whole runs: real processes crawl replica shops, stop, are killed, and go on."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Picture, Product
from crawlers import services
from crawlers.models import CrawlRun, PictureLink
from crawlers.tasks import stop_crawls
from jobs.models import LostClaim
from tests.crawlers.pieces import catalogue
from tests.crawlers.replicas import structured
from tests.crawlers.running import Pieces
from tests.crawlers.shops import Answer
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


def crawl(url: str, department: str = "art", limit: int | None = None) -> CrawlRun:
    """Crawl a shop from this process until the run has ended."""
    run = begin(url, department, limit)
    return services.crawl_now(run, lambda _: None)


def begin(url: str, department: str = "art", limit: int | None = None) -> CrawlRun:
    made = services.crawl_of("a shop", "shopify", url, department)
    return services.start_crawl(made, limit=limit, ring=False)


def numbers() -> list[int]:
    return sorted(int(one.external_id) for one in Product.objects.active())


def crawlers() -> list[psutil.Process]:
    """Return the crawls' processes that run, of this test, whoever their parent is."""
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            mine = one.environ().get("MEDIA_ROOT") == os.environ["MEDIA_ROOT"]
            if mine and "crawlers.process" in one.cmdline():
                found.append(one)
    return found


@contextmanager
def under_way(run: CrawlRun) -> Iterator[threading.Thread]:
    """Do a run from another thread, as a worker does; wait for its end after the block."""

    def work() -> None:
        job = CrawlRun.objects.claim(run.pk)
        assert job is not None
        try:
            services.crawl(job)
        except (LostClaim, services.CrawlerDied):
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(60)
    assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what a process has to start first for."""
    until(condition, seconds=120)


def slow_from(page: int, seconds: float = 20.0) -> Callable[[Any], Answer | None]:
    """Return what answers a list's pages from this one on so slowly that a test can step in."""

    def speak(asked: Any) -> Answer | None:
        return (
            Answer.of({"products": []}, wait=seconds) if asked.number("page", 1) >= page else None
        )

    return speak


@pytest.mark.usefixtures("crawling")
def test_it_works(pieces: Pieces) -> None:
    pieces.sell(catalogue(260, pictures=1))
    run = crawl(pieces.url)
    assert (run.state, run.outcome, run.error) == ("done", "complete", "")
    assert numbers() == list(range(1, 261))
    assert Picture.objects.count() == 260
    assert (run.progress["items"], run.progress["created"], run.progress["pictures"]) == (
        260,
        260,
        260,
    )
    assert run.progress["fill"] == {"price": 1.0, "picture": 1.0, "title": 1.0}
    assert not run.folder.exists()
    assert crawlers() == []


@pytest.mark.usefixtures("crawling")
def test_an_unchanged_shop_is_not_written_again(pieces: Pieces) -> None:
    pieces.sell(catalogue(30))
    crawl(pieces.url)
    before = written()
    asked = len(pieces.shop.asked)
    run = crawl(pieces.url)
    assert (run.progress["unchanged"], run.progress["created"], run.progress["updated"]) == (
        30,
        0,
        0,
    )
    assert written() == before
    assert not [one for one in pieces.shop.asked[asked:] if one.path.startswith("/pictures")]


def written() -> dict[str, tuple[int, int]]:
    """Return how many rows each table has, and which transaction wrote one last."""
    catalogue = ("product", "picture", "pricechange", "source", "annotation", "label")
    crawls = ("crawl", "sighting", "picturelink", "categoryrule")
    tables = [f"catalog_{name}" for name in catalogue] + [f"crawlers_{name}" for name in crawls]
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            # xmin names the transaction that wrote a row last.
            cursor.execute(f"SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM {table}")
            found[table] = cursor.fetchone()
    return found


@pytest.mark.usefixtures("crawling")
def test_a_picture_that_fails_costs_itself_and_is_tried_again(pieces: Pieces) -> None:
    pieces.sell(catalogue(4))
    pieces.shop.instead["/pictures/2-0.jpg"] = Answer(b"no picture", kind="image/jpeg")
    pieces.shop.instead["/pictures/3-0.jpg"] = Answer(b"", status=403)
    run = crawl(pieces.url)
    assert (run.outcome, run.progress["pictures"], run.progress["pictures_failed"]) == (
        "complete",
        2,
        2,
    )
    failures = PictureLink.objects.order_by("pk").values_list("failure", flat=True)
    assert [bool(failure) for failure in failures] == [False, True, True, False]
    pieces.shop.instead.clear()
    assert crawl(pieces.url).progress["pictures"] == 2
    assert Picture.objects.count() == 4


def test_a_disk_that_takes_nothing_fails_the_run_with_that_reason(
    pieces: Pieces, crawling: Path
) -> None:
    pieces.sell(catalogue(4))
    # A file where pictures' folders would be: nothing can be written there, by nobody.
    crawling.mkdir(exist_ok=True)
    (crawling / "pictures").write_text("")
    run = crawl(pieces.url)
    assert (run.state, run.attempts) == ("failed", 1)
    assert run.error.startswith("Files could not be written: ")
    assert "MEDIA_ROOT" in run.error
    assert numbers() == [1, 2, 3, 4]
    (crawling / "pictures").unlink()
    assert crawl(pieces.url).progress["pictures"] == 4


@pytest.mark.usefixtures("crawling")
def test_a_limit_ends_the_run_when_it_has_these_products_pictures(pieces: Pieces) -> None:
    pieces.sell(catalogue(30))
    pieces.shop.instead = {f"/pictures/{n}-0.jpg": Answer(status=500) for n in range(1, 31)}
    crawl(pieces.url)
    pieces.shop.instead.clear()
    run = crawl(pieces.url, limit=7)
    assert (run.state, run.outcome) == ("done", "limited")
    assert (run.progress["items"], run.progress["total"]) == (7, 7)
    held = Picture.objects.order_by("product__pk").values_list("product__external_id", flat=True)
    assert list(held) == [str(number) for number in range(1, 8)]


@pytest.mark.usefixtures("crawling")
def test_pictures_of_what_is_still_being_stored_at_the_end_are_asked_for(pieces: Pieces) -> None:
    pieces.sell(catalogue(30))
    pieces.shop.instead["/products.json"] = slow_from(2, seconds=3.0)
    # The second page is empty and ends the list, while the first one waits to be stored.
    product = Product._meta.db_table
    run = begin(pieces.url)
    with under_way(run), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {product} IN EXCLUSIVE MODE")
        wait_until(lambda: any(one.number("page", 1) == 2 for one in pieces.shop.asked))
        time.sleep(6)
    run.refresh_from_db()
    assert (run.outcome, run.progress["pictures"]) == ("complete", 30)


@pytest.mark.usefixtures("crawling")
def test_a_shop_that_is_none_fails_with_a_sentence(pieces: Pieces) -> None:
    pieces.sell(catalogue(3))
    crawl(pieces.url)
    pieces.shop.instead["/products.json"] = Answer.page("<h1>We moved</h1>")
    run = crawl(pieces.url)
    assert run.state == "failed"
    assert "The catalogue stays as it was." in run.error
    assert numbers() == [1, 2, 3]


@pytest.mark.usefixtures("crawling")
def test_a_source_is_crawled_once_at_a_time(pieces: Pieces) -> None:
    run = begin(pieces.url)
    with pytest.raises(services.CrawlError, match="A crawl of a shop is under way since"):
        begin(pieces.url)
    run.cancel("Cancelled.")
    begin(pieces.url)


@pytest.mark.usefixtures("crawling")
def test_a_run_whose_command_was_killed_keeps_no_other_waiting(pieces: Pieces) -> None:
    run = CrawlRun.objects.claim(begin(pieces.url).pk)
    assert run is not None
    heard = CrawlRun.objects.filter(pk=run.pk)
    heard.update(heartbeat_at=timezone.now() - CrawlRun.LEASE / 2)
    with pytest.raises(services.CrawlError, match="under way"):
        begin(pieces.url)
    heard.update(heartbeat_at=timezone.now() - 2 * CrawlRun.LEASE)
    begin(pieces.url)
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", services.GAVE_UP)


@pytest.mark.usefixtures("crawling")
def test_a_cancelled_run_ends_its_process(pieces: Pieces) -> None:
    pieces.sell(catalogue(600))
    pieces.shop.instead["/products.json"] = slow_from(2)
    run = begin(pieces.url)
    with under_way(run):
        wait_until(lambda: Product.objects.count() == 250)
        assert CrawlRun.objects.get(pk=run.pk).cancel("Cancelled by owner.")
        wait_until(lambda: not crawlers())
    run.refresh_from_db()
    assert run.is_cancelled
    assert run.can_go_on


@pytest.mark.usefixtures("crawling")
def test_a_process_that_answers_nothing_is_ended(pieces: Pieces) -> None:
    pieces.sell(catalogue(600))
    pieces.shop.instead["/products.json"] = slow_from(2)
    run = begin(pieces.url)
    with under_way(run):
        wait_until(lambda: Product.objects.count() == 250)
        (hanging,) = crawlers()
        hanging.suspend()
        assert CrawlRun.objects.get(pk=run.pk).cancel("Cancelled by owner.")
        wait_until(lambda: not crawlers())
    assert not run.can_go_on


@pytest.mark.usefixtures("crawling")
def test_a_run_whose_worker_ends_goes_on_from_there(
    pieces: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "stopping", threading.Event())
    pieces.sell(catalogue(600))
    pieces.shop.instead["/products.json"] = slow_from(2)
    run = begin(pieces.url)
    with under_way(run):
        wait_until(lambda: Product.objects.count() == 250)
        stop_crawls()
        # A service manager tells every process to end, and so does the worker.
        for process in 3 * crawlers():
            with suppress(psutil.NoSuchProcess):
                process.terminate()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.can_go_on) == ("queued", 0, True)
    pieces.shop.instead.clear()
    services.stopping.clear()
    asked = len(pieces.shop.asked)
    run = services.crawl_now(run, lambda _: None)
    assert (run.outcome, run.progress["items"], run.progress["created"]) == ("complete", 600, 600)
    assert numbers() == list(range(1, 601))
    pages = [one.number("page", 1) for one in pieces.shop.asked[asked:] if "limit" in one.query]
    assert pages == [2, 3, 4]


@pytest.mark.usefixtures("crawling")
def test_a_run_whose_crawler_was_killed_begins_anew(pieces: Pieces) -> None:
    pieces.sell(catalogue(600))
    crawl(pieces.url)
    pieces.shop.instead["/products.json"] = slow_from(2)
    run = begin(pieces.url)
    with under_way(run):
        wait_until(lambda: CrawlRun.objects.get(pk=run.pk).progress.get("items") == 250)
        for process in crawlers():
            process.kill()
    run.refresh_from_db()
    assert run.state == "running"
    assert not run.can_go_on
    assert run.give_back("It broke.") == "queued"
    pieces.shop.instead.clear()
    run = services.crawl_now(run, lambda _: None)
    assert (run.outcome, run.progress["items"], run.progress["delisted"]) == ("complete", 600, 0)
    assert numbers() == list(range(1, 601))
    assert crawlers() == []


@pytest.mark.usefixtures("crawling")
def test_a_crawl_that_is_deleted_ends_and_takes_along_what_its_runs_kept(pieces: Pieces) -> None:
    pieces.sell(catalogue(600))
    pieces.shop.instead["/products.json"] = slow_from(2)
    run = begin(pieces.url)
    with under_way(run):
        wait_until(lambda: Product.objects.count() == 250)
        assert run.folder.exists()
        run.crawl.delete()
        wait_until(lambda: not crawlers())
    assert numbers() == list(range(1, 251))
    assert not run.folder.exists()


WORKER = """
import django; django.setup()
from crawlers import services
from crawlers.models import CrawlRun
services.crawl(CrawlRun.objects.claim({pk}))
"""


@pytest.mark.usefixtures("crawling")
def test_a_killed_worker_takes_its_crawler_along(pieces: Pieces) -> None:
    pieces.sell(catalogue(600))
    pieces.shop.instead["/products.json"] = slow_from(2)
    run = begin(pieces.url)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER.format(pk=run.pk)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    wait_until(lambda: Product.objects.count() == 250)
    assert len(crawlers()) == 1
    worker.kill()
    worker.wait()
    wait_until(lambda: not crawlers())
    run.refresh_from_db()
    # The sweeper takes it back when its heartbeat is too old; it had stopped cleanly by itself.
    assert (run.state, run.can_go_on) == ("running", True)
    assert run.give_back("Its worker fell silent.") == "queued"
    pieces.shop.instead.clear()
    assert services.crawl_now(run, lambda _: None).outcome == "complete"
    assert numbers() == list(range(1, 601))


@pytest.mark.usefixtures("crawling")
def test_the_command_reports(pieces: Pieces, capsys: pytest.CaptureFixture[str]) -> None:
    pieces.sell(catalogue(3))
    call_command("crawl", "shopify", pieces.url, department="art", json=True)
    assert capsys.readouterr().out == (
        '{"state": "done", "items": 3, "created": 3, "updated": 0, "unchanged": 0, '
        '"delisted": 0, "failed": 0, "reason": ""}\n'
    )
    assert Product.objects.first().source.name == "127.0.0.1"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("spider", "url", "reason"),
    [
        ("shops", "https://a.example/", "There is no spider 'shops'"),
        ("shopify", "file:///etc/passwd", "is not a web address"),
        ("shopify", "ftp://a.example/", "is not a web address"),
        ("shopify", "a.example", "is not a web address"),
        ("shopify", " ", "There is no address to crawl"),
        ("shopify", "http://169.254.169.254/", "leads into a private network"),
        ("shopify", "http://[::1]/", "leads into a private network"),
        ("shopify", "https://me:secret@a.example/", "user name or password"),
    ],
)
@pytest.mark.django_db
def test_the_command_refuses(spider: str, url: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason) as refused:
        call_command("crawl", spider, url)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert not CrawlRun.objects.exists()


@pytest.mark.usefixtures("crawling")
def test_the_command_fails_with_the_runs_reason(
    pieces: Pieces, capsys: pytest.CaptureFixture[str]
) -> None:
    pieces.shop.robots = "User-agent: *\nDisallow: /\n"
    with pytest.raises(CommandError, match=r"robots\.txt") as failed:
        call_command("crawl", "shopify", pieces.url, department="art", json=True)
    assert failed.value.returncode == 1
    assert type(failed.value).__name__ == "Error"
    assert '"state": "failed"' in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"robots\.txt"):
        call_command("crawl", "shopify", pieces.url, department="art")
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("crawling")
def test_pages_that_wait_are_all_read_before_a_run_ends(pieces: Pieces) -> None:
    # More pages than are handed to Scrapy at a time: in between it has nothing to do.
    pieces.shop.speakers = (structured(catalogue(230, pictures=0)),)
    made = services.crawl_of("a shop", "structured", pieces.url, "art")
    run = services.crawl_now(services.start_crawl(made, ring=False), lambda _: None)
    assert run.outcome == CrawlRun.Outcome.COMPLETE, run.error
    assert Product.objects.active().count() == 230
