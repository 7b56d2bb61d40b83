"""What a backbone learns from, and what came of it."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import h5py
import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight

from ml.networks.heads import Labelled
from ml.networks.looking import Values

BATCH = 32
# Keras asks for this ending.
WEIGHTS = "network.weights.h5"
NEEDS_LABELS = "This backbone learns from labels. {}"

History = dict[str, list[float]]
Rows = NDArray[np.int64]


class OnEpoch(Protocol):
    def __call__(self, epoch: int, epochs: int, logs: Mapping[str, float]) -> None: ...


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a backbone may learn from.

    ``values`` are the features that its ready part gives of the catalogue's pictures, ``squares``
    (n x size x size x 3) the pictures themselves, where it looks at them again. ``on_epoch`` is to
    be told of epochs first, ``tell`` what share of the rest is done; either may raise to stop.
    Under ``kept`` lies what a training that was killed goes on from, under ``logs`` what
    TensorBoard shows.
    """

    values: Values
    labelled: Labelled | str
    epochs: int
    seed: int
    on_epoch: OnEpoch
    tell: Callable[[float, str], None] = lambda share, text: None
    squares: NDArray[np.uint8] | None = None
    kept: Path | None = None
    logs: Path | None = None

    def known(self) -> Labelled:
        """Return the labelled pictures; raises ValueError where they do not suffice."""
        if isinstance(self.labelled, str):
            raise ValueError(NEEDS_LABELS.format(self.labelled))
        return self.labelled

    def telling(self, begin: float, end: float, text: str) -> OnEpoch:
        """Return what tells of epochs that are the shares from ``begin`` to ``end`` of the rest."""

        def on_epoch(epoch: int, epochs: int, logs: Mapping[str, float]) -> None:
            self.tell(begin + (end - begin) * epoch / epochs, text)

        return on_epoch

    def fit(self, network: keras.Model, batches: "Ordered", **more: Any) -> History:
        """Train the network that the backbone is known by, ``validation_data`` among ``more``.

        Its epochs are told, logged and kept.
        """
        logs = []
        if self.logs is not None:
            logs.append(keras.callbacks.TensorBoard(self.logs, write_graph=False))
        return self._fit(network, batches, self.on_epoch, "network", logs, **more)

    def fit_part(
        self, network: keras.Model, batches: "Batches", name: str, on_epoch: OnEpoch
    ) -> None:
        """Train a further network; its epochs are kept under ``name``."""
        self._fit(network, batches, on_epoch, name)

    def fit_fold(self, network: keras.Model, batches: "Batches", on_epoch: OnEpoch) -> None:
        """Train a network to measure with; nothing of it is kept."""
        self._fit(network, batches, on_epoch)

    def _fit(
        self,
        network: keras.Model,
        batches: "Ordered",
        on_epoch: OnEpoch,
        name: str = "",
        logs: Sequence[keras.callbacks.Callback] = (),
        **more: Any,
    ) -> History:
        history, kept, done = _History(), [], 0
        if self.kept is not None and name:
            folder = self.kept / name
            _drop_unless_whole(folder)
            history.file = folder / "history.json"
            done = take_up(network, folder / WEIGHTS, len(batches))
            # Not deleted before the whole training ended: what is done is not done again.
            kept.append(Keeping(folder / WEIGHTS))
        history.take_up(done)
        callbacks = [InOrder(batches), history, *kept, *logs, _Report(on_epoch, self.epochs)]
        network.fit(
            batches,
            epochs=self.epochs,
            initial_epoch=done,
            # The batches have an order of their own.
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
            **more,
        )
        return history.curves

    def unseen(
        self,
        share: float,
        learn: Callable[[Rows, OnEpoch], Callable[[Rows], NDArray[Any]]],
        begin: float = 0.0,
    ) -> NDArray[np.float64]:
        """Return what folds that had not seen the labelled pictures take them for (n x labels).

        ``learn`` trains on some of the labelled pictures' rows and returns what gives the logits of
        others. It takes ``share`` of the rest from ``begin`` on; folds that are done are kept.
        """
        known = self.known()
        folds = known.folds(self.seed)
        logits = np.zeros((len(known.truth) if folds else 0, len(known.names)))
        for number, (train, test) in enumerate(folds):
            kept = self.kept / f"fold_{number}.npy" if self.kept is not None else None
            done = _read(kept, (len(test), len(known.names)))
            if done is None:
                text = f"Measuring, {number + 1} of {len(folds)}"
                first, last = (begin + share * one / len(folds) for one in (number, number + 1))
                done = np.asarray(learn(train, self.telling(first, last, text))(test), np.float64)
                _write(kept, done)
            logits[test] = done
        return logits


class Ordered(Protocol):
    """Batches that are told which epoch begins."""

    def begin(self, epoch: int) -> None: ...

    def __len__(self) -> int: ...


class InOrder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Tell batches which epoch begins, before any of it is asked for.

    So that a training that goes on sees in each epoch what it would have seen.
    """

    def __init__(self, batches: Ordered) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.batches.begin(epoch)


class _History(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Keep the curves of all epochs, of those too that a killed process trained."""

    def __init__(self) -> None:
        super().__init__()
        self.file: Path | None = None
        self.curves: History = {}

    def take_up(self, done: int) -> None:
        """Go on from the curves of so many epochs."""
        if done and self.file is not None:
            curves = json.loads(self.file.read_text())
            self.curves = {name: values[:done] for name, values in curves.items()}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            self.curves.setdefault(name, []).append(float(value))
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            aside = self.file.with_suffix(".aside")
            aside.write_text(json.dumps(self.curves))
            aside.replace(self.file)


class Keeping(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Keep the network and its optimizer after each epoch in ``file``, whole or as it was before.

    Keras' own BackupAndRestore writes over the epoch before.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        aside = self.file.with_name(f"aside.{self.file.name}")
        self.model.save_weights(aside)
        aside.replace(self.file)


def take_up(network: keras.Model, file: Path, steps: int) -> int:
    """Bring a network to where ``Keeping`` left it; return after how many epochs of ``steps``."""
    if not file.exists():
        return 0
    network.optimizer.build(network.trainable_variables)
    network.load_weights(file)
    return int(network.optimizer.iterations) // steps


class _Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    def __init__(self, on_epoch: OnEpoch, epochs: int) -> None:
        super().__init__()
        self.on_epoch, self.epochs = on_epoch, epochs

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        # The weights too: a unit that cuts off at 0 hides from the loss what is no number.
        values = [*(logs or {}).values(), *self.model.get_weights()]
        if not all(np.isfinite(one).all() for one in values):
            raise ValueError(
                f"The training diverged in epoch {epoch + 1}: its loss or its weights are no "
                "numbers any more. Look for pictures or labels that are wrong, then train again."
            )
        self.on_epoch(epoch + 1, self.epochs, logs or {})


def _drop_unless_whole(kept: Path) -> None:
    """Begin anew where what a training would have gone on from was damaged."""
    try:
        json.loads((kept / "history.json").read_text())
        h5py.File(kept / WEIGHTS).close()
    except (OSError, ValueError):
        shutil.rmtree(kept, ignore_errors=True)


def _read(file: Path | None, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    if file is None or not file.exists():
        return None
    done = np.load(file, allow_pickle=False)
    return np.asarray(done, np.float64) if done.shape == shape else None


def _write(file: Path | None, values: NDArray[np.float64]) -> None:
    """Write the file whole or not at all."""
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}")
    with aside.open("wb") as stream:
        np.save(stream, values, allow_pickle=False)
    aside.replace(file)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it: more features, ``values`` those of the lesson's pictures.

    ``features`` makes them in the graph, of the pixels and of the ready features. ``unseen`` says,
    where labels shaped them, what folds that had not seen the labelled pictures took them for (n x
    labels); ``logits`` says it in the graph, where not the head on the 512 numbers is to.
    """

    features: Callable[[Any, dict[str, Any]], dict[str, Any]]
    values: Mapping[str, NDArray[np.float32]]
    history: History = field(default_factory=dict)
    unseen: NDArray[np.float64] | None = None
    logits: Callable[[Any, dict[str, Any]], Any] | None = None


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Shuffled batches of some ``rows``, as floats, of which one batch at a time is in memory.

    ``given`` (n x …) are features, or pictures, which become RGB in [0, 1]. Without ``truth`` each
    is its own answer; with it (n) that is, and rare labels weigh as much as common ones.
    ``mirrored`` shows every other picture mirrored. What is shown depends on the seed and on the
    epoch that was begun, and on nothing before.
    """

    def __init__(
        self,
        given: NDArray[Any],
        rows: Rows,
        seed: int,
        truth: NDArray[np.int64] | None = None,
        *,
        mirrored: bool = False,
    ) -> None:
        super().__init__()
        self.given, self.rows, self.truth, self.mirrored = given, rows, truth, mirrored
        self.seed = seed
        self.begin(0)
        if truth is not None:
            self.weights = np.zeros(len(truth))
            self.weights[rows] = compute_sample_weight("balanced", truth[rows])

    def begin(self, epoch: int) -> None:
        """Show the rows in this epoch's order."""
        random = np.random.default_rng([self.seed, epoch])
        self.order = random.permutation(self.rows)
        self.turned = random.random(len(self.order)) < 0.5

    def __len__(self) -> int:
        return -(-len(self.rows) // BATCH)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        part = slice(index * BATCH, (index + 1) * BATCH)
        rows = self.order[part]
        batch = as_floats(self.given[rows])
        if self.mirrored:
            some = self.turned[part]
            batch[some] = batch[some, :, ::-1]
        if self.truth is None:
            return batch, batch
        return batch, self.truth[rows], self.weights[rows]


def as_floats(given: NDArray[Any]) -> NDArray[np.float32]:
    """Return features as they are, pictures (uint8) as RGB in [0, 1]."""
    floats = given.astype(np.float32)
    return floats / np.float32(255) if given.dtype == np.uint8 else floats


def predicted(network: keras.Model, given: NDArray[Any]) -> NDArray[np.float32]:
    """Return what a network with one output says (n x d) of features or pictures."""
    said = [
        network.predict_on_batch(as_floats(given[start : start + BATCH]))
        for start in range(0, len(given), BATCH)
    ]
    return np.concatenate(said) if said else np.zeros((0, network.output.shape[-1]), np.float32)
