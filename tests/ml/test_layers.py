"""Colour and texture in Keras against OpenCV, NumPy and the numbers of books."""

from typing import Any

import cv2
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.networks.layers import Chosen, ColourHistogram, Lab, TextureEnergy

Array = NDArray[np.float32]


def run(layer: Any, values: Any) -> Array:
    return np.asarray(layer(np.asarray(values, np.float32)))


def one_colour(lab: tuple[float, float, float], side: int = 4) -> Array:
    return np.full((1, side, side, 3), lab, np.float32)


def random_lab(seed: int = 0, side: int = 20) -> Array:
    low, high = np.array([0, -80, -80]), np.array([100, 80, 80])
    drawn = np.random.default_rng(seed).uniform(low, high, (1, side, side, 3))
    return drawn.astype(np.float32)


def test_it_works() -> None:
    rgb = np.random.default_rng(0).random((2, 30, 40, 3)).astype(np.float32)
    lab = run(Lab(), rgb)
    assert lab.shape == rgb.shape
    assert run(ColourHistogram(), lab).shape == (2, 8 * 12 * 12)
    assert run(TextureEnergy(), lab).shape == (2, 5 * 3 * 2)


def test_lab_agrees_with_opencv() -> None:
    rgb = np.random.default_rng(0).random((100, 100, 3)).astype(np.float32)
    rgb[0] = np.linspace(0, 0.06, 100, dtype=np.float32)[:, None]
    apart = np.abs(run(Lab(), rgb[None])[0] - cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB))
    # OpenCV interpolates its curves.
    assert apart.max() < 0.6
    assert apart.mean() < 0.1


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((1, 1, 1), (100, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colours(
    rgb: tuple[float, float, float], lab: tuple[float, float, float]
) -> None:
    assert run(Lab(), one_colour(rgb))[0, 0, 0] == pytest.approx(lab, abs=0.02)


def test_a_histogram_has_unit_length() -> None:
    lengths = np.linalg.norm(run(ColourHistogram(), random_lab()), axis=1)
    assert lengths == pytest.approx(1, abs=1e-5)


def test_a_colour_at_a_centre_falls_into_one_bin() -> None:
    layer = ColourHistogram(lightness_bins=5, chroma_bins=3, chroma=50)
    counts = run(layer, one_colour((75, 50, -50)))[0].reshape(5, 3, 3)
    assert counts[3, 2, 0] == pytest.approx(1)
    assert np.count_nonzero(counts) == 1


def test_a_colour_between_centres_is_shared() -> None:
    layer = ColourHistogram(lightness_bins=5, chroma_bins=3, chroma=50)
    counts = run(layer, one_colour((80, 0, 25)))[0].reshape(5, 3, 3) ** 2
    assert counts[3, 1, 1:] == pytest.approx([0.4, 0.4], abs=1e-5)
    assert counts[4, 1, 1:] == pytest.approx([0.1, 0.1], abs=1e-5)


def test_a_strong_colour_counts_into_the_last_bin() -> None:
    layer = ColourHistogram(lightness_bins=5, chroma_bins=3, chroma=50)
    assert run(layer, one_colour((50, 110, -110))) == pytest.approx(
        run(layer, one_colour((50, 50, -50)))
    )


def test_counting_agrees_with_numpy() -> None:
    lab = random_lab(side=16)
    counts = np.zeros((8, 12, 12))
    for lightness, a, b in lab[0, ::2, ::2].reshape(-1, 3):
        shares = []
        for value, low, high, bins in [(lightness, 0, 100, 8), (a, -50, 50, 12), (b, -50, 50, 12)]:
            place = (min(max(float(value), low), high) - low) / (high - low) * (bins - 1)
            shares.append(np.maximum(0, 1 - np.abs(place - np.arange(bins))))
        counts += np.einsum("i,j,k->ijk", *shares)
    expected = np.sqrt(counts / 64).ravel()
    assert run(ColourHistogram(), lab)[0] == pytest.approx(expected, abs=1e-4)


def test_a_little_more_light_changes_little() -> None:
    lab = random_lab()
    lighter = np.clip(lab + np.array([1, 0, 0], np.float32), [0, -128, -128], [100, 128, 128])
    layer = ColourHistogram()
    alike = float(run(layer, lab)[0] @ run(layer, lighter)[0])
    another = float(run(layer, lab)[0] @ run(layer, random_lab(1))[0])
    assert alike > 0.95
    assert alike > another


def test_colours_apart_share_nothing() -> None:
    layer = ColourHistogram()
    dark, light = run(layer, one_colour((10, -40, 0))), run(layer, one_colour((90, 40, 0)))
    assert float(dark[0] @ light[0]) == 0


def test_flat_colour_has_no_texture() -> None:
    energies = run(TextureEnergy(2), one_colour((50, 10, -20), side=8))
    means, deviations = energies[0].reshape(2, 2, 3)[:, 0], energies[0].reshape(2, 2, 3)[:, 1]
    assert means == pytest.approx(0)
    assert deviations == pytest.approx(np.log1p(1e-3))


def test_a_checkerboard_is_detail_of_the_finest_scale() -> None:
    board = (np.indices((16, 16)).sum(axis=0) % 2).astype(np.float32)
    energies = run(TextureEnergy(3), np.repeat(board[None, ..., None], 3, axis=3))[0]
    means = energies.reshape(3, 2, 3)[:, 0]
    # Each 2 x 2 block averages to a half, so that every pixel is a half away from it.
    assert means[0] == pytest.approx(np.log(1.5), abs=1e-5)
    assert means[1:] == pytest.approx(0, abs=1e-5)


def test_broad_stripes_are_detail_of_a_coarse_scale() -> None:
    columns = (np.arange(32) // 8 % 2).astype(np.float32) * 100
    stripes = np.broadcast_to(columns[None, None, :, None], (1, 32, 32, 3))
    means = run(TextureEnergy(5), stripes)[0].reshape(5, 2, 3)[:, 0, 0]
    assert means.argmax() == 3


@pytest.mark.parametrize(
    "layer",
    [
        Lab(),
        ColourHistogram(lightness_bins=4, chroma_bins=6, chroma=30.0, step=1),
        TextureEnergy(levels=3),
    ],
    ids=["lab", "histogram", "texture"],
)
def test_a_layer_comes_back_from_its_configuration(layer: Any) -> None:
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    lab = random_lab(side=16) / 100
    assert np.array_equal(run(layer, lab), run(again, lab))
    assert run(layer, lab).shape[1:] == tuple(layer.compute_output_shape(lab.shape))[1:]


def test_the_likeliest_is_chosen() -> None:
    numbers = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    logits = np.array([[0, 3, 1], [5, -1, 4]], np.float32)
    assert np.asarray(Chosen()([logits, numbers])).tolist() == [[2, 3], [6, 7]]
