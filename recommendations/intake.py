"""What the page and the API take from a visitor, checked the same way for both."""

from decimal import Decimal
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from catalog.fetching import FetchError, fetch
from catalog.photos import CleanPhoto, PhotoError, clean_photo
from recommendations.services import Busy, check_room

FETCH_SECONDS = 8.0
# Longer side of a visitor's photo as we keep it, in px: at most, and at least where a JPEG can be
# halved while it is decoded. A wall shows 480 px of the print in it, half of the photo or more.
PHOTO_SIDE, DRAFT_SIDE = 1500, 1000
# A slow server elsewhere may hold up so many of a process's threads, and no more.
_fetches = BoundedSemaphore(2)


def take_photo(upload: "UploadedFile[Any] | None", url: str = "") -> CleanPhoto:
    """Return the visitor's photo, cleaned.

    Raises ValidationError with a text for people, and Busy where the same photo may pass later.
    """
    if upload is None and not url:
        raise ValidationError("Choose a photo first.", code="required")
    if upload is not None and url:
        raise ValidationError("Give a photo or the address of one, not both.", code="both")
    check_room()
    try:
        return cleaned(_fetched(url) if upload is None else _uploaded(upload))
    except (PhotoError, FetchError) as error:
        if isinstance(error, PhotoError) and error.temporary:
            raise Busy(str(error)) from error
        raise ValidationError(str(error), code=error.code) from error


def cleaned(data: bytes) -> CleanPhoto:
    """Return a visitor's photo as we keep it; raises PhotoError."""
    return clean_photo(
        data,
        max_side=PHOTO_SIDE,
        draft_side=DRAFT_SIDE,
        thumbnail=False,
        max_bytes=settings.PHOTO_MAX_BYTES,
    )


def check_range(low: Decimal | None, high: Decimal | None) -> None:
    """Raise ValidationError where the price range is upside down."""
    if low is not None and high is not None and low > high:
        raise ValidationError(
            f"The lowest price ({low:f}) is above the highest ({high:f}). Swap them or leave one "
            "empty.",
            code="range",
        )


def _uploaded(upload: "UploadedFile[Any]") -> bytes:
    if (upload.size or 0) > settings.PHOTO_MAX_BYTES:
        raise ValidationError(too_large(), code="too_large")
    data: bytes = upload.read()
    return data


def _fetched(url: str) -> bytes:
    if not _fetches.acquire(blocking=False):
        raise Busy("We are fetching other photos at the moment. Please try again in a minute.")
    try:
        return fetch(
            url,
            max_bytes=settings.PHOTO_MAX_BYTES,
            timeout=FETCH_SECONDS,
            allow_private=settings.FETCH_PRIVATE_ADDRESSES,
        ).data
    finally:
        _fetches.release()


def too_large() -> str:
    """Say how large a photo may be."""
    megabytes = settings.PHOTO_MAX_BYTES / 1024 / 1024
    return f"The photo is larger than {megabytes:.0f} MB. Please choose a smaller one."
