"""A home of the suite's own; loaded with ``-p`` because settings are read before any conftest."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "PENDANT_TEST_HOME" not in os.environ:
    os.environ["PENDANT_TEST_HOME"] = tempfile.mkdtemp(prefix="pendant-test-")
    atexit.register(shutil.rmtree, os.environ["PENDANT_TEST_HOME"], ignore_errors=True)
# Workers of pytest-xdist have servers of their own, so that none rings another's doorbell.
home = Path(os.environ["PENDANT_TEST_HOME"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
home.mkdir(exist_ok=True)
os.environ["PENDANT_HOME"] = str(home)
