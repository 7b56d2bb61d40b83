"""Backbones: what a picture is described by, as blocks of features in a network's graph."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import h5py
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ml.networks.art import logits_of, train_top
from ml.networks.autoencoder import build_autoencoder
from ml.networks.heads import FEWEST_OF_A_LABEL, Labelled
from ml.networks.jewelry import SHAPE, train_classifier, train_shape
from ml.networks.layers import (
    Chosen,
    ColourHistogram,
    Lab,
    Moments,
    OrientationHistogram,
    TextureEnergy,
)
from ml.networks.looking import Values
from ml.networks.pretrained import efficientnet_v2, imagenet_mobilenet_v2, vgg16

BATCH = 32

NEEDS_LABELS = "This backbone learns from labels. {}"

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
    """What a backbone may learn from.

    ``values`` are the features that its ready part gives of the catalogue's pictures, ``squares``
    (n x size x size x 3) the pictures themselves, where it looks at them again. ``on_epoch`` is to
    be told of epochs first, ``tell`` what share of the rest is done. Under ``kept`` lies what a
    training that was stopped goes on from, under ``logs`` what TensorBoard shows.
    """

    values: Values
    labelled: Labelled | str
    epochs: int
    seed: int
    on_epoch: OnEpoch
    tell: Callable[[float, str], None] = lambda share, text: None
    squares: NDArray[np.uint8] | None = None
    kept: Path | None = None
    logs: Path | None = None

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """Return what tells of each epoch, keeps it to go on from, and logs it."""
        lesson = self

        class Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
            def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
                lesson.on_epoch(epoch + 1, lesson.epochs, logs or {})

        callbacks: list[keras.callbacks.Callback] = []
        if self.kept is not None:
            _drop_unless_whole(self.kept)
            callbacks.append(keras.callbacks.BackupAndRestore(self.kept))
        if self.logs is not None:
            callbacks.append(keras.callbacks.TensorBoard(self.logs, write_graph=False))
        return [*callbacks, Report()]


def _drop_unless_whole(kept: Path) -> None:
    """Begin anew where a training was killed while it wrote what it would have gone on from."""
    try:
        json.loads((kept / "training_metadata.json").read_text())
        h5py.File(kept / "latest.weights.h5").close()
    except (OSError, ValueError):
        shutil.rmtree(kept, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it: more features, ``values`` those of the lesson's pictures.

    ``features`` makes them in the graph, of the pixels and of the ready features. ``unseen`` says,
    where labels shaped them, what folds that had not seen the labelled pictures took them for (n x
    labels); ``logits`` says it in the graph, where not the head on the 512 numbers is to.
    """

    features: Callable[[Any, dict[str, Any]], dict[str, Any]]
    values: Mapping[str, NDArray[np.float32]]
    history: History = field(default_factory=dict)
    unseen: NDArray[np.float64] | None = None
    logits: Callable[[Any, dict[str, Any]], Any] | None = None


@dataclass(frozen=True, slots=True)
class Backbone:
    """A way from pixels to blocks of features.

    ``ready`` builds what of it needs no training. ``learn`` adds what is learnt from a catalogue,
    for ``epochs`` by itself; with ``needs_squares`` it looks at the pictures again, with
    ``needs_labels`` it learns from labels.
    """

    size: int
    blocks: Mapping[str, Block]
    ready: Callable[[], Features]
    learn: Callable[[Lesson], Learnt] | None = None
    epochs: int | None = None
    needs_squares: bool = False
    needs_labels: bool = False


def _handmade(pixels: Any) -> dict[str, Any]:
    """Describe RGB in [0, 1] by colour, texture and the directions of its edges."""
    lab = Lab(name="lab")(pixels)
    return {
        "colour": ColourHistogram(name="colour_histogram")(lab),
        "texture": TextureEnergy(name="texture_energy")(lab),
        "orientation": OrientationHistogram(name="orientation_histogram")(lab),
    }


def _learn_code(lesson: Lesson) -> Learnt:
    """Train the seeds' autoencoder on nine tenths of the pictures; its code is a feature."""
    squares, seed = lesson.squares, lesson.seed
    assert squares is not None
    autoencoder, code = build_autoencoder(squares.shape[1])
    order = np.random.default_rng(seed).permutation(len(squares))
    held_out = max(1, len(order) // 10)
    history = autoencoder.fit(
        _Batches(squares, order[held_out:], seed),
        validation_data=_Batches(squares, order[:held_out], seed),
        epochs=lesson.epochs,
        verbose=0,
        callbacks=lesson.callbacks(),
    )
    return Learnt(
        lambda pixels, _: {"code": code(pixels)},
        {"code": _predicted(code, squares)},
        _curves(history),
    )


def _curves(history: keras.callbacks.History) -> History:
    return {name: [float(x) for x in curve] for name, curve in history.history.items()}


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


def _described(network: keras.Model, maps: Sequence[str]) -> Features:
    """Describe RGB in [0, 1] by its colours and by the moments of a network's maps."""
    network.trainable = False

    def features(pixels: Any) -> dict[str, Any]:
        small = layers.AveragePooling2D(2, name="half")(pixels)
        outputs = network(layers.Rescaling(2.0, offset=-1.0, name="signed")(pixels))
        return {
            "colour": ColourHistogram(name="colour_histogram")(Lab(name="lab")(small)),
            **{name: Moments(name=f"{name}_moments")(outputs[name]) for name in maps},
        }

    return features


MOBILENET_MAPS = {
    "middle": "block_10_project_BN",
    "late": "block_13_project_BN",
    "last": "out_relu",
}


def _mobilenet_v2() -> Features:
    """Take maps of MobileNetV2 (Sandler et al. 2018) with its ImageNet weights."""
    whole = imagenet_mobilenet_v2()
    pixels = keras.Input((160, 160, 3), name="pixels")
    inner = keras.Model(
        whole.input, {name: whole.get_layer(of).output for name, of in MOBILENET_MAPS.items()}
    )
    return _described(
        keras.Model(pixels, inner(pixels), name="mobilenet_v2"), tuple(MOBILENET_MAPS)
    )


def _base(build: Callable[[], keras.Model]) -> Features:
    """Take all that a pretrained network says of RGB in [0, 1], as ``base``."""
    network = build()
    network.trainable = False
    return lambda pixels: {"base": network(pixels)}


def _learn_top(lesson: Lesson) -> Learnt:
    """Train dense layers on what a pretrained network says of the labelled pictures."""
    known = lesson.labelled
    if isinstance(known, str):
        raise ValueError(NEEDS_LABELS.format(known))
    base, labels = lesson.values["base"], len(known.names)
    given = base[known.rows]
    top, history = train_top(given, known.truth, labels, lesson.epochs, lesson.callbacks())
    folds = known.folds(lesson.seed)
    unseen = np.zeros((len(given) if folds else 0, labels))
    for number, (train, test) in enumerate(folds):
        lesson.tell(number / len(folds), f"Measuring, {number + 1} of {len(folds)}")
        fold, _ = train_top(given[train], known.truth[train], labels, lesson.epochs)
        unseen[test] = logits_of(fold, given[test])
    features = keras.Model(top.input, top.output["features"])
    dense = np.concatenate(
        [
            features.predict_on_batch(base[start : start + BATCH])
            for start in range(0, len(base), BATCH)
        ]
    )
    return Learnt(
        lambda _, ready: {"dense": features(ready["base"])},
        {"dense": dense},
        _curves(history),
        unseen,
        lambda _, ready: keras.Model(top.input, top.output["logits"], name="top")(ready["base"]),
    )


def _learn_types(lesson: Lesson) -> Learnt:
    """Train the jewelry seed's classifier of types, and an autoencoder for each of them.

    A picture's ``shape`` is what the autoencoder of its likeliest type says of it.
    """
    squares, known = lesson.squares, lesson.labelled
    assert squares is not None
    if isinstance(known, str):
        raise ValueError(NEEDS_LABELS.format(known))
    labels, shown = len(known.names), squares[known.rows]
    classifier, history = train_classifier(
        shown, known.truth, labels, lesson.epochs, lesson.callbacks()
    )
    folds = known.folds(lesson.seed)
    unseen = np.zeros((len(shown) if folds else 0, labels))
    for number, (train, test) in enumerate(folds):
        lesson.tell(0.7 * number / len(folds), f"Measuring, {number + 1} of {len(folds)}")
        fold, _ = train_classifier(shown[train], known.truth[train], labels, lesson.epochs)
        unseen[test] = _predicted(fold, shown[test])
    likeliest = _predicted(classifier, squares).argmax(axis=1)
    shape = np.zeros((len(squares), SHAPE), np.float32)
    codes = []
    for label, name in enumerate(known.names):
        lesson.tell(0.7 + 0.3 * label / labels, f"Learning the shapes of {name}")
        of_type = np.flatnonzero(likeliest == label)
        taught = of_type if len(of_type) >= FEWEST_OF_A_LABEL else known.rows[known.truth == label]
        code, kernel, bias = train_shape(squares[taught], lesson.epochs)
        shape[of_type] = _predicted(code, squares[of_type]) @ kernel + bias
        dense = layers.Dense(SHAPE, name=f"shape_{label}")
        dense.build((None, len(kernel)))
        dense.set_weights([kernel, bias])
        codes.append((keras.Model(code.input, code.output, name=f"code_{label}"), dense))

    def features(pixels: Any, _: dict[str, Any]) -> dict[str, Any]:
        numbers = [layers.Reshape((1, SHAPE))(dense(code(pixels))) for code, dense in codes]
        beside = layers.Concatenate(axis=1, name="shapes")(numbers)
        return {"shape": Chosen(name="shape")([classifier(pixels), beside])}

    return Learnt(
        features,
        {"shape": shape},
        _curves(history),
        unseen,
        lambda pixels, _: classifier(pixels),
    )


def _predicted(network: keras.Model, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what a network of RGB in [0, 1] says of uint8 squares."""
    said = [
        network.predict_on_batch(squares[start : start + BATCH].astype(np.float32) / 255)
        for start in range(0, len(squares), BATCH)
    ]
    return np.concatenate(said) if said else np.zeros((0, network.output.shape[-1]), np.float32)


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
        224,
        {"dense": Block(512, 0.0, 1.0)},
        partial(_base, vgg16),
        _learn_top,
        epochs=30,
        needs_labels=True,
    ),
    "efficientnet_v2": Backbone(
        224,
        {"dense": Block(512, 0.0, 1.0)},
        partial(_base, efficientnet_v2),
        _learn_top,
        epochs=30,
        needs_labels=True,
    ),
    "types": Backbone(
        100,
        {"colour": Block(256, 0.5, 1.0), "shape": Block(256, 0.0, 1.0)},
        lambda: _handmade,
        _learn_types,
        epochs=15,
        needs_squares=True,
        needs_labels=True,
    ),
    "autoencoder": Backbone(
        100,
        {
            "colour": Block(256, 0.5, 1.0),
            "texture": Block(30, None, 0.7),
            "orientation": Block(96, 0.5, 0.5),
            "code": Block(130, 0.5, 0.35),
        },
        lambda: _handmade,
        _learn_code,
        epochs=6,
        needs_squares=True,
    ),
}
