"""The art seed's network: pretrained, its three dense layers trained anew on the labels."""

from collections.abc import Callable, Mapping

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
    on_epoch: Callable[[int, Mapping[str, float]], None] = lambda epoch, logs: None,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Train on a pretrained network's features (n x d) and their labels (n, below ``labels``).

    Rare labels weigh as much as common ones. Returns the top and its loss by epoch.
    """
    top = build_top(base.shape[1], labels)
    trained = keras.Model(top.input, top.output["logits"])
    trained.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    counts = np.bincount(truth, minlength=labels)
    weights = len(truth) / (labels * np.maximum(counts, 1))

    class Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            on_epoch(epoch + 1, logs or {})

    history = trained.fit(
        base,
        truth,
        sample_weight=weights[truth],
        batch_size=BATCH,
        epochs=epochs,
        verbose=0,
        callbacks=[Report()],
    )
    return top, {name: [float(x) for x in curve] for name, curve in history.history.items()}


def logits_of(top: keras.Model, base: NDArray[np.float16]) -> NDArray[np.float64]:
    """Return what a top says (n x labels) of features (n x d)."""
    return np.asarray(top.predict_on_batch(base)["logits"], np.float64)
