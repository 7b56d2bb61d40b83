"""Load TensorFlow, which tells of its start at length, past Python and past its own log level."""

import os
import re
import sys
import tempfile

# Notes and warnings of its C++ part, and what comes before the first of them.
TOLD_ANYWAY = re.compile(rb"[IW]\d{4} |WARNING: All log messages before absl::InitializeLog")


def load_tensorflow() -> None:
    """Import TensorFlow where it is not; of what is said meanwhile only the rest reaches stderr.

    Errors among it; what it says later is a matter of TF_CPP_MIN_LOG_LEVEL.
    """
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            os.write(2, worth_telling(said.read()))


def worth_telling(said: bytes) -> bytes:
    """Return the lines that are no notes of TensorFlow's."""
    lines = said.splitlines(keepends=True)
    return b"".join(line for line in lines if not TOLD_ANYWAY.match(line))
