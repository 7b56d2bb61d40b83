"""The page on which one person decides where labellers differ. It works without scripts."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from catalog.models import Annotation, Department, Label, Picture
from catalog.room.decisions import DecisionError, decide, last_of, take_back, undecided
from catalog.room.guesses import model

WHOLE_MOST = 2**63 - 1


def urls() -> list[URLPattern]:
    """Return the address of the page, below that of the admin's annotations."""
    view = admin.site.admin_view(adjudicate)
    return [path("adjudicate/<str:department>/", view, name="catalog_adjudicate")]


@require_http_methods(["GET", "HEAD", "POST"])
def adjudicate(request: HttpRequest, department: str) -> HttpResponse:
    """Show a picture that labellers differ on, and keep what is decided of it."""
    if not request.user.has_perm("catalog.add_adjudication"):
        raise PermissionDenied
    if department not in Department.values:
        raise Http404
    assert isinstance(request.user, User)
    if request.method == "POST":
        return _decided(request, request.user, department)
    waiting = undecided(department)
    count = waiting.count()
    picture = _chosen(request, department) or _next(request, department)
    return TemplateResponse(
        request,
        "admin/catalog/annotation/adjudicate.html",
        {
            **admin.site.each_context(request),
            "title": f"Decide where labellers of {Department(department).label.lower()} differ",
            "department": department,
            "departments": Department.choices,
            "page": "admin:catalog_adjudicate",
            "waiting": count,
            "picture": picture,
            "last": last_of(request.user, department),
            **(_shown(picture, department) if picture else {}),
        },
    )


def _shown(picture: Picture, department: str) -> dict[str, Any]:
    """Return what is known of a picture: what people said, and what the model guesses."""
    annotations = Annotation.objects.filter(picture=picture).select_related("label", "labeller")
    said = list(annotations.order_by("created_at", "pk"))
    given: dict[int | None, list[str]] = {}
    for annotation in said:
        given.setdefault(annotation.label_id, []).append(annotation.labeller.get_username())
    labels = Label.objects.in_department(department).in_use()
    return {
        "said": said,
        "labels": [(label, given.get(label.pk, [])) for label in labels],
        "guess": model().guesses(department, [picture.pk]).get(picture.pk),
    }


def _next(request: HttpRequest, department: str) -> Picture | None:
    """Return the next picture after the one that was skipped; from the first on at the end."""
    waiting = undecided(department).select_related("product")
    after = _whole(request.GET.get("after"))
    found = waiting.filter(pk__gt=after).first() if after else None
    return found or waiting.first()


def _chosen(request: HttpRequest, department: str) -> Picture | None:
    """Return the picture that the address names, where it waits for a decision."""
    pk = _whole(request.GET.get("picture"))
    return undecided(department).select_related("product").filter(pk=pk).first() if pk else None


def _decided(request: HttpRequest, person: User, department: str) -> HttpResponse:
    there: dict[str, int] = {}
    sent = request.POST
    try:
        if "undo" in sent:
            there = {"picture": take_back(person, department, _whole(sent["undo"]) or 0)}
        else:
            picture, label = _whole(sent.get("picture")), _whole(sent.get("label"))
            if picture is None or (label is None and sent.get("label") != ""):
                raise DecisionError("No label was chosen. Nothing was changed.")
            there = {"after": picture}
            decide(person, department, picture, label)
    except DecisionError as error:
        messages.warning(request, str(error))
    url = reverse("admin:catalog_adjudicate", args=[department], query=there)
    return HttpResponseRedirect(url)


def _whole(text: str | None) -> int | None:
    """Return a whole number from 1 on that the database can hold; None for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) < 20:
        return number if 1 <= (number := int(text)) <= WHOLE_MOST else None
    return None
