"""Where the pages lie that shops really served."""

from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(scope="session")
def pages() -> Path:
    """Return the folder of pages, feeds and API answers; skips where it is missing."""
    folder = Path(settings.PENDANT_SHARED) / "pages"
    if not folder.is_dir():
        pytest.skip(f"no pages of real shops under {folder}: set PENDANT_SHARED")
    return folder
