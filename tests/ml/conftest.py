"""The small encoder without a database; twelve pictures and a version that knows three labels."""

from pathlib import Path

import pytest

from ml.models import ModelVersion
from ml.networks.training import TrainedEncoder
from tests.conftest import Encoders
from tests.factories import load_catalogue
from tests.ml.guessing import COUNT, NAMES
from tests.ml.rows import candidate


@pytest.fixture(scope="session")
def trained(small_encoders: Encoders) -> TrainedEncoder:
    """Return the session's small art encoder, which knows two labels."""
    return small_encoders.of("art")[0]


@pytest.fixture
def twelve(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, COUNT)


@pytest.fixture
def version() -> ModelVersion:
    """Return a live version that knows three labels, and has embedded nothing."""
    version = candidate()
    version.label_names = NAMES
    version.state = ModelVersion.State.LIVE
    version.distances = {"p50": 0.1, "p75": 0.2, "p95": 0.3, "p99": 0.35}
    version.save()
    return version
