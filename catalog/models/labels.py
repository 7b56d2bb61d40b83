"""What pictures can be called, and what each person called them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from catalog.models.departments import Department, department_constraint
from catalog.models.products import Picture

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LABELS_LOCK = 50_417  # any number of our own: the first key of the advisory lock


class LabelQuerySet(models.QuerySet["Label"]):
    def in_department(self, department: str) -> Self:
        return self.filter(department=department)

    def in_use(self) -> Self:
        """Return the labels that pictures may be given: all but those merged into another."""
        return self.filter(merged_into=None)

    def linked(self) -> dict[int, "Label"]:
        """Return the labels of whole departments by id, each with its ``line``, in one query."""
        found = {label.pk: label for label in self}
        for label in found.values():
            if label.merged_into_id is not None:
                label.merged_into = found[label.merged_into_id]
        return found

    def todays_names(self) -> dict[str, str]:
        """Return what the labels of a department are called today, by the names they came with."""
        return {label.name: label.today.name for label in self.linked().values()}

    def held(self, *departments: str, alone: bool = False) -> dict[int, "Label"]:
        """Return departments' labels by id; none is merged or deleted until the transaction ends.

        Who gives labels holds them, any number of people at once; who merges or deletes one holds
        them ``alone``, after all others.
        """
        kind = "" if alone else "_shared"
        with connection.cursor() as cursor:
            # In one order, whoever holds several.
            for department in sorted(set(departments)):
                cursor.execute(
                    f"SELECT pg_advisory_xact_lock{kind}(%s, hashtext(%s))",
                    [LABELS_LOCK, department],
                )
        return self.filter(department__in=departments).linked()


class Label(models.Model):
    """A group of a department. ``is_group`` is False for what fits none (other).

    A label that was merged into another keeps its row and its name, so that what was answered with
    it stays known, an old file's name finds the label that took its place, and the merge can be
    taken back. ``hotkey_before`` is the hotkey that it had.
    """

    department = models.CharField(max_length=16, choices=Department)
    name = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField(default=0)
    hotkey = models.CharField(max_length=1, blank=True)
    is_group = models.BooleanField(
        default=True, help_text="Networks learn groups; switch off for “other”."
    )
    description = models.TextField(
        blank=True, help_text="What belongs here, and what does not: labellers read it."
    )
    examples = models.ManyToManyField(Picture, blank=True, related_name="+")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged"
    )
    hotkey_before = models.CharField(max_length=1, blank=True, editable=False)

    objects = LabelQuerySet.as_manager()

    class Meta:
        ordering = ["department", "order", "name"]
        constraints = [
            models.UniqueConstraint(fields=["department", "name"], name="label_name_once"),
            models.UniqueConstraint(
                fields=["department", "hotkey"], condition=~Q(hotkey=""), name="label_hotkey_once"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | (~Q(merged_into=F("pk")) & Q(hotkey="")),
                name="label_merged_into_another",
            ),
            department_constraint("label"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def line(self) -> Iterator["Label"]:
        """Yield the label, what it was merged into, and so on; the last one is in use."""
        label: Label | None = self
        while label is not None:
            yield label
            label = label.merged_into

    @property
    def today(self) -> "Label":
        """Return the label that stands for this one now."""
        *_, last = self.line
        return last


class Labelled(models.Model):
    """What a person says a picture is; no label means that they could not tell.

    ``label`` is always one in use. Where they gave one that is merged into it, or was at the time,
    ``merged_from`` is the one they gave.
    """

    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    merged_from = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(merged_from=None)
                | (Q(label__isnull=False) & ~Q(label=F("merged_from"))),
                name="%(class)s_merged_from_another",
            )
        ]

    @property
    def given(self) -> Label | None:
        """Return the label that the person gave."""
        return self.merged_from or self.label

    @property
    def given_id(self) -> int | None:
        return self.merged_from_id or self.label_id

    @staticmethod
    def given_as(label: Label | None) -> "dict[str, Label | None]":
        """Return the columns of what was given a label; for a merged one stands today's."""
        today = label and label.today
        return {"label": today, "merged_from": label if label != today else None}

    def give(self, label: Label | None) -> None:
        """Say that it is this, without saving."""
        for column, value in self.given_as(label).items():
            setattr(self, column, value)

    def says(self, label: Label | None) -> bool:
        """Say whether the label was given, or one that is merged into it."""
        if label is None or self.given is None:
            return label == self.given
        return label in self.given.line


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def in_department(self, department: str) -> Self:
        return self.filter(picture__product__department=department)

    def differing(self) -> models.QuerySet["Annotation", int]:
        """Return the ids of pictures that people gave different labels, or not all could label.

        Not in groups but by pairs, which are found along an index without reading all; an id may
        come more than once.
        """
        other = Q(label__gt=OuterRef("label")) | Q(label=None)
        others = self.order_by().filter(other, picture=OuterRef("picture"))
        labelled = self.order_by().exclude(label=None).filter(Exists(others))
        return labelled.values_list("picture", flat=True)

    def twice(self) -> models.QuerySet["Annotation", int]:
        """Return the ids of pictures that several people looked at, some more than once."""
        others = self.order_by().filter(
            picture=OuterRef("picture"), labeller__gt=OuterRef("labeller")
        )
        return self.order_by().filter(Exists(others)).values_list("picture", flat=True)

    def put(self, labeller: "User", labels: Mapping[int, Label]) -> bool:
        """Let somebody give labels, by picture id; True where a picture had another from them."""
        mine = self.filter(labeller=labeller, picture__in=labels)
        given = {
            annotation.picture_id: annotation
            for annotation in mine.select_related("label", "merged_from__merged_into")
        }
        new, changed = [], False
        for picture, label in labels.items():
            annotation = given.get(picture)
            if annotation is None:
                annotation = Annotation(picture_id=picture, labeller=labeller)
                annotation.give(label)
                new.append(annotation)
            elif not annotation.says(label):
                annotation.relabel(label)
                changed = True
        self.bulk_create(new, ignore_conflicts=True)
        return changed

    def gold(self) -> models.QuerySet[Any, Any]:
        """Return the pictures, each with ``gold``: the label's id that a person decided on, or that
        all labellers gave; NULL for neither."""
        decision = "picture__adjudication"
        alike = Q(least=F("greatest"), labelled=F("people"))
        return (
            self.order_by()
            .values("picture")
            .annotate(
                decision=models.Max(decision),
                decided=models.Max(f"{decision}__label"),
                people=models.Count("pk"),
                labelled=models.Count("label"),
                least=models.Min("label"),
                greatest=models.Max("label"),
                gold=models.Case(
                    models.When(decision__isnull=False, then=F("decided")),
                    models.When(alike, then=F("least")),
                ),
            )
        )

    def gold_counts(self) -> dict[int, int]:
        """Count the pictures by their gold; those of none are left out."""
        query, parameters = self.gold().values_list("gold").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT gold, count(*) FROM ({query}) AS counted (gold)"  # noqa: S608  # ours
                " WHERE gold IS NOT NULL GROUP BY gold",
                parameters,
            )
            return dict(cursor.fetchall())

    def agreed(self) -> dict[int, str]:
        """Return gold by picture id, where it is a group, by its name."""
        groups = dict(Label.objects.filter(is_group=True).values_list("pk", "name"))
        return {
            picture: groups[label]
            for picture, label in self.gold().values_list("picture", "gold")
            if label in groups
        }


class Annotation(Labelled):
    """One person's label on one picture; no label means they looked and could not decide."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="annotations")
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations"
    )

    objects = AnnotationQuerySet.as_manager()

    class Meta(Labelled.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["picture", "labeller"], name="annotation_once_each"),
            *Labelled.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.label or 'undecided'} by {self.labeller}"

    def relabel(self, label: Label | None, when: datetime | None = None) -> None:
        """Change the label, now or as of then; None where the labeller could not decide."""
        self.give(label)
        self.created_at = when or timezone.now()
        self.save()
