"""Training runs: one a department, and only a whole one makes a version."""

import hashlib
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalog.models import Picture, Product, Source
from jobs.models import LostClaim
from ml import services, tasks
from ml.models import ModelVersion, TrainingRun
from ml.networks.training import TrainedEncoder
from ml.registry import encoder_of
from ml.services import TrainingError, fingerprint, start_training, train_now
from tests.broker import listening
from tests.factories import load_catalogue
from tests.ml.rows import candidate, label_pictures
from tests.together import at_once

pytestmark = pytest.mark.django_db


def silent(run: TrainingRun) -> None:
    """Let the run's worker have died an hour ago."""
    assert TrainingRun.objects.claim(run.pk) is not None
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_it_works(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 21)
    given = label_pictures(["abstract", "water"])
    default_storage.delete(str(Picture.objects.all()[0].file))
    candidate()
    with listening() as broker:
        run = start_training("art", backbone="autoencoder", epochs=1, ring=False)
        reported: list[tuple[float, float, str]] = []
        version = train_now(run, lambda *progress: reported.append(progress))
        assert broker.rung("embedding") == [("ml.tasks.embed", version.pk)]
        assert broker.rung("training") == []
    version.refresh_from_db()
    assert (version.department, version.number, version.state) == ("art", 2, "candidate")
    assert version.training_run == run
    assert version.label_names == ["abstract", "water"]
    assert version.metrics["pictures"] == version.metrics["labelled"] == len(given) - 1
    assert version.metrics["skipped"] == 1
    assert 0 <= version.metrics["accuracy"] <= 1
    assert version.metrics["seconds"] > 0
    assert 0 <= version.distances["p50"] <= version.distances["p99"] <= 2
    manifest = (version.folder / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == version.sha256
    assert encoder_of(version).label_names == ("abstract", "water")
    run.refresh_from_db()
    assert (run.state, run.attempts, run.error) == ("done", 1, "")
    assert not run.claim_token
    assert run.progress["total"] == 100
    assert list(reported[-1]) == [100, 100, "Trained"]
    assert any(text.startswith("Epoch 1 of 1, loss") for _, _, text in reported)
    assert [done for done, _, _ in reported] == sorted(done for done, _, _ in reported)
    # Delivered a second time, it makes nothing more.
    tasks.train(run.pk)
    assert ModelVersion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_run_that_was_taken_back_leaves_nothing(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_catalogue(tmp_path, 8)
    run = start_training("art", backbone="autoencoder", epochs=1, ring=False)
    job = TrainingRun.objects.claim(run.pk)
    assert job is not None

    save = TrainedEncoder.save

    def save_then_lose_it(*arguments: Any, **options: Any) -> str:
        sha256 = save(*arguments, **options)
        TrainingRun.objects.filter(pk=run.pk).update(claim_token=None, state="queued")
        return sha256

    monkeypatch.setattr(TrainedEncoder, "save", save_then_lose_it)
    with pytest.raises(LostClaim):
        services.train(job)
    run.refresh_from_db()
    assert run.state == "queued"
    assert not ModelVersion.objects.exists()
    assert list((media / "models" / "art").iterdir()) == []


class Killed(BaseException):
    pass


@pytest.mark.django_db(transaction=True)
def test_a_killed_run_goes_on_from_its_last_epoch(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 16)
    run = start_training("art", backbone="autoencoder", epochs=4, ring=False)

    def attempt(last: int) -> list[int]:
        job = TrainingRun.objects.claim(run.pk)
        assert job is not None
        told: list[int] = []

        def on_progress(done: float, total: float, text: str) -> None:
            if text.startswith("Epoch "):
                told.append(int(text.split()[1]))
                if told[-1] == last:
                    raise Killed

        try:
            services.train(job, on_progress)
        except Killed:
            # What the sweeper does of a run whose worker is silent.
            TrainingRun.objects.filter(pk=run.pk).update(state="queued", claim_token=None)
        return told

    assert attempt(3) == [1, 2, 3]
    (kept,) = (media / "training").iterdir()
    assert attempt(0) == [4]
    run.refresh_from_db()
    assert run.state == "done"
    assert [point[0] for point in run.progress["curve"]] == [1, 2, 4]
    assert not kept.exists()
    assert list((media / "logs" / "art" / str(run.pk)).rglob("events.*"))


def test_what_ended_runs_kept_is_removed(tmp_path: Path, media: Path) -> None:
    """A run that was cancelled leaves it; the next training clears it away."""
    load_catalogue(tmp_path, 3)
    ended = TrainingRun.objects.create(department="art", state="failed")
    waiting = TrainingRun.objects.create(department="jewelry", state="queued")
    for run in (ended, waiting):
        (media / "training" / f"{run.pk}-abc").mkdir(parents=True)
    with pytest.raises(TrainingError):
        train_now(start_training("art", ring=False))
    assert [folder.name for folder in (media / "training").iterdir()] == [f"{waiting.pk}-abc"]


@pytest.mark.django_db(transaction=True)
def test_pictures_are_looked_at_once(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 12)
    first = train_now(start_training("art", backbone="autoencoder", epochs=1, ring=False))
    kept = {path: path.stat().st_mtime_ns for path in (media / "features").rglob("*.npy")}
    assert len(kept) == 12
    gone = Picture.objects.order_by("pk")[0]
    Picture.objects.filter(pk=gone.pk).update(is_readable=False)
    again = train_now(start_training("art", backbone="autoencoder", epochs=1, ring=False))
    left = {path: path.stat().st_mtime_ns for path in (media / "features").rglob("*.npy")}
    assert left == {path: at for path, at in kept.items() if path.stem != gone.sha256}
    assert (first.metrics["pictures"], again.metrics["pictures"]) == (12, 11)


def test_a_fingerprint_tells_what_folds_depend_on(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 3)
    told = [fingerprint("art", "compact", None)]
    assert fingerprint("art", "compact", None) == told[0]
    label_pictures(["abstract", "water"])
    told.append(fingerprint("art", "compact", None))
    first, second, third = Product.objects.order_by("pk")
    Product.objects.filter(pk=first.pk).update(source=Source.objects.create(name="another shop"))
    told.append(fingerprint("art", "compact", None))
    Picture.objects.filter(product=third).update(product=second)
    told.append(fingerprint("art", "compact", None))
    assert len(set(told)) == 4


def test_too_few_pictures_fail_the_run_with_the_reason(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 3)
    run = start_training("art", ring=False)
    with pytest.raises(TrainingError, match="needs at least 8 pictures, art has 3"):
        train_now(run)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "import products first" in run.error
    assert not ModelVersion.objects.exists()
    assert not (media / "models").exists()


def test_a_worker_fails_it_alike(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 3)
    run = start_training("art")
    tasks.train(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("failed", 1)
    assert "needs at least 8 pictures" in run.error


def test_a_department_that_failed_may_train_again() -> None:
    with pytest.raises(TrainingError):
        train_now(start_training("art", ring=False))
    assert start_training("art").state == "queued"


def test_pictures_of_the_other_department_do_not_count(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 10, "jewelry")
    with pytest.raises(TrainingError, match="art has 0"):
        train_now(start_training("art", ring=False))


def test_a_run_is_performed_once() -> None:
    run = start_training("art", ring=False)
    assert TrainingRun.objects.claim(run.pk) is not None
    with pytest.raises(TrainingError, match="Another process"):
        train_now(run)
    run.refresh_from_db()
    assert run.state == "running"


def refusal(department: str = "art", backbone: str = "autoencoder", epochs: int | None = 1) -> str:
    before = TrainingRun.objects.count()
    with pytest.raises(TrainingError) as refused:
        start_training(department, backbone=backbone, epochs=epochs)
    assert TrainingRun.objects.count() == before
    return str(refused.value)


def test_an_unknown_department_is_refused() -> None:
    assert refusal("cars") == "There is no department 'cars': use one of art, jewelry."


def test_an_unknown_backbone_is_refused() -> None:
    assert refusal(backbone="brain").startswith("There is no backbone 'brain': use one of ")


@pytest.mark.parametrize("epochs", [0, -1, 1001])
def test_epochs_out_of_range_are_refused(epochs: int) -> None:
    assert refusal(epochs=epochs) == f"epochs must be 1 to 1000, not {epochs}."


def test_epochs_are_refused_where_the_backbone_learns_nothing() -> None:
    assert "mobilenet_v2 is ready as it is" in refusal(backbone="mobilenet_v2", epochs=3)


def test_a_second_training_is_refused_while_one_waits() -> None:
    start_training("art")
    assert "A training of art is under way since" in refusal()


def test_a_second_training_is_refused_while_one_runs() -> None:
    assert TrainingRun.objects.claim(start_training("art").pk) is not None
    assert "wait for it to end" in refusal()


def test_the_other_department_trains_beside_it() -> None:
    start_training("art")
    assert start_training("jewelry").state == "queued"


def test_the_database_allows_one_run_a_department() -> None:
    start_training("art")
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.create(department="art", state="running")


def test_a_silent_run_is_taken_over() -> None:
    dead = start_training("art")
    silent(dead)
    run = start_training("art")
    dead.refresh_from_db()
    assert dead.state == "failed"
    assert "Start it again: nothing of the catalogue changed" in dead.error
    assert run.state == "queued"
    assert run.pk != dead.pk


def test_a_silent_run_of_the_other_department_is_left_alone() -> None:
    dead = start_training("jewelry")
    silent(dead)
    start_training("art")
    dead.refresh_from_db()
    assert dead.state == "running"


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_starts() -> None:

    def start(_: int) -> str:
        try:
            return start_training("art").state
        except TrainingError as error:
            return str(error)[:36]

    with listening() as broker:
        said = at_once(start, range(8))
        assert len(broker.rung("training")) <= 1
    assert sorted(said) == ["A training of art is under way since"] * 7 + ["queued"]
    assert TrainingRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_rung_for() -> None:
    with listening() as broker:
        run = start_training("art")
        assert broker.rung("training") == [("ml.tasks.train", run.pk)]
    run.refresh_from_db()
    assert run.rung_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_killed_training_is_taken_over_at_once() -> None:
    """The lock of a killed process is gone long before its lease."""
    run = services.start_training("art", ring=False)
    assert TrainingRun.objects.claim(run.pk) is not None
    long_enough = timezone.now() - services.JUST_CLAIMED * 2
    TrainingRun.objects.filter(pk=run.pk).update(started_at=long_enough)
    with closing(psycopg.connect(_conninfo(), autocommit=True)) as trainer:
        trainer.execute("SELECT pg_advisory_lock(%s, %s)", [services.TRAINING_LOCK, run.pk])
        with pytest.raises(services.TrainingError, match="under way"):
            services.start_training("art", ring=False)
    for _ in range(100):
        try:
            successor = services.start_training("art", ring=False)
        except services.TrainingError:
            # The server may take a moment to see that the connection is gone.
            time.sleep(0.05)
        else:
            break
    run.refresh_from_db()
    assert run.state == "failed"
    assert successor.pk != run.pk


def _conninfo() -> str:
    settings = connection.settings_dict
    return f"host={settings['HOST']} user={settings['USER']} dbname={settings['NAME']}"
