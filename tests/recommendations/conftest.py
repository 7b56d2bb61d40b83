from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recommendations import search
from tests.factories import load_catalogue
from tests.recommendations.helpers import new_version

if TYPE_CHECKING:
    from ml.models import ModelVersion
    from tests.conftest import Encoders


@pytest.fixture
def art(db: None, media: Path, tmp_path: Path, small_encoders: "Encoders") -> "ModelVersion":
    """Return art's live version over twelve drawn prints that cost 10, 20 … 120 USD."""
    load_catalogue(tmp_path / "shop", 12)
    return small_encoders.version("art", live=True)


@pytest.fixture
def version(db: None) -> "ModelVersion":
    """Return an art version whose vectors are made by hand."""
    return new_version()


@pytest.fixture(autouse=True)
def forgotten_estimates() -> None:
    """Forget how large other tests' indexes were."""
    search._estimates.clear()
