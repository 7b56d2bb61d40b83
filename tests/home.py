"""A home of the suite's own; loaded with ``-p`` because settings are read before any conftest."""

import atexit
import os
import shutil
import tempfile

if "PENDANT_TEST_HOME" not in os.environ:
    os.environ["PENDANT_TEST_HOME"] = tempfile.mkdtemp(prefix="pendant-test-")
    atexit.register(shutil.rmtree, os.environ["PENDANT_TEST_HOME"], ignore_errors=True)
os.environ["PENDANT_HOME"] = os.environ["PENDANT_TEST_HOME"]
