"""TensorFlow is loaded without its notes; what is wrong is told."""

import subprocess
import sys

from pytest_django import Settings

from ml.networks.start import worth_telling


def test_it_works(settings: Settings) -> None:
    """What Python writes meanwhile, and later, reaches stderr."""
    script = (
        "import os, sys, ml.networks.start as start; start.load_tensorflow(); "
        "os.write(2, b'later'); sys.exit('tensorflow' not in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, check=True
    )
    assert done.stderr == b"later"


def test_what_is_wrong_is_told() -> None:
    notes = (
        b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
        b"I0000 00:00:1795413479.547783   27694 port.cc:153] oneDNN custom operations are on.\n"
        b"W0000 00:00:1795413479.547783   27694 gpu_device.cc:2431] Skipping registering devices\n"
    )
    wrong = (
        b"E0000 00:00:1795413479.547783   27694 cuda_executor.cc:1] failed call to cuInit\n"
        b"Traceback (most recent call last):\n"
        b"  Is a line that is cut off"
    )
    assert worth_telling(notes) == b""
    assert worth_telling(notes + wrong) == wrong
