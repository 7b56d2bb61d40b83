"""The art seed's network: pretrained, its three dense layers trained anew on the labels."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from keras import layers

from ml.networks.lessons import Batches, Learnt, Lesson, OnEpoch, Rows, predicted

FEATURES = 512
DROPOUT = 0.5
LEARNING_RATE = 1e-3
# The last block learns so slowly, in this share of the epochs.
TUNING_RATE, TUNING = 1e-5, 0.2


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


def _compiled(network: keras.Model, rate: float) -> keras.Model:
    network.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return network


def _top(inputs: int, labels: int) -> tuple[keras.Model, keras.Model]:
    """Return the dense layers' network to train, up to the logits, and the one to ``features``."""
    top = build_top(inputs, labels)
    logits = keras.Model(top.input, top.output["logits"], name="top")
    return _compiled(logits, LEARNING_RATE), keras.Model(top.input, top.output["features"])


def learn_top(lesson: Lesson) -> Learnt:
    """Train dense layers on what a pretrained network says of the labelled pictures (``base``)."""
    known, base = lesson.known(), lesson.values["base"]
    given, labels = base[known.rows], len(known.names)

    def fold(rows: Rows, on_epoch: OnEpoch) -> Any:
        top, _ = _top(base.shape[1], labels)
        lesson.fit_fold(top, Batches(given, rows, lesson.seed, known.truth), on_epoch)
        return lambda unseen: predicted(top, given[unseen])

    logits, dense = _top(base.shape[1], labels)
    everything = Batches(given, np.arange(len(given)), lesson.seed, known.truth)
    history = lesson.fit(logits, everything)
    return Learnt(
        lambda _, ready: {"dense": dense(ready["base"])},
        {"dense": predicted(dense, base)},
        history,
        lesson.unseen(1.0, fold),
        lambda _, ready: logits(ready["base"]),
    )


def learn_block5(lesson: Lesson, block5: Callable[[], keras.Model]) -> Learnt:
    """Train dense layers over a network's last block, then, slowly, that block with them.

    ``block5`` builds the block: from what the network below it says of the pictures (``below``) to
    numbers. The second part takes TUNING of the epochs.
    """
    known, below = lesson.known(), lesson.values["below"]
    given, labels = below[known.rows], len(known.names)
    pretrained = block5()
    base = predicted(pretrained, given)
    tuning = replace(lesson, epochs=max(1, round(TUNING * lesson.epochs)))

    def joined(top: keras.Model, dense: keras.Model) -> tuple[keras.Model, keras.Model]:
        """Return networks that begin with a block of their own: what trains it, and features."""
        block = keras.models.clone_model(pretrained)
        block.set_weights(pretrained.get_weights())
        numbers = block(start := keras.Input(pretrained.input_shape[1:], name="below"))
        tuned = keras.Model(start, top(numbers), name="tuned")
        return _compiled(tuned, TUNING_RATE), keras.Model(start, dense(numbers), name="dense")

    def fold(rows: Rows, on_epoch: OnEpoch) -> Any:
        top, dense = _top(base.shape[1], labels)
        halves = (
            lambda epoch, epochs, logs: on_epoch(epoch, 2 * epochs, logs),
            lambda epoch, epochs, logs: on_epoch(epochs + epoch, 2 * epochs, logs),
        )
        lesson.fit_fold(top, Batches(base, rows, lesson.seed, known.truth), halves[0])
        tuned, _ = joined(top, dense)
        tuning.fit_fold(tuned, Batches(given, rows, lesson.seed, known.truth), halves[1])
        return lambda unseen: predicted(tuned, given[unseen])

    everything = np.arange(len(given))
    top, dense = _top(base.shape[1], labels)
    history = lesson.fit(top, Batches(base, everything, lesson.seed, known.truth))
    logits, features = joined(top, dense)
    tuning.fit_part(
        logits,
        Batches(given, everything, lesson.seed, known.truth),
        "block5",
        lesson.telling(0.0, 0.2, "Tuning the last block"),
    )
    unseen = lesson.unseen(0.8, fold, begin=0.2)
    return Learnt(
        lambda _, ready: {"dense": features(ready["below"])},
        {"dense": predicted(features, below)},
        history,
        unseen,
        lambda _, ready: logits(ready["below"]),
    )
