"""Media files: where pictures lie, and that all appear whole or not at all."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage


class AtomicFileStorage(FileSystemStorage):
    """Local files written aside, flushed to disk, then renamed into place."""

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        try:
            with aside.open("wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if self.file_permissions_mode is not None:
                aside.chmod(self.file_permissions_mode)
            aside.rename(target)
        finally:
            aside.unlink(missing_ok=True)
        return name


def picture_name(sha256: str) -> str:
    """Return where the cleaned picture lies in media storage."""
    return f"pictures/{sha256[:2]}/{sha256}.jpg"


def thumbnail_name(sha256: str) -> str:
    """Return where its thumbnail lies in media storage."""
    return f"thumbnails/{sha256[:2]}/{sha256}.jpg"


def read(name: str) -> bytes:
    """Return a stored file's bytes; raises FileNotFoundError where it is gone."""
    with default_storage.open(name) as file:
        data: bytes = file.read()
    return data


def store_once(name: str, data: bytes) -> str:
    """Store content-addressed data under ``name`` unless it is there; return the name."""
    if not default_storage.exists(name):
        stored = default_storage.save(name, ContentFile(data))
        if stored != name:
            # Somebody else stored the same data in between: theirs stays.
            default_storage.delete(stored)
    return name


def store_anew(name: str, data: bytes) -> str:
    """Store data under ``name`` in place of what lies there; return the name."""
    default_storage.delete(name)
    return store_once(name, data)
