"""Where labellers differ: one person decides what a picture is, and can take it back."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from catalog.models import Adjudication, Annotation, Label, Picture

if TYPE_CHECKING:
    from django.contrib.auth.models import User


# Not by a join: the database would think that next to nothing is left undecided, and plan for that.
DECIDED = Exists(Adjudication.objects.filter(picture=OuterRef("pk")))


class DecisionError(Exception):
    """Raised for a decision that cannot be kept; the text says why, and nothing was changed."""


def undecided(department: str) -> QuerySet[Picture]:
    """Return the pictures that labellers differ on and nobody has decided, oldest first."""
    pictures = Picture.objects.active().in_department(department).exclude(DECIDED)
    return pictures.filter(pk__in=Annotation.objects.differing()).order_by("pk")


def last_of(person: "User", department: str) -> Adjudication | None:
    """Return the person's last decision in the department that still holds."""
    mine = Adjudication.objects.filter(decided_by=person, picture__product__department=department)
    return mine.select_related("label", "picture__product").order_by("-created_at", "-pk").first()


@transaction.atomic
def decide(person: "User", department: str, picture: int, label: int | None) -> Adjudication:
    """Keep what a picture is, None where nobody can tell; what labellers said stays as it is.

    The same decision sent twice counts once. A label that was merged meanwhile stands for the one
    that took its place. Raises DecisionError for a picture that is gone, a label that is none of
    the department's, and where somebody decided otherwise meanwhile: their decision stays.
    """
    chosen = None
    if label is not None:
        chosen = Label.objects.held(department).get(label)
        if chosen is None:
            raise DecisionError("This label does not exist any more. Choose another one.")
    if not Picture.objects.in_department(department).filter(pk=picture).exists():
        raise DecisionError("This picture was deleted meanwhile. Here is the next one.")
    said = Adjudication.given_as(chosen)
    kept, is_new = Adjudication.objects.get_or_create(
        picture_id=picture, defaults={**said, "decided_by": person}
    )
    if not is_new and (kept.label != said["label"] or kept.decided_by != person):
        theirs = f"“{kept.label}”" if kept.label else "that nobody can tell"
        raise DecisionError(f"{kept.decided_by} decided meanwhile: {theirs}. That stays.")
    return kept


def take_back(person: "User", department: str, decision: int) -> int:
    """Undo one's own decision and return its picture; the picture waits for one again.

    Raises DecisionError where it was taken back before, or is not one's own.
    """
    mine = Adjudication.objects.filter(
        pk=decision, decided_by=person, picture__product__department=department
    )
    picture = mine.values_list("picture", flat=True).first()
    if picture is None or not mine.delete()[0]:
        raise DecisionError("This decision was taken back already. Nothing was changed.")
    return picture
