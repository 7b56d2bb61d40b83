"""What an artifact's folder holds, and whether it is what was recorded; loads no network."""

import hashlib
import json
from pathlib import Path
from typing import Any

NETWORK, MANIFEST = "model.keras", "manifest.json"
WHAT_TO_DO = "Restore it from a backup, or train and promote a new version."


class ArtifactError(Exception):
    """The artifact is missing, altered or of another format; the text says what to do."""


def check_artifact(folder: Path, expected_sha256: str) -> Any:
    """Return the manifest in ``folder``; raise ArtifactError where it or the network was altered.

    ``expected_sha256`` is the manifest's, which names the network's. Of versions made before it was
    like that it is the network's own, and nothing vouches for their manifest.
    """
    try:
        written = (folder / MANIFEST).read_bytes()
        manifest = json.loads(written)
        with (folder / NETWORK).open("rb") as file:
            network = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"The model in {folder} cannot be read: {error}. {WHAT_TO_DO}"
        ) from error
    actual = hashlib.sha256(written).hexdigest()
    if network != expected_sha256 and (actual != expected_sha256 or manifest["sha256"] != network):
        raise ArtifactError(
            f"The model in {folder} was altered: its manifest, or the network that this names, has "
            f"another sha256 than was recorded. It is not loaded. {WHAT_TO_DO}"
        )
    return manifest
