"""A candidate that does worse on the labelled pictures is not promoted unless one insists."""

from pathlib import Path

import pytest

from catalog.models import Annotation, Label, Picture
from catalog.room.labels import merge, separate
from ml import tasks
from ml.gate import FEWEST_SHARED, compare
from ml.models import ModelVersion, NotReady, Worse
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill, label_pictures

pytestmark = pytest.mark.django_db

COUNT = 24


@pytest.fixture(autouse=True)
def truth(tmp_path: Path, media: Path) -> dict[int, str]:
    load_catalogue(tmp_path, COUNT)
    return label_pictures(["abstract", "water"])


def guessing(truth: dict[int, str], wrong: int, *, last: bool = False) -> ModelVersion:
    """Return an embedded version that guesses so many pictures wrong, the first or last ones."""
    version = candidate()
    version.label_names = ["abstract", "water"]
    fill(version)
    pks = sorted(truth)
    missed = set(pks[len(pks) - wrong :] if last else pks[:wrong])
    other = {"abstract": "water", "water": "abstract"}
    version.metrics = {
        "guesses": {str(pk): other[name] if pk in missed else name for pk, name in truth.items()}
    }
    version.save()
    return version


def test_a_worse_candidate_is_refused_with_the_figures(truth: dict[int, str]) -> None:
    live, worse = guessing(truth, 1), guessing(truth, 12)
    live.promote()
    with pytest.raises(NotReady, match=r"than version 1: accuracy 50\.0\s% against 95\.8\s% on 24"):
        worse.promote()
    assert ModelVersion.objects.live().get() == live
    worse.promote(though_worse=True)
    assert ModelVersion.objects.live().get() == worse


def test_one_that_may_be_as_good_passes(truth: dict[int, str]) -> None:
    live, alike = guessing(truth, 4), guessing(truth, 5)
    live.promote()
    alike.promote()
    assert ModelVersion.objects.live().get() == alike


def test_the_way_back_needs_no_gate(truth: dict[int, str]) -> None:
    first, better = guessing(truth, 12), guessing(truth, 0)
    first.promote()
    better.promote()
    first.refresh_from_db()
    first.promote()
    assert ModelVersion.objects.live().get() == first


def test_pictures_that_changed_are_told(truth: dict[int, str]) -> None:
    pks = sorted(truth)
    compared = compare(guessing(truth, 2, last=True), guessing(truth, 3))
    assert compared is not None
    assert compared.shared == COUNT
    assert compared.before == pytest.approx(21 / 24)
    assert compared.after == pytest.approx(22 / 24)
    assert compared.better == tuple(pks[:3])
    assert compared.worse == tuple(pks[-2:])
    # Three better and two worse of 24: one in 24 more, give or take about two deviations.
    assert compared.low == pytest.approx(1 / 24 - 2 * 0.092, abs=0.05)
    assert compared.high == pytest.approx(1 / 24 + 2 * 0.092, abs=0.05)
    assert not compared.is_worse


def test_labels_corrected_since_count(truth: dict[int, str]) -> None:
    live, later = guessing(truth, 0), guessing(truth, 12)
    other = {name: Label.objects.get(name=name) for name in ("abstract", "water")}
    for annotation in Annotation.objects.filter(picture__in=sorted(truth)[:12]):
        named = "water" if truth[annotation.picture_id] == "abstract" else "abstract"
        annotation.relabel(other[named])
    compared = compare(later, live)
    assert compared is not None
    assert (compared.before, compared.after) == (0.5, 1.0)


def test_a_label_renamed_since_counts_for_neither(truth: dict[int, str]) -> None:
    """What one version could not have guessed is no mistake of it."""
    live, worse = guessing(truth, 0), guessing(truth, 12)
    city = Label.objects.create(department="art", name="cities", hotkey="")
    Annotation.objects.filter(picture__in=sorted(truth)[-3:]).update(label=city)
    compared = compare(worse, live)
    assert compared is not None
    assert compared.shared == COUNT - 3
    assert (compared.before, compared.after) == (1.0, 9 / 21)
    live.promote()
    with pytest.raises(Worse):
        worse.promote()


@pytest.mark.django_db(transaction=True)
def test_a_worker_gives_up_on_what_is_worse(truth: dict[int, str]) -> None:
    live, worse = guessing(truth, 0), guessing(truth, 12)
    live.promote()
    worse.training_run.promote = True
    worse.training_run.save()
    tasks.embed(worse.pk)
    assert ModelVersion.objects.live().get() == live
    worse.training_run.refresh_from_db()
    assert not worse.training_run.promote


def test_too_few_shared_pictures_say_nothing(truth: dict[int, str]) -> None:
    live, worse = guessing(truth, 0), guessing(truth, 24)
    kept = sorted(truth)[: FEWEST_SHARED - 1]
    Annotation.objects.exclude(picture__in=kept).delete()
    assert compare(worse, live) is None
    live.promote()
    worse.promote()


def test_just_enough_shared_pictures_say_something(truth: dict[int, str]) -> None:
    live, worse = guessing(truth, 0), guessing(truth, 24)
    Annotation.objects.exclude(picture__in=sorted(truth)[:FEWEST_SHARED]).delete()
    compared = compare(worse, live)
    assert compared is not None
    assert compared.is_worse


def test_a_label_that_one_of_them_has_not_learnt_counts_for_neither(truth: dict[int, str]) -> None:
    """What is new to learn must not cost the candidate, nor what is no more to be learnt."""
    live, later = guessing(truth, 0), guessing(truth, 0)
    city = Label.objects.create(department="art", name="cities", hotkey="")
    Annotation.objects.filter(picture__in=sorted(truth)[-3:]).update(label=city)
    for version in (live, later):
        version.label_names = ["abstract", "cities", "water"]
        compared = compare(later, live)
        assert compared is not None
        assert (compared.shared, compared.before, compared.after) == (COUNT - 3, 1.0, 1.0)
        version.label_names = ["abstract", "water"]


def test_versions_without_labels_say_nothing(truth: dict[int, str]) -> None:
    assert compare(candidate(), candidate()) is None
    assert Picture.objects.count() == COUNT


def test_what_was_taken_for_a_label_that_is_merged_since_counts_as_today(
    truth: dict[int, str],
) -> None:
    live, worse = guessing(truth, 1), guessing(truth, 12)
    merge(*Label.objects.filter(name__in=["abstract", "water"]).values_list("pk", flat=True))
    compared = compare(worse, live)
    assert compared is not None
    assert (compared.shared, compared.before, compared.after) == (COUNT, 1, 1)
    (name,) = set(Annotation.objects.agreed().values())
    separate(Label.objects.get(merged_into__name=name).pk)
    compared = compare(worse, live)
    assert compared is not None
    assert compared.after == 0.5
