"""The compact encoder's network: small enough to ship, trained by the project itself."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

SIZE = 160
STEM = 24
# Each stage halves the picture's side: its channels, and how many residual blocks follow.
STAGES = ((48, 1), (96, 2), (160, 2), (256, 0))
# What a ReLU leaves of a unit normal deviates by this much less (Brock et al. 2021).
RELU_GAIN = math.sqrt(2 / (1 - 1 / math.pi))
# What a residual block adds when learning begins.
RESIDUAL_GAIN = 0.3 * RELU_GAIN
WEIGHTS = Path(__file__).with_name("compact.npz")


class StandardisedConv2D(layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A 3 x 3 convolution to learn with: each kernel has mean 0 and length ``gain``.

    It learns as steadily as one whose maps are normalised in batches, in half the time
    (Brock et al. 2021).
    """

    def __init__(self, filters: int, strides: int, gain: float, name: str) -> None:
        super().__init__(name=name)
        self.filters, self.strides, self.first_gain = filters, strides, gain

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (3, 3, input_shape[-1], self.filters)
        # Not cast to half precision before they are standardised.
        self.kernel = self.add_weight(
            shape=shape,
            initializer=keras.initializers.HeNormal(),
            autocast=False,
            name="kernel",
        )
        self.gain = self.add_weight(
            shape=(self.filters,),
            initializer=keras.initializers.Constant(self.first_gain),
            autocast=False,
            name="gain",
        )
        self.bias = self.add_weight(
            shape=(self.filters,), initializer="zeros", autocast=False, name="bias"
        )

    def standardised(self) -> Any:
        """Return the kernels that the convolution is done with."""
        across = (0, 1, 2)
        centred = self.kernel - ops.mean(self.kernel, axis=across, keepdims=True)
        square = ops.sum(ops.square(centred), axis=across, keepdims=True)
        return centred * ops.rsqrt(square + 1e-4) * self.gain

    def call(self, inputs: Any) -> Any:
        kernel = ops.cast(self.standardised(), self.compute_dtype)
        maps = ops.conv(inputs, kernel, strides=self.strides, padding="same")
        return maps + ops.cast(self.bias, self.compute_dtype)


def build_compact(*, learning: bool = False) -> keras.Model:
    """Return the network: RGB in [-1, 1], 160 x 160 x 3, to the map of each of four stages.

    Plain residual blocks of 3 x 3 convolutions (He et al. 2015), 1.9 million weights, 0.35 billion
    multiplications a picture. ``stage1`` is 40 x 40 x 48, ``stage4`` 5 x 5 x 256. For ``learning``
    its kernels are standardised; ``folded`` gives the weights of the plain network.
    """

    def convolution(x: Any, filters: int, name: str, strides: int = 1, gain: float = 1.0) -> Any:
        if learning:
            return StandardisedConv2D(filters, strides, gain, name)(x)
        return layers.Conv2D(filters, 3, strides=strides, padding="same", name=name)(x)

    pixels = keras.Input((SIZE, SIZE, 3), name="pixels")
    x = convolution(pixels, STEM, "stem", 2, RELU_GAIN)
    x = layers.ReLU(name="stem_relu")(x)
    maps = {}
    for number, (filters, blocks) in enumerate(STAGES, start=1):
        stage = f"stage{number}"
        x = convolution(x, filters, f"{stage}_down", 2, RELU_GAIN)
        x = layers.ReLU(name=f"{stage}_down_relu")(x)
        for block in range(1, blocks + 1):
            name = f"{stage}_{block}"
            y = convolution(x, filters, f"{name}a", gain=RELU_GAIN)
            y = layers.ReLU(name=f"{name}a_relu")(y)
            y = convolution(y, filters, f"{name}b", gain=RESIDUAL_GAIN)
            x = layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([x, y]))
        maps[stage] = x
    return keras.Model(pixels, maps, name="compact")


def folded(network: keras.Model) -> dict[str, NDArray[np.float16]]:
    """Return the weights of the plain network that does what this learnt one does."""
    weights = {}
    for layer in network.layers:
        if isinstance(layer, StandardisedConv2D):
            kernel = np.asarray(layer.standardised())
            weights[f"{layer.name}/kernel"] = kernel.astype(np.float16)
            weights[f"{layer.name}/bias"] = np.asarray(layer.bias).astype(np.float16)
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
