"""The benchmarks measure what they say: small runs, and the page made of their figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import report, search
from tests.benchmarks.peers import BruteForce, FaissFlat, FaissHnsw, Hnswlib, SeedsWay
from tests.browser.site import Site


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run ``bench search`` as a person would, over the smallest catalogue."""
    site = Site(tmp_path_factory.mktemp("bench") / "home")
    site.home.mkdir()
    return site.report("bench", "search", "--size=1000", "--queries=10")


def test_ours_finds_what_exists(result: dict[str, Any]) -> None:
    ours = [row for row in result["rows"] if row["name"] == search.Ours.name]
    assert [row["cap"] for row in ours] == [*search.CAPS] * 3
    assert all(row["not_filled"] == 0 for row in ours)
    assert all(row["recall"] is None or row["recall"] >= 0.99 for row in ours)
    assert all(row["measured"] == 10 for row in ours)


def test_peers_are_held_to_the_same_truth(result: dict[str, Any]) -> None:
    rows = {(row["name"], row.get("cap"), row.get("label")): row for row in result["rows"]}
    exact = BruteForce.name
    assert all(rows[exact, cap, None]["recall"] >= 0.999 for cap in search.CAPS)
    # The seed's ten neighbours leave next to nothing under a tight price, and we must see that.
    seeds = rows[SeedsWay.name, 0.01, None]
    assert seeds["returned"] < 3
    assert seeds["recall"] < 0.5
    missing = {row["name"] for row in result["rows"] if "missing" in row}
    assert missing <= {FaissFlat.name, FaissHnsw.name, Hnswlib.name}


def test_the_catalogue_lives_on(result: dict[str, Any]) -> None:
    before, price, back, *_, again = result["life"]
    assert before["index_bytes"] == price["index_bytes"] == back["index_bytes"]
    assert again["pieces"] == 20
    assert all(row["not_filled"] == 0 and row["recall"] >= 0.99 for row in result["lived"])


def test_it_leaves_no_database_behind(result: dict[str, Any]) -> None:
    assert result["index"]["bytes"] > 0
    assert len(result["at_once"]) == len(search.CAPS)


@pytest.mark.parametrize(
    "arguments",
    [("search", "--size=999"), ("search", "--queries=1"), ("walls", "--seconds=0"), ("nothing",)],
)
def test_bad_input_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert Site(home).manage("bench", *arguments, expect=2).stdout == ""


def test_the_page_says_what_was_measured() -> None:
    searches, walls = report.load()
    intro = (report.FOLDER / "intro.md").read_text().strip()
    assert report.PAGE.read_text() == f"{intro}\n\n{report.page(searches, walls)}"


def test_a_run_makes_a_page(result: dict[str, Any]) -> None:
    text = report.page([json.loads(json.dumps(result))], [])
    assert "1,000 pieces" in text
    assert "Pendant" in text
