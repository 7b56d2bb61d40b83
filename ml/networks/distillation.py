"""Train the compact encoder: a network of our own learns what MobileNetV2 sees.

    python -m ml.networks.distillation FOLDER:CROP:VIEWS... [--labels FILE...] [--work FOLDER]

Each FOLDER is searched for pictures, cropped as the encoder will (``frame``, ``piece``, ``none``).
Augmented views of them and the teacher's maps of those views are kept under ``--work``, so that a
run that was stopped goes on from its last epoch; what was made of something else is made anew.
Writes ``compact.npz``.

The student is shown half of the views as a phone would take them, and is asked for what the teacher
says of the clean one: maps of three depths, position by position (Romero et al. 2014), the features
of the last layer, and what label a head on the teacher takes the view for.
"""

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ml.networks.augmentation import as_by_phone
from ml.networks.compact import WEIGHTS, build_compact, folded
from ml.networks.lessons import Lesson, OnEpoch
from ml.networks.made_of import code_of, keep, unlike
from ml.networks.pixels import Crop
from ml.networks.precision import HALF, has_bfloat16
from ml.networks.teacher import (
    BATCH,
    MADE,
    TEACHES,
    Folder,
    guesses,
    make_views,
    read_labels,
    signed,
)

WEIGHT: Mapping[str, float] = {"stage2": 0.5, "stage3": 1.0, "stage4": 1.5, "pooled": 1.0}
# The weight of what labels a view is taken for.
GUESSED = 0.25
LEARNING_RATE, WEIGHT_DECAY, AVERAGED = 3e-3, 1e-2, 0.998
# Beyond so many deviations an error counts linearly (Huber 1964).
OUTLIER = 2.0
# What the student becomes depends on what is written here, beside its views.
CODE = (
    "augmentation.py",
    "compact.py",
    "distillation.py",
    "heads.py",
    "lessons.py",
    "precision.py",
    "projection.py",
    "teacher.py",
)


class _Lessons(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of views with the teacher's maps, each channel standardised, and with guesses.

    ``labels`` is what ``read_labels`` gives. What is shown depends on the seed and on the epoch
    that was begun, and on nothing before.
    """

    def __init__(self, work: Path, labels: Sequence[Sequence[str | None]], seed: int) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.views = np.load(work / "views.npy", mmap_mode="r")
        self.taught = {name: np.load(work / f"{name}.npy", mmap_mode="r") for name in WEIGHT}
        of = np.load(work / "of.npy")
        self.guessed = {
            f"labels{number}": guesses(one, of, self.taught, seed)
            for number, one in enumerate(labels)
        }
        self.scales = {name: _scale(values) for name, values in self.taught.items()}
        self.seed = seed
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Show the views in this epoch's order, and as a phone would take them in this epoch."""
        self.epoch = epoch
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self))

    def __len__(self) -> int:
        return len(self.views) // BATCH

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        rows = slice(self.order[index] * BATCH, (self.order[index] + 1) * BATCH)
        random = np.random.default_rng([self.seed, self.epoch, index])
        views = [
            as_by_phone(view, random) if random.random() < 0.5 else view
            for view in self.views[rows]
        ]
        lesson = {
            name: (values[rows].astype(np.float32) - self.scales[name][0]) / self.scales[name][1]
            for name, values in self.taught.items()
        }
        lesson |= {name: chances[rows] for name, chances in self.guessed.items()}
        return signed(np.stack(views)), lesson


def _scale(values: NDArray[np.float16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    sample = np.asarray(values[:2000], np.float32).reshape(-1, values.shape[-1])
    return sample.mean(axis=0), sample.std(axis=0) + np.float32(1e-2)


def build_student(channels: Mapping[str, int]) -> tuple[keras.Model, keras.Model]:
    """Return the compact network, and the same with heads that answer as they are taught.

    ``channels`` gives how many numbers each answer has: those of WEIGHT, and labels.
    """
    network = build_compact(learning=True)
    maps = network.output
    answers = {
        stage: layers.Conv2D(channels[stage], 1, dtype="float32", name=f"{stage}_answer")(
            maps[stage]
        )
        for stage in TEACHES
    }
    wide = layers.Conv2D(channels["pooled"], 1, activation="relu", name="wide")(maps["stage4"])
    answers["pooled"] = layers.Dense(channels["pooled"], dtype="float32", name="pooled_answer")(
        layers.GlobalAveragePooling2D()(wide)
    )
    deepest = layers.GlobalAveragePooling2D()(maps["stage4"])
    deepest = layers.BatchNormalization(dtype="float32", name="deepest")(deepest)
    for name in channels.keys() - answers.keys():
        answers[name] = layers.Dense(channels[name], dtype="float32", name=name)(deepest)
    return network, keras.Model(network.input, answers)


def _huber(lesson: Any, answer: Any) -> Any:
    apart = ops.abs(lesson - answer)
    near = ops.square(apart) / 2
    return ops.mean(ops.where(apart < OUTLIER, near, OUTLIER * (apart - OUTLIER / 2)), axis=-1)


def _surprise(chances: Any, answer: Any) -> Any:
    """Return the cross-entropy; 0 where nothing was guessed.

    TensorFlow's own takes chances to sum to 1: where they are 0, its loss is 0, its gradient not.
    """
    return -ops.sum(chances * ops.log_softmax(answer), axis=-1)


def distil(
    work: Path, labels: Sequence[Path], epochs: int, seed: int, on_epoch: OnEpoch
) -> dict[str, NDArray[np.float16]]:
    """Train the student on the views in ``work``; return the weights to ship.

    One that was stopped goes on from its last epoch; one that learns from something else begins
    anew, and that is told. ``on_epoch`` may raise to stop.
    """
    keras.utils.set_random_seed(seed)
    # Without instructions for it bfloat16 takes eight times as long.
    keras.mixed_precision.set_global_policy(HALF if has_bfloat16() else "float32")
    files = [Path(line) for line in (work / "files.txt").read_text("utf-8").splitlines()]
    given = read_labels(labels, files)
    kept = work / "student"
    made_of = {
        "views": hashlib.sha256((work / MADE).read_bytes()).hexdigest(),
        "labels": hashlib.sha256(json.dumps(given).encode()).hexdigest(),
        "epochs": str(epochs),
        "seed": str(seed),
        "code": code_of(CODE),
    }
    other = unlike(kept / "student.json", made_of)
    if other and kept.exists():
        told = f"The student that was stopped in {work} learnt from other {' and '.join(other)}"
        sys.stderr.write(f"{told}: it begins anew.\n")
        shutil.rmtree(kept)
    kept.mkdir(exist_ok=True)
    keep(kept / "student.json", made_of)
    lessons = _Lessons(work, given, seed)
    asked = {**lessons.taught, **lessons.guessed}
    network, student = build_student({name: values.shape[-1] for name, values in asked.items()})
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, epochs * len(lessons), warmup_target=LEARNING_RATE, warmup_steps=300
    )
    student.compile(
        optimizer=keras.optimizers.AdamW(
            schedule, weight_decay=WEIGHT_DECAY, use_ema=True, ema_momentum=AVERAGED
        ),
        loss={name: _huber if name in WEIGHT else _surprise for name in asked},
        loss_weights={name: WEIGHT.get(name, GUESSED) for name in asked},
        # XLA's convolutions on a processor are slower than oneDNN's.
        jit_compile=False,
    )
    Lesson({}, "", epochs, seed, on_epoch, kept=kept).fit(student, lessons)
    student.optimizer.finalize_variable_values(student.trainable_variables)
    return folded(network)


def main(arguments: Sequence[str]) -> None:
    """Make the views, train, and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m ml.networks.distillation")
    parser.add_argument("pictures", nargs="+", type=_folder, metavar="FOLDER:CROP:VIEWS")
    parser.add_argument("--labels", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path(".pendant/distillation"))
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    try:
        make_views(given.pictures, given.work, given.seed)
        weights = distil(given.work, given.labels, given.epochs, given.seed, _tell)
    except ValueError as error:
        parser.exit(2, f"{error}\n")
    np.savez(given.output, allow_pickle=False, **weights)
    # The next run learns by itself.
    shutil.rmtree(given.work / "student")


def _tell(epoch: int, epochs: int, logs: Mapping[str, float]) -> None:
    sys.stderr.write(f"Epoch {epoch} of {epochs}, loss {logs['loss']:.4f}\n")


def _folder(text: str) -> Folder:
    path, _, rest = text.rpartition(":")
    path, _, crop = path.rpartition(":")
    views = int(rest) if rest.isascii() and rest.isdigit() else 0
    if crop not in get_args(Crop) or views < 1 or not Path(path).is_dir():
        crops = ", ".join(get_args(Crop))
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a folder, its crop ({crops}) and how many views of each picture"
        )
    return Folder(Path(path), cast(Crop, crop), views)


if __name__ == "__main__":
    main(sys.argv[1:])
