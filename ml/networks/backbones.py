"""Backbones: what a picture is described by, as blocks of features in a network's graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
from keras import layers

from ml.networks.art import learn_block5, learn_top
from ml.networks.autoencoder import learn_code
from ml.networks.compact import SIZE, load_compact
from ml.networks.jewelry import learn_types
from ml.networks.layers import (
    ColourHistogram,
    Lab,
    Moments,
    OrientationHistogram,
    TextureEnergy,
)
from ml.networks.lessons import Learnt, Lesson
from ml.networks.pretrained import (
    efficientnet_v2,
    imagenet_mobilenet_v2,
    vgg16,
    vgg16_below_block5,
    vgg16_block5,
)

# From RGB in [0, 1] to named features, part of the graph.
Features = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Block:
    """How ``numbers`` of the 512 are made of one kind of features, and their weight in the cosine.

    They are principal components, divided by their deviation to the power ``exponent``; with None
    the features themselves, each divided by its own deviation. Labels are learnt from them with
    ``label_weight`` times that weight: what belongs together depends on colour more than what a
    picture shows does.
    """

    numbers: int
    exponent: float | None
    weight: float
    label_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Backbone:
    """A way from pixels to blocks of features.

    ``ready`` builds what of it needs no training. ``learn`` adds what is learnt from a catalogue,
    for ``epochs`` by itself; with ``needs_squares`` it looks at the pictures again, with
    ``needs_labels`` it learns from labels. It looks at ``most`` pictures of a larger catalogue.
    """

    size: int
    blocks: Mapping[str, Block]
    ready: Callable[[], Features]
    learn: Callable[[Lesson], Learnt] | None = None
    epochs: int | None = None
    needs_squares: bool = False
    needs_labels: bool = False
    # Projections settle long before.
    most: int = 10_000


def _handmade(pixels: Any) -> dict[str, Any]:
    """Describe RGB in [0, 1] by colour, texture and the directions of its edges."""
    lab = Lab(name="lab")(pixels)
    return {
        "colour": ColourHistogram(name="colour_histogram")(lab),
        "texture": TextureEnergy(name="texture_energy")(lab),
        "orientation": OrientationHistogram(name="orientation_histogram")(lab),
    }


def _described(network: keras.Model, maps: Sequence[str]) -> Features:
    """Describe RGB in [0, 1] by its colours and by the moments of a network's maps."""
    network.trainable = False

    def features(pixels: Any) -> dict[str, Any]:
        # Of every second pixel of a picture half as large.
        small = layers.AveragePooling2D(2, strides=4, name="every_second")(pixels)
        outputs = network(layers.Rescaling(2.0, offset=-1.0, name="signed")(pixels))
        return {
            "colour": ColourHistogram(step=1, name="colour_histogram")(Lab(name="lab")(small)),
            **{name: Moments(name=f"{name}_moments")(outputs[name]) for name in maps},
        }

    return features


COMPACT_MAPS = ("stage2", "stage3", "stage4")


def _compact() -> Features:
    """Take maps of the network that the project has trained."""
    return _described(load_compact(), COMPACT_MAPS)


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


def _below_block5() -> Features:
    """Take what VGG16's fourth block says of RGB in [0, 1], as ``below``."""
    network = vgg16_below_block5()
    network.trainable = False
    return lambda pixels: {"below": network(pixels)}


def _labelled(build: Callable[[], keras.Model]) -> Backbone:
    """Return the art seed's way over a pretrained network."""
    return Backbone(
        224,
        {"dense": Block(512, 0.0, 1.0)},
        partial(_base, build),
        learn_top,
        epochs=30,
        needs_labels=True,
    )


# Chosen on the development companions and labels, where neighbouring values do as well.
BACKBONES: Mapping[str, Backbone] = {
    "compact": Backbone(
        SIZE,
        {
            "colour": Block(152, 0.5, 0.7, 0.5),
            "stage2": Block(100, 0.5, 0.7, 0.5),
            "stage3": Block(120, 0.5, 1.0),
            "stage4": Block(140, 0.5, 1.0, 1.5),
        },
        _compact,
    ),
    "mobilenet_v2": Backbone(
        160,
        {
            "colour": Block(152, 0.5, 0.7, 0.5),
            "middle": Block(100, 0.5, 0.7, 0.5),
            "late": Block(120, 0.5, 1.0),
            "last": Block(140, 0.5, 1.0, 1.5),
        },
        _mobilenet_v2,
    ),
    "vgg16": _labelled(vgg16),
    "vgg16_block5": Backbone(
        224,
        {"dense": Block(512, 0.0, 1.0)},
        _below_block5,
        partial(learn_block5, block5=vgg16_block5),
        epochs=30,
        needs_labels=True,
        # 100,352 numbers a picture.
        most=2_000,
    ),
    "efficientnet_v2": _labelled(efficientnet_v2),
    "types": Backbone(
        100,
        {"colour": Block(256, 0.5, 1.0), "shape": Block(256, 0.0, 1.0)},
        lambda: _handmade,
        learn_types,
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
        learn_code,
        epochs=6,
        needs_squares=True,
    ),
}
