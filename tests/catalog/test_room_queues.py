"""Whom the labelling room shows which pictures, and whom not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Adjudication, Annotation, Answer, Lease, Picture, Product
from catalog.room import guesses, queues
from catalog.room.answers import answer
from catalog.room.guesses import NoModel, Shown, register
from catalog.room.queues import Queue, QueueError, take, waiting
from tests.catalog.room import curator, ids, named, prints, say
from tests.factories import load_catalogue
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue(media: Path, tmp_path: Path) -> None:
    load_catalogue(tmp_path, 8)


def shown(queue: str, by: str = "cora", count: int = 20, **more: object) -> list[int]:
    taken = take(curator(by), "art", queue, count, **more)  # type: ignore[arg-type]
    return [one.picture for one in taken.shown]


def test_what_nobody_labelled_is_shown_oldest_first() -> None:
    one, two, *others = prints()
    say("water", one)
    say("city", two, by="ben")
    assert shown(Queue.UNLABELLED, count=3) == ids(others[:3])
    assert take(curator(), "art", Queue.UNLABELLED, 1).waiting == 6


@pytest.mark.parametrize(("few", "waiting"), [(8, (8, False)), (7, (7, True))])
def test_no_more_are_counted_than_are_looked_at(
    few: int, waiting: tuple[int, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "FEW", few)
    taken = take(curator(), "art", Queue.UNLABELLED, 2)
    assert (taken.waiting, taken.or_more) == waiting
    assert [one.picture for one in taken.shown] == ids(prints()[:2])


def test_what_one_has_already_is_not_sent_again() -> None:
    one, two, three, *_ = prints()
    assert shown(Queue.UNLABELLED, count=2) == ids([one, two])
    assert shown(Queue.UNLABELLED, count=1, have=ids([one, two])) == [three.pk]


def test_what_one_person_looks_at_others_are_not_shown_until_the_lease_ends() -> None:
    pictures = prints()
    assert shown(Queue.UNLABELLED, count=5) == ids(pictures[:5])
    assert shown(Queue.UNLABELLED, "ben") == ids(pictures[5:])
    Lease.objects.filter(labeller=curator()).update(until=timezone.now())
    assert shown(Queue.UNLABELLED, "ben") == ids(pictures)
    assert shown(Queue.UNLABELLED) == []


def test_what_one_still_looks_at_stays_with_them_however_long_it_takes() -> None:
    one, two, *others = prints()
    assert shown(Queue.UNLABELLED, count=2) == ids([one, two])
    late = timezone.now() - timedelta(seconds=1)
    Lease.objects.filter(picture=one).update(until=late)
    Lease.objects.filter(picture=two).update(until=late, labeller=curator("ben"))
    shown(Queue.UNLABELLED, count=1, have=ids([one, two]))
    assert Lease.objects.get(picture=one).until > timezone.now()
    assert Lease.objects.get(picture=two).until == late
    assert shown(Queue.UNLABELLED, "dan", count=2) == ids([two, others[1]])


def test_pictures_that_were_only_looked_for_are_not_kept_from_others() -> None:
    assert len(shown(Queue.UNLABELLED, count=2)) == 2
    assert Lease.objects.count() == 2


def test_what_is_not_offered_or_cannot_be_read_is_not_shown() -> None:
    one, two, *others = prints()
    Product.objects.filter(pk=one.product_id).update(is_active=False)
    Picture.objects.filter(pk=two.pk).update(is_readable=False)
    assert shown(Queue.UNLABELLED) == ids(others)


def test_what_was_skipped_comes_back_another_day() -> None:
    one, *others = prints()
    answer(curator(), "art", uuid4(), [one.pk], Answer.Action.SKIP)
    assert shown(Queue.UNLABELLED) == ids(others)
    Answer.objects.update(created_at=timezone.now() - queues.LATER - timedelta(seconds=1))
    assert one.pk in shown(Queue.UNLABELLED)


def test_a_second_opinion_is_asked_of_another_person() -> None:
    one, two, *_ = prints()
    say("water", one, two)
    say("water", two, by="ben")
    assert shown(Queue.SECOND) == []
    assert shown(Queue.SECOND, "ben") == [one.pk]
    assert shown(Queue.SECOND, "dan") == []
    Lease.objects.all().delete()
    assert shown(Queue.SECOND, "dan") == [one.pk]


def test_where_labellers_differ_a_third_is_asked_until_it_is_decided() -> None:
    one, two, three, *_ = prints()
    say("water", one, two, three)
    say("city", one, three, by="ben")
    say("water", two, by="ben")
    Adjudication.objects.create(picture=three, label=named("city"), decided_by=curator())
    assert shown(Queue.DIFFERING, "dan") == [one.pk]
    assert shown(Queue.DIFFERING, "ben") == []


def test_who_could_not_decide_differs_from_who_could() -> None:
    one, two, *_ = prints()
    answer(curator(), "art", uuid4(), ids([one, two]), Answer.Action.UNDECIDED)
    answer(curator("ben"), "art", uuid4(), [two.pk], Answer.Action.UNDECIDED)
    say("water", one, by="ben")
    assert shown(Queue.DIFFERING, "dan") == [one.pk]


class Backwards(NoModel):
    """A model that would have the pictures the other way round."""

    def most_helpful(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]:
        found = among.order_by("-pk").values_list("pk", flat=True)[: min(count, 2)]
        return [Shown(pk, "Unsure") for pk in found]

    least_sure = disagreeing = suspects = most_helpful

    def near(self, picture: int, among: QuerySet[Picture], count: int) -> list[Shown]:
        return [Shown(pk) for pk in among.exclude(pk=picture).values_list("pk", flat=True)[:count]]


@pytest.fixture
def backwards() -> Iterator[None]:
    before = guesses.model()
    register(Backwards())
    yield
    register(before)


@pytest.mark.usefixtures("backwards")
def test_the_model_orders_and_says_why_and_the_rest_follows() -> None:
    pictures = prints()
    taken = take(curator(), "art", Queue.HELPFUL, 4).shown
    assert [one.picture for one in taken] == ids([pictures[7], pictures[6], *pictures[:2]])
    assert [one.why for one in taken] == ["Unsure", "Unsure", "", ""]


@pytest.mark.usefixtures("backwards")
def test_pictures_like_another_one_are_shown_from_that() -> None:
    one, *others = prints()
    assert shown(Queue.NEAR, near=one.pk) == ids(others)
    with pytest.raises(QueueError, match="Choose the picture"):
        shown(Queue.NEAR)


@pytest.mark.usefixtures("backwards")
@pytest.mark.parametrize("queue", [Queue.MODEL, Queue.SUSPECT])
def test_what_is_doubted_is_looked_at_again_once(queue: str) -> None:
    one, two, *_ = prints()
    say("water", one)
    assert shown(queue) == [one.pk]
    say("water", one, queue=queue)
    assert shown(queue) == []
    assert shown(queue, "ben") == [one.pk]
    Adjudication.objects.create(picture=two, label=named("city"), decided_by=curator())
    say("water", two)
    assert two.pk not in shown(queue, "dan")


def test_now_and_then_one_is_shown_what_one_labelled_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two, three, *_ = prints()
    say("water", one)
    say("city", two, by="ben")
    monkeypatch.setattr(queues, "REPEAT_EVERY", 1)
    assert shown(Queue.UNLABELLED, count=2) == ids([three, prints()[3]])
    Annotation.objects.update(created_at=timezone.now() - 2 * queues.REPEAT_AFTER)
    Answer.objects.update(created_at=timezone.now() - 2 * queues.REPEAT_AFTER)
    assert shown(Queue.UNLABELLED, count=2) == [*ids([three, prints()[3]]), one.pk]
    assert Lease.objects.get(picture=one).is_repeat
    say("city", one)
    assert Annotation.objects.get(picture=one).label == named("water")
    # Not again so soon.
    assert one.pk not in shown(Queue.UNLABELLED, count=2)


def test_an_unknown_queue_is_refused() -> None:
    with pytest.raises(QueueError, match="There is no queue 'best': use one of helpful"):
        waiting(curator(), "art", "best")


@pytest.mark.django_db(transaction=True)
def test_people_who_ask_at_once_are_shown_different_pictures(media: Path, tmp_path: Path) -> None:
    load_catalogue(tmp_path / "again", 8)
    people = ["cora", "ben", "dan", "eva"]
    for name in people:
        curator(name)
    got = at_once(lambda name: shown(Queue.UNLABELLED, name, count=2), people)
    everything = [picture for pictures in got for picture in pictures]
    assert everything
    assert len(everything) == len(set(everything))
