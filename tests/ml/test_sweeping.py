"""The sweeper rings for every version that lacks pictures."""

from pathlib import Path

import pytest
from django.db import connection

from ml.embedding import sweep_embeddings
from ml.models import ModelVersion
from tests.broker import listening
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 2)


def rung() -> list[int]:
    with listening() as broker:
        sweep_embeddings()
        messages = broker.rung("embedding")
    assert {task for task, _ in messages} <= {"ml.tasks.embed"}
    return [pk for _, pk in messages]


def test_it_works() -> None:
    version = candidate()
    assert rung() == [version.pk]


def index(version: ModelVersion) -> None:
    """Make the version's index inside the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX {version.index_name} ON ml_embedding "
            f"USING hnsw (vector halfvec_cosine_ops) WHERE version_id = {version.pk}"
        )


def test_a_version_that_has_all_is_not_rung_for() -> None:
    version = candidate()
    index(version)
    fill(version)
    assert rung() == []


def test_one_without_its_index_is_rung_for() -> None:
    version = candidate()
    fill(version)
    assert rung() == [version.pk]


def test_one_new_picture_is_enough(tmp_path: Path) -> None:
    version = candidate()
    index(version)
    fill(version)
    version.promote()
    load_catalogue(tmp_path, 3)
    assert rung() == [version.pk]


def test_the_live_one_and_the_candidate_are_rung_for() -> None:
    live, other = candidate(), candidate()
    ModelVersion.objects.filter(pk=live.pk).update(state="live")
    assert rung() == [live.pk, other.pk]


def test_a_retired_version_is_left_alone() -> None:
    candidate()
    ModelVersion.objects.update(state="retired")
    assert rung() == []


def test_the_other_department_lacks_nothing() -> None:
    index(candidate("jewelry"))
    assert rung() == []
