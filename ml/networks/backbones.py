"""Backbones: what a picture is described by, as blocks of features in a network's graph."""

import os
import socket
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ml.networks.art import logits_of, train_top
from ml.networks.autoencoder import build_autoencoder
from ml.networks.heads import Labelled
from ml.networks.layers import (
    ColourHistogram,
    Lab,
    Moments,
    OrientationHistogram,
    TextureEnergy,
)

BATCH = 32

History = dict[str, list[float]]
# From RGB in [0, 1] to named features, part of the graph.
Features = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Block:
    """How ``numbers`` of the 512 are made of one kind of features, and their weight in the cosine.

    They are principal components, divided by their deviation to the power ``exponent``; with None
    the features themselves, each divided by its own deviation.
    """

    numbers: int
    exponent: float | None
    weight: float


class OnEpoch(Protocol):
    def __call__(self, epoch: int, epochs: int, logs: Mapping[str, float]) -> None: ...


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a backbone may learn from: the catalogue's squares (n x size x size x 3) and labels."""

    squares: NDArray[np.uint8]
    labelled: Labelled | str
    epochs: int
    seed: int
    on_epoch: OnEpoch


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it. ``unseen`` says, where labels shaped the features, what folds that had not
    seen the labelled pictures took them for (n x labels)."""

    features: Features
    history: History = field(default_factory=dict)
    unseen: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Backbone:
    """A way from pixels to blocks of features.

    ``epochs`` is how many it learns for by itself, None where its weights are ready.
    """

    size: int
    blocks: Mapping[str, Block]
    learn: Callable[[Lesson], Learnt]
    epochs: int | None = None


def _handmade(pixels: Any) -> dict[str, Any]:
    """Describe RGB in [0, 1] by colour, texture and the directions of its edges."""
    lab = Lab(name="lab")(pixels)
    return {
        "colour": ColourHistogram(name="colour_histogram")(lab),
        "texture": TextureEnergy(name="texture_energy")(lab),
        "orientation": OrientationHistogram(name="orientation_histogram")(lab),
    }


def _learn_autoencoder(lesson: Lesson) -> Learnt:
    """Train the seeds' autoencoder on nine tenths of the pictures; its code is a feature."""
    squares, seed = lesson.squares, lesson.seed
    autoencoder, code = build_autoencoder(squares.shape[1])
    order = np.random.default_rng(seed).permutation(len(squares))
    held_out = max(1, len(order) // 10)

    class Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            lesson.on_epoch(epoch + 1, lesson.epochs, logs or {})

    history = autoencoder.fit(
        _Batches(squares, order[held_out:], seed),
        validation_data=_Batches(squares, order[:held_out], seed),
        epochs=lesson.epochs,
        verbose=0,
        callbacks=[Report()],
    )
    curves = {name: [float(x) for x in curve] for name, curve in history.history.items()}
    return Learnt(lambda pixels: {**_handmade(pixels), "code": code(pixels)}, curves)


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of pictures as floats, so that only one batch at a time lies in memory as such."""

    def __init__(self, squares: NDArray[np.uint8], rows: NDArray[np.int64], seed: int) -> None:
        super().__init__()
        self.squares, self.rows = squares, rows
        self.random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self.rows) // BATCH)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = self.rows[index * BATCH : (index + 1) * BATCH]
        batch = self.squares[rows].astype(np.float32) / np.float32(255)
        return batch, batch

    def on_epoch_end(self) -> None:
        self.random.shuffle(self.rows)


def _described(network: keras.Model, pixels: Any, maps: tuple[str, ...]) -> dict[str, Any]:
    """Describe RGB in [0, 1] by its colours and by the moments of a network's maps."""
    small = layers.AveragePooling2D(2, name="half")(pixels)
    outputs = network(layers.Rescaling(2.0, offset=-1.0, name="signed")(pixels))
    return {
        "colour": ColourHistogram(name="colour_histogram")(Lab(name="lab")(small)),
        **{name: Moments(name=f"{name}_moments")(outputs[name]) for name in maps},
    }


MOBILENET_MAPS = {
    "middle": "block_10_project_BN",
    "late": "block_13_project_BN",
    "last": "out_relu",
}


def _mobilenet_v2(lesson: Lesson) -> Learnt:
    """Take maps of MobileNetV2 (Sandler et al. 2018) with its ImageNet weights."""
    size = lesson.squares.shape[1]
    whole = imagenet_mobilenet_v2()
    pixels = keras.Input((size, size, 3), name="pixels")
    inner = keras.Model(
        whole.input, {name: whole.get_layer(of).output for name, of in MOBILENET_MAPS.items()}
    )
    network = keras.Model(pixels, inner(pixels), name="mobilenet_v2")
    network.trainable = False
    return Learnt(lambda rgb: _described(network, rgb, tuple(MOBILENET_MAPS)))


def _labelled_top(base: Callable[[], keras.Model], lesson: Lesson) -> Learnt:
    """Train dense layers on what a pretrained network says of the labelled pictures."""
    known = lesson.labelled
    if isinstance(known, str):
        raise ValueError(f"This backbone learns from labels. {known}")
    network = base()
    network.trainable = False
    given = np.concatenate(
        [
            network.predict_on_batch(
                lesson.squares[known.rows[start : start + BATCH]].astype(np.float32) / 255
            ).astype(np.float16)
            for start in range(0, len(known.rows), BATCH)
        ]
    )
    labels = len(known.names)
    folds = known.folds(lesson.seed)
    unseen = np.zeros((len(given) if folds else 0, labels))
    for train, test in folds:
        top, _ = train_top(given[train], known.truth[train], labels, lesson.epochs)
        unseen[test] = logits_of(top, given[test])
    top, curves = train_top(
        given,
        known.truth,
        labels,
        lesson.epochs,
        lambda epoch, logs: lesson.on_epoch(epoch, lesson.epochs, logs),
    )
    features = keras.Model(top.input, top.output["features"])
    return Learnt(lambda rgb: {"dense": features(network(rgb))}, curves, unseen)


def vgg16(weights: str | None = "imagenet") -> keras.Model:
    """Return VGG16 (Simonyan and Zisserman 2014) without its dense layers: RGB in [0, 1], 224 x
    224 x 3, to 25,088 numbers."""
    with _imagenet("vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"):
        whole = keras.applications.VGG16(
            weights=weights, include_top=False, input_shape=(224, 224, 3)
        )
    pixels = keras.Input((224, 224, 3), name="pixels")
    # As it was trained: blue first, less the mean of ImageNet.
    scaled = layers.Rescaling(255.0, offset=[-123.68, -116.779, -103.939], name="mean")(pixels)
    return keras.Model(pixels, layers.Flatten()(whole(scaled[..., ::-1])), name="vgg16")


def efficientnet_v2(weights: str | None = "imagenet") -> keras.Model:
    """Return EfficientNetV2-B0 (Tan and Le 2021): RGB in [0, 1], 224 x 224 x 3, to 1,280."""
    with _imagenet("efficientnetv2-b0_notop.h5"):
        whole = keras.applications.EfficientNetV2B0(
            weights=weights, include_top=False, input_shape=(224, 224, 3), pooling="avg"
        )
    pixels = keras.Input((224, 224, 3), name="pixels")
    # It takes 0 to 255 and scales by itself.
    scaled = layers.Rescaling(255.0, name="bytes")(pixels)
    return keras.Model(pixels, whole(scaled), name="efficientnet_v2")


def imagenet_mobilenet_v2() -> keras.Model:
    """Return MobileNetV2 for RGB in [-1, 1] of any size, with its ImageNet weights, without top.

    Raises ValueError, with what to do, where the weights cannot be had.
    """
    file = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    with _imagenet(file), warnings.catch_warnings():
        # That weights for 224 px are taken for any size is meant.
        warnings.simplefilter("ignore", UserWarning)
        return keras.applications.MobileNetV2(
            weights="imagenet", include_top=False, input_shape=(None, None, 3)
        )


@contextmanager
def _imagenet(file: str) -> Any:
    """Say where weights belong that can be had neither from Keras' cache nor by download."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)
    try:
        yield
    except Exception as error:
        folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
        raise ValueError(
            f"The ImageNet weights cannot be had: put {file} into {folder}, or choose the backbone "
            "autoencoder, which needs no download."
        ) from error
    finally:
        socket.setdefaulttimeout(before)


# Chosen on the development companions and labels, where neighbouring values do as well.
BACKBONES: Mapping[str, Backbone] = {
    "mobilenet_v2": Backbone(
        160,
        {
            "colour": Block(152, 0.5, 0.7),
            "middle": Block(100, 0.5, 0.7),
            "late": Block(120, 0.5, 1.0),
            "last": Block(140, 0.5, 1.0),
        },
        _mobilenet_v2,
    ),
    "vgg16": Backbone(
        224, {"dense": Block(512, 0.0, 1.0)}, partial(_labelled_top, vgg16), epochs=30
    ),
    "efficientnet_v2": Backbone(
        224, {"dense": Block(512, 0.0, 1.0)}, partial(_labelled_top, efficientnet_v2), epochs=30
    ),
    "autoencoder": Backbone(
        100,
        {
            "colour": Block(256, 0.5, 1.0),
            "texture": Block(30, None, 0.7),
            "orientation": Block(96, 0.5, 0.5),
            "code": Block(130, 0.5, 0.35),
        },
        _learn_autoencoder,
        epochs=6,
    ),
}
