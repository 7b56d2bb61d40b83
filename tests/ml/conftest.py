"""A media folder of the test's own, and the small encoder without a database."""

from pathlib import Path
from typing import Any

import pytest

from ml.networks.training import TrainedEncoder
from tests.conftest import Encoders


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """Keep the test's pictures and models apart: it may break them."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture(scope="session")
def trained(small_encoders: Encoders) -> TrainedEncoder:
    """Return the session's small art encoder, which knows two labels."""
    if "art" not in small_encoders.trained:
        from tests.factories import train_small

        trained = train_small("art")
        sha256 = trained.save(small_encoders.folder / "art", metrics=trained.metrics)
        small_encoders.trained["art"] = (trained, sha256)
    return small_encoders.trained["art"][0]
