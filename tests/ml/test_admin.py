"""Retraining and comparing versions in the admin."""

import math
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from ml import services
from ml.models import ModelVersion, TrainingRun
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill, label_pictures
from tests.waiting import until

pytestmark = pytest.mark.django_db

ADD = "/admin/ml/trainingrun/add/"
GIVEN = {"department": "art", "backbone": "autoencoder", "epochs": "2"}


def signed_in(*permissions: str) -> Client:
    user = User.objects.create_user("owner", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner() -> Client:
    return signed_in(
        "add_trainingrun", "view_trainingrun", "view_modelversion", "promote_modelversion"
    )


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_retraining_starts_from_a_form(owner: Client, tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 8)
    assert 'value="art"' in page(owner, ADD)
    response = owner.post(ADD, GIVEN, follow=True)
    run = TrainingRun.objects.get()
    assert response.redirect_chain[-1][0] == f"/admin/ml/trainingrun/{run.pk}/change/"
    assert (run.department, run.backbone, run.epochs, run.state) == (
        "art",
        "autoencoder",
        2,
        "queued",
    )
    assert run.started_by == User.objects.get()
    assert "Waiting for a training worker" in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"epochs": "0"}, "epochs must be 1 to 1000"),
        ({"backbone": "mobilenet_v2"}, "mobilenet_v2 is ready as it is"),
        ({"department": ""}, "This field is required"),
    ],
)
def test_what_cannot_start_is_said_in_the_form(
    owner: Client, changes: dict[str, str], says: str
) -> None:
    response = owner.post(ADD, GIVEN | changes)
    assert says in response.content.decode()
    assert not TrainingRun.objects.exists()


def test_unchanged_data_is_said_in_the_form(owner: Client, tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 8)
    version = candidate()
    version.fingerprint = services.fingerprint("art", "autoencoder", 2)
    version.save()
    response = owner.post(ADD, GIVEN)
    said = response.content.decode()
    assert "Nothing changed since version 1" in said
    assert "Tick “Train although nothing changed” to train all the same." in said
    assert "--anew" not in said
    assert not TrainingRun.objects.unfinished().exists()
    label_pictures(["abstract", "water"])
    owner.post(ADD, GIVEN)
    assert TrainingRun.objects.unfinished().count() == 1


def test_unchanged_data_is_trained_with_anew_where_somebody_insists(
    owner: Client, tmp_path: Path, media: Path
) -> None:
    load_catalogue(tmp_path, 8)
    version = candidate()
    version.fingerprint = services.fingerprint("art", "autoencoder", 2)
    version.save()
    owner.post(ADD, GIVEN | {"anew": "on"})
    assert TrainingRun.objects.unfinished().count() == 1


def test_pages_are_named_for_what_they_show(owner: Client) -> None:
    version = candidate()
    run = services.start_training("art", backbone="autoencoder")
    began = f"{timezone.localtime(run.created_at):%-d %B %Y}"
    for url, title in (
        (ADD, "Retrain"),
        ("/admin/ml/trainingrun/", "Training runs"),
        (f"/admin/ml/trainingrun/{run.pk}/change/", f"Training of art, {began}"),
        ("/admin/ml/modelversion/", "Model versions"),
        (f"/admin/ml/modelversion/{version.pk}/change/", "Version 1 of art"),
    ):
        assert f"<h1>{title}</h1>" in page(owner, url)
    assert 'value="Retrain"' in page(owner, ADD)


def test_one_that_is_under_way_is_told(owner: Client) -> None:
    owner.post(ADD, GIVEN)
    response = owner.post(ADD, GIVEN | {"epochs": "3"}, follow=True)
    assert "is under way" in response.content.decode()
    assert TrainingRun.objects.count() == 1


def test_progress_is_shown_while_it_runs(owner: Client) -> None:
    run = services.start_training("art", backbone="autoencoder")
    url = f"/admin/ml/trainingrun/{run.pk}/progress/"
    assert 'hx-trigger="every 2s"' in page(owner, url)
    assert TrainingRun.objects.claim(run.pk) is not None
    TrainingRun.objects.update(
        progress={
            "done": 40,
            "total": 100,
            "text": "Epoch 2 of 6, loss 0.5",
            "curve": [[1, 0.7, 0.8], [2, 0.5, 0.6]],
        }
    )
    shown = page(owner, url)
    assert "Epoch 2 of 6" in shown
    assert 'value="40"' in shown
    assert "left" in shown
    assert "<polyline" in shown
    run.refresh_from_db()
    run.fail("Its pictures do not suffice.")
    ended = page(owner, url)
    assert "do not suffice" in ended
    assert "hx-get" not in ended


def test_a_training_can_be_cancelled(owner: Client) -> None:
    run = services.start_training("art", backbone="autoencoder")
    job = TrainingRun.objects.claim(run.pk)
    assert job is not None
    response = owner.post(f"/admin/ml/trainingrun/{run.pk}/cancel/", follow=True)
    assert "The training was cancelled" in response.content.decode()
    run.refresh_from_db()
    assert (run.state, run.error) == (
        "failed",
        "Cancelled by owner. Nothing of the catalogue changed.",
    )
    shown = response.content.decode()
    assert '<div class="readonly">Cancelled</div>' in shown
    assert "run-failed" not in shown
    again = owner.post(f"/admin/ml/trainingrun/{run.pk}/cancel/", follow=True)
    assert "had ended already" in again.content.decode()
    assert owner.get(f"/admin/ml/trainingrun/{run.pk}/cancel/").status_code == 405


def test_the_list_tells_cancelled_from_failed(owner: Client) -> None:
    services.start_training("art", backbone="autoencoder").cancel("Somebody ended it.")
    failed = TrainingRun.objects.claim(services.start_training("art").pk)
    assert failed is not None
    failed.fail("Its pictures do not suffice.")
    candidate("jewelry")
    running = TrainingRun.objects.claim(services.start_training("jewelry").pk)
    assert running is not None
    TrainingRun.objects.filter(pk=running.pk).update(progress={"text": "Epoch 2 of 6"})
    outcomes = {
        "cancelled": "Somebody ended it.",
        "failed": "Its pictures do not suffice.",
        "done": "version 1",
        "running": "Epoch 2 of 6",
    }
    for chosen in outcomes:
        shown = page(owner, f"/admin/ml/trainingrun/?state={chosen}")
        assert f'<td class="field-shown_state">{chosen.capitalize()}</td>' in shown
        for state, outcome in outcomes.items():
            assert (outcome in shown) == (state == chosen)
    assert page(owner, "/admin/ml/trainingrun/").count('class="field-outcome"') == 4


def test_a_cancelled_training_that_is_tried_again_is_queued_like_any_other(owner: Client) -> None:
    run = services.start_training("art", backbone="autoencoder")
    run.cancel("Somebody ended it.")
    run.refresh_from_db()
    assert run.is_cancelled
    assert run.retry()
    run.refresh_from_db()
    assert (run.is_cancelled, run.error_detail) == (False, "")


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_training_stops_and_makes_no_version(tmp_path: Path, media: Path) -> None:
    """Its own reports notice it here."""
    load_catalogue(tmp_path, 8)
    run = services.start_training("art", backbone="autoencoder", epochs=50, ring=False)

    def cancel_soon(done: float, total: float, text: str) -> None:
        if text.startswith("Epoch 1 "):
            run.cancel("Cancelled by somebody.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services._Reports, "EVERY", 0.0)
        with pytest.raises(services.TrainingError, match="Cancelled by somebody"):
            services.train_now(run, cancel_soon)
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "Cancelled by somebody.")
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_training_says_why_also_where_its_heart_notices_first(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_catalogue(tmp_path, 8)
    monkeypatch.setattr(TrainingRun, "LEASE", timedelta(seconds=0.04))
    monkeypatch.setattr(services._Reports, "EVERY", math.inf)
    run = services.start_training("art", backbone="autoencoder", ring=False)

    def is_beating() -> bool:
        return f"beat-{run.pk}" in {thread.name for thread in threading.enumerate()}

    def cancel_soon(done: float, total: float, text: str) -> None:
        if text == "Reading pictures" and is_beating():
            run.cancel("Cancelled by somebody.")
            until(lambda: not is_beating())

    with pytest.raises(services.TrainingError, match=r"^Cancelled by somebody\.$"):
        services.train_now(run, cancel_soon)
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "Cancelled by somebody.")
    assert not ModelVersion.objects.exists()


def test_who_only_looks_starts_and_cancels_nothing() -> None:
    guest = signed_in("view_trainingrun")
    run = services.start_training("art", backbone="autoencoder")
    assert guest.post(ADD, GIVEN).status_code == 403
    assert guest.post(f"/admin/ml/trainingrun/{run.pk}/cancel/").status_code == 403
    assert "Cancel this training" not in page(guest, f"/admin/ml/trainingrun/{run.pk}/change/")
    assert "Retrain" not in page(guest, "/admin/ml/trainingrun/")
    nobody = Client()
    assert nobody.get(f"/admin/ml/trainingrun/{run.pk}/progress/").status_code == 302
    run.refresh_from_db()
    assert run.state == "queued"


def test_a_version_shows_what_it_confuses_and_what_changed(
    owner: Client, tmp_path: Path, media: Path
) -> None:
    load_catalogue(tmp_path, 24)
    truth = label_pictures(["abstract", "water"])
    live, other = candidate(), candidate()
    live.metrics = {"guesses": {str(pk): "water" for pk in truth}}
    other.metrics = {
        "accuracy": 1.0,
        "accuracy_interval": [0.862, 1.0],
        "sure_from": 0.75,
        "calibration_error": 0.04,
        "other_sources": {"accuracy": 0.6, "sources": 3},
        "guesses": {str(pk): name for pk, name in truth.items()},
        "confusion": {
            "labels": ["abstract", "water"],
            "counts": [[12, 0], [0, 12]],
            "intervals": [[0.757, 1.0], [0.757, 1.0]],
        },
        "label_curve": {"water": [[5.0, 0.5, 0.25, 0.75], [10.0, 0.75, 0.47, 0.91]]},
    }
    live.label_names = other.label_names = ["abstract", "water"]
    other.distances = {"p50": 0.25, "p95": 0.5}
    other.training_run.progress = {"curve": [[1, 0.7, None], [2, 0.5, None]]}
    other.training_run.save()
    for version in (live, other):
        version.save()
        fill(version)
    live.promote()
    shown = page(owner, f"/admin/ml/modelversion/{other.pk}/change/")
    assert "Accuracy 100.0\u00a0% against 50.0\u00a0% on 24 labelled pictures" in shown
    assert shown.count("abstract, before water") == 12
    assert "<polyline" in shown
    assert '<td class="share-10">12</td>' in shown
    assert shown.count("100\u00a0% (76\u00a0% to 100\u00a0%)") == 2
    curve = shown.replace("\xa0", " ")
    assert "From 5 to 10 labelled pictures, the share found goes from 50 % to 75 %" in curve
    assert "<title>5 pictures: 50 % (25 % to 75 %)</title>" in curve
    assert "<title>10 pictures: 75 % (47 % to 91 %)</title>" in curve
    for words in (
        "abstract, water",
        "1.000 (0.862 to 1.000)",
        "a probability of 0.75 (which is off by 0.040 on average)",
        "accuracy 0.600, 3 shops held out in turn",
        "half of all pictures have one within 0.25, 95 % within 0.50",
    ):
        assert words in shown
    before = page(owner, f"/admin/ml/modelversion/{live.pk}/change/")
    assert "Against the live version" not in before
    assert "not measured: it takes labelled pictures of two shops" in before
    live.metrics["elsewhere"] = {"accuracy": 0.5}
    live.save()
    altered = page(owner, f"/admin/ml/modelversion/{live.pk}/change/")
    assert "accuracy 0.500 on its own pictures, made to look like another shop" in altered


def test_promoting_the_live_version_changes_nothing(owner: Client) -> None:
    version = candidate()
    version.promote()
    promoted_at = version.promoted_at
    for action in ("promote", "promote_though_worse"):
        response = owner.post(
            "/admin/ml/modelversion/",
            {"action": action, "_selected_action": [version.pk]},
            follow=True,
        )
        assert "was live already: nothing changed" in response.content.decode()
    version.refresh_from_db()
    assert (version.state, version.promoted_at) == ("live", promoted_at)


def test_a_version_is_promoted_from_its_page(owner: Client) -> None:
    version = candidate()
    url = f"/admin/ml/modelversion/{version.pk}/"
    assert ">Promote</button>" in page(owner, f"{url}change/")
    response = owner.post(f"{url}promote/", follow=True)
    assert response.redirect_chain[-1][0] == f"{url}change/"
    shown = response.content.decode()
    assert "Art 1 is live now." in shown
    assert "Promote</button>" not in shown
    version.refresh_from_db()
    assert version.state == "live"


def test_who_may_not_promote_is_shown_no_button() -> None:
    version = candidate()
    url = f"/admin/ml/modelversion/{version.pk}/"
    looker = signed_in("view_modelversion")
    assert "Promote</button>" not in page(looker, f"{url}change/")
    assert looker.post(f"{url}promote/").status_code == 403
    version.refresh_from_db()
    assert version.state == "candidate"


def test_a_failed_run_is_not_tried_again_beside_another() -> None:
    """Of two failed ones one is queued; the other is told to wait, and nothing breaks."""
    owner = signed_in("change_trainingrun", "view_trainingrun")
    for _ in range(2):
        TrainingRun.objects.create(department="art", state="failed", error="It stopped.")
    chosen = list(TrainingRun.objects.values_list("pk", flat=True))
    answer = owner.post(
        "/admin/ml/trainingrun/",
        {"action": "retry_failed", "_selected_action": chosen},
        follow=True,
    )
    shown = " ".join(answer.content.decode().split())
    assert "1 job queued again. 1 must wait: another of the same kind is under way." in shown
    states = TrainingRun.objects.order_by("state").values_list("state", flat=True)
    assert list(states) == ["failed", "queued"]
