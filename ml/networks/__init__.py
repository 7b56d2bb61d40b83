"""Networks and measures: pixels in, numbers out. Knows nothing of the site."""

import os

# Read when TensorFlow is loaded. It reports its build and its devices at length; errors are told.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# By itself it takes oneDNN's convolutions on some processors only; they are faster on the others.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
