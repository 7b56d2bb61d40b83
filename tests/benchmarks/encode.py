"""``bench encode``: pictures a second from JPEG bytes to vectors, exact and in bfloat16."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from catalog.demo import draw_catalogue
from ml.networks.backbones import BACKBONES, Block
from ml.networks.files import picture_files
from ml.networks.looking import look_at, read_ahead
from ml.networks.pixels import decode_rgb, prepare
from ml.networks.precision import halvable, has_bfloat16, traced
from ml.networks.pretrained import efficientnet_v2, vgg16
from ml.networks.training import _projected
from tests.benchmarks.machine import machine, quantiles


def convnext_tiny(weights: None) -> keras.Model:
    """Return ConvNeXt-Tiny (Liu et al. 2022), which is measured for what it would cost only."""
    whole = keras.applications.ConvNeXtTiny(
        weights=weights, include_top=False, input_shape=(224, 224, 3), pooling="avg"
    )
    pixels = keras.Input((224, 224, 3))
    return keras.Model(pixels, whole(layers.Rescaling(255.0)(pixels)), name="convnext_tiny")


# Where their weights cannot be had, random ones take as long.
WITHOUT: Mapping[str, Callable[[None], keras.Model]] = {
    "efficientnet_v2": efficientnet_v2,
    "vgg16": vgg16,
    "convnext_tiny": convnext_tiny,
}
NETWORKS = ("compact", "mobilenet_v2", *WITHOUT)
# Large networks take seconds a batch: they are measured on so many pictures at most.
FEW = 96
NEIGHBOURS = 10
ALONE = 40
BATCH = 32


def bench(
    *,
    images: Path | None = None,
    count: int = 400,
    networks: Sequence[str] = NETWORKS,
    on_progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Encode ``count`` pictures, of the folder or drawn ones, by every network."""
    if images is None:
        on_progress("Drawing pictures")
        with tempfile.TemporaryDirectory(prefix="pendant-bench-", dir="/var/tmp") as folder:
            draw_catalogue(Path(folder), "art")
            files = _files(Path(folder), count)
    else:
        files = _files(images, count)
    if len(files) <= NEIGHBOURS:
        raise ValueError(f"{len(files)} pictures are too few to measure with: give more.")
    started = time.perf_counter()
    for _ in read_ahead(files, decode_rgb):
        pass
    decoding = len(files) / (time.perf_counter() - started)
    rows = []
    for name in networks:
        size = _size(name)
        some = files[:FEW] if name in WITHOUT else files

        def square(data: bytes, size: int = size) -> NDArray[np.uint8]:
            return prepare(decode_rgb(data), size=size, crop="frame")

        on_progress(f"Building {name}")
        network, weights = _network(name, some, square)
        exact = None
        for half in (False, True) if has_bfloat16() and halvable(network) else (False,):
            precision = "bfloat16" if half else "float32"
            on_progress(f"Encoding by {name}, {precision}")
            row, vectors = _measure(some, square, traced(network, half=half))
            exact = vectors if exact is None else exact
            rows.append(
                {
                    "network": name,
                    "weights": weights,
                    "precision": precision,
                    "pictures": len(some),
                    **row,
                    **_agreement(vectors, exact),
                }
            )
    return {
        "bench": "encode",
        "pictures": len(files),
        "drawn": images is None,
        "decoded_per_second": round(decoding, 1),
        "machine": machine("tensorflow-cpu", "tensorflow", "keras"),
        "rows": rows,
    }


def _files(images: Path, count: int) -> list[bytes]:
    found = picture_files(images)
    return [path.read_bytes() for path in found[:: max(1, len(found) // count)][:count]]


def _network(
    name: str, files: Sequence[bytes], square: Callable[[bytes], NDArray[np.uint8]]
) -> tuple[keras.Model, str]:
    """Return uint8 squares to 512 numbers, projected as a training would, and whose weights."""
    backbone = BACKBONES.get(name)
    size = _size(name)
    inputs = keras.Input((size, size, 3), dtype="uint8")
    pixels = layers.Rescaling(1 / 255)(inputs)
    blocks: Mapping[str, Block] = {"base": Block(512, 0.0, 1.0)}
    if backbone is not None and name not in WITHOUT:
        blocks = backbone.blocks
    weights = "random"
    try:
        if backbone is None:
            raise ValueError(f"{name} is no backbone")
        ready, weights = backbone.ready()(pixels), "trained"
    except ValueError:
        if name not in WITHOUT:
            raise
        keras.utils.set_random_seed(0)
        ready = {"base": WITHOUT[name](None)(pixels)}
    _, values = look_at(
        range(len(files)), lambda row: square(files[row]), keras.Model(inputs, ready)
    )
    vector, _ = _projected(ready, values, blocks)
    return keras.Model(inputs, {"vector": vector}), weights


def _size(name: str) -> int:
    return BACKBONES[name].size if name in BACKBONES else 224


def _measure(
    files: Sequence[bytes],
    square: Callable[[bytes], NDArray[np.uint8]],
    run: Callable[[NDArray[np.uint8]], Mapping[str, Any]],
) -> tuple[dict[str, Any], NDArray[np.float32]]:
    def encode(some: Sequence[bytes]) -> NDArray[np.float32]:
        """Do what the embedding worker does: decode a batch beside the network."""
        parts = [
            np.asarray(run(np.stack([one for _, one in pairs]))["vector"])
            for pairs in read_ahead(some, square)
        ]
        return np.concatenate(parts)

    encode(files[:BATCH])
    started = time.perf_counter()
    vectors = encode(files)
    seconds = time.perf_counter() - started
    squares = np.stack([square(data) for data in files[:ALONE]])
    alone = []
    for one in squares:
        begun = time.perf_counter()
        run(one[None])
        alone.append(time.perf_counter() - begun)
    rates = {"pictures_per_second": round(len(files) / seconds, 1)}
    return {**rates, "one": quantiles(alone)}, vectors


def _agreement(vectors: NDArray[np.float32], exact: NDArray[np.float32]) -> dict[str, float]:
    """Say how like the exact vectors they are: cosines, and what part of the neighbours agrees."""
    cosines = np.sum(vectors * exact, axis=1)
    ours, theirs = (_neighbours(some) for some in (vectors, exact))
    shared = [len(set(a) & set(b)) for a, b in zip(ours, theirs, strict=True)]
    return {
        "cosine": round(float(cosines.mean()), 6),
        "least_cosine": round(float(cosines.min()), 6),
        "same_neighbours": round(float(np.mean(shared)) / NEIGHBOURS, 4),
    }


def _neighbours(vectors: NDArray[np.float32]) -> list[list[int]]:
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    rows: list[list[int]] = np.argsort(-alike, axis=1)[:, :NEIGHBOURS].tolist()
    return rows
