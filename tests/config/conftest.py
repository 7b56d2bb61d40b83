"""Homes of their own, and commands in them that end with the test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import clusters, places
from tests.config.commands import Client, servers, until


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An unused home; afterwards its servers have to be gone, then it is removed with its data."""
    home = tmp_path / "home"
    yield home
    until(lambda: not places.run_directory(home).exists())
    if home.exists():
        pids = [report["pid"] for report in servers(home).values() if report]
        assert pids == []
        shutil.rmtree(home)
        clusters.discard_cluster(home)


@pytest.fixture
def client(home: Path) -> Iterator[Callable[..., Client]]:
    """Make clients of the home that are ended with the test."""
    made: list[Client] = []

    def make(**changes: str) -> Client:
        made.append(Client(home, **changes))
        return made[-1]

    yield make
    for each in made:
        if each.process.returncode is None:
            each.end()
