"""The pages of a visitor: submit, result, and the pictures they show."""

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from catalog.models import Department
from catalog.storage import picture_name, thumbnail_name
from ml.models import ModelVersion
from recommendations import services, walls
from recommendations.forms import SubmissionForm
from recommendations.models import Match, Submission


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Show the submit page; take a photo and lead to its result."""
    form, status = SubmissionForm(), 200
    if request.method == "POST":
        form, status = SubmissionForm(request.POST, request.FILES), 400
        try:
            if form.is_valid():
                return redirect(services.submit(form.photo_cleaned, form.wishes))
        except services.Busy as busy:
            form.add_error(None, str(busy))
            status = 503
    response = render(
        request,
        "recommendations/home.html",
        {
            "form": form,
            "currency": settings.DEFAULT_CURRENCY,
            "retention_days": settings.RETENTION_DAYS,
            "max_megabytes": settings.PHOTO_MAX_BYTES // 1024 // 1024,
        },
        status=status,
    )
    if status == 503:
        response["Retry-After"] = "60"
    return response


def private(response: HttpResponseBase) -> HttpResponseBase:
    """Keep a result out of caches, search engines and other sites' logs."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
@vary_on_headers("HX-Request")
def result(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show a submission: the whole page, or for HTMX the part that fills itself in."""
    submission = get_object_or_404(Submission.objects.defer("vector"), token=token)
    template = "recommendations/result.html"
    if getattr(request, "htmx", False):
        template = "recommendations/_result.html"
    return private(render(request, template, result_context(submission)))


def result_context(submission: Submission) -> dict[str, Any]:
    """Return what the result page and its fragment show."""
    matches: list[Match] = []
    shown: list[dict[str, str]] = []
    # Whoever waits asks every second: what is not done has none of either.
    if submission.state == Submission.State.DONE:
        matches += submission.matches.shown()
        shown += (
            {
                "arrangement": wall.arrangement,
                # The drawing escapes every text and link of a product itself.
                "svg": mark_safe(walls.render(wall, matches, self_contained=False)),  # noqa: S308
            }
            for wall in submission.walls.prefetch_related("placements")
        )
    return {
        "submission": submission,
        "matches": matches,
        "walls": shown,
        "is_art": submission.department == Department.ART,
        "is_sure": services.is_sure(submission.confidence, submission.version),
        "retention_days": settings.RETENTION_DAYS,
    }


@require_GET
def wall_svg(request: HttpRequest, token: str, arrangement: str) -> HttpResponseBase:
    """Serve one wall as a self-contained SVG to keep."""
    submission = get_object_or_404(Submission, token=token)
    wall = get_object_or_404(submission.walls, arrangement=arrangement)
    svg = walls.render(wall, submission.matches.shown(), self_contained=True)
    response = HttpResponse(svg, content_type="image/svg+xml")
    response["Content-Disposition"] = f'attachment; filename="wall-{arrangement}.svg"'
    return private(response)


@require_GET
def photo(request: HttpRequest, token: str, kind: str) -> HttpResponseBase:
    """Serve the visitor's own photo, or the print cut from it, to whoever has the result's URL."""
    submission = get_object_or_404(Submission, token=token)
    name = str(submission.photo) if kind == "photo" else submission.print_name
    return private(_jpeg(name))


@csrf_exempt
@require_POST
def delete(request: HttpRequest, token: str) -> HttpResponse:
    """Delete the submission with its photo, for good.

    The unguessable token is what allows it, no cookie is, so there is nothing for a forged request
    to borrow; and a page with no-referrer sends the origin that Django's check compares as null.
    """
    get_object_or_404(Submission, token=token).erase()
    return render(request, "recommendations/deleted.html")


@csrf_exempt
@require_POST
def retry(request: HttpRequest, token: str) -> HttpResponse:
    """Queue a failed submission again."""
    submission = get_object_or_404(Submission, token=token)
    submission.retry()
    return redirect(submission)


@require_GET
@cache_control(public=True, max_age=31_536_000, immutable=True)
def picture(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Serve a catalogue picture's thumbnail; content-addressed, so cacheable for ever."""
    return _jpeg(thumbnail_name(sha256))


@require_GET
@cache_control(public=True, max_age=31_536_000, immutable=True)
def large_picture(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Serve a catalogue picture in full."""
    return _jpeg(picture_name(sha256))


@require_GET
@cache_control(public=True, max_age=31_536_000, immutable=True)
def print_picture(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Serve the print cut out of a catalogue picture, as it hangs on walls."""
    return _jpeg(walls.print_name(sha256))


@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Say whether the database answers and which departments can serve."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    live = ModelVersion.objects.live().values_list("department", "number")
    return JsonResponse({"status": "ok", "live_versions": dict(live)})


def _jpeg(name: str) -> HttpResponseBase:
    try:
        return FileResponse(default_storage.open(name), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404("There is no such picture.") from None
