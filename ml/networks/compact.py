"""The compact encoder's network: small enough to ship, trained by the project itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

SIZE = 160
STEM = 24
# Each stage halves the picture's side: its channels, and how many residual blocks follow.
STAGES = ((48, 1), (96, 2), (160, 2), (256, 0))
WEIGHTS = Path(__file__).with_name("compact.npz")


def build_compact(*, normalised: bool = False) -> keras.Model:
    """Return the network: RGB in [-1, 1], 160 x 160 x 3, to the map of each of four stages.

    Plain residual blocks of 3 x 3 convolutions (He et al. 2015), 1.9 million weights, 0.35 billion
    multiplications a picture. ``stage1`` is 40 x 40 x 48, ``stage4`` 5 x 5 x 256. To learn it is
    ``normalised`` in batches (Ioffe and Szegedy 2015); ``folded`` takes that into the weights.
    """
    pixels = keras.Input((SIZE, SIZE, 3), name="pixels")
    x = _convolution(pixels, STEM, "stem", strides=2, normalised=normalised)
    x = layers.ReLU(name="stem_relu")(x)
    maps = {}
    for number, (filters, blocks) in enumerate(STAGES, start=1):
        stage = f"stage{number}"
        x = _convolution(x, filters, f"{stage}_down", strides=2, normalised=normalised)
        x = layers.ReLU(name=f"{stage}_down_relu")(x)
        for block in range(1, blocks + 1):
            name = f"{stage}_{block}"
            y = _convolution(x, filters, f"{name}a", normalised=normalised)
            y = layers.ReLU(name=f"{name}a_relu")(y)
            y = _convolution(y, filters, f"{name}b", normalised=normalised)
            x = layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([x, y]))
        maps[stage] = x
    return keras.Model(pixels, maps, name="compact")


def _convolution(x: Any, filters: int, name: str, *, strides: int = 1, normalised: bool) -> Any:
    x = layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=not normalised, name=name
    )(x)
    return layers.BatchNormalization(momentum=0.98, name=f"{name}_norm")(x) if normalised else x


def folded(network: keras.Model) -> dict[str, NDArray[np.float16]]:
    """Return the weights of the network without normalisation that does what this one does."""
    weights = {}
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            norm = network.get_layer(f"{layer.name}_norm")
            gamma, beta, mean, variance = norm.get_weights()
            scale = gamma / np.sqrt(variance + norm.epsilon)
            weights[f"{layer.name}/kernel"] = (layer.get_weights()[0] * scale).astype(np.float16)
            weights[f"{layer.name}/bias"] = (beta - mean * scale).astype(np.float16)
    return weights


def load_compact(path: Path = WEIGHTS) -> keras.Model:
    """Return the network with the weights that the project trained (half precision on disk)."""
    network = build_compact()
    with np.load(path, allow_pickle=False) as stored:
        _set_weights(network, stored)
    return network


def _set_weights(network: keras.Model, weights: Mapping[str, NDArray[np.float16]]) -> None:
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            parts = (weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"])
            layer.set_weights([part.astype(np.float32) for part in parts])
