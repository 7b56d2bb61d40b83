"""The labelling room's pages, and what their scripts fetch and send, as JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import F, FilteredRelation, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from catalog.models import Department, Label, Picture
from catalog.room.answers import AnswerError, Outcome, answer, take_back
from catalog.room.curves import drawn
from catalog.room.guesses import Shown, model
from catalog.room.progress import progress
from catalog.room.queues import MOST, Queue, QueueError, give_back, take

View = Callable[..., HttpResponse]

WHOLE_MOST = 2**63 - 1


class BadRequest(Exception):
    """Raised for a request that no page of ours sends; the text says what is wrong with it."""


def urls() -> list[URLPattern]:
    """Return the addresses of the room, below that of the admin's annotations."""
    room, name = "label/<str:department>/", "catalog_labelling"
    return [
        path(room, admin.site.admin_view(label_page), name=name),
        path("advice/<str:department>/", admin.site.admin_view(advice_page), name=f"{name}_advice"),
        path("grid/<str:department>/", admin.site.admin_view(grid_page), name=f"{name}_grid"),
        path(f"{room}next/", next_pictures, name=f"{name}_next"),
        path(f"{room}answer/", give_answer, name=f"{name}_answer"),
        path(f"{room}undo/", undo, name=f"{name}_undo"),
        path(f"{room}leave/", leave, name=f"{name}_leave"),
        path(f"{room}progress/", show_progress, name=f"{name}_progress"),
        path(f"{room}crop/<str:sha256>.jpg", cropped, name=f"{name}_crop"),
    ]


def label_page(request: HttpRequest, department: str) -> HttpResponse:
    """Show one large picture after the other, to be labelled by one key each."""
    return _room(request, department, "label")


def grid_page(request: HttpRequest, department: str) -> HttpResponse:
    """Show many pictures, look-alikes side by side, to be labelled together."""
    return _room(request, department, "grid")


def _room(request: HttpRequest, department: str, template: str) -> HttpResponse:
    if not request.user.has_perm("catalog.add_annotation"):
        raise PermissionDenied
    queue = request.GET.get("queue", Queue.HELPFUL)
    if department not in Department.values or queue not in Queue.values:
        raise Http404
    near = request.GET.get("near", "")
    try:
        near = str(_whole(near, "near")) if near else ""
    except BadRequest as error:
        raise Http404 from error
    asked = ("next", "answer", "undo", "leave", "progress")
    page = "admin:catalog_labelling" + ("_grid" if template == "grid" else "")
    return TemplateResponse(
        request,
        f"admin/catalog/annotation/{template}.html",
        {
            **admin.site.each_context(request),
            "title": f"Label {Department(department).label.lower()}",
            "department": department,
            "departments": Department.choices,
            "page": page,
            "queue": queue,
            "queues": [one for one in Queue.choices if one[0] != Queue.NEAR or near],
            "near": near,
            "room": {
                "labeller": str(request.user.pk),
                "department": department,
                "labels": labels_shown(department),
                "queue": queue,
                "near": int(near) if near else None,
                "login": reverse("admin:login"),
                **{
                    name: reverse(f"admin:catalog_labelling_{name}", args=[department])
                    for name in asked
                },
            },
        },
    )


def advice_page(request: HttpRequest, department: str) -> HttpResponse:
    """Say of each label whether more labelled pictures would help, and how many."""
    if not request.user.has_perm("catalog.view_annotation"):
        raise PermissionDenied
    if department not in Department.values:
        raise Http404
    return TemplateResponse(
        request,
        "admin/catalog/annotation/advice.html",
        {
            **admin.site.each_context(request),
            "title": "How many more labels?",
            "department": department,
            "departments": Department.choices,
            "page": "admin:catalog_labelling_advice",
            "advice": [(one, drawn(one.curve)) for one in model().advice(department)],
        },
    )


def labels_shown(department: str) -> list[dict[str, Any]]:
    """Return the department's labels as the pages show them, in order."""
    labels = Label.objects.in_department(department).in_use()
    return [
        {
            "id": label.pk,
            "name": label.name,
            "hotkey": label.hotkey.lower(),
            "description": label.description,
        }
        for label in labels
    ]


def for_scripts(view: View) -> View:
    """Answer a script in JSON; errors too, with a text that its page shows."""

    @never_cache
    @csrf_protect
    @wraps(view)
    def asked(request: HttpRequest, department: str) -> HttpResponse:
        if not request.user.is_authenticated:
            return _refused(401, "You were signed out. Sign in again: your labels are kept here.")
        if not request.user.is_staff or not request.user.has_perm("catalog.add_annotation"):
            return _refused(403, "You may not label pictures. Ask an owner to make you a curator.")
        # What one person answered is not kept in the name of who signed in after them.
        if request.headers.get("X-Labeller", str(request.user.pk)) != str(request.user.pk):
            return _refused(401, "Somebody else is signed in now. Sign in again as yourself.")
        if department not in Department.values:
            return _refused(404, f"There is no department {department!r}.")
        try:
            return view(request, department)
        except (AnswerError, QueueError) as error:
            return _refused(409, str(error))
        except BadRequest as error:
            return _refused(400, str(error))

    return asked


def _refused(status: int, text: str) -> JsonResponse:
    return JsonResponse({"error": text}, status=status)


@require_GET
@for_scripts
def next_pictures(request: HttpRequest, department: str) -> HttpResponse:
    """Lease the next pictures of a queue: ``queue``, ``count``, ``have`` (ids), ``near`` (id).

    With ``alike`` they come in groups that look alike.
    """
    have = [_whole(one, "have") for one in request.GET.get("have", "").split(",") if one]
    near = request.GET.get("near")
    taken = take(
        _user(request),
        department,
        request.GET.get("queue", Queue.HELPFUL),
        _whole(request.GET.get("count", "8"), "count", most=MOST),
        have=have,
        near=_whole(near, "near") if near else None,
    )
    pictures = [one.picture for one in taken.shown]
    alike = request.GET.get("alike") and pictures
    return JsonResponse(
        {
            "groups": model().look_alikes(department, pictures) if alike else [],
            "pictures": pictures_shown(_user(request), department, taken.shown),
            "waiting": taken.waiting,
            "or_more": taken.or_more,
            # A script that outlives a sign-in goes on with the token of the new one.
            "csrf": get_token(request),
        }
    )


def pictures_shown(labeller: User, department: str, shown: list[Shown]) -> list[dict[str, Any]]:
    """Return pictures as the pages show them, in the order given."""
    ids = [one.picture for one in shown]
    found: dict[int, Any] = (
        Picture.objects.filter(pk__in=ids)
        .select_related("product", "lease")
        .annotate(
            mine=FilteredRelation("annotations", condition=Q(annotations__labeller=labeller)),
            my_annotation=F("mine"),
            my_label=F("mine__label"),
        )
        .in_bulk()
    )
    guesses = model().guesses(department, ids)
    pages = []
    for one in shown:
        picture = found.get(one.picture)
        if picture is None:
            continue
        guess = guesses.get(picture.pk)
        # Who is measured by a repeat is not told what they said.
        lease = getattr(picture, "lease", None)
        is_repeat = lease is not None and lease.is_repeat and lease.labeller_id == labeller.pk
        pages.append(
            {
                "id": picture.pk,
                "title": picture.product.title,
                "large": reverse("large_picture", args=[picture.sha256]),
                "cropped": reverse(
                    "admin:catalog_labelling_crop", args=[department, picture.sha256]
                ),
                "thumbnail": picture.thumbnail_url,
                "width": picture.width,
                "height": picture.height,
                "why": one.why,
                "guess": guess and {"name": guess.label, "probability": guess.probability},
                "labelled": picture.my_annotation is not None and not is_repeat,
                "label": None if is_repeat else picture.my_label,
            }
        )
    return pages


@require_POST
@for_scripts
def give_answer(request: HttpRequest, department: str) -> HttpResponse:
    """Keep one answer: {batch, pictures, action, label, queue, took_ms}."""
    sent = _body(request)
    queue = str(sent.get("queue") or "")
    outcome = answer(
        _user(request),
        department,
        _uuid(sent.get("batch")),
        _pictures(sent),
        str(sent.get("action")),
        label=_optional(sent, "label"),
        queue=queue if queue in Queue.values else "",
        took_ms=_optional(sent, "took_ms"),
    )
    return _told(outcome)


@require_POST
@for_scripts
def undo(request: HttpRequest, department: str) -> HttpResponse:
    """Take an answer back: {batch}, or the last one."""
    batch = _body(request).get("batch")
    outcome = take_back(_user(request), department, _uuid(batch) if batch else None)
    shown = [Shown(picture) for picture in outcome.done]
    pages = pictures_shown(_user(request), department, shown)
    return _told(outcome, pictures=pages)


@require_POST
@for_scripts
def leave(request: HttpRequest, department: str) -> HttpResponse:
    """End the leases of pictures that were fetched and not answered: {pictures}."""
    give_back(_user(request), _pictures(_body(request)))
    return JsonResponse({})


@require_GET
@for_scripts
def show_progress(request: HttpRequest, department: str) -> HttpResponse:
    """Say how far the department is labelled; ``labels`` by id, "" for undecided."""
    measured = asdict(progress(_user(request), department))
    measured["labels"] = {label or "": count for label, count in measured["labels"].items()}
    return JsonResponse({**measured, "csrf": get_token(request)})


@require_GET
@cache_control(private=True, max_age=3600)
def cropped(request: HttpRequest, department: str, sha256: str) -> HttpResponse:
    """Serve a picture as the model looks at it: the print in its frame, the piece on its ground."""
    if not request.user.has_perm("catalog.add_annotation"):
        raise PermissionDenied
    picture = Picture.objects.in_department(department).filter(sha256=sha256).first()
    try:
        data = model().cropped(department, picture.read()) if picture else b""
    except OSError:
        data = b""
    if not data:
        raise Http404
    return HttpResponse(data, content_type="image/jpeg")


def _told(outcome: Outcome, **more: Any) -> JsonResponse:
    return JsonResponse({**asdict(outcome), **more})


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # ``for_scripts`` lets nobody else in
    return request.user


def _body(request: HttpRequest) -> Mapping[str, Any]:
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("This is no JSON.") from error
    if not isinstance(sent, dict):
        raise BadRequest("One JSON object is expected.")
    return sent


def _pictures(sent: Mapping[str, Any]) -> list[int]:
    pictures = sent.get("pictures")
    if not isinstance(pictures, list) or not all(map(_is_whole, pictures)):
        raise BadRequest("“pictures” is a list of ids.")
    return pictures


def _optional(sent: Mapping[str, Any], name: str) -> int | None:
    value = sent.get(name)
    if value is not None and not _is_whole(value):
        raise BadRequest(f"“{name}” is a whole number.")
    return value


def _is_whole(value: object) -> bool:
    return type(value) is int and 0 <= value <= WHOLE_MOST


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise BadRequest("“batch” is a UUID.") from error


def _whole(value: str, name: str, *, most: int = WHOLE_MOST) -> int:
    digits = value.isascii() and value.isdigit() and len(value) < 20
    if not digits or not 1 <= int(value) <= most:
        raise BadRequest(f"“{name}” is a whole number from 1 to {most}.")
    return int(value)
