"""The layers of our own: colour and texture, in Keras ops so that they live in the artifact."""

import math
from typing import Any

import keras
from keras import ops

PACKAGE = "pendant"

# The lightness gradient below which an edge is too faint to see, per pixel and direction.
FAINT = 0.1

# Linear sRGB to XYZ under D65, rows X Y Z each divided by the white point (IEC 61966-2-1).
RGB_TO_XYZ = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)


@keras.saving.register_keras_serializable(package=PACKAGE)
class Lab(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Turn sRGB in [0, 1] into CIELAB: L in [0, 100], a and b in about [-110, 110] (CIE 1976)."""

    def call(self, rgb: Any) -> Any:
        linear = ops.where(
            rgb <= 0.04045, rgb / 12.92, ops.power((ops.maximum(rgb, 0.04045) + 0.055) / 1.055, 2.4)
        )
        xyz = ops.matmul(linear, ops.transpose(ops.convert_to_tensor(RGB_TO_XYZ, rgb.dtype)))
        limit = (6 / 29) ** 3
        f = ops.where(
            xyz > limit,
            ops.power(ops.maximum(xyz, limit), 1 / 3),
            xyz * (29 / 6) ** 2 / 3 + 4 / 29,
        )
        x, y, z = f[..., 0], f[..., 1], f[..., 2]
        return ops.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


@keras.saving.register_keras_serializable(package=PACKAGE)
class ColourHistogram(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Count CIELAB pixels into lightness x chroma x chroma bins, softly, as square roots.

    Every ``step``-th pixel of every ``step``-th row counts. Each is shared between its nearest bin
    centres along every axis, so that a small change of light changes little; the square root makes
    the dot product of two histograms their Bhattacharyya coefficient. Gives
    lightness_bins * chroma_bins ** 2 numbers, unit length.
    """

    def __init__(
        self,
        lightness_bins: int = 8,
        chroma_bins: int = 12,
        chroma: float = 50.0,
        step: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lightness_bins, self.chroma_bins, self.chroma = lightness_bins, chroma_bins, chroma
        self.step = step

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "lightness_bins": self.lightness_bins,
            "chroma_bins": self.chroma_bins,
            "chroma": self.chroma,
            "step": self.step,
        }

    def call(self, lab: Any) -> Any:
        lab = lab[:, :: self.step, :: self.step]
        pixels = ops.reshape(lab, (-1, lab.shape[1] * lab.shape[2], 3))
        lightness = self._shares(pixels[..., 0], 0.0, 100.0, self.lightness_bins)
        a = self._shares(pixels[..., 1], -self.chroma, self.chroma, self.chroma_bins)
        b = self._shares(pixels[..., 2], -self.chroma, self.chroma, self.chroma_bins)
        ab = ops.reshape(
            a[..., :, None] * b[..., None, :], (-1, pixels.shape[1], self.chroma_bins**2)
        )
        counts = ops.matmul(ops.transpose(lightness, (0, 2, 1)), ab) / pixels.shape[1]
        return ops.sqrt(ops.reshape(counts, (-1, self.lightness_bins * self.chroma_bins**2)))

    @staticmethod
    def _shares(values: Any, low: float, high: float, bins: int) -> Any:
        step = (high - low) / (bins - 1)
        centres = ops.arange(bins, dtype=values.dtype) * step + low
        distance = ops.abs(ops.clip(values, low, high)[..., None] - centres) / step
        return ops.maximum(1.0 - distance, 0.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.lightness_bins * self.chroma_bins**2)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TextureEnergy(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Measure how much detail each scale holds: a Laplacian pyramid's log energies.

    For every level and channel the log of the mean and of the deviation of the absolute detail
    (Burt and Adelson 1983): levels * channels * 2 numbers.
    """

    def __init__(self, levels: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.levels = levels

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": self.levels}

    def call(self, picture: Any) -> Any:
        energies = []
        for _ in range(self.levels):
            height, width = picture.shape[1], picture.shape[2]
            smaller = ops.average_pool(picture, 2, strides=2, padding="same")
            detail = ops.abs(picture - ops.image.resize(smaller, (height, width)))
            mean = ops.mean(detail, axis=(1, 2))
            deviation = ops.sqrt(
                ops.mean(ops.square(detail - mean[:, None, None, :]), axis=(1, 2)) + 1e-6
            )
            energies += [ops.log1p(mean), ops.log1p(deviation)]
            picture = smaller
        return ops.concatenate(energies, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.levels * 2 * input_shape[-1])


@keras.saving.register_keras_serializable(package=PACKAGE)
class OrientationHistogram(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Say which way the edges of a picture run, and where: one histogram a cell of a grid.

    Lightness gradients (3 x 3 Sobel) vote with their length for the two nearest of ``directions``
    in [0, pi), averaged over cells x cells squares (Dalal and Triggs 2005, section 6, here without
    overlapping blocks); the square root tames the few strongest edges. Takes CIELAB; gives
    cells ** 2 * directions numbers.
    """

    def __init__(self, cells: int = 4, directions: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells, self.directions = cells, directions

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": self.cells, "directions": self.directions}

    def call(self, lab: Any) -> Any:
        across = ops.convert_to_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], lab.dtype) / 8
        kernel = ops.stack([across, ops.transpose(across)], axis=-1)[:, :, None, :]
        gradient = ops.conv(lab[..., :1], kernel, padding="valid")
        x, y = gradient[..., 0], gradient[..., 1]
        strength = ops.sqrt(ops.square(x) + ops.square(y))
        bins = self.directions
        turn = ops.mod(ops.arctan2(y, x) / math.pi, 1.0) * bins
        apart = turn[..., None] - ops.arange(bins, dtype=lab.dtype)
        apart = ops.abs(ops.mod(apart + bins / 2, bins) - bins / 2)
        votes = ops.maximum(1.0 - apart, 0.0) * strength[..., None]
        size = -(-votes.shape[1] // self.cells), -(-votes.shape[2] // self.cells)
        cells = ops.average_pool(votes, size, strides=size, padding="same")
        flat = ops.reshape(cells, (-1, self.cells**2 * bins))
        # Kept off the root's steep start, where rounding would count as an edge.
        return ops.sqrt(flat + FAINT**2) - FAINT

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.cells**2 * self.directions)


@keras.saving.register_keras_serializable(package=PACKAGE)
class Moments(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Describe a map by the mean and the deviation of each channel: channels * 2 numbers.

    What there is, and how unevenly: the statistics that carry a picture's style (Huang and Belongie
    2017).
    """

    def call(self, maps: Any) -> Any:
        mean = ops.mean(maps, axis=(1, 2))
        apart = maps - mean[:, None, None, :]
        deviation = ops.sqrt(ops.mean(ops.square(apart), axis=(1, 2)) + 1e-6)
        return ops.concatenate([mean, deviation], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], input_shape[-1] * 2)


@keras.saving.register_keras_serializable(package=PACKAGE)
class Chosen(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Pass on, of one row of numbers for each label, that of the likeliest.

    Takes logits (labels) and numbers (labels x d); gives d numbers.
    """

    def call(self, inputs: Any) -> Any:
        logits, numbers = inputs
        likeliest = ops.one_hot(ops.argmax(logits, axis=-1), numbers.shape[1], dtype=numbers.dtype)
        return ops.sum(numbers * likeliest[..., None], axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        _, numbers = input_shape
        return (numbers[0], numbers[2])
