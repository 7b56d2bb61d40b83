"""What happens in the labelling room: answers, decisions, and who has which picture."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.labels import Label, Labelled
from catalog.models.products import Picture


class Answer(models.Model):
    """What one person did with one picture in the labelling room; ``Annotation`` is what holds now.

    ``batch`` is the browser's name for one keystroke, so that one that is sent twice counts once,
    and one on many pictures is undone as one. ``had_before``, ``label_before`` and ``before_at``,
    its time, are the person's annotation until then, ``undone_at`` is when it was restored. A
    repeat shows a person a picture that they labelled before, to measure them; it changes no
    annotation. ``took_ms`` is how long the picture was looked at, in milliseconds.
    """

    class Action(models.TextChoices):
        LABEL = "label", "Labelled"
        UNDECIDED = "undecided", "Could not decide"
        SKIP = "skip", "Skipped"
        CLEAR = "clear", "Cleared"

    batch = models.UUIDField()
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="answers")
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers"
    )
    action = models.CharField(max_length=9, choices=Action)
    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="answers"
    )
    had_before = models.BooleanField(default=False)
    label_before = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    before_at = models.DateTimeField(null=True, blank=True)
    is_repeat = models.BooleanField(default=False)
    queue = models.CharField(max_length=20, blank=True)
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "picture"], name="answer_once_a_batch"),
            models.CheckConstraint(
                condition=Q(action="label", label__isnull=False)
                | (~Q(action="label") & Q(label=None)),
                name="answer_labels_with_a_label",
            ),
        ]
        indexes = [models.Index(fields=["labeller", "-id"], name="answer_by_labeller")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.label or ''} by {self.labeller}"


class Adjudication(Labelled):
    """What a picture is, decided where labellers differ; no label means that nobody can tell."""

    picture = models.OneToOneField(Picture, on_delete=models.CASCADE, related_name="adjudication")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adjudications"
    )

    def __str__(self) -> str:
        return f"{self.label or 'undecided'}, decided by {self.decided_by}"


class Lease(models.Model):
    """A picture that is on one person's screen until ``until``, and is shown to nobody else.

    ``is_repeat`` marks one that the person labelled before, shown again to measure them.
    """

    picture = models.OneToOneField(
        Picture, on_delete=models.CASCADE, primary_key=True, related_name="lease"
    )
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leases"
    )
    until = models.DateTimeField()
    is_repeat = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"picture {self.picture_id} with {self.labeller} until {self.until}"
