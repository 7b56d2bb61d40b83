"""The embedded services, with real servers in homes of their own."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from config import clusters, places, services
from tests.config.commands import (
    ROOT,
    Client,
    assert_all_gone,
    broker,
    environment,
    is_running,
    pids,
    query,
    servers,
    until,
)


def test_first_start_gives_both_services(home: Path, client: Callable[..., Client]) -> None:
    assert client().ensure() == "ready"
    query(home, "CREATE EXTENSION vector")
    row = query(home, "SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    assert tuple(int(part) for part in row[0].split(".")) >= (0, 8)
    assert query(home, "SELECT lower('ÉTÉ') = 'été'") == (True,)
    assert query(home, "SHOW synchronous_commit") == ("on",)
    with broker(home) as connection:
        assert connection.set("key", "value")
        assert connection.config_get("appendonly") == {"appendonly": "yes"}
        assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert connection.config_get("port") == {"port": "0"}


def test_settings_connect_like_the_url(home: Path, client: Callable[..., Client]) -> None:
    client().ensure()
    settings = services.database_settings(home)
    assert settings["ENGINE"] == "django.db.backends.postgresql"
    with psycopg.connect(
        dbname=settings["NAME"],
        user=settings["USER"],
        host=settings["HOST"],
        port=settings["PORT"],
    ) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("pendant",)


def test_addresses_are_computed_without_starting(home: Path) -> None:
    assert services.database_url(home) == services.database_url(home)
    assert services.redis_url(home).startswith("unix:///")
    assert services.redis_url(home) != services.redis_url(home / "other")
    assert not home.exists()
    assert not places.run_directory(home).exists()


def test_two_commands_share_one_keeper(home: Path, client: Callable[..., Client]) -> None:
    first, second = client(), client()
    assert first.ensure() == "ready"
    before = pids(home)
    assert second.ensure() == "ready"
    first.end()
    time.sleep(1)
    assert pids(home) == before
    assert query(home, "SELECT 1") == (1,)
    second.end()
    assert_all_gone(home, before)


def test_eight_at_once_on_an_empty_home(home: Path, client: Callable[..., Client]) -> None:
    clients = [client() for _ in range(8)]
    for each in clients:
        each.ask()
    assert [each.answer() for each in clients] == ["ready"] * 8
    log = (home / "services.log").read_text()
    assert log.count("PostgreSQL is ready") == 1
    assert log.count("Redis is ready") == 1


def test_second_keeper_leaves_the_first_alone(home: Path, client: Callable[..., Client]) -> None:
    client().ensure()
    before = pids(home)
    second = subprocess.run(
        [sys.executable, "-m", "config.services", "keep", str(home)],
        env=environment(home),
        cwd=ROOT,
        timeout=20,
        check=False,
    )
    assert second.returncode == 0
    assert pids(home) == before


def test_killed_command_leaves_nothing(home: Path, client: Callable[..., Client]) -> None:
    only = client()
    only.ensure()
    running = pids(home)
    only.kill()
    assert_all_gone(home, running)


def test_command_killed_while_starting_leaves_nothing(
    home: Path, client: Callable[..., Client]
) -> None:
    only = client()
    only.ask()
    until(lambda: (home / "clients.lock").exists())
    only.kill()
    assert client().ensure() == "ready"


def test_killed_keeper_takes_its_servers_along(home: Path, client: Callable[..., Client]) -> None:
    running = client()
    running.ensure()
    query(home, "CREATE TABLE kept AS SELECT 7 AS number")
    with broker(home) as connection:
        connection.set("key", "value")
        # Redis promises every second's writes; it also writes out on the signal it gets here.
    before = pids(home)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: not any(is_running(pid) for pid in before))
    assert running.ensure() == "ready"
    assert query(home, "SELECT number FROM kept") == (7,)
    with broker(home) as connection:
        assert connection.get("key") == b"value"
    assert not set(before) & set(pids(home))


def test_killed_redis_comes_back_with_its_data(home: Path, client: Callable[..., Client]) -> None:
    client().ensure()
    before = pids(home)
    with broker(home) as connection:
        connection.set("key", "value")
        until(lambda: connection.info("persistence")["aof_pending_bio_fsync"] == 0)
    os.kill(before[2], signal.SIGKILL)
    until(lambda: (services.status(home)["redis"]["pid"] or before[2]) != before[2])
    until(lambda: services.status(home)["redis"]["state"] == "ready")
    with broker(home) as connection:
        assert connection.get("key") == b"value"
    assert pids(home)[:2] == before[:2]


def test_killed_postgres_comes_back_with_its_data(
    home: Path, client: Callable[..., Client]
) -> None:
    client().ensure()
    before = pids(home)
    query(home, "CREATE TABLE kept AS SELECT 7 AS number")
    busy = psycopg.connect(services.database_url(home))
    os.kill(before[1], signal.SIGKILL)
    until(lambda: (services.status(home)["postgres"]["pid"] or before[1]) != before[1])
    until(lambda: services.status(home)["postgres"]["state"] == "ready")
    assert query(home, "SELECT number FROM kept") == (7,)
    with pytest.raises(psycopg.OperationalError):
        busy.execute("SELECT 1")
    busy.close()


def test_data_outlives_a_stop(home: Path, client: Callable[..., Client]) -> None:
    first = client()
    first.ensure()
    query(home, "CREATE TABLE kept AS SELECT 7 AS number")
    running = pids(home)
    first.end()
    assert_all_gone(home, running)
    assert client().ensure() == "ready"
    assert query(home, "SELECT number FROM kept") == (7,)


def test_told_to_stop_then_asked_again(home: Path, client: Callable[..., Client]) -> None:
    running = client()
    running.ensure()
    before = pids(home)
    os.kill(before[0], signal.SIGTERM)
    assert_all_gone(home, before)
    assert running.ensure() == "ready"


def test_deleted_home_ends_the_servers(home: Path, client: Callable[..., Client]) -> None:
    running = client()
    running.ensure()
    query(home, "CREATE TABLE lost AS SELECT 7 AS number")
    before = pids(home)
    folder = (home / "postgres").resolve()
    shutil.rmtree(home)
    assert_all_gone(home, before)
    until(lambda: not folder.exists())
    assert running.ensure() == "ready"
    assert query(home, "SELECT to_regclass('lost')") == (None,)


def test_long_home_name(tmp_path: Path) -> None:
    deep = tmp_path / ("long-" * 20) / ("name-" * 20)
    only = Client(deep)
    assert only.ensure() == "ready"
    assert query(deep, "SELECT 1") == (1,)
    running = pids(deep)
    only.end()
    assert_all_gone(deep, running)
    shutil.rmtree(deep)
    clusters.discard_cluster(deep)


def test_permissions_of_parents_stay(tmp_path: Path) -> None:
    parent = tmp_path / "private"
    parent.mkdir(mode=0o700)
    above = [path for path in (parent, *parent.parents) if path.stat().st_uid == os.geteuid()]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in above]
    home = parent / "home"
    only = Client(home)
    assert only.ensure() == "ready"
    assert [stat.S_IMODE(path.stat().st_mode) for path in above] == modes
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    running = pids(home)
    only.end()
    assert_all_gone(home, running)
    shutil.rmtree(home)
    clusters.discard_cluster(home)


def test_outside_servers_are_not_doubled(home: Path, client: Callable[..., Client]) -> None:
    outside = client(DATABASE_URL="postgresql://elsewhere/pendant")
    assert outside.ensure() == "ready"
    assert servers(home)["postgres"] is None
    assert servers(home)["redis"]["state"] == "ready"
    assert client().ensure() == "ready"
    assert servers(home)["postgres"]["state"] == "ready"


def test_nothing_is_made_with_both_outside(home: Path, client: Callable[..., Client]) -> None:
    outside = client(DATABASE_URL="postgresql://elsewhere/", REDIS_URL="redis://elsewhere")
    assert outside.ensure() == "ready"
    assert not home.exists()


def test_broken_cluster_is_told(home: Path, client: Callable[..., Client]) -> None:
    first = client()
    first.ensure()
    running = pids(home)
    first.end()
    assert_all_gone(home, running)
    control = home / "postgres" / "data" / "global" / "pg_control"
    whole = control.read_bytes()
    control.write_bytes(b"broken" + whole[6:])
    second = client()
    answer = second.ensure()
    assert answer.startswith("ServiceError PostgreSQL did not start")
    assert "Its data is kept" in answer
    assert "FATAL" in answer or "PANIC" in answer
    assert "DATABASE_URL" in answer
    control.write_bytes(whole)
    assert second.ensure() == "ready"


def test_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    only = Client(tmp_path / "file")
    assert only.ensure().startswith(f"ServiceError The folder {tmp_path / 'file'} cannot be used")
    only.end()


def test_foreign_run_folder_is_refused(
    home: Path, tmp_path: Path, client: Callable[..., Client]
) -> None:
    run = places.run_directory(home)
    run.symlink_to(tmp_path)
    try:
        assert "would not be private" in client().ensure()
    finally:
        run.unlink()


def test_stale_files_are_cleaned(home: Path, client: Callable[..., Client]) -> None:
    # A machine that lost its power leaves them, and gives the number to another process.
    first = client()
    first.ensure()
    before = pids(home)
    first.end()
    assert_all_gone(home, before)
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    run = places.run_directory(home)
    (run / "postgres").mkdir(parents=True)
    for name in ("keeper.sock", "redis.sock", "postgres/.s.PGSQL.5432"):
        (run / name).touch()
    (run / "postgres" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    assert client().ensure() == "ready"
    assert query(home, "SELECT 1") == (1,)
