"""Submissions in the admin: states and reasons, never the visitors' photos."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest

from jobs.admin import JobAdmin
from recommendations.models import Submission


@admin.register(Submission)
class SubmissionAdmin(JobAdmin):
    list_display = (
        "id",
        "department",
        "state",
        "label",
        "attempts",
        "took_ms",
        "created_at",
        "error",
    )
    list_filter: ClassVar[tuple[str, ...]] = ("state", "department", "created_at")
    date_hierarchy = "created_at"
    fields = readonly_fields = (
        "department",
        "state",
        "price_min",
        "price_max",
        "currency",
        "count",
        "label",
        "confidence",
        "is_weak",
        "version",
        "took_ms",
        "attempts",
        "error",
        "error_detail",
        "created_at",
        "started_at",
        "heartbeat_at",
        "finished_at",
    )
    list_select_related = ("version",)

    def has_delete_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        return False
