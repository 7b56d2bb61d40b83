"""What every request passes before a view: a limit on its size."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from recommendations.errors import body_too_large

# Beside its photo a form sends a few short fields and the marks between them.
SPARE_BYTES = 1024 * 1024


def limit_body(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Refuse a body of more than PHOTO_MAX_BYTES + SPARE_BYTES before any of it is read."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _length(request) > settings.PHOTO_MAX_BYTES + SPARE_BYTES:
            return body_too_large(request)
        return get_response(request)

    return middleware


def _length(request: HttpRequest) -> int:
    # Django reads no more than this length, and nothing where it is missing or not a number.
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
