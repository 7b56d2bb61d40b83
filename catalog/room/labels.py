"""Labels themselves: their hotkeys, and merging one into another."""

import string
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Model, QuerySet

from catalog.models import Adjudication, Annotation, Answer, Label

# What the pages of the room do by a key: undecided, skip, undo, zoom, crop, look-alikes, grid,
# all, next pictures.
RESERVED = "uszxkngaj"
HOTKEYS = string.digits + string.ascii_lowercase


class LabelError(ValueError):
    """What was asked of a label cannot be done; the text says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Use:
    """How often a label is used now."""

    annotations: int
    decisions: int


def use_of(label: Label) -> Use:
    """Count what carries the label."""
    return Use(label.annotations.count(), label.adjudications.count())


def is_used(label: Label) -> bool:
    """Say whether something that people said names the label, so that it cannot be deleted."""
    named: list[QuerySet[Model]] = [
        label.annotations.all(),
        label.adjudications.all(),
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
    """Let one label take the place of another, for good: what carried it carries the target.

    Answers keep the label that was given. The merged label keeps its row and loses its hotkey;
    labels that were merged into it before belong to the target. Returns what moved. Raises
    LabelError where a label is gone, merged already, or of another department, and, unless
    ``though_group_differs``, where one is a group and the other is not.
    """
    # One order for all who lock labels. Whoever gives one of them meanwhile waits.
    locked = Label.objects.select_for_update().filter(pk__in=[label, into]).order_by("pk")
    found = {one.pk: one for one in locked}
    if label not in found or into not in found:
        raise LabelError("This label does not exist any more. Nothing was merged.")
    source, target = found[label], found[into]
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
    moved = Use(
        Annotation.objects.filter(label=source).update(label=target),
        Adjudication.objects.filter(label=source).update(label=target),
    )
    source.merged.update(merged_into=target)
    source.merged_into, source.hotkey = target, ""
    source.save(update_fields=["merged_into", "hotkey"])
    return moved
