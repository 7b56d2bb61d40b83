"""PostgreSQL under root: another account, and data that lies outside the home."""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from config import clusters, places
from tests.config.commands import (
    Client,
    assert_all_gone,
    pids,
    query,
    until,
)

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root hands PostgreSQL and its data to another account"
)


def test_root_hands_postgres_to_another_account(home: Path, client: Callable[..., Client]) -> None:
    client().ensure()
    data = home / "postgres" / "data"
    assert (home / "postgres").is_symlink()
    assert data.stat().st_uid != 0
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert Path(f"/proc/{pids(home)[1]}").stat().st_uid == data.stat().st_uid
    copied_home = home.with_name("copy")
    copied_home.mkdir(mode=0o700)
    (copied_home / "postgres").symlink_to((home / "postgres").readlink())
    only = Client(copied_home)
    assert "is a copy of" in only.ensure()
    only.end()
    until(lambda: not places.run_directory(copied_home).exists())


def test_root_removes_data_of_deleted_homes(home: Path, client: Callable[..., Client]) -> None:
    lost = home.with_name("lost")
    only = Client(lost)
    only.ensure()
    folder = (lost / "postgres").readlink()
    running = pids(lost)
    only.end()
    assert_all_gone(lost, running)
    shutil.rmtree(lost)
    assert folder.exists()
    client().ensure()
    assert not folder.exists()


def test_root_keeps_data_of_a_home_that_may_come_back(
    home: Path, client: Callable[..., Client]
) -> None:
    away = home.with_name("away")
    only = Client(away)
    only.ensure()
    folder = (away / "postgres").readlink()
    running = pids(away)
    only.end()
    assert_all_gone(away, running)
    shutil.rmtree(away)
    (folder / "home").write_text("/mnt/a disk that is not mounted/pendant")
    first = client()
    first.ensure()
    before = pids(home)
    assert (folder / "data" / "PG_VERSION").exists()
    first.end()
    assert_all_gone(home, before)
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(folder / "orphaned", (two_days_ago, two_days_ago))
    client().ensure()
    assert not folder.exists()


@pytest.fixture
def lasting() -> Iterator[Path]:
    """Return a folder whose homes any cluster's start leaves alone while they are away."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)
    clusters.discard_cluster(Path(folder) / "home")


def test_root_finds_the_data_of_a_moved_home(lasting: Path) -> None:
    old, home = lasting / "old", lasting / "home"
    first = Client(old)
    assert first.ensure() == "ready"
    query(old, "CREATE TABLE kept AS SELECT 7 AS number")
    running = pids(old)
    first.end()
    assert_all_gone(old, running)
    old.rename(home)
    second = Client(home)
    assert second.ensure() == "ready"
    assert query(home, "SELECT number FROM kept") == (7,)
    running = pids(home)
    second.end()
    assert_all_gone(home, running)
