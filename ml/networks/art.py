"""The art seed's network: pretrained, its three dense layers trained anew on the labels."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

BATCH = 32
FEATURES = 512
DROPOUT = 0.5
LEARNING_RATE = 1e-3


def build_top(inputs: int, labels: int) -> keras.Model:
    """Return the dense layers over a pretrained network's ``inputs`` numbers, dropout before each.

    512 and 512 (ReLU), then one number a label; ``features`` is the second, which the embedding is
    made of, ``logits`` the last.
    """
    given = keras.Input((inputs,), name="base")
    x = layers.Dense(FEATURES, activation="relu", name="top_1")(layers.Dropout(DROPOUT)(given))
    features = layers.Dense(FEATURES, activation="relu", name="top_2")(layers.Dropout(DROPOUT)(x))
    logits = layers.Dense(labels, name="top_3")(layers.Dropout(DROPOUT)(features))
    return keras.Model(given, {"features": features, "logits": logits}, name="top")


def train_top(
    base: NDArray[np.float16],
    truth: NDArray[np.int64],
    labels: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[keras.Model, keras.callbacks.History]:
    """Train on a pretrained network's features (n x d) and their labels (n, below ``labels``).

    Rare labels weigh as much as common ones. Returns the top and its history.
    """
    top = build_top(base.shape[1], labels)
    trained = keras.Model(top.input, top.output["logits"])
    trained.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    counts = np.bincount(truth, minlength=labels)
    weights = len(truth) / (labels * np.maximum(counts, 1))
    history = trained.fit(
        base,
        truth,
        sample_weight=weights[truth],
        batch_size=BATCH,
        epochs=epochs,
        verbose=0,
        callbacks=list(callbacks),
    )
    return top, history


def logits_of(top: keras.Model, base: NDArray[np.float16]) -> NDArray[np.float64]:
    """Return what a top says (n x labels) of features (n x d)."""
    return np.asarray(top.predict_on_batch(base)["logits"], np.float64)
