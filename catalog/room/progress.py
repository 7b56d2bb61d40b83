"""How far a department is labelled: by label, by person, by day, and how fast it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import TruncDate
from django.utils import timezone

from catalog.agreement import with_oneself
from catalog.models import Annotation, Answer, Picture

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DAYS = 14
# Speed is that of the last answers; a pause longer than this is none.
LAST, PAUSE_MS = 50, 60_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the labelling of a department stands, and where one person's does.

    ``labels`` and ``people`` count annotations by label's id (None: undecided) and by user name,
    ``days`` the labels that the person gave in the last DAYS days, oldest first. ``seconds`` is the
    person's median time a picture, ``alike`` how many of ``repeats`` shown pictures they labelled
    as before.
    """

    pictures: int
    labelled: int
    labels: Mapping[int | None, int]
    people: Mapping[str, int]
    days: Sequence[tuple[str, int]]
    today: int
    seconds: float | None
    repeats: int
    alike: int


def progress(labeller: "User", department: str) -> Progress:
    """Measure it, in eight queries however many pictures there are."""
    pictures = Picture.objects.active().in_department(department)
    annotations = Annotation.objects.in_department(department).order_by()
    mine = Answer.objects.filter(
        labeller=labeller, picture__product__department=department, undone_at=None
    ).exclude(action__in=(Answer.Action.SKIP, Answer.Action.CLEAR))
    now = timezone.localtime()
    by_day = dict(
        mine.filter(created_at__gte=now - timedelta(days=DAYS))
        .order_by()
        .annotate(day=TruncDate("created_at"))
        .values_list("day")
        .annotate(count=Count("pk"))
    )
    days = [now.date() - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    # Many at once are not measured.
    measured = mine.filter(took_ms__range=(1, PAUSE_MS)).values_list("took_ms", flat=True)
    took = [ms for ms in measured[:LAST] if ms]
    own = with_oneself(labeller).get(department, {}).get(labeller.get_username())
    return Progress(
        pictures=pictures.count(),
        labelled=pictures.filter(Exists(annotations.filter(picture=OuterRef("pk")))).count(),
        labels=dict(annotations.values_list("label").annotate(count=Count("pk"))),
        people=dict(
            annotations.values_list("labeller__username")
            .annotate(count=Count("pk"))
            .order_by("-count")
        ),
        days=[(day.isoformat(), by_day.get(day, 0)) for day in days],
        today=by_day.get(now.date(), 0),
        seconds=median(took) / 1000 if took else None,
        repeats=own.both if own else 0,
        alike=own.agreed if own else 0,
    )
