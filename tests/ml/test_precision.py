"""Faster arithmetic says the same, and changes nothing of the network."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from pytest_django import Settings

from ml.networks.compact import SIZE, load_compact
from ml.networks.encoder import load_artifact
from ml.networks.pixels import Pixels
from ml.networks.precision import HALF, PRECISIONS, halvable, has_bfloat16, traced
from ml.networks.training import TrainedEncoder
from tests.factories import draw


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Forget what was found out about the device."""
    has_bfloat16.cache_clear()
    yield
    has_bfloat16.cache_clear()


@pytest.fixture(scope="module")
def squares() -> Pixels:
    return np.stack([np.asarray(draw(number).resize((SIZE, SIZE))) for number in range(40)])


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Return the compact network within one of uint8 pictures, with means of its last map."""
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    maps = load_compact()(keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs))
    means = keras.layers.GlobalAveragePooling2D(dtype="float32")(maps["stage4"])
    return keras.Model(inputs, {"means": means})


def test_it_says_the_same(network: keras.Model, squares: Pixels) -> None:
    exact, half = (np.asarray(traced(network, half=one)(squares)["means"]) for one in (False, True))
    assert half.dtype == np.float32
    # Another arithmetic, which is nearly as good.
    assert not np.array_equal(exact, half)
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(half, axis=1)
    assert (np.sum(exact * half, axis=1) / lengths).min() > 0.999


def test_the_network_stays_as_it_is(network: keras.Model, squares: Pixels, tmp_path: Path) -> None:
    before = network.predict(squares, verbose=0)["means"]
    traced(network, half=True)
    assert {layer.dtype_policy.name for layer in halvable(network)} == {"float32"}
    assert np.array_equal(network.predict(squares, verbose=0)["means"], before)
    network.save(tmp_path / "network.keras")
    assert HALF.encode() not in (tmp_path / "network.keras").read_bytes()


def test_dense_layers_of_a_network_within_are_halved_and_those_beside_it_are_not() -> None:
    """As over a pretrained network: what learnt from labels is a network of its own."""
    pixels, maps = keras.Input((8, 8, 3)), keras.Input((8, 8, 4))
    below = keras.Model(pixels, keras.layers.Conv2D(4, 3, padding="same", name="conv")(pixels))
    dense = keras.layers.Dense(6, name="dense")(keras.layers.Flatten()(maps))
    inputs = keras.Input((8, 8, 3), dtype="uint8")
    numbers = keras.Model(maps, dense)(
        below(keras.layers.Rescaling(1 / 255, name="scaled")(inputs))
    )
    network = keras.Model(inputs, keras.layers.Dense(5, name="projection")(numbers))
    halved = {layer.name for layer in halvable(network)}
    assert {"conv", "dense"} <= halved
    assert not {"scaled", "projection"} & halved


@pytest.mark.parametrize(
    "single",
    [keras.layers.DepthwiseConv2D(3), keras.layers.Conv2D(3, 3, groups=3)],
    ids=["depthwise", "groups"],
)
def test_networks_of_single_channels_stay_exact(
    squares: Pixels, single: keras.layers.Layer
) -> None:
    pixels = keras.Input((SIZE, SIZE, 3))
    inner = keras.Model(pixels, single(pixels), name="inner")
    # As pretrained networks lie in one that prepares their pixels.
    around = keras.Input((SIZE, SIZE, 3))
    inner = keras.Model(around, inner(around), name="around")
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    network = keras.Model(inputs, {"maps": inner(keras.layers.Rescaling(1 / 255)(inputs))})
    assert halvable(network) == []
    exact, half = (np.asarray(traced(network, half=one)(squares)["maps"]) for one in (False, True))
    assert np.array_equal(exact, half)


def test_what_is_dropped_while_learning_is_not_dropped(squares: Pixels) -> None:
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    means = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(inputs))
    network = keras.Model(inputs, {"means": keras.layers.Dropout(0.5)(means)})
    said = np.asarray(traced(network)(squares)["means"])
    assert said == pytest.approx(squares.mean(axis=(1, 2)) / 255, abs=1e-3)


@pytest.mark.parametrize("wanted", ["bfloat16", "float32"])
def test_a_network_is_computed_as_the_device_does(
    network: keras.Model, squares: Pixels, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv("ENCODER_PRECISION", wanted)
    said = np.asarray(traced(network)(squares)["means"])
    expected = np.asarray(traced(network, half=wanted == "bfloat16")(squares)["means"])
    other = np.asarray(traced(network, half=wanted != "bfloat16")(squares)["means"])
    assert said == pytest.approx(expected, abs=1e-6)
    assert said != pytest.approx(other, abs=1e-6)


class Breaking(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A layer that cannot be computed in half precision."""

    def call(self, inputs: Any) -> Any:
        if self.compute_dtype != "float32":
            raise ValueError("not in half precision")
        return inputs


def test_a_network_that_cannot_be_traced_stays_as_it_is() -> None:
    pixels, inputs = keras.Input((8, 8, 3)), keras.Input((8, 8, 3), dtype="uint8")
    inner = keras.Model(pixels, Breaking()(keras.layers.Conv2D(2, 3)(pixels)))
    network = keras.Model(inputs, {"maps": inner(keras.layers.Rescaling(1 / 255)(inputs))})
    with pytest.raises(ValueError, match="not in half precision"):
        traced(network, half=True)
    assert {layer.dtype_policy.name for layer in halvable(network)} == {"float32"}


def test_the_environment_overrules_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted, half in (("bfloat16", True), ("float32", False)):
        monkeypatch.setenv("ENCODER_PRECISION", wanted)
        has_bfloat16.cache_clear()
        assert has_bfloat16() is half
    monkeypatch.setenv("ENCODER_PRECISION", "double")
    has_bfloat16.cache_clear()
    with pytest.raises(ValueError, match="ENCODER_PRECISION is 'double': use one of auto, bfl"):
        has_bfloat16()


def test_an_unknown_precision_is_refused_at_start(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from config import settings"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "ENCODER_PRECISION": "fp32"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    said = "ENCODER_PRECISION must be one of auto, bfloat16, float32, not 'fp32'"
    assert done.stderr.endswith(f"ValueError: {said}\n")


@pytest.mark.parametrize(("given", "taken"), [(None, "1"), ("0", "0")])
def test_one_dnn_is_taken_unless_told_otherwise(
    settings: Settings, given: str | None, taken: str
) -> None:
    """TensorFlow by itself takes it on some processors only, and halves the speed on others."""
    env = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, ml.networks.precision; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])",
        ],
        cwd=settings.BASE_DIR,
        env=env if given is None else {**env, "TF_ENABLE_ONEDNN_OPTS": given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [taken]


def test_the_settings_know_the_same_precisions(settings: Settings) -> None:
    assert settings.PRECISIONS == PRECISIONS


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: "flags : amx_bf16\n")
    monkeypatch.setenv("ENCODER_PRECISION", "")
    assert has_bfloat16()


def test_a_processor_without_it_computes_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCODER_PRECISION", "auto")
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: "flags : sse2 avx2 avx512f\n")
    assert not has_bfloat16()
    for flag in ("amx_bf16", "avx512_bf16"):
        has_bfloat16.cache_clear()
        monkeypatch.setattr(Path, "read_text", lambda self, encoding, flag=flag: f"avx2 {flag}\n")
        assert has_bfloat16()


def test_a_processor_that_does_not_say_computes_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where there is no Linux."""

    def missing(self: Path, encoding: str) -> str:
        raise FileNotFoundError(self)

    monkeypatch.setenv("ENCODER_PRECISION", "auto")
    monkeypatch.setattr(Path, "read_text", missing)
    assert not has_bfloat16()


@pytest.mark.parametrize(
    ("details", "half"),
    [
        ([{"compute_capability": (8, 0)}], True),
        ([{"compute_capability": (7, 5)}], False),
        ([{"compute_capability": (9, 0)}, {"compute_capability": (7, 5)}], False),
        ([{}], False),
    ],
    ids=["Ampere", "Turing", "one of two", "unknown"],
)
def test_of_gpus_all_must_do_it(
    monkeypatch: pytest.MonkeyPatch, details: list[dict[str, Any]], half: bool
) -> None:
    monkeypatch.setenv("ENCODER_PRECISION", "auto")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [*range(len(details))])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    assert has_bfloat16() is half


def test_an_artifact_is_exact_whatever_computed_it(
    trained: TrainedEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made on one machine, loaded on another: the vectors are each other's."""
    pictures = [np.asarray(draw(number)) for number in range(8)]
    vectors = []
    for number, precision in enumerate(("bfloat16", "float32")):
        monkeypatch.setenv("ENCODER_PRECISION", precision)
        has_bfloat16.cache_clear()
        trained.encoder()
        folder = tmp_path / str(number)
        sha256 = trained.save(folder, metrics={})
        vectors.append(load_artifact(folder, expected_sha256=sha256).encode(pictures).vectors)
    assert np.sum(vectors[0] * vectors[1], axis=1).min() > 0.999
