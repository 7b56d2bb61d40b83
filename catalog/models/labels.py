"""What pictures can be called, and what each person called them."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models.departments import Department, department_constraint
from catalog.models.products import Picture


class LabelQuerySet(models.QuerySet["Label"]):
    def in_department(self, department: str) -> Self:
        return self.filter(department=department)

    def in_use(self) -> Self:
        """Return the labels that pictures may be given: all but those merged into another."""
        return self.filter(merged_into=None)

    def by_name(self) -> dict[tuple[str, str], "Label"]:
        """Return (department, name) -> label; a merged one's name finds what took its place."""
        labels = self.select_related("merged_into")
        return {(one.department, one.name): one.merged_into or one for one in labels}


class Label(models.Model):
    """A group of a department. ``is_group`` is False for what fits none (other).

    A label that was merged into another keeps its row and its name, so that what was answered with
    it stays known, and an old file's name finds the label that took its place.
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

    def gold(self) -> models.QuerySet[Any, Any]:
        """Return the pictures, each with ``gold``: the label's id that a person decided on, or that
        all labellers gave; NULL for neither. Merged labels count as what took their place."""
        kept = Coalesce("label__merged_into", "label")
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
                least=models.Min(kept),
                greatest=models.Max(kept),
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


class Annotation(models.Model):
    """One person's label on one picture; no label means they looked and could not decide."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="annotations")
    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="annotations"
    )
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["picture", "labeller"], name="annotation_once_each"),
        ]

    def __str__(self) -> str:
        return f"{self.label or 'undecided'} by {self.labeller}"

    def relabel(self, label: Label | None, when: datetime | None = None) -> None:
        """Change the label, now or as of then; None where the labeller could not decide."""
        self.label, self.created_at = label, when or timezone.now()
        self.save(update_fields=["label", "created_at"])
