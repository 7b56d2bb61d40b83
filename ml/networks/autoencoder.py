"""The seeds' convolutional autoencoder: its halves share the code."""

import keras
import numpy as np
from keras import layers

from ml.networks.lessons import Batches, Learnt, Lesson, predicted

FILTERS = (16, 8, 8)


def build_autoencoder(size: int) -> tuple[keras.Model, keras.Model]:
    """Return (autoencoder, encoder half) for RGB in [0, 1], size x size x 3.

    Three 3 x 3 convolutions (16, 8, 8, ReLU, same padding), each followed by 2 x 2 max pooling,
    give the code of ceil(size / 8) squared x 8; the decoder mirrors them (8, 8, 16, upsampling)
    and ends in a 3 x 3 sigmoid. At 100 px the code has 13 x 13 x 8 = 1,352 numbers, as the jewelry
    seed's had. Trained with binary cross-entropy and Adam.
    """
    if size < 16:
        raise ValueError(f"size must be at least 16 px, not {size}")
    pixels = keras.Input((size, size, 3), name="pixels")
    x = pixels
    for filters in FILTERS:
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    code = x
    for filters in reversed(FILTERS):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.UpSampling2D(2)(x)
    x = layers.Conv2D(3, 3, padding="same", activation="sigmoid")(x)
    if excess := x.shape[1] - size:
        x = layers.Cropping2D(((excess // 2, excess - excess // 2),) * 2)(x)
    autoencoder = keras.Model(pixels, x, name="autoencoder")
    autoencoder.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy")
    return autoencoder, keras.Model(pixels, layers.Flatten()(code), name="code")


def learn_code(lesson: Lesson) -> Learnt:
    """Train the autoencoder on nine tenths of the pictures; its ``code`` is a feature."""
    squares, seed = lesson.squares, lesson.seed
    assert squares is not None
    autoencoder, code = build_autoencoder(squares.shape[1])
    order = np.random.default_rng(seed).permutation(len(squares))
    held_out = max(1, len(order) // 10)
    history = lesson.fit(
        autoencoder,
        Batches(squares, order[held_out:], seed),
        validation_data=Batches(squares, order[:held_out], seed),
    )
    return Learnt(
        lambda pixels, _: {"code": code(pixels)}, {"code": predicted(code, squares)}, history
    )
