"""The encoders of this process: loaded once each, under a lock, on first use."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from ml.models import ModelVersion

if TYPE_CHECKING:
    from ml.networks.encoder import Encoder

# One live version a department, and a candidate being embedded beside them.
MOST = 4

_lock = threading.Lock()
_encoders: "OrderedDict[tuple[int, str], Encoder]" = OrderedDict()


def encoder_of(version: ModelVersion) -> "Encoder":
    """Return the version's encoder, checked against its sha256 when first loaded.

    Raises ``ml.networks.artifact.ArtifactError`` where the artifact is missing or altered.
    """
    from ml.networks.artifact import WHAT_TO_DO, ArtifactError
    from ml.networks.start import load_tensorflow

    # Keras takes seconds and hundreds of megabytes: only processes that encode load it.
    load_tensorflow()
    from ml.networks.encoder import load_artifact

    key = (version.pk, version.sha256)
    with _lock:
        encoder = _encoders.get(key)
        if encoder is None:
            encoder = load_artifact(version.folder, expected_sha256=version.sha256)
            if list(encoder.label_names) != version.label_names:
                # Nothing else vouches for a manifest made before the sha256 was its own.
                raise ArtifactError(
                    f"The manifest in {version.folder} was altered: it names other labels than "
                    f"{version}. {WHAT_TO_DO}"
                )
            _encoders[key] = encoder
            while len(_encoders) > MOST:
                _encoders.popitem(last=False)
        _encoders.move_to_end(key)
        return encoder
