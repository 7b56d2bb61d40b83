"""What the admin of every kind of job shares."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from jobs.models import Job


class JobAdmin(admin.ModelAdmin[Any]):
    """List jobs by state with their reason, and queue failed ones again."""

    list_filter: ClassVar[tuple[str, ...]] = ("state",)
    actions = ("retry_failed",)

    @admin.action(description="Try the selected failed jobs again", permissions=["change"])
    def retry_failed(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Queue the selected jobs that failed; the others stay as they are."""
        retried = sum(job.retry() for job in queryset)
        left = queryset.count() - retried
        text = ngettext("%d job queued again.", "%d jobs queued again.", retried) % retried
        if left:
            text += f" {left} had not failed and stayed as they were."
        level = messages.SUCCESS if retried else messages.WARNING
        self.message_user(request, text, level)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
