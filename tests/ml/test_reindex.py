"""``reindex``: an index built anew, beside the traffic."""

import json
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection, transaction

from ml.indexes import INDEX_LOCK, create_index
from ml.models import ModelVersion
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill
from tests.waiting import beside, until_waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(tmp_path: Path, media: Path) -> ModelVersion:
    load_catalogue(tmp_path, 6)
    version = candidate()
    fill(version)
    create_index(version)
    version.promote()
    return version


def node(version: ModelVersion) -> int:
    """Return the number of the file that the index lies in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filenode(to_regclass(%s))", [version.index_name])
        number: int = cursor.fetchone()[0]
    return number


def test_it_works(version: ModelVersion, capsys: pytest.CaptureFixture[str]) -> None:
    before = node(version)
    call_command("reindex", "art", "--json")
    [rebuilt] = json.loads(capsys.readouterr().out)["rebuilt"]
    assert rebuilt["version"] == "art 1"
    assert rebuilt["bytes"] > 0
    assert node(version) != before


def test_one_that_is_lost_is_built(version: ModelVersion) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {version.index_name}")
    call_command("reindex")
    assert node(version)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["jewelry"], "no live version"), (["tapestry"], "no department 'tapestry'")],
)
def test_bad_input_is_refused(version: ModelVersion, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words) as raised:
        call_command("reindex", *arguments)
    assert raised.value.returncode == 2


def test_one_that_is_being_built_is_left_alone(version: ModelVersion) -> None:
    held, done = Event(), Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [INDEX_LOCK, version.pk])
            held.set()
            done.wait(30)
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    held.wait(30)
    before = node(version)
    try:
        with pytest.raises(CommandError, match="Another process builds"):
            call_command("reindex", "art")
    finally:
        done.set()
        thread.join(30)
    assert node(version) == before


def copies(version: ModelVersion) -> set[str]:
    """Return the names of the indexes that begin as the version's does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'i' AND starts_with(relname, %s)",
            [version.index_name],
        )
        return {name for (name,) in cursor.fetchall()}


def test_what_a_cancelled_one_leaves_is_removed(version: ModelVersion) -> None:
    begun = Event()
    held: list[int] = []

    def rebuild() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            held.append(cursor.fetchone()[0])
        begun.set()
        create_index(version, anew=True)

    with transaction.atomic(), connection.cursor() as cursor:
        # Building begins when those who write are done.
        cursor.execute("LOCK TABLE ml_embedding IN ROW EXCLUSIVE MODE")
        rebuilding = beside(rebuild)
        begun.wait(30)
        until_waiting(rebuilding)
        cursor.execute("SELECT pg_cancel_backend(%s)", held)
        with pytest.raises(OperationalError, match="cancel"):
            rebuilding.result(30)
    assert copies(version) == {version.index_name, f"{version.index_name}_ccnew"}
    before = node(version)
    create_index(version)
    assert copies(version) == {version.index_name}
    assert node(version) == before


def test_what_another_version_has_is_left_alone(version: ModelVersion) -> None:
    others = {f"{version.index_name}2", f"{version.index_name}2_ccnew"}
    with connection.cursor() as cursor:
        try:
            for name in others:
                # As a build leaves it that ended half-way.
                with pytest.raises(IntegrityError):
                    cursor.execute(
                        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON ml_embedding (version_id)"
                    )
            create_index(version, anew=True)
            assert copies(version) == {version.index_name, *others}
        finally:
            for name in others:
                cursor.execute(f"DROP INDEX IF EXISTS {name}")
