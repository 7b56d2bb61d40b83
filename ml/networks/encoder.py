"""Encoders as artifacts: one folder with the network, its manifest, and nothing executable."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, get_args

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ml.networks import layers as layers
from ml.networks.artifact import MANIFEST, NETWORK, WHAT_TO_DO, ArtifactError, check_artifact
from ml.networks.pixels import Crop, Pixels, crop_by, prepare
from ml.networks.precision import traced

FORMAT_VERSION = 1
DIMENSIONS = 512
BATCH = 32


@dataclass(frozen=True, slots=True)
class Encoding:
    """Vectors float32 (n, 512) of unit length; probabilities float32 (n, labels), or None."""

    vectors: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None


class Encoder(Protocol):
    """Turns pictures (uint8, height x width x 3, any size) into vectors and label probabilities."""

    @property
    def label_names(self) -> tuple[str, ...]: ...

    @property
    def input_size(self) -> int: ...

    def crop(self, picture: Pixels) -> Pixels: ...

    def square(self, picture: Pixels) -> Pixels: ...

    def encode(self, pictures: Sequence[Pixels], *, cropped: bool = False) -> Encoding: ...

    def encode_squares(self, squares: Sequence[Pixels]) -> Encoding: ...


class KerasEncoder:
    """A Keras network that takes uint8 squares, with its crop and size from the manifest."""

    def __init__(
        self,
        network: keras.Model,
        *,
        size: int,
        crop: Crop,
        label_names: Sequence[str],
    ) -> None:
        self._size, self._crop, self._label_names = size, crop, tuple(label_names)
        self._run = traced(network)

    @property
    def label_names(self) -> tuple[str, ...]:
        return self._label_names

    @property
    def input_size(self) -> int:
        return self._size

    def crop(self, picture: Pixels) -> Pixels:
        """Return what the encoder looks at: the print in its frame, the piece on its ground."""
        return crop_by(picture, self._crop)

    def square(self, picture: Pixels) -> Pixels:
        """Return the picture cropped and fitted, as ``encode_squares`` takes it."""
        return prepare(picture, size=self._size, crop=self._crop)

    def encode(self, pictures: Sequence[Pixels], *, cropped: bool = False) -> Encoding:
        """Encode the pictures in batches; a picture's numbers do not depend on its batch.

        ``cropped`` says that ``crop`` made them.
        """
        crop: Crop = "none" if cropped else self._crop
        return self.encode_squares([prepare(one, size=self._size, crop=crop) for one in pictures])

    def encode_squares(self, squares: Sequence[Pixels]) -> Encoding:
        """Encode pictures that ``square`` has cropped and fitted already."""
        vectors = [np.zeros((0, DIMENSIONS), np.float32)]
        probabilities = [np.zeros((0, len(self._label_names)), np.float32)]
        for start in range(0, len(squares), BATCH):
            output = self._run(np.stack(squares[start : start + BATCH]))
            vectors.append(np.asarray(output["vector"]))
            if self._label_names:
                probabilities.append(np.asarray(output["probabilities"]))
        return Encoding(
            np.concatenate(vectors),
            np.concatenate(probabilities) if self._label_names else None,
        )


def configure_devices() -> None:
    """Let TensorFlow take a GPU's memory as it needs it, not all at once."""
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def save_artifact(folder: Path, network: keras.Model, manifest: dict[str, Any]) -> str:
    """Write the network and its manifest, whole or not at all; return the manifest's sha256.

    ``manifest`` names at least department, backbone, preprocessing {crop, size}, label_names and
    data_fingerprint; the network's sha256 is added. Raises FileExistsError where ``folder`` exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        network.save(aside / NETWORK)
        content = {
            **manifest,
            "format_version": FORMAT_VERSION,
            "keras_version": keras.__version__,
            "sha256": hashlib.sha256((aside / NETWORK).read_bytes()).hexdigest(),
        }
        written = json.dumps(content, indent=1).encode()
        (aside / MANIFEST).write_bytes(written)
        for path in (aside / NETWORK, aside / MANIFEST, aside):
            _sync(path)
        aside.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return hashlib.sha256(written).hexdigest()


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_artifact(folder: Path, *, expected_sha256: str) -> KerasEncoder:
    """Load an artifact that has the sha256 that the database holds (``check_artifact``).

    The network's bytes are checked before any of them is interpreted, then loaded in Keras' safe
    mode: no lambdas, no pickles, only layers of Keras and our own. Raises ArtifactError.
    """
    manifest = check_artifact(folder, expected_sha256)
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if version != FORMAT_VERSION:
        raise ArtifactError(
            f"The model in {folder} has format {version!r}; this version of Pendant reads "
            f"{FORMAT_VERSION}. Train and promote a new version."
        )
    configure_devices()
    try:
        network = keras.saving.load_model(folder / NETWORK, compile=False, safe_mode=True)
        size, crop = manifest["preprocessing"]["size"], manifest["preprocessing"]["crop"]
        label_names = manifest["label_names"]
        _check_fit(network, size, crop, label_names)
        return KerasEncoder(network, size=size, crop=crop, label_names=label_names)
    except (ValueError, TypeError, KeyError) as error:
        raise ArtifactError(f"The model in {folder} is refused: {error}. {WHAT_TO_DO}") from error


def _check_fit(network: keras.Model, size: int, crop: str, label_names: Sequence[str]) -> None:
    """Raise ValueError where the manifest does not describe the network."""
    if crop not in get_args(Crop):
        raise ValueError(f"its manifest names an unknown crop {crop!r}")
    found = {name: tuple(output.shape) for name, output in dict(network.output).items()}
    wanted = {"vector": (None, DIMENSIONS)}
    if label_names:
        wanted["probabilities"] = (None, len(label_names))
    if tuple(network.input_shape) != (None, size, size, 3) or found != wanted:
        raise ValueError(
            f"its manifest speaks of {size} px and {len(label_names)} labels, its network takes "
            f"{network.input_shape} and gives {found}"
        )
