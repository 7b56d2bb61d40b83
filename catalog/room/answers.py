"""What a labeller answers: kept once however often it is sent, and taken back in turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from catalog.models import Annotation, Answer, Label, Lease, Picture
from catalog.room.queues import hold

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Action = Answer.Action
LONGEST_MS = 2**31 - 1


class AnswerError(Exception):
    """Raised for an answer that cannot be kept; the text says why, and nothing was kept of it."""


@dataclass(slots=True)
class Outcome:
    """What became of an answer, or of taking one back, by picture id.

    ``done`` holds each picture's label now, by id; None where it is undecided or has none.
    ``gone`` pictures were deleted meanwhile, ``changed`` ones were labelled otherwise since and
    stay as they are.
    """

    batch: UUID | None
    done: dict[int, int | None] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)


@transaction.atomic
def answer(
    labeller: "User",
    department: str,
    batch: UUID,
    pictures: Sequence[int],
    action: str,
    *,
    label: int | None = None,
    queue: str = "",
    took_ms: int | None = None,
) -> Outcome:
    """Keep what a labeller said of one or many pictures, in one transaction, and end their leases.

    A batch that was kept before changes nothing, so that it can be sent until it arrives. A label
    that was merged meanwhile stands for the one that took its place. Raises AnswerError for labels
    and pictures of another department, and for what is no answer.
    """
    chosen = _label(department, action, label)
    wanted = _in_order(pictures)
    _one_at_a_time(labeller)
    kept = {row.picture_id: row for row in Answer.objects.filter(batch=batch)}
    if any(row.labeller_id != labeller.pk for row in kept.values()):
        raise AnswerError("This answer was given by somebody else. Reload the page.")
    there = dict(Picture.objects.filter(pk__in=wanted).values_list("pk", "product__department"))
    if any(one != department for one in there.values()):
        raise AnswerError(f"A picture is not of {department}. Reload the page; nothing was kept.")
    outcome = Outcome(batch, gone=[pk for pk in wanted if pk not in there])
    open_now = [pk for pk in wanted if pk in there and pk not in kept]
    mine = _annotations(labeller, wanted)
    leases = Lease.objects.filter(picture__in=wanted, labeller=labeller)
    repeats = set(leases.filter(is_repeat=True).values_list("pk", flat=True))
    now = timezone.now()
    Answer.objects.bulk_create(
        Answer(
            batch=batch,
            picture_id=pk,
            labeller=labeller,
            action=action,
            label=chosen,
            had_before=pk in mine,
            label_before_id=mine[pk].given_id if pk in mine else None,
            before_at=mine[pk].created_at if pk in mine else None,
            is_repeat=pk in repeats and pk in mine,
            queue=queue,
            took_ms=took_ms if took_ms is None else max(0, min(took_ms, LONGEST_MS)),
            created_at=now,
        )
        for pk in open_now
    )
    said = [pk for pk in open_now if not (pk in repeats and pk in mine)]
    if action == Action.CLEAR:
        Annotation.objects.filter(labeller=labeller, picture__in=said).delete()
    elif action != Action.SKIP:
        _annotate(labeller, dict.fromkeys(said, (chosen, now)))
    leases.delete()
    now_mine = _annotations(labeller, wanted)
    outcome.done = {
        pk: now_mine[pk].label_id if pk in now_mine else None for pk in wanted if pk in there
    }
    return outcome


@transaction.atomic
def take_back(labeller: "User", department: str, batch: UUID | None = None) -> Outcome:
    """Undo a batch, or the labeller's last one in the department that still holds.

    Their annotations become what they were before it, and the pictures are on their screen again.
    Where they have said something else of a picture since, that stays. Raises AnswerError where
    there is nothing to take back.
    """
    labels = Label.objects.held(department)
    _one_at_a_time(labeller)
    answers = Answer.objects.filter(
        labeller=labeller, picture__product__department=department, undone_at=None
    )
    if batch is None:
        batch = answers.order_by("-id").values_list("batch", flat=True).first()
    rows = list(answers.filter(batch=batch).order_by("picture")) if batch else []
    if not rows:
        raise AnswerError("There is nothing to undo.")
    pictures = [row.picture_id for row in rows]
    mine = _annotations(labeller, pictures)
    last = dict(
        answers.filter(picture__in=pictures, is_repeat=False)
        .exclude(action=Action.SKIP)
        .order_by("id")
        .values_list("picture_id", "id")
    )
    outcome = Outcome(batch)
    gone: list[int] = []
    now = timezone.now()
    restored: dict[int, tuple[Label | None, datetime]] = {}
    for row in rows:
        pk = row.picture_id
        if row.is_repeat or row.action == Action.SKIP:
            continue
        if last[pk] != row.pk or not _holds(row, mine.get(pk), labels):
            outcome.changed.append(pk)
        elif row.had_before:
            before = labels[row.label_before_id] if row.label_before_id else None
            restored[pk] = before, row.before_at or now
        else:
            gone.append(pk)
    Annotation.objects.filter(labeller=labeller, picture__in=gone).delete()
    _annotate(labeller, restored)
    Answer.objects.filter(pk__in=[row.pk for row in rows]).update(undone_at=now)
    hold(labeller, pictures, len(pictures), [row.picture_id for row in rows if row.is_repeat])
    now_mine = _annotations(labeller, pictures)
    outcome.done = {pk: now_mine[pk].label_id if pk in now_mine else None for pk in pictures}
    return outcome


def _label(department: str, action: str, label: int | None) -> Label | None:
    if action not in Action.values:
        raise AnswerError(f"{action!r} is no answer: use one of {', '.join(Action.values)}.")
    if action != Action.LABEL:
        return None
    if label is None:
        raise AnswerError("No label was chosen.")
    chosen = Label.objects.held(department).get(label)
    if chosen is None:
        if other := Label.objects.filter(pk=label).first():
            raise AnswerError(f"{other} is no label of {department}. Reload the page.")
        raise AnswerError("This label does not exist any more. Reload the page to see the labels.")
    return chosen


def _in_order(pictures: Sequence[int]) -> list[int]:
    """Return the ids once each, rising: all who lock several lock them alike."""
    if not pictures:
        raise AnswerError("No picture was chosen.")
    return sorted(set(pictures))


def _one_at_a_time(labeller: "User") -> None:
    """Let a person's answers follow each other, from however many tabs they come."""
    people = get_user_model().objects.filter(pk=labeller.pk)
    list(people.select_for_update(no_key=True))


def _annotate(labeller: "User", said: Mapping[int, tuple[Label | None, datetime]]) -> None:
    """Make these labels, each with its time, by picture id, the person's annotations."""
    annotations = []
    for picture, (label, when) in said.items():
        annotation = Annotation(picture_id=picture, labeller=labeller, created_at=when)
        annotation.give(label)
        annotations.append(annotation)
    Annotation.objects.bulk_create(
        annotations,
        update_conflicts=True,
        unique_fields=["picture", "labeller"],
        update_fields=["label", "merged_from", "created_at"],
    )


def _annotations(labeller: "User", pictures: Iterable[int]) -> dict[int, Annotation]:
    found = Annotation.objects.filter(labeller=labeller, picture__in=pictures)
    return {one.picture_id: one for one in found}


def _holds(row: Answer, annotation: Annotation | None, labels: Mapping[int, Label]) -> bool:
    """Say whether the annotation still is what the answer made of it."""
    if row.action == Action.CLEAR:
        return annotation is None
    if annotation is None:
        return False
    # What was merged or separated since: its pictures went with it.
    return annotation.label_id == (labels[row.label_id].today.pk if row.label_id else None)
