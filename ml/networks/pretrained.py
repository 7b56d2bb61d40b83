"""Networks that were trained on ImageNet, from Keras' cache or by download."""

import math
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import keras
from keras import layers


def vgg16(weights: str | None = "imagenet") -> keras.Model:
    """Return VGG16 (Simonyan and Zisserman 2014) without its dense layers: RGB in [0, 1], 224 x
    224 x 3, to 25,088 numbers."""
    return _vgg16(_whole_vgg16(weights))


def vgg16_below_block5(weights: str | None = "imagenet") -> keras.Model:
    """Return VGG16 up to its fourth block: RGB in [0, 1], 224 x 224 x 3, to 100,352 numbers."""
    whole = _whole_vgg16(weights)
    return _vgg16(keras.Model(whole.input, whole.get_layer("block4_pool").output, name="below"))


def vgg16_block5(weights: str | None = "imagenet") -> keras.Model:
    """Return VGG16's fifth block: what ``vgg16_below_block5`` gives to 25,088 numbers."""
    whole = _whole_vgg16(weights)
    below = whole.get_layer("block4_pool").output
    given = keras.Input((math.prod(below.shape[1:]),), name="below")
    x = layers.Reshape(below.shape[1:])(given)
    for name in ("block5_conv1", "block5_conv2", "block5_conv3", "block5_pool"):
        x = whole.get_layer(name)(x)
    return keras.Model(given, layers.Flatten()(x), name="block5")


def _whole_vgg16(weights: str | None) -> keras.Model:
    with _imagenet("vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"):
        return keras.applications.VGG16(
            weights=weights, include_top=False, input_shape=(224, 224, 3)
        )


def _vgg16(network: keras.Model) -> keras.Model:
    pixels = keras.Input((224, 224, 3), name="pixels")
    # As it was trained: blue first, less the mean of ImageNet.
    scaled = layers.Rescaling(255.0, offset=[-123.68, -116.779, -103.939], name="mean")(pixels)
    return keras.Model(pixels, layers.Flatten()(network(scaled[..., ::-1])), name="vgg16")


def efficientnet_v2(weights: str | None = "imagenet") -> keras.Model:
    """Return EfficientNetV2-B0 (Tan and Le 2021): RGB in [0, 1], 224 x 224 x 3, to 1,280."""
    with _imagenet("efficientnetv2-b0_notop.h5"):
        whole = keras.applications.EfficientNetV2B0(
            weights=weights, include_top=False, input_shape=(224, 224, 3), pooling="avg"
        )
    pixels = keras.Input((224, 224, 3), name="pixels")
    # It takes 0 to 255 and scales by itself.
    scaled = layers.Rescaling(255.0, name="bytes")(pixels)
    return keras.Model(pixels, whole(scaled), name="efficientnet_v2")


def imagenet_mobilenet_v2() -> keras.Model:
    """Return MobileNetV2 for RGB in [-1, 1] of any size, with its ImageNet weights, without top.

    Raises ValueError, with what to do, where the weights cannot be had.
    """
    file = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    with _imagenet(file), warnings.catch_warnings():
        # That weights for 224 px are taken for any size is meant.
        warnings.simplefilter("ignore", UserWarning)
        return keras.applications.MobileNetV2(
            weights="imagenet", include_top=False, input_shape=(None, None, 3)
        )


@contextmanager
def _imagenet(file: str) -> Iterator[None]:
    """Say where weights belong that can be had neither from Keras' cache nor by download.

    What Keras says of a download goes to stderr: stdout is for results.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)
    try:
        with redirect_stdout(sys.stderr):
            yield
    except Exception as error:
        folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
        raise ValueError(
            f"The ImageNet weights cannot be had: put {file} into {folder}, or choose the backbone "
            "compact, which needs no download."
        ) from error
    finally:
        socket.setdefaulttimeout(before)
