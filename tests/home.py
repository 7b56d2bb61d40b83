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
# Keras writes into its home, and reads where that is when it is imported.
keras_home = home / "keras"
shared = Path(os.environ.get("PENDANT_SHARED", Path(__file__).parents[2] / "shared"))
if (shared / "keras" / "models").is_dir() and not keras_home.exists():
    keras_home.mkdir()
    (keras_home / "models").symlink_to(shared / "keras" / "models")
os.environ["KERAS_HOME"] = str(keras_home)
