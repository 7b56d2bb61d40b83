"""Crawl runs: watched, cancelled, resumed, and confirmed."""

from collections import Counter
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from crawlers import ending
from crawlers.models import CrawlRun, all_read
from jobs.admin import JobAdmin, StateFilter
from ml.admin.looked_at import LookedAt, moment

MOST_CATEGORIES = 12  # without a rule that a page names
MOST_MISSING = 12  # products that a page names
COUNTS = {
    "pages": "Pages",
    "items": "Products",
    "created": "New",
    "updated": "Changed",
    "unchanged": "Unchanged",
    "relisted": "Back again",
    "delisted": "Gone",
    "failed": "Refused",
    "pictures": "Pictures",
    "pictures_failed": "Pictures failed",
    "failed_pages": "Pages failed",
}
# For the kinds of trouble (crawlers.fetching.troubles) that alone do not say what they are.
WORDS = {
    "status": "an error for an answer",
    "malformed": "an answer that cannot be read",
    "robots": "kept from crawlers by robots.txt",
    "robots unknown": "robots.txt cannot be read",
    "patience": "asked to wait too long",
    "busy": "asked to slow down too often",
    "gaps": "too many pages in a row failed",
    "unknown": "nothing that this crawler reads",
    "empty": "no products found",
    "nothing": "no page could be read",
    "defect": "a mistake of the crawler itself",
}


@admin.register(CrawlRun)
class CrawlRunAdmin(LookedAt, JobAdmin):
    list_display = ("crawled", "shown_state", "products", "what_came", "started", "took")
    list_filter: ClassVar[Any] = (StateFilter, "outcome", "source")
    list_select_related = ("source", "crawl")
    # A failed crawl is queued again from its page, where it says how it goes on.
    actions = ()
    fields = readonly_fields = (
        "source",
        "address",
        "spider",
        "shown_state",
        "attempts",
        "queued",
        "started",
        "heard",
        "finished",
        "started_by",
        "error_detail",
    )

    @admin.display(description="Crawl", ordering="pk")
    def crawled(self, run: CrawlRun) -> str:
        return f"{run.source} {run.pk}"

    @admin.display(description="State", ordering="state")
    def shown_state(self, run: Any) -> str:
        return str(run.shown_as).capitalize()

    def products(self, run: CrawlRun) -> int:
        return int(run.progress.get("items", 0))

    @admin.display(description="Outcome")
    def what_came(self, run: CrawlRun) -> str:
        text = run.error or run.remark or run.get_outcome_display()
        if run.to_confirm:
            text = f"{text}: {run.to_confirm:,} products to confirm as gone"
        return Truncator(text).chars(120)

    def address(self, run: CrawlRun) -> str:
        return run.crawl.url

    def spider(self, run: CrawlRun) -> str:
        speaks = run.progress.get("speaks")
        name = run.crawl.spider
        return f"{name}: it speaks {speaks}" if speaks and speaks != name else name

    @admin.display(ordering="created_at")
    def queued(self, run: CrawlRun) -> str:
        return moment(run.created_at)

    @admin.display(ordering="started_at")
    def started(self, run: CrawlRun) -> str:
        return moment(run.started_at)

    @admin.display(description="Last heard of")
    def heard(self, run: CrawlRun) -> str:
        return moment(run.heartbeat_at)

    def finished(self, run: CrawlRun) -> str:
        return moment(run.finished_at)

    def took(self, run: CrawlRun) -> str:
        return _took(run)

    def get_fields(self, request: HttpRequest, obj: CrawlRun | None = None) -> Any:
        left_out = set()
        if obj is not None:
            empty = {"started": "started_at", "finished": "finished_at", "started_by": "started_by"}
            left_out = {name for name, field in empty.items() if getattr(obj, field) is None}
            if obj.state != CrawlRun.State.RUNNING:
                left_out.add("heard")
            if obj.is_cancelled or not obj.error_detail:
                left_out.add("error_detail")
        return [name for name in self.fields if name not in left_out]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("crawlers.run_crawl")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        deeds = [
            path(f"<int:pk>/{deed}/", view(require_POST(call)), name=f"crawlers_crawlrun_{deed}")
            for deed, call in {
                "cancel": self.cancel,
                "resume": self.resume,
                "confirm": self.confirm,
                "accept": self.accept,
            }.items()
        ]
        progress = path(
            "<int:pk>/progress/", view(self.progress), name="crawlers_crawlrun_progress"
        )
        return [progress, *deeds, *super().get_urls()]

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the part of the page that shows how far a crawl is."""
        run = get_object_or_404(CrawlRun, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        context = {"run": run, **_shown(run)}
        response = render(request, "admin/crawlers/crawlrun/_progress.html", context)
        if request.GET.get("state", run.state) != run.state:
            # The rest of the page tells the state too.
            response["HX-Refresh"] = "true"
        return response

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a crawl that waits or runs; what it stored stays."""
        run = self.asked(request, pk)
        text = f"Cancelled by {request.user}. What was read before is kept."
        return self.told(
            request, run, run.cancel(text), "The crawl was cancelled.", "The crawl had ended."
        )

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Queue a crawl that failed or was cancelled again; it goes on where it stopped cleanly."""
        run = self.asked(request, pk)
        try:
            with transaction.atomic():
                resumed = run.retry()
        except IntegrityError:
            resumed = False
        return self.told(
            request,
            run,
            resumed,
            "The crawl is queued again.",
            "Nothing was queued: another crawl of the source is under way, or this one has not "
            "failed.",
        )

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take off the shelf what two runs in a row missed, however much it is."""
        run = self.asked(request, pk)
        done = ending.confirm(run) if run.to_confirm else 0
        return self.told(
            request,
            run,
            bool(done),
            f"{done} products are off the shelf.",
            "Nothing was missing any more.",
        )

    def accept(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a suspicious run for right: later ones are compared with it."""
        run = self.asked(request, pk)
        suspicious = CrawlRun.objects.filter(pk=pk, outcome=CrawlRun.Outcome.SUSPICIOUS)
        changed = suspicious.update(outcome=CrawlRun.Outcome.COMPLETE, accepted=True)
        return self.told(
            request, run, bool(changed), "Later crawls are compared with this one.", "No change."
        )

    def asked(self, request: HttpRequest, pk: int) -> CrawlRun:
        """Return the run that somebody who may does something with."""
        if not self.has_run_permission(request):
            raise PermissionDenied
        return get_object_or_404(CrawlRun.objects.select_related("crawl", "source"), pk=pk)

    def told(
        self, request: HttpRequest, run: CrawlRun, done: bool, yes: str, no: str
    ) -> HttpResponse:
        self.message_user(
            request, yes if done else no, messages.SUCCESS if done else messages.WARNING
        )
        return HttpResponseRedirect(reverse("admin:crawlers_crawlrun_change", args=[run.pk]))

    def shown(self, request: HttpRequest, row: CrawlRun) -> dict[str, Any]:
        may = self.has_run_permission(request)
        return {
            **super().shown(request, row),
            **_shown(row),
            "title": f"Crawl of {row.source}",
            "can_cancel": may and not row.is_finished,
            "can_resume": may and row.state == CrawlRun.State.FAILED,
            "can_confirm": may and row.to_confirm,
            "can_accept": may and row.outcome == CrawlRun.Outcome.SUSPICIOUS,
        }


def _shown(run: CrawlRun) -> dict[str, Any]:
    """Return what the progress of a run is shown by."""
    facts = run.progress
    return {
        "counts": [(name, facts[key]) for key, name in COUNTS.items() if facts.get(key)],
        "reasons": sorted(
            (WORDS.get(kind, kind), count)
            for kind, count in _together(facts, "errors", "skipped", "not_stored").items()
        ),
        "all_read": all_read(facts),
        "missing": ending.missing(run).order_by("title", "pk")[:MOST_MISSING]
        if run.to_confirm
        else (),
        "uncaught": [
            (category, category.rpartition(">")[2].strip()[:120], count)
            # The database keeps no order.
            for category, count in Counter(facts.get("uncaught", {})).most_common(MOST_CATEGORIES)
        ],
        "lines": facts.get("log", [])[-12:],
        "took": _took(run),
    }


def _together(facts: dict[str, Any], *names: str) -> Counter[str]:
    """Return what several of a run's counts by kind come to."""
    return sum((Counter(facts.get(name, {})) for name in names), Counter())


def _took(run: CrawlRun) -> str:
    if run.started_at is None:
        return ""
    span: timedelta = (run.finished_at or timezone.now()) - run.started_at
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
