"""What all tests share: the embedded services, and the folder of real pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from config import services

if TYPE_CHECKING:
    from ml.models import ModelVersion
    from ml.networks.training import TrainedEncoder

services.ensure()
# WhiteNoise warns where this is missing, and warnings are errors here.
(services.home() / "static").mkdir(parents=True, exist_ok=True)


def unit(item: pytest.Item) -> str:
    """Return what pytest-xdist keeps in one process: a file, or the browser tests with their site.

    What empties the database after itself goes apart: pytest-django puts it behind the rest.
    """
    name = "browser" if item.path.parent.name == "browser" else item.path.name
    marker = item.get_closest_marker("django_db")
    return f"{name} transactions" if marker and marker.kwargs.get("transaction") else name


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Let pytest-xdist hand out whole files, the longest ones first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name} {unit(item)}"))
    yield
    items.sort(key=lambda item: unit(item) not in ("test_real_pictures.py", "browser"))


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Return a media folder of the test's own, which it may break; nothing lies there yet."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real pictures; skips where it is missing."""
    from django.conf import settings

    folder = Path(settings.PENDANT_SHARED)
    if not (folder / "data").is_dir():
        pytest.skip(f"no real pictures under {folder}: set PENDANT_SHARED")
    return folder


class Encoders:
    """Trained encoders by department, made on first use; ``version`` puts one in the database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trained: dict[str, tuple[TrainedEncoder, str]] = {}

    def of(self, department: str) -> "tuple[TrainedEncoder, str]":
        """Return the department's encoder and the sha256 of its artifact, which lies on disk."""
        from tests.factories import train_small

        if department not in self.trained:
            trained = train_small(department)
            sha256 = trained.save(self.folder / department, metrics=trained.metrics)
            self.trained[department] = (trained, sha256)
        return self.trained[department]

    def version(self, department: str = "art", *, live: bool = False) -> "ModelVersion":
        """Return a new version of the department; ``live`` embeds the catalogue and promotes it."""
        from tests.factories import make_version

        trained, sha256 = self.of(department)
        return make_version(self.folder / department, sha256, trained, live=live)


@pytest.fixture(scope="session")
def small_encoders(tmp_path_factory: pytest.TempPathFactory) -> Encoders:
    """Train both departments' encoders once for the session; small, but real."""
    return Encoders(tmp_path_factory.mktemp("encoders"))
