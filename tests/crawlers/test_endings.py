"""How runs end: complete or not, what is delisted, and what an owner is asked."""

from typing import Any

import pytest

from catalog.models import Product
from crawlers.ending import Ending, confirm, end
from crawlers.models import CrawlRun, Sighting
from crawlers.storing import Storing
from tests.crawlers.running import make_run
from tests.crawlers.test_storing import item

pytestmark = pytest.mark.django_db

ALL = range(1, 21)
NOTHING: dict[str, Any] = {"failed_pages": 0, "total": None, "skipped": {}, "not_stored": {}}


def crawl(
    *numbers: int,
    url: str = "https://a.example/",
    reason: str = "finished",
    refusal: str = "",
    limit: int | None = None,
    fill: dict[str, float] | None = None,
    **progress: Any,
) -> CrawlRun:
    """Let a run meet these products and end so; return it as it is stored then."""
    run = make_run(url=url)
    CrawlRun.objects.filter(pk=run.pk).update(limit=limit)
    run.limit = limit
    seen = set(Storing(run).store([item(number) for number in numbers]))
    facts = {**NOTHING, "items": len(numbers), **progress}
    facts["fill"] = {"price": 1.0, "picture": 1.0, "title": 1.0, **(fill or {})}
    end(run, Ending(reason, refusal, seen, facts))
    run.refresh_from_db()
    return run


def on_shelf() -> set[int]:
    return {int(one.external_id) for one in Product.objects.active()}


def test_it_works() -> None:
    run = crawl(*ALL)
    assert (run.state, run.outcome, run.remark) == ("done", "complete", "")
    assert on_shelf() == set(ALL)


def test_what_is_absent_twice_is_delisted() -> None:
    crawl(*ALL)
    assert crawl(*ALL[2:]).progress["delisted"] == 0
    assert on_shelf() == set(ALL)
    assert crawl(*ALL[2:]).progress["delisted"] == 2
    assert on_shelf() == set(ALL[2:])


def test_two_absences_in_a_row_are_needed() -> None:
    crawl(*ALL)
    crawl(*ALL[2:])
    crawl(*ALL)
    crawl(*ALL[2:])
    assert on_shelf() == set(ALL)


def test_what_comes_back_is_relisted() -> None:
    for numbers in (ALL, ALL[2:], ALL[2:], ALL):
        crawl(*numbers)
    assert on_shelf() == set(ALL)
    assert not Sighting.objects.exclude(absences=0).exists()


@pytest.mark.parametrize(
    "how",
    [
        {"failed_pages": 1},
        {"total": 20},
        {"reason": "limit", "limit": 16},
        {"reason": "memusage_exceeded"},
        {"refusal": "The shop refuses crawlers."},
    ],
)
def test_a_run_that_is_not_complete_delists_nothing(how: dict[str, Any]) -> None:
    crawl(*ALL)
    crawl(*ALL[4:], **how)
    crawl(*ALL[4:], **how)
    crawl(*ALL[4:], **how)
    assert on_shelf() == set(ALL)


def test_a_run_says_why_it_is_not_complete() -> None:
    assert "1 page could not be read" in crawl(*ALL, failed_pages=1).remark
    assert "has 40 products, and 20 were met" in crawl(*ALL, total=40).remark
    assert crawl(*ALL, total=40, skipped={"no picture": 20}).outcome == "complete"


def test_what_was_met_counts_once_though_it_is_not_stored() -> None:
    run = crawl(*ALL, total=40, not_stored={"no department": 10, "refused: too long": 10})
    assert (run.outcome, run.remark[:34]) == ("partial", "The shop says it has 40 products, ")


def test_a_refusal_fails_the_run() -> None:
    run = crawl(refusal="The shop refuses crawlers.")
    assert (run.state, run.error) == ("failed", "The shop refuses crawlers.")


def test_more_than_a_fifth_at_once_waits_for_the_owner() -> None:
    crawl(*ALL)
    crawl(*ALL[5:])
    run = crawl(*ALL[5:])
    assert run.to_confirm == 5
    assert on_shelf() == set(ALL)
    assert confirm(run) == 5
    run.refresh_from_db()
    assert (run.to_confirm, run.progress["delisted"]) == (0, 5)
    assert on_shelf() == set(ALL[5:])


def test_a_fifth_at_once_needs_nobody() -> None:
    crawl(*ALL)
    crawl(*ALL[4:])
    run = crawl(*ALL[4:])
    assert (run.to_confirm, run.progress["delisted"]) == (0, 4)
    assert on_shelf() == set(ALL[4:])


def test_what_came_back_before_the_owner_confirmed_stays() -> None:
    crawl(*ALL)
    crawl(*ALL[5:])
    run = crawl(*ALL[5:])
    crawl(*ALL[1:])
    assert confirm(run) == 0
    assert on_shelf() == set(ALL[1:])


def test_what_another_crawl_of_the_source_meets_stays() -> None:
    crawl(*ALL)
    crawl(1, 2, url="https://a.example/collections/new")
    for _ in range(2):
        crawl(*ALL[3:])
    assert on_shelf() == {1, 2, *ALL[3:]}


def test_products_that_no_crawl_met_stay() -> None:
    run = crawl(*ALL)
    Product.objects.create(
        source=run.source, department="art", external_id="99", title="From a file"
    )
    crawl(*ALL)
    crawl(*ALL)
    assert on_shelf() == {*ALL, 99}


@pytest.mark.parametrize("name", ["price", "picture", "title"])
def test_a_drop_in_what_is_read_is_suspicious(name: str) -> None:
    crawl(*ALL)
    for _ in range(3):
        run = crawl(*ALL[2:], fill={name: 0.6})
    assert (run.shown_as, run.outcome) == ("suspicious", "suspicious")
    assert f"100\u00a0% of the products had a {name} before, 60\u00a0% now" in run.remark
    assert on_shelf() == set(ALL)


def test_a_drop_of_more_than_twenty_points_is_one() -> None:
    crawl(*ALL)
    assert crawl(*ALL, fill={"price": 0.79}).outcome == "suspicious"


def test_of_a_few_products_a_share_says_nothing() -> None:
    crawl(*ALL)
    assert crawl(*ALL[:9], fill={"price": 0.2}).outcome == "complete"
    assert crawl(*ALL[:10], fill={"price": 0.2}).outcome == "suspicious"


def test_a_small_drop_is_none() -> None:
    crawl(*ALL)
    assert crawl(*ALL, fill={"price": 0.85}).outcome == "complete"


def test_what_never_had_prices_is_not_suspicious() -> None:
    crawl(*ALL, fill={"price": 0.0})
    assert crawl(*ALL, fill={"price": 0.0}).outcome == "complete"


def test_a_run_that_an_owner_accepted_is_the_new_measure() -> None:
    for _ in range(3):
        crawl(*ALL)
    run = crawl(*ALL, fill={"price": 0.1})
    CrawlRun.objects.filter(pk=run.pk).update(outcome="complete", accepted=True)
    assert crawl(*ALL, fill={"price": 0.1}).outcome == "complete"


def test_products_without_department_fail_the_run() -> None:
    run = crawl(*ALL, not_stored={"no department": 20})
    assert run.state == "failed"
    assert "No category rule says what the 20 products are" in run.error


def test_a_run_that_lost_its_claim_writes_nothing() -> None:
    crawl(*ALL)
    crawl(*ALL[2:])
    run = make_run()
    seen = set(Storing(run).store([item(number) for number in ALL[2:]]))
    run.cancel("Cancelled by owner.")
    facts: dict[str, Any] = {**NOTHING, "items": 18}
    facts["fill"] = {"price": 1.0, "picture": 1.0, "title": 1.0}
    end(run, Ending("finished", "", seen, facts))
    run.refresh_from_db()
    assert run.is_cancelled
    assert on_shelf() == set(ALL)
