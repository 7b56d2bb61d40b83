"""The sweeper rings for every version that lacks pictures, and clears old logs."""

from pathlib import Path

import pytest
from django.db import connection

from ml.embedding import sweep_embeddings
from ml.models import ModelVersion, TrainingRun
from ml.services import LOGS_KEPT, sweep_logs
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


def run_with_logs(media: Path, state: str = "failed", department: str = "art") -> TrainingRun:
    run = TrainingRun.objects.create(department=department, state=state)
    (media / "logs" / department / str(run.pk) / "train").mkdir(parents=True)
    return run


def logs(media: Path, department: str = "art") -> set[int]:
    return {int(folder.name) for folder in (media / "logs" / department).iterdir()}


def test_logs_of_old_trainings_are_cleared(media: Path) -> None:
    runs = [run_with_logs(media).pk for _ in range(LOGS_KEPT + 3)]
    other = run_with_logs(media, department="jewelry").pk
    sweep_logs()
    assert logs(media) == set(runs[3:])
    assert logs(media, "jewelry") == {other}


def test_logs_of_what_serves_or_may_and_of_runs_under_way_are_kept(media: Path) -> None:
    under_way = run_with_logs(media, "running").pk
    kept = {under_way}
    for state in ModelVersion.State.values:
        version = candidate()
        (media / "logs" / "art" / str(version.training_run_id)).mkdir()
        ModelVersion.objects.filter(pk=version.pk).update(state=state)
        if state != ModelVersion.State.RETIRED:
            kept.add(version.training_run_id)
    kept |= {run_with_logs(media).pk for _ in range(LOGS_KEPT)}
    sweep_logs()
    assert logs(media) == kept


def test_what_is_no_log_of_a_run_is_left_alone(media: Path) -> None:
    sweep_logs()
    (media / "logs" / "art").mkdir(parents=True)
    notes = [media / "logs" / "notes.txt", media / "logs" / "art" / "notes.txt"]
    for file in notes:
        file.write_text("by hand")
    for _ in range(LOGS_KEPT + 1):
        run_with_logs(media)
    sweep_logs()
    assert all(file.exists() for file in notes)
    assert len(list((media / "logs" / "art").iterdir())) == LOGS_KEPT + 1
