"""Which pictures a labeller is shown, in which order, and why; to one person at a time."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

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


class QueueError(Exception):
    """Raised for a queue that does not exist, or is asked for wrongly."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a labeller is shown next, and how many pictures wait behind in the queue."""

    shown: list[Shown]
    waiting: int


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

    At most ``count`` and MOST. Raises QueueError for an unknown queue, and without the picture that
    NEAR starts from.
    """
    now = timezone.now()
    others = Lease.objects.filter(picture=OuterRef("pk"), until__gt=now).exclude(labeller=labeller)
    all_waiting = waiting(labeller, department, queue)
    free = all_waiting.exclude(pk__in=list(have)).exclude(Exists(others))
    count = min(count, MOST)
    found = _ordered(department, queue, free, count + SPARE, near)
    mine = _lease(labeller, [one.picture for one in found[:count]], now)
    lost = len(found[:count]) - len(mine)
    mine |= _lease(labeller, [one.picture for one in found[count:][:lost]], now)
    shown = [one for one in found if one.picture in mine]
    if queue in (Queue.HELPFUL, Queue.UNLABELLED, Queue.UNSURE):
        shown += _repeat(labeller, department, len(shown), have)
    return Taken(shown, all_waiting.count())


def give_back(labeller: "User", pictures: Sequence[int]) -> None:
    """End the person's leases on pictures that they leave unanswered."""
    Lease.objects.filter(labeller=labeller, picture__in=pictures).delete()


def _ordered(
    department: str, queue: str, free: QuerySet[Picture], count: int, near: int | None
) -> list[Shown]:
    asked = model()
    if queue == Queue.NEAR:
        if near is None:
            raise QueueError("Choose the picture that others should be like.")
        return asked.near(near, free, count)
    if queue == Queue.MODEL:
        return asked.disagreeing(department, free, count)
    if queue == Queue.SUSPECT:
        return asked.suspects(department, free, count)
    if queue == Queue.UNSURE:
        found = asked.least_sure(department, free, count)
    elif queue == Queue.HELPFUL:
        found = asked.most_helpful(department, free, count)
    else:
        found = []
    if len(found) < count:
        # Without a model, or where it has not looked yet: the oldest first.
        rest = free.exclude(pk__in=[one.picture for one in found]).order_by("pk")
        why = {
            Queue.SECOND: "Labelled by one other person",
            Queue.DIFFERING: "Two people gave it different labels",
        }.get(Queue(queue), "")
        found += [Shown(pk, why) for pk in rest.values_list("pk", flat=True)[: count - len(found)]]
    return found


# Taken by whoever asks first; a lease of one's own is renewed.
_LEASE = """
INSERT INTO catalog_lease (picture_id, labeller_id, until, is_repeat)
SELECT id, %s, %s, %s FROM catalog_picture WHERE id = ANY(%s) ORDER BY id
ON CONFLICT (picture_id) DO UPDATE
SET labeller_id = excluded.labeller_id, until = excluded.until, is_repeat = excluded.is_repeat
WHERE catalog_lease.until <= %s OR catalog_lease.labeller_id = excluded.labeller_id
RETURNING picture_id
"""


def _lease(
    labeller: "User", pictures: Sequence[int], now: datetime, *, repeat: bool = False
) -> set[int]:
    """Lease the pictures that nobody else holds, and return them."""
    if not pictures:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, [labeller.pk, now + LEASE, repeat, list(pictures), now])
        return {picture for (picture,) in cursor.fetchall()}


def _repeat(labeller: "User", department: str, shown: int, have: Collection[int]) -> list[Shown]:
    """Return now and then, one for REPEAT_EVERY others, a picture that the person labelled before.

    It says nothing of that, and what they answer measures how far they agree with themselves.
    """
    if random.random() * REPEAT_EVERY >= shown:  # noqa: S311  # nothing secret
        return []
    now = timezone.now()
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
        .order_by("pk")
        .values_list("picture", flat=True)
    )
    count = old.count()
    if not count:
        return []
    chosen = old[random.randrange(count)]  # noqa: S311  # nothing secret
    return [Shown(one) for one in _lease(labeller, [chosen], now, repeat=True)]
