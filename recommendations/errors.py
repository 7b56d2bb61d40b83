"""Answers for what no view answers: a page for people, JSON under /api/ for programs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views import defaults

from recommendations.intake import too_large

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 400 to a request that cannot be read."""
    if _asks_for_json(request):
        return _detail("This request cannot be read. Nothing was stored.", 400)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 404 to an address where nothing is."""
    if _asks_for_json(request):
        return _detail(f"There is nothing at this address. {API}docs/ lists those there are.", 404)
    return defaults.page_not_found(request, exception)


def body_too_large(request: HttpRequest) -> HttpResponse:
    """Answer 413 to a body larger than a photo may be."""
    if _asks_for_json(request):
        return _detail(f"{too_large()} Nothing was stored.", 413)
    megabytes = settings.PHOTO_MAX_BYTES // 1024 // 1024
    return render(request, "413.html", {"max_megabytes": megabytes}, status=413)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer 500 to what broke on our side."""
    if _asks_for_json(request):
        return _detail(
            "Something broke on our side. What you know the address of is kept. Try again in a "
            "moment.",
            500,
        )
    return defaults.server_error(request)


def _asks_for_json(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)


def _detail(text: str, status: int) -> JsonResponse:
    return JsonResponse({"detail": text}, status=status)
