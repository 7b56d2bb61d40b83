"""Networks computed in bfloat16 where the device does it, three to five times as fast."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

HALF = "mixed_bfloat16"
PRECISIONS = ("auto", "bfloat16", "float32")


@functools.cache
def has_bfloat16() -> bool:
    """Say whether this device multiplies bfloat16: an Ampere GPU or later, AMX or AVX-512 BF16.

    The environment variable ENCODER_PRECISION (auto, bfloat16, float32) overrules it.
    """
    wanted = os.environ.get("ENCODER_PRECISION") or "auto"
    if wanted not in PRECISIONS:
        raise ValueError(f"ENCODER_PRECISION is {wanted!r}: use one of {', '.join(PRECISIONS)}.")
    if wanted != "auto":
        return wanted == "bfloat16"
    devices = tf.config.list_physical_devices("GPU")
    if devices:
        details = [tf.config.experimental.get_device_details(device) for device in devices]
        return all(one.get("compute_capability", (0, 0)) >= (8, 0) for one in details)
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(flags)


def traced(
    network: keras.Model, *, half: bool | None = None
) -> Callable[[NDArray[Any]], dict[str, Any]]:
    """Return a network of uint8 pictures (n x size x size x 3) as a function, traced once.

    All layers of networks within it, dense ones too, are computed in bfloat16 where the device does
    that (``halvable``), its own layers in float32. The network itself stays as it is. ``half``
    decides by itself.
    """
    run = tf.function(
        lambda batch: network(batch, training=False),
        input_signature=[tf.TensorSpec((None, *network.input_shape[1:]), tf.uint8)],
    )
    half = has_bfloat16() if half is None else half
    with _halved(network) if half else nullcontext():
        run.get_concrete_function()
    called: Callable[[NDArray[Any]], dict[str, Any]] = run
    return called


@contextmanager
def _halved(network: keras.Model) -> Iterator[None]:
    """Let the layers of the networks within this one compute in bfloat16 meanwhile."""
    layers = halvable(network)
    before = [layer.dtype_policy for layer in layers]
    for layer in layers:
        layer.dtype_policy = HALF
    try:
        yield
    finally:
        for layer, policy in zip(layers, before, strict=True):
            layer.dtype_policy = policy


def halvable(network: keras.Model) -> list[keras.layers.Layer]:
    """Return all layers of the networks within this one, not its own: bfloat16 makes them faster.

    None of networks that convolve each channel by itself: there it is slower, and far off.
    """
    inner = [list(_leaves(layer)) for layer in network.layers if isinstance(layer, keras.Model)]
    return [
        layer
        for leaves in inner
        if not any(_by_channel(leaf) for leaf in leaves)
        for layer in leaves
    ]


def _by_channel(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.DepthwiseConv2D) or getattr(layer, "groups", 1) > 1


def _leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer
