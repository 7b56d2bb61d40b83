"""What the catalogue needs a person for: pictures to label, and labels to decide on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from catalog.models import Annotation, Department, Picture
from catalog.room.decisions import DECIDED
from jobs.needs import Need

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def needs(user: "User") -> Iterator[Need]:
    """Yield the unlabelled pictures and the disagreements of each department, in two queries."""
    if user.has_perm("catalog.add_annotation"):
        labelled = Annotation.objects.filter(picture=OuterRef("pk"))
        counts = _counted(Picture.objects.active().exclude(Exists(labelled)))
        for department, name in Department.choices:
            count = counts.get(department, 0)
            text = ngettext("picture of %s has no label", "pictures of %s have no label", count)
            url = reverse(
                "admin:catalog_labelling", args=[department], query={"queue": "unlabelled"}
            )
            yield Need(text % name.lower(), count, url)
    if user.has_perm("catalog.add_adjudication"):
        differing = Annotation.objects.differing()
        open_ = Picture.objects.active().exclude(DECIDED)
        counts = _counted(open_.filter(pk__in=differing))
        for department, name in Department.choices:
            count = counts.get(department, 0)
            text = ngettext(
                "picture of %s on which labellers differ",
                "pictures of %s on which labellers differ",
                count,
            )
            url = reverse("admin:catalog_adjudicate", args=[department])
            yield Need(text % name.lower(), count, url)


def _counted(pictures: QuerySet[Picture]) -> dict[str, int]:
    """Count pictures by department."""
    by_department = pictures.order_by().values_list("product__department")
    return dict(by_department.annotate(count=Count("pk")))
