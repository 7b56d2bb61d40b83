"""The layers of our own: colour and texture, in Keras ops so that they live in the artifact."""

from typing import Any

import keras
from keras import ops

PACKAGE = "pendant"

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

    Every second pixel of every second row counts. Each is shared between its nearest bin centres
    along every axis, so that a small change of light changes little; the square root makes the
    dot product of two histograms their
    Bhattacharyya coefficient. Gives lightness_bins * chroma_bins ** 2 numbers, unit length.
    """

    def __init__(
        self, lightness_bins: int = 8, chroma_bins: int = 12, chroma: float = 50.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.lightness_bins, self.chroma_bins, self.chroma = lightness_bins, chroma_bins, chroma

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "lightness_bins": self.lightness_bins,
            "chroma_bins": self.chroma_bins,
            "chroma": self.chroma,
        }

    def call(self, lab: Any) -> Any:
        lab = lab[:, ::2, ::2]
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
