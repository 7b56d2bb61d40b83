"""System checks: what a misconfigured machine is told before it serves."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections

MINIMUM_PGVECTOR = (0, 8)


@register(Tags.database)
def check_pgvector(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Check that pgvector of at least 0.8 can be had: iterative scans came with it."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute(
                    "SELECT coalesce(installed_version, default_version) "
                    "FROM pg_available_extensions WHERE name = 'vector'"
                )
                row = cursor.fetchone()
        except DatabaseError as error:
            messages.append(
                Error(
                    f"The database does not answer: {error}",
                    hint="Check DATABASE_URL, or unset it to use the embedded PostgreSQL.",
                    id="pendant.E001",
                )
            )
            continue
        if row is None:
            messages.append(
                Error(
                    "PostgreSQL lacks the extension pgvector.",
                    hint="Install pgvector 0.8 or newer on the database server.",
                    id="pendant.E002",
                )
            )
        elif tuple(int(part) for part in row[0].split(".")[:2]) < MINIMUM_PGVECTOR:
            messages.append(
                Error(
                    f"pgvector {row[0]} is too old: 0.8 or newer is needed.",
                    hint="Update it, then run ALTER EXTENSION vector UPDATE.",
                    id="pendant.E003",
                )
            )
    return messages


@register(Tags.files)
def check_media(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that pictures and models can be written."""
    folder = Path(settings.MEDIA_ROOT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if writable:
        return []
    return [
        Error(
            f"The media folder {folder} is not writable.",
            hint="Set MEDIA_ROOT to a folder that this user may write to.",
            id="pendant.E004",
        )
    ]


@register(Tags.database)
def check_live_artifacts(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Check that every live model version has its artifact on disk."""
    from ml.models import ModelVersion

    if not databases:
        return []
    try:
        live = list(ModelVersion.objects.live())
    except DatabaseError:
        # Not migrated yet, or check_pgvector has said that the database is away.
        return []
    return [
        Warning(
            f"The live version {version} has no artifact in {version.folder}.",
            hint="Restore the folder from a backup, or train and promote a new version.",
            id="pendant.W005",
        )
        for version in live
        if not all((version.folder / name).is_file() for name in ("manifest.json", "model.keras"))
    ]
