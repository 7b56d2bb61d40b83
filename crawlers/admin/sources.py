"""Sources with what is crawled of them, and a button that does it now."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog.admin import SourceAdmin
from catalog.models import Source
from crawlers import services
from crawlers.models import Crawl, CrawlRun
from crawlers.schedule import schedule, unschedule
from ml.admin.looked_at import moment

LOOK = 20  # products, to see what a crawl brings before all are read


class CrawlForm(forms.ModelForm[Crawl]):
    class Meta:
        model = Crawl
        fields = ("spider", "url", "department", "currency", "every_days")
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "url": forms.TextInput(attrs={"class": "vURLField", "placeholder": "https://"})
        }
        help_texts: ClassVar[dict[str, str]] = {
            "url": "Of the shop, one of its collections, a sitemap or a feed."
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["spider"] = forms.ChoiceField(choices=list(services.SPIDERS.items()))

    def clean_url(self) -> str:
        """Take an address that names no scheme for one of https, as browsers do."""
        url = str(self.cleaned_data["url"])
        return url if "://" in url else f"https://{url}"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                services.check_crawl(given["spider"], given["url"], given["department"])
            except services.CrawlError as error:
                self.add_error("url", str(error))
        return given


class CrawlInline(admin.StackedInline[Crawl, Source]):
    model = Crawl
    form = CrawlForm
    extra = 0
    readonly_fields = ("last_run",)
    verbose_name_plural = "What is crawled"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Crawl]:
        return super().get_queryset(request).prefetch_related(last_runs("runs"))

    def last_run(self, crawl: Any) -> SafeString | str:
        return shown(crawl.last) if crawl.pk else "none yet"


admin.site.unregister(Source)


@admin.register(Source)
class CrawledSourceAdmin(SourceAdmin):
    list_display = ("name", "url", "products", "last_crawl", "created_at")
    inlines = (CrawlInline,)
    actions = ("crawl_now",)

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["ml/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return super().get_queryset(request).prefetch_related(last_runs("crawls__runs"))

    def last_crawl(self, source: Any) -> SafeString | str:
        """Say how the source's latest crawl ended, or that it is under way."""
        return shown([run for crawl in source.crawls.all() for run in crawl.last])

    def has_crawl_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("crawlers.run_crawl")

    @admin.action(description="Crawl the selected sources now", permissions=["crawl"])
    def crawl_now(self, request: HttpRequest, queryset: Any) -> None:
        """Start every crawl of the sources that is not under way."""
        for crawl in Crawl.objects.filter(source__in=queryset).select_related("source"):
            start(self, request, crawl)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Crawl:
            for crawl in [*formset.new_objects, *(one for one, _ in formset.changed_objects)]:
                schedule(crawl)

    def delete_model(self, request: HttpRequest, obj: Source) -> None:
        crawls = list(obj.crawls.values_list("pk", flat=True))
        super().delete_model(request, obj)
        for pk in crawls:
            unschedule(pk)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.start))
        return [path("crawl/<int:pk>/", view, name="crawlers_crawl_start"), *super().get_urls()]

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start one crawl, or a look at its first products, and go where it can be watched."""
        crawl = get_object_or_404(Crawl.objects.select_related("source"), pk=pk)
        if not self.has_crawl_permission(request):
            raise PermissionDenied
        run = start(self, request, crawl, LOOK if "look" in request.POST else None)
        if run is None:
            return HttpResponseRedirect(
                reverse("admin:catalog_source_change", args=[crawl.source_id])
            )
        return HttpResponseRedirect(reverse("admin:crawlers_crawlrun_change", args=[run]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        crawls = (
            Crawl.objects.filter(source=int(object_id))
            if object_id.isdecimal()
            else Crawl.objects.none()
        )
        can = {"can_crawl": self.has_crawl_permission(request), "crawls": crawls, "look": LOOK}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **can})


def last_runs(path: str) -> "Prefetch[Any]":
    """Have the latest run of each crawl read along, as ``last``."""
    latest = CrawlRun.objects.order_by("crawl", "-pk").distinct("crawl")
    return Prefetch(path, latest, to_attr="last")


def shown(runs: list[CrawlRun]) -> SafeString | str:
    """Return the latest of these runs in a few words, leading to its page."""
    if not runs:
        return "none yet"
    run = max(runs, key=lambda run: run.pk)
    url = reverse("admin:crawlers_crawlrun_change", args=[run.pk])
    when = moment(run.finished_at or run.created_at)
    return format_html('<a href="{}">{}</a>, {}', url, run.shown_as, when)


def start(
    page: admin.ModelAdmin[Any], request: HttpRequest, crawl: Crawl, limit: int | None = None
) -> int | None:
    """Start a crawl and say so; return the run's id, None where it cannot start."""
    user = request.user if isinstance(request.user, User) else None
    try:
        run = services.start_crawl(crawl, limit=limit, started_by=user)
    except services.CrawlError as error:
        page.message_user(request, str(error), messages.ERROR)
        return None
    page.message_user(request, f"A crawl of {crawl.source} was started.", messages.SUCCESS)
    return run.pk
