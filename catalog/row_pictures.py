"""The pictures of a row, on their way from a file or an address to the media storage."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from catalog.fetching import FetchError, fetch
from catalog.photos import CleanPhoto, PhotoError, clean_photo
from catalog.reading import ImageRef, ProductRow
from catalog.storage import picture_name, store_anew, store_once, thumbnail_name

FETCH_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class LoadedPicture:
    """A picture of a row, cleaned and on disk, not yet in the database."""

    ref: ImageRef
    sha256: str
    photo: CleanPhoto | None


Loaded = tuple[list[LoadedPicture], list[tuple[ImageRef, str]]]


class RowPictures:
    """Read, clean and store pictures of rows.

    ``folder`` is where relative paths lie; files of the sha256s in ``broken`` are stored anew.
    """

    def __init__(self, folder: Path, broken: set[str]) -> None:
        self.folder = folder.resolve()
        self.broken = broken

    def load(self, row: ProductRow, hashes: set[str], references: set[str]) -> Loaded:
        """Store the pictures that the row's product, which has these, does not have yet."""
        pictures, failures = [], []
        for ref in row.images:
            if ref.kind == "foreign" or (ref.kind == "url" and ref.reference in references):
                continue
            try:
                data = self.read(ref)
                sha256 = hashlib.sha256(data).hexdigest()
                photo = None
                if sha256 not in hashes:
                    photo = clean_photo(data, max_bytes=settings.PHOTO_MAX_BYTES)
            except (PhotoError, FetchError, OSError) as error:
                failures.append((ref, _reason(error)))
                continue
            if photo is not None:
                store = store_anew if sha256 in self.broken else store_once
                store(picture_name(sha256), photo.jpeg)
                store(thumbnail_name(sha256), photo.thumbnail)
            pictures.append(LoadedPicture(ref, sha256, photo))
        return pictures, failures

    def read(self, ref: ImageRef) -> bytes:
        if ref.kind == "url":
            return fetch(
                ref.reference,
                max_bytes=settings.PHOTO_MAX_BYTES,
                timeout=FETCH_SECONDS,
                allow_private=settings.FETCH_PRIVATE_ADDRESSES,
            ).data
        # Not Path.resolve, which raises for links that lead in a circle.
        path = Path(os.path.realpath(self.folder / ref.reference))
        if not path.is_relative_to(self.folder):
            raise FileNotFoundError(0, "lies outside the folder of the file", ref.reference)
        if not path.is_file():
            raise FileNotFoundError(0, "there is no such file", ref.reference)
        if path.stat().st_size > settings.PHOTO_MAX_BYTES:
            raise PhotoError("heavy", "The picture's file is too large.")
        return path.read_bytes()


def _reason(error: PhotoError | FetchError | OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return str(error.strerror) if error.errno == 0 else "there is no such file"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
