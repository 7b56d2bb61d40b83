"""Answers of the labelling room: kept once, taken back in turn, nothing lost."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from catalog.models import Annotation, Answer, Label, Lease, Picture
from catalog.room.answers import AnswerError, answer, take_back
from catalog.room.queues import Queue, take
from tests.catalog.room import curator, first_labels, held, ids, named, prints, say
from tests.factories import load_catalogue
from tests.together import at_once

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 2, 29, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def catalogue(media: Path, tmp_path: Path) -> None:
    load_catalogue(tmp_path, 4)


def test_an_answer_labels_a_picture_and_ends_its_lease() -> None:
    one, two, *_ = prints()
    taken = take(curator(), "art", Queue.UNLABELLED, 2)
    assert [shown.picture for shown in taken.shown] == ids([one, two])
    outcome = say("water", one, took_ms=1200, queue=Queue.UNLABELLED)
    assert outcome.done == {one.pk: named("water").pk}
    assert held() == {one.pk: "water"}
    assert list(Lease.objects.values_list("pk", flat=True)) == [two.pk]
    kept = Answer.objects.get()
    assert (kept.action, kept.took_ms, kept.queue) == ("label", 1200, "unlabelled")
    assert not kept.had_before


def test_what_is_sent_twice_counts_once() -> None:
    one, two, *_ = prints()
    batch = uuid4()
    first = say("water", one, two, batch=batch)
    assert say("water", one, two, batch=batch).done == first.done
    assert Answer.objects.count() == 2
    # Sent again after it was changed: the change stays.
    say("city", one)
    assert say("water", one, two, batch=batch).done[one.pk] == named("city").pk
    assert held() == {one.pk: "city", two.pk: "water"}


def test_undo_goes_back_step_by_step() -> None:
    one, two, *_ = prints()
    say("water", one)
    say("city", one)
    say("animal", two)
    assert take_back(curator(), "art").done == {two.pk: None}
    assert held() == {one.pk: "city"}
    assert take_back(curator(), "art").done == {one.pk: named("water").pk}
    assert held() == {one.pk: "water"}
    take_back(curator(), "art")
    assert held() == {}
    with pytest.raises(AnswerError, match="nothing to undo"):
        take_back(curator(), "art")
    assert Answer.objects.exclude(undone_at=None).count() == 3


def test_undo_gives_a_label_back_with_its_time() -> None:
    one = prints()[0]
    say("water", one)
    Annotation.objects.update(created_at=LONG_AGO)
    say("city", one)
    say("animal", one)
    take_back(curator(), "art")
    assert Annotation.objects.get().created_at > LONG_AGO
    take_back(curator(), "art")
    annotation = Annotation.objects.get()
    assert (annotation.label, annotation.created_at) == (named("water"), LONG_AGO)


def test_what_is_undone_is_on_screen_again_and_shown_to_nobody_else() -> None:
    one, two, *others = prints()
    say("water", one, two)
    take_back(curator(), "art")
    shown = take(curator("ben"), "art", Queue.UNLABELLED, 9).shown
    assert [picture.picture for picture in shown] == ids(others)
    # What somebody else looks at meanwhile stays with them.
    say("water", one)
    taken = take(curator("ben"), "art", Queue.SECOND, 1).shown
    assert [picture.picture for picture in taken] == [one.pk]
    take_back(curator(), "art")
    assert Lease.objects.get(picture=one).labeller == curator("ben")


def test_undo_takes_a_batch_back_as_one() -> None:
    pictures = prints()
    say("city", pictures[0])
    say("water", *pictures)
    take_back(curator(), "art")
    assert held() == {pictures[0].pk: "city"}


def test_undo_of_an_older_answer_leaves_what_was_said_since() -> None:
    one, two, *_ = prints()
    batch = uuid4()
    say("water", one, two, batch=batch)
    say("city", one)
    outcome = take_back(curator(), "art", batch)
    assert outcome.changed == [one.pk]
    assert held() == {one.pk: "city"}


def test_undo_leaves_what_an_import_said_since() -> None:
    one = prints()[0]
    say("water", one)
    Annotation.objects.get().relabel(named("city"))
    assert take_back(curator(), "art").changed == [one.pk]
    assert held() == {one.pk: "city"}


def test_undo_concerns_ones_own_answers_in_the_department() -> None:
    one = prints()[0]
    say("water", one, by="ben")
    with pytest.raises(AnswerError):
        take_back(curator(), "art")
    with pytest.raises(AnswerError):
        take_back(curator("ben"), "jewelry")
    assert held("ben") == {one.pk: "water"}


def test_to_skip_says_nothing_of_a_picture_and_is_undone() -> None:
    one = prints()[0]
    answer(curator(), "art", uuid4(), [one.pk], Answer.Action.SKIP)
    assert held() == {}
    assert one.pk not in [shown.picture for shown in take(curator(), "art", "unsure", 9).shown]
    assert one.pk in [shown.picture for shown in take(curator("ben"), "art", "unsure", 9).shown]
    take_back(curator(), "art")
    Lease.objects.all().delete()
    assert one.pk in [shown.picture for shown in take(curator(), "art", "unsure", 9).shown]


def test_who_cannot_decide_says_so() -> None:
    one = prints()[0]
    answer(curator(), "art", uuid4(), [one.pk], Answer.Action.UNDECIDED)
    assert held() == {one.pk: None}


def test_to_clear_removes_ones_own_label() -> None:
    one = prints()[0]
    say("water", one)
    say("city", one, by="ben")
    answer(curator(), "art", uuid4(), [one.pk], Answer.Action.CLEAR)
    assert (held(), held("ben")) == ({}, {one.pk: "city"})
    take_back(curator(), "art")
    assert held() == {one.pk: "water"}


def test_a_repeat_measures_and_changes_nothing() -> None:
    one = prints()[0]
    say("water", one)
    Lease.objects.create(picture=one, labeller=curator(), until="2100-01-01T00:00Z", is_repeat=True)
    say("city", one)
    assert held() == {one.pk: "water"}
    kept = Answer.objects.first()
    assert kept is not None
    assert kept.is_repeat
    assert (kept.label, kept.label_before) == (named("city"), named("water"))
    take_back(curator(), "art")
    assert held() == {one.pk: "water"}
    # Undone, it is shown still, and measures still.
    say("animal", one)
    assert held() == {one.pk: "water"}
    assert Answer.objects.filter(is_repeat=True).count() == 2


def test_a_picture_that_is_gone_is_told_and_the_others_are_kept() -> None:
    one, two, *_ = prints()
    gone = one.pk
    one.product.delete()
    outcome = answer(
        curator(), "art", uuid4(), [gone, two.pk], Answer.Action.LABEL, label=named("water").pk
    )
    assert outcome.gone == [gone]
    assert held() == {two.pk: "water"}


def test_a_label_that_was_merged_stands_for_the_other() -> None:
    one = prints()[0]
    Label.objects.filter(pk=named("city").pk).update(hotkey="", merged_into=named("landscape"))
    say("city", one)
    assert held() == {one.pk: "landscape"}


def refused(match: str, *pictures: Picture, label: int | None, action: str = "label") -> None:
    with pytest.raises(AnswerError, match=match):
        answer(curator(), "art", uuid4(), ids(pictures), action, label=label)
    assert not Answer.objects.exists()
    assert not Annotation.objects.exists()


def test_a_label_that_does_not_exist_is_refused() -> None:
    refused("does not exist any more", prints()[0], label=2**40)


def test_a_label_of_another_department_is_refused() -> None:
    refused("rings is no label of art", prints()[0], label=named("rings", "jewelry").pk)


def test_no_label_is_refused() -> None:
    refused("No label was chosen", prints()[0], label=None)


def test_no_picture_is_refused() -> None:
    refused("No picture was chosen", label=named("water").pk)


def test_an_unknown_action_is_refused() -> None:
    refused("'like' is no answer", prints()[0], label=None, action="like")


def test_a_picture_of_another_department_is_refused(tmp_path: Path) -> None:
    load_catalogue(tmp_path / "rings", 1, "jewelry")
    ring = Picture.objects.in_department("jewelry").get()
    refused("not of art", prints()[0], ring, label=named("water").pk)


def test_somebody_elses_batch_is_refused() -> None:
    batch = uuid4()
    say("water", prints()[0], batch=batch)
    with pytest.raises(AnswerError, match="by somebody else"):
        say("city", prints()[1], by="ben", batch=batch)
    assert held("ben") == {}


@pytest.mark.django_db(transaction=True)
def test_one_answer_sent_by_many_at_once_is_kept_once(media: Path, tmp_path: Path) -> None:
    first_labels()
    load_catalogue(tmp_path / "again", 4)
    pictures, batch = prints(), uuid4()
    curator()
    at_once(lambda _: say("water", *pictures, batch=batch), range(6))
    assert Answer.objects.count() == len(pictures)
    assert held() == dict.fromkeys(ids(pictures), "water")
