"""``reindex``: an index built anew, beside the traffic."""

import json
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ml.models import ModelVersion
from ml.services import INDEX_LOCK, create_index
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill

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
