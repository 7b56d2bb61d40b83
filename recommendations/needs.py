"""What visitors' photos need a person for: those that failed through no fault of the photo."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import ngettext

from jobs.needs import Need
from recommendations.models import Submission

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def needs(user: "User") -> Iterator[Need]:
    """Yield the submissions that failed; one that was refused with a reason needs nobody."""
    if user.has_perm("recommendations.change_submission"):
        count = Submission.objects.failed().filter(error_detail__gt="").count()
        text = ngettext("visitor's photo failed", "visitors' photos failed", count)
        url = reverse(
            "admin:recommendations_submission_changelist",
            query={"state__exact": "failed", "error_detail__gt": ""},
        )
        yield Need(text, count, url)
