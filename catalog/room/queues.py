"""Which pictures a labeller is shown, in which order, and why; to one person at a time."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.models import Annotation, Answer, Lease, Picture
from catalog.room.decisions import DECIDED
from catalog.room.guesses import Shown, model

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# How long a picture that was fetched waits for its answer before others are shown it.
LEASE = timedelta(minutes=10)
# What a person skipped, or said again, is not shown to them again before that.
LATER = timedelta(days=1)
# One picture in so many is one that the person labelled before, once it is this old.
REPEAT_EVERY, REPEAT_AFTER = 20, timedelta(days=1)
# The queue asks for more than it needs, for others may lease some meanwhile.
SPARE = 3
MOST = 60
# So many are counted, which takes a moment; where no more wait, they are looked up by their ids.
FEW = 5_000


class Queue(models.TextChoices):
    """What a labeller works on."""

    HELPFUL = "helpful", "What helps most"
    UNLABELLED = "unlabelled", "Unlabelled, oldest first"
    UNSURE = "unsure", "Where the model is least sure"
    NEAR = "near", "Like a chosen picture"
    SECOND = "second", "For a second opinion"
    DIFFERING = "differing", "Where labellers differ"
    MODEL = "model", "Where model and labellers differ"
    SUSPECT = "suspect", "Labels that may be wrong"


# Why a picture is shown that no model speaks of.
WHY: dict[str, str] = {
    Queue.SECOND: "Labelled by one other person",
    Queue.DIFFERING: "Those who looked at it do not agree",
}


class QueueError(Exception):
    """Raised for a queue that does not exist, or is asked for wrongly."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a labeller is shown next, and how many pictures wait in the queue: FEW, or more.

    That is None where it takes the model to say what is in the queue: it says so only of the next.
    """

    shown: list[Shown]
    waiting: int | None
    or_more: bool


def waiting(labeller: "User", department: str, queue: str) -> QuerySet[Picture]:
    """Return what of the queue this person may be shown, in no order, leased to others or not.

    Raises QueueError for an unknown queue.
    """
    if queue not in Queue.values:
        raise QueueError(f"There is no queue {queue!r}: use one of {', '.join(Queue.values)}.")
    pictures = Picture.objects.active().in_department(department)
    labelled = Annotation.objects.filter(picture=OuterRef("pk"))
    mine = labelled.filter(labeller=labeller)
    answered = Answer.objects.filter(
        picture=OuterRef("pk"),
        labeller=labeller,
        undone_at=None,
        created_at__gt=timezone.now() - LATER,
    )
    skipped = Q(action=Answer.Action.SKIP)
    if queue in (Queue.HELPFUL, Queue.UNLABELLED, Queue.UNSURE, Queue.NEAR):
        return pictures.exclude(Exists(labelled)).exclude(Exists(answered.filter(skipped)))
    if queue in (Queue.SECOND, Queue.DIFFERING):
        open_ = pictures.exclude(Exists(mine)).exclude(Exists(answered.filter(skipped)))
        if queue == Queue.SECOND:
            twice = Annotation.objects.twice().filter(picture=OuterRef("pk"))
            return open_.filter(Exists(labelled)).exclude(Exists(twice))
        return open_.filter(pk__in=Annotation.objects.differing()).exclude(DECIDED)
    # A person may look again at their own labels, once.
    again = answered.filter(skipped | Q(queue=queue))
    return pictures.filter(Exists(labelled)).exclude(DECIDED).exclude(Exists(again))


def take(
    labeller: "User",
    department: str,
    queue: str,
    count: int,
    *,
    have: Collection[int] = (),
    near: int | None = None,
) -> Taken:
    """Lease the next pictures of a queue to a person, those they ``have`` already left out.

    What they have stays theirs.

    At most ``count`` and MOST. Raises QueueError for an unknown queue, and without the picture that
    NEAR starts from.
    """
    now, count = timezone.now(), min(count, MOST)
    # What is still looked at stays with who looks at it, however long they take for each.
    ending = Lease.objects.filter(labeller=labeller, picture__in=list(have))
    ending.filter(until__lt=now + LEASE / 2).update(until=now + LEASE)
    pictures = waiting(labeller, department, queue).annotate(
        is_leased=Exists(_leased(labeller, "pk", now))
    )
    found, total = _found(department, queue, pictures, have, count + SPARE, near)
    repeat = None
    if queue in (Queue.HELPFUL, Queue.UNLABELLED, Queue.UNSURE):
        repeat = _repeat(labeller, department, min(len(found), count), have, now)
    if repeat is not None:
        # Before the others, for it is none of those that are spare; the page shows it after them.
        found, count = [Shown(repeat), *found], count + 1
    repeats = [] if repeat is None else [repeat]
    mine = hold(labeller, [one.picture for one in found], count, repeats)
    shown = [one for one in found if one.picture in mine]
    shown.sort(key=lambda one: one.picture == repeat)
    return Taken(shown, total and min(total, FEW), (total or 0) > FEW)


def give_back(labeller: "User", pictures: Sequence[int]) -> None:
    """End the person's leases on pictures that they leave unanswered."""
    Lease.objects.filter(labeller=labeller, picture__in=pictures).delete()


def _found(
    department: str,
    queue: str,
    pictures: QuerySet[Any, Any],
    have: Collection[int],
    count: int,
    near: int | None,
) -> tuple[list[Shown], int | None]:
    """Return what to show next of the pictures, each with ``is_leased``.

    And how many these are, FEW + 1 for all that is more; None where the model alone can tell.
    """
    free = pictures.filter(is_leased=False).exclude(pk__in=list(have))
    asked = model()
    if queue == Queue.MODEL:
        return asked.disagreeing(department, free, count), None
    if queue == Queue.SUSPECT:
        return asked.suspects(department, free, count), None
    rows = list(pictures.order_by("pk").values_list("pk", "is_leased")[: FEW + 1])
    total = len(rows)
    left_out = set(have)
    first = [pk for pk, is_leased in rows if not is_leased and pk not in left_out]
    if total <= FEW:
        # Looked up by their ids, for what the model orders is read in its order otherwise.
        free = Picture.objects.filter(pk__in=first)
    if queue == Queue.NEAR:
        if near is None:
            raise QueueError("Choose the picture that others should be like.")
        return asked.near(near, free, count), total
    found: list[Shown] = []
    if queue == Queue.UNSURE:
        found = asked.least_sure(department, free, count)
    elif queue == Queue.HELPFUL:
        found = asked.most_helpful(department, free, count)
    # Without a model, or where it has not looked yet: the oldest first.
    known = {one.picture for one in found}
    rest = [Shown(pk, WHY.get(queue, "")) for pk in first if pk not in known]
    return found + rest[: count - len(found)], total


# Taken by whoever asks first, as many as wanted; a lease of one's own is renewed. In the order of
# their ids, so that two who take the same ones wait for each other in turn.
_LEASE = """
INSERT INTO catalog_lease (picture_id, labeller_id, until, is_repeat)
SELECT id, %(labeller)s, %(until)s, id = ANY(%(repeats)s::bigint[]) FROM (
  SELECT id FROM unnest(%(pictures)s::bigint[]) WITH ORDINALITY AS wanted (id, place)
  JOIN catalog_picture USING (id)
  WHERE NOT EXISTS (
    SELECT FROM catalog_lease
    WHERE picture_id = id AND until > %(now)s AND labeller_id <> %(labeller)s
  )
  ORDER BY place LIMIT %(count)s
) AS free ORDER BY id
ON CONFLICT (picture_id) DO UPDATE
SET labeller_id = excluded.labeller_id, until = excluded.until, is_repeat = excluded.is_repeat
WHERE catalog_lease.until <= %(now)s OR catalog_lease.labeller_id = excluded.labeller_id
RETURNING picture_id
"""


def hold(labeller: "User", pictures: Sequence[int], count: int, repeats: Sequence[int]) -> set[int]:
    """Lease the first ``count`` pictures that nobody else holds, and return them.

    Of these, ``repeats`` are shown again to measure the person.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _LEASE,
            {
                "labeller": labeller.pk,
                "until": now + LEASE,
                "repeats": list(repeats),
                "pictures": list(pictures),
                "now": now,
                "count": count,
            },
        )
        return {picture for (picture,) in cursor.fetchall()}


def _repeat(
    labeller: "User", department: str, shown: int, have: Collection[int], now: datetime
) -> int | None:
    """Return now and then, one for REPEAT_EVERY others, a picture that the person labelled before.

    They are told nothing of that, and what they answer measures how far they agree with themselves.
    """
    if random.random() * REPEAT_EVERY >= shown:  # noqa: S311  # nothing secret
        return None
    lately = Answer.objects.filter(
        picture=OuterRef("picture"), labeller=labeller, created_at__gt=now - REPEAT_AFTER
    )
    old = (
        Annotation.objects.in_department(department)
        .filter(labeller=labeller, created_at__lte=now - REPEAT_AFTER)
        .filter(picture__product__is_active=True, picture__is_readable=True)
        .exclude(label=None)
        .exclude(picture__in=list(have))
        .exclude(Exists(lately))
        .exclude(Exists(_leased(labeller, "picture", now)))
    )
    return old.order_by("?").values_list("picture", flat=True).first()


def _leased(labeller: "User", picture: str, now: datetime) -> QuerySet[Lease]:
    """Return the leases that others have of what is asked for, of which ``picture`` is the id."""
    others = Lease.objects.exclude(labeller=labeller)
    return others.filter(picture=OuterRef(picture), until__gt=now)
