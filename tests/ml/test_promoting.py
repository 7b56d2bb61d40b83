"""versions and promote, as an operator without a browser runs them."""

from pathlib import Path

import pytest
from django.utils import timezone

from ml.models import ModelVersion, TrainingRun
from ml.services import fingerprint
from tests.conftest import Encoders
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill, label_pictures
from tests.ml.test_commands import refusal, reported, said

pytestmark = pytest.mark.django_db


def states() -> dict[int, str]:
    return dict(ModelVersion.objects.order_by("number").values_list("number", "state"))


def worse_candidate(folder: Path) -> ModelVersion:
    """Make a live version that guesses everything and a candidate that guesses nothing right."""
    load_catalogue(folder, 24)
    truth = label_pictures(["abstract", "water"])
    wrong = {"abstract": "water", "water": "abstract"}
    live, other = candidate(), candidate()
    live.metrics = {"guesses": {str(pk): name for pk, name in truth.items()}}
    other.metrics = {"guesses": {str(pk): wrong[name] for pk, name in truth.items()}}
    for version in (live, other):
        version.label_names = ["abstract", "water"]
        version.save()
        fill(version)
    live.promote()
    return other


@pytest.mark.django_db(transaction=True)
def test_a_version_is_embedded_and_promoted_and_the_one_before_again(
    small_encoders: Encoders, tmp_path: Path, media: Path
) -> None:
    load_catalogue(tmp_path, 3)
    small_encoders.version("art")
    assert reported("promote", "art", "--version", 1) == {
        "version": 1,
        "department": "art",
        "state": "live",
        "changed": True,
    }
    assert ModelVersion.objects.live().get().embeddings.count() == 3
    small_encoders.version("art")
    assert said("promote", "art", "--version", 2) == "Version 2 of art is live now.\n"
    assert states() == {1: "retired", 2: "live"}
    reported("promote", "art", "--version", 1)
    assert states() == {1: "live", 2: "retired"}
    again = said("promote", "art", "--version", 1)
    assert again == "Version 1 of art was live already: nothing changed.\n"
    assert reported("promote", "art", "--version", 1)["changed"] is False


@pytest.mark.django_db(transaction=True)
def test_a_worse_one_is_promoted_where_somebody_insists(tmp_path: Path, media: Path) -> None:
    worse_candidate(tmp_path)
    line = refusal("promote", "art", "--version", 2)
    assert line.startswith("Version 2 of art was not promoted. It is worse than version 1: ")
    assert line.endswith("Add --though-worse to promote it all the same.")
    assert states() == {1: "live", 2: "candidate"}
    reported("promote", "art", "--version", 2, "--though-worse")
    assert states() == {1: "retired", 2: "live"}


@pytest.mark.django_db(transaction=True)
def test_a_training_that_may_not_go_live_says_how_to_insist(tmp_path: Path, media: Path) -> None:
    other = worse_candidate(tmp_path)
    other.fingerprint = fingerprint("art", "autoencoder", 2)
    other.save()
    arguments = ["train", "art", "--backbone", "autoencoder", "--epochs", "2"]
    line = refusal(*arguments, "--promote")
    assert line.startswith("Version 2 of art was not promoted and stays a candidate.")
    assert line.endswith("“manage.py promote art --version 2 --though-worse” insists.")
    assert "“manage.py promote art --version 2” lets it serve." in said(*arguments)


def test_versions_are_listed_newest_first(media: Path, tmp_path: Path) -> None:
    assert said("versions") == "There are no versions: run “manage.py train DEPARTMENT” first.\n"
    load_catalogue(tmp_path, 2)
    first, second, jewelry = candidate(), candidate(), candidate("jewelry")
    fill(first)
    first.promote()
    second.metrics = {"accuracy": 0.75, "macro_f1": 0.5}
    second.save()
    listed = reported("versions")["versions"]
    assert [(one["department"], one["version"], one["state"]) for one in listed] == [
        ("art", 2, "candidate"),
        ("art", 1, "live"),
        ("jewelry", 1, "candidate"),
    ]
    assert [one["embedded"] for one in listed] == [0, 2, 0]
    assert (listed[0]["accuracy"], listed[0]["macro_f1"], listed[0]["promoted"]) == (
        0.75,
        0.5,
        None,
    )
    assert listed[1]["promoted"] == first.promoted_at.isoformat()  # type: ignore[union-attr]
    trained = f"{timezone.localtime(jewelry.created_at):%Y-%m-%d %H:%M}"
    line = f"jewelry 1: candidate, autoencoder, no labels, trained {trained}\n"
    assert said("versions", "jewelry") == line
    assert "art 2: candidate, autoencoder, accuracy 0.750, trained" in said("versions", "art")


@pytest.mark.parametrize("command", ["promote", "evaluate", "embed", "drop_embeddings"])
def test_a_number_that_there_is_none_of_is_answered_with_those_there_are(
    command: str, media: Path
) -> None:
    candidate(), candidate()
    line = refusal(command, "art", "--version", 7)
    assert line == "art has no version 7, only 1, 2."
    assert refusal(command, "cars", "--version", 1).startswith("There is no department 'cars'")
    none = refusal(command, "jewelry", "--version", 7)
    assert none == "jewelry has no version 7: run “manage.py train jewelry --promote” first."


def test_without_a_live_version_the_candidate_is_named(media: Path) -> None:
    candidate()
    candidate()
    line = refusal("evaluate", "art")
    assert line.startswith("art has no live version: run “manage.py promote art --version 2” first")
    assert TrainingRun.objects.count() == 2


def test_departments_to_list_are_checked() -> None:
    assert refusal("versions", "cars") == (
        "There is no department 'cars': use one of art, jewelry."
    )
