"""Labels themselves: their hotkeys, merging one into another, and taking that back."""

import string
from dataclasses import dataclass

from django.db import transaction
from django.db.models import BigIntegerField, Model, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from catalog.models import Adjudication, Annotation, Answer, Label

# What the pages of the room do by a key: undecided, skip, undo, zoom, crop, look-alikes, grid,
# all, next pictures.
RESERVED = "uszxkngaj"
HOTKEYS = string.digits + string.ascii_lowercase


class LabelError(ValueError):
    """What was asked of a label cannot be done; the text says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much carries a label, or moves from one to another."""

    annotations: int
    decisions: int


@dataclass(frozen=True, slots=True)
class Separated:
    """A merge that was taken back: what moved, from which label, and why no hotkey came back.

    ``no_hotkey`` is empty where the label has the hotkey that it had, or had none.
    """

    moved: Use
    target: Label
    no_hotkey: str


def use_of(label: Label) -> Use:
    """Count what carries the label."""
    return Use(label.annotations.count(), label.adjudications.count())


def given_by(label: Label) -> Use:
    """Count what would carry a merged label again, were it separated."""
    labels = _with_merged(label)
    return Use(
        Annotation.objects.filter(merged_from__in=labels).count(),
        Adjudication.objects.filter(merged_from__in=labels).count(),
    )


def is_used(label: Label) -> bool:
    """Say whether something that people said names the label, so that it cannot be deleted."""
    named: list[QuerySet[Model]] = [
        label.annotations.all(),
        label.adjudications.all(),
        Annotation.objects.filter(merged_from=label),
        Adjudication.objects.filter(merged_from=label),
        Answer.objects.filter(label=label),
        Answer.objects.filter(label_before=label),
        label.merged.all(),
    ]
    return any(rows.exists() for rows in named)


def usable_hotkey(text: str, label: Label) -> str:
    """Return the key that a label is given by, in lower case; "" for none.

    Raises LabelError for what is no key, one that the room needs and one that is taken.
    """
    key = text.strip().lower()
    if not key:
        return ""
    if len(key) != 1 or key not in HOTKEYS:
        raise LabelError(f"“{text}” is no hotkey: use one of 0 to 9 or a to z.")
    if key in RESERVED:
        free = " ".join(one for one in HOTKEYS if one not in RESERVED)
        raise LabelError(f"The labelling room uses “{key}” itself. Use one of {free}.")
    if label.merged_into is not None:
        raise LabelError(f"{label} was merged into {label.merged_into}: nobody can give it.")
    same = Label.objects.in_department(label.department).filter(hotkey=key)
    if taken := same.exclude(pk=label.pk).first():
        raise LabelError(f"“{key}” gives “{taken}”. Clear that hotkey first, or use another.")
    return key


@transaction.atomic
def merge(label: int, into: int, *, though_group_differs: bool = False) -> Use:
    """Let one label take the place of another: what carried it carries the target.

    Each annotation and decision keeps the label that it was given; answers do as well. The merged
    label keeps its row and loses its hotkey. Returns what moved. Raises LabelError where a label is
    gone, merged already, or of another department, and, unless ``though_group_differs``, where one
    is a group and the other is not.
    """
    source, target = _alone(label, into)
    if source == target:
        raise LabelError(f"“{source}” cannot be merged into itself. Choose another label.")
    if source.department != target.department:
        raise LabelError(
            f"“{source}” is a label of {source.department}, “{target}” of {target.department}. "
            "Choose one of the same department."
        )
    for one in (source, target):
        if one.merged_into is not None:
            raise LabelError(
                f"“{one}” was merged into “{one.merged_into}” already. Choose a label in use."
            )
    if source.is_group != target.is_group and not though_group_differs:
        said = "is a group, which networks learn", "is none"
        mine, its = said if source.is_group else said[::-1]
        raise LabelError(
            f"“{source}” {mine}, “{target}” {its}. Say that this is meant to merge them."
        )
    given = Coalesce("merged_from", Value(source.pk), output_field=BigIntegerField())
    moved = Use(
        Annotation.objects.filter(label=source).update(label=target, merged_from=given),
        Adjudication.objects.filter(label=source).update(label=target, merged_from=given),
    )
    source.merged_into, source.hotkey_before, source.hotkey = target, source.hotkey, ""
    source.save(update_fields=["merged_into", "hotkey_before", "hotkey"])
    return moved


@transaction.atomic
def separate(label: int) -> Separated:
    """Take a merge back: what was given the label, or one merged into it, carries it again.

    What people said otherwise since stays as they said it. The label has its hotkey again, unless
    that is another's now. Raises LabelError where the label is gone or merged into none.
    """
    (source,) = _alone(label)
    if source.merged_into is None:
        raise LabelError(f"“{source}” is merged into no label. Nothing was changed.")
    target = source.today
    own = _with_merged(source)
    given = NullIf("merged_from", Value(source.pk), output_field=BigIntegerField())
    moved = Use(
        Annotation.objects.filter(merged_from__in=own).update(label=source, merged_from=given),
        Adjudication.objects.filter(merged_from__in=own).update(label=source, merged_from=given),
    )
    source.merged_into, no_hotkey = None, ""
    try:
        source.hotkey = usable_hotkey(source.hotkey_before, source)
    except LabelError as error:
        no_hotkey = str(error)
    source.hotkey_before = ""
    source.save(update_fields=["merged_into", "hotkey_before", "hotkey"])
    return Separated(moved, target, no_hotkey)


def _alone(*labels: int) -> list[Label]:
    """Return the labels, held alone; raises LabelError where one is gone."""
    departments = Label.objects.filter(pk__in=labels).values_list("department", flat=True)
    held: dict[int, Label] = {}
    # In one order, whoever holds several.
    for department in sorted(set(departments)):
        held |= Label.objects.held(department, alone=True)
    if not held.keys() >= set(labels):
        raise LabelError("This label does not exist any more. Nothing was changed.")
    return [held[label] for label in labels]


def _with_merged(label: Label) -> list[Label]:
    """Return the label and all that were merged into it, at once or in turn."""
    labels = Label.objects.in_department(label.department).linked()
    return [one for one in labels.values() if label in one.line]
