"""What a misconfigured machine is told before it serves."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.db import connection

from config.checks import check_pgvector
from tests.conftest import Encoders
from tests.ml.rows import candidate

pytestmark = pytest.mark.django_db


def found() -> dict[str | None, CheckMessage]:
    """Run all of the site's checks; return our own messages by id."""
    messages = run_checks(databases=["default"])
    return {message.id: message for message in messages if str(message.id).startswith("pendant.")}


def server_offers(version: str | None) -> None:
    """Let the server report what an older one would; undone with the test's transaction."""
    rows = f"'{version}'::text AS default_version" if version else "'' AS default_version LIMIT 0"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY VIEW pg_available_extensions AS "
            f"SELECT 'vector'::name AS name, NULL::text AS installed_version, {rows}"
        )


def test_it_works() -> None:
    assert found() == {}


def test_a_server_without_pgvector() -> None:
    server_offers(None)
    messages = found()
    assert list(messages) == ["pendant.E002"]
    assert "Install pgvector 0.8 or newer" in str(messages["pendant.E002"].hint)


@pytest.mark.parametrize("version", ["0.7.4", "0.5"])
def test_a_server_with_an_old_pgvector(version: str) -> None:
    server_offers(version)
    messages = found()
    assert list(messages) == ["pendant.E003"]
    assert f"pgvector {version} is too old" in messages["pendant.E003"].msg


@pytest.mark.parametrize("version", ["0.8.0", "0.10.1", "1.0"])
def test_a_server_with_a_newer_pgvector(version: str) -> None:
    server_offers(version)
    assert found() == {}


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away = {
        "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/nothing",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "PENDANT_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--tag", "database", "--database", "default"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **away},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "(pendant.E001) The database does not answer" in done.stderr
    assert "HINT: Check DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_database_asked_for_none_is_asked() -> None:
    assert check_pgvector(None) == []


def test_a_media_folder_in_the_place_of_a_file(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    messages = found()
    assert list(messages) == ["pendant.E004"]
    assert str(settings.MEDIA_ROOT) in messages["pendant.E004"].msg
    assert "MEDIA_ROOT" in str(messages["pendant.E004"].hint)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_media_folder_that_may_not_be_written(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir(mode=0o500)
    assert list(found()) == ["pendant.E004"]


def test_a_media_folder_is_made(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "new" / "media"
    assert found() == {}
    assert settings.MEDIA_ROOT.is_dir()


def test_a_live_version_without_artifact(media: Path) -> None:
    version = candidate()
    version.promote()
    shutil.rmtree(version.folder)
    messages = found()
    assert list(messages) == ["pendant.W005"]
    assert str(version.folder) in messages["pendant.W005"].msg


def test_a_candidate_without_artifact_is_no_matter(media: Path) -> None:
    shutil.rmtree(candidate().folder)
    assert found() == {}


@pytest.mark.parametrize("name", ["manifest.json", "model.keras"])
def test_a_live_version_with_half_an_artifact(
    small_encoders: Encoders, media: Path, name: str
) -> None:
    version = small_encoders.version("art", live=True)
    assert found() == {}
    (version.folder / name).unlink()
    assert list(found()) == ["pendant.W005"]
