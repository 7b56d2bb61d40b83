"""The small encoder without a database."""

import pytest

from ml.networks.training import TrainedEncoder
from tests.conftest import Encoders


@pytest.fixture(scope="session")
def trained(small_encoders: Encoders) -> TrainedEncoder:
    """Return the session's small art encoder, which knows two labels."""
    return small_encoders.of("art")[0]
