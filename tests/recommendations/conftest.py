from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from recommendations import search
from tests.factories import load_catalogue

if TYPE_CHECKING:
    from ml.models import ModelVersion
    from tests.conftest import Encoders


@pytest.fixture(scope="session", autouse=True)
def static_folder() -> None:
    """Make the folder that nothing was collected into: WhiteNoise warns where there is none."""
    from django.conf import settings

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Return an empty media folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def art(db: None, media: Path, tmp_path: Path, small_encoders: "Encoders") -> "ModelVersion":
    """Return art's live version over twelve drawn prints that cost 10, 20 … 120 USD."""
    load_catalogue(tmp_path / "shop", 12)
    return small_encoders.version("art", live=True)


@pytest.fixture(autouse=True)
def forgotten_estimates() -> None:
    """Forget how large other tests' indexes were."""
    search._estimates.clear()
