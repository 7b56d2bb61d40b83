"""What all tests share: the embedded services, and the folder of real pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import services

if TYPE_CHECKING:
    from ml.models import ModelVersion
    from ml.networks.training import TrainedEncoder

services.ensure()
# WhiteNoise warns where this is missing, and warnings are errors here.
(services.home() / "static").mkdir(parents=True, exist_ok=True)


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

    def version(self, department: str = "art", *, live: bool = False) -> "ModelVersion":
        """Return a new version of the department; ``live`` embeds the catalogue and promotes it."""
        from tests.factories import make_version, train_small

        if department not in self.trained:
            trained = train_small(department)
            sha256 = trained.save(self.folder / department, metrics=trained.metrics)
            self.trained[department] = (trained, sha256)
        trained, sha256 = self.trained[department]
        return make_version(self.folder / department, sha256, trained, live=live)


@pytest.fixture(scope="session")
def small_encoders(tmp_path_factory: pytest.TempPathFactory) -> Encoders:
    """Train both departments' encoders once for the session; small, but real."""
    return Encoders(tmp_path_factory.mktemp("encoders"))
