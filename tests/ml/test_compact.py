"""The compact network: small, and the plain one does what the learnt one did."""

from pathlib import Path

import keras
import numpy as np
import pytest

from ml.networks.compact import SIZE, WEIGHTS, build_compact, folded, load_compact
from tests.factories import draw


def pixels(count: int = 4) -> np.ndarray:
    views = [np.asarray(draw(number).resize((SIZE, SIZE))) for number in range(count)]
    return np.stack(views).astype(np.float32) / 127.5 - 1


def test_it_is_compact(tmp_path: Path) -> None:
    network = build_compact()
    assert network.count_params() <= 2_000_000
    assert WEIGHTS.stat().st_size <= 5_000_000
    shapes = {name: tuple(maps.shape) for name, maps in network.output.items()}
    assert shapes == {
        "stage1": (None, 40, 40, 48),
        "stage2": (None, 20, 20, 96),
        "stage3": (None, 10, 10, 160),
        "stage4": (None, 5, 5, 256),
    }


def test_folded_weights_do_the_same(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    network = build_compact(learning=True)
    random = np.random.default_rng(1)
    for layer in network.layers:
        # Gains and biases that do something, as after a training.
        layer.set_weights(
            [
                part if part.ndim > 1 else part + random.normal(0, 0.1, part.shape)
                for part in layer.get_weights()
            ]
        )
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **folded(network))
    assert (tmp_path / "weights.npz").stat().st_size <= 5_000_000
    expected = network(pixels())
    found = load_compact(tmp_path / "weights.npz")(pixels())
    for stage, maps in expected.items():
        scale = float(np.abs(maps).max())
        assert scale > 0.1
        assert np.asarray(found[stage]) == pytest.approx(np.asarray(maps), abs=0.01 * scale)


def test_to_begin_with_its_maps_are_neither_faint_nor_glaring() -> None:
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    noise = random.normal(0, 1, (4, SIZE, SIZE, 3)).astype(np.float32)
    for maps in build_compact(learning=True)(noise).values():
        assert 0.3 < float(np.std(maps)) < 3
