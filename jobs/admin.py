"""What the admin of every kind of job shares."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from jobs.models import Job


class StateFilter(admin.SimpleListFilter):
    """Choose jobs by state, those that people cancelled apart from those that failed."""

    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [*Job.State.choices, (Job.CANCELLED, "Cancelled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None:
            return queryset
        if chosen == Job.CANCELLED:
            return queryset.filter(state=Job.State.FAILED, error_detail=Job.CANCELLED)
        return queryset.filter(state=chosen).exclude(error_detail=Job.CANCELLED)


class JobAdmin(admin.ModelAdmin[Any]):
    """List jobs by state with their reason, and queue failed ones again."""

    list_filter: ClassVar[tuple[str, ...]] = ("state",)
    actions: Sequence[Any] | None = ("retry_failed",)

    @admin.action(description="Try the selected failed jobs again", permissions=["change"])
    def retry_failed(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Queue the selected jobs that failed; the others stay as they are."""
        jobs = list(queryset)
        retried = waiting = 0
        for job in jobs:
            try:
                with transaction.atomic():
                    retried += job.retry()
            except IntegrityError:
                waiting += 1
        left = len(jobs) - retried - waiting
        text = ngettext("%d job queued again.", "%d jobs queued again.", retried) % retried
        if waiting:
            text += f" {waiting} must wait: another of the same kind is under way. Try again later."
        if left:
            text += f" {left} had not failed and stayed as they were."
        level = messages.SUCCESS if retried else messages.WARNING
        self.message_user(request, text, level)

    @admin.display(description="State", ordering="state")
    def shown_state(self, job: Job) -> str:
        return "Cancelled" if job.is_cancelled else job.get_state_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
