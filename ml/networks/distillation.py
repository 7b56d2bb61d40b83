"""Train the compact encoder: a network of our own learns what MobileNetV2 sees.

    python -m ml.networks.distillation FOLDER:CROP... [--views 12] [--epochs 12] [--work FOLDER]

Each FOLDER is searched for pictures, cropped as the encoder will (``frame``, ``piece``, ``none``).
Augmented views of them and the teacher's maps of those views are kept under ``--work``, so that a
run that was stopped goes on from its last epoch. No label is used. Writes ``compact.npz``.

The student is shown half of the views as a phone would take them, and is asked for what the teacher
says of the clean one: maps of three depths, position by position (Romero et al. 2014), and the
features of the last layer.
"""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import cv2
import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ml.networks.compact import SIZE, WEIGHTS, build_compact, folded
from ml.networks.pixels import Crop, Pixels, crop_by, decode_rgb
from ml.networks.pretrained import imagenet_mobilenet_v2

SUFFIXES = {".jpg", ".jpeg", ".png"}
BATCH = 64
# The teacher's layers that each stage of the student learns, at the same resolution.
TEACHES: Mapping[str, tuple[str, ...]] = {
    "stage2": ("block_5_add",),
    "stage3": ("block_10_project_BN", "block_12_add"),
    "stage4": ("block_13_project_BN", "block_16_project_BN"),
}
WEIGHT: Mapping[str, float] = {"stage2": 0.5, "stage3": 1.0, "stage4": 1.5, "pooled": 1.0}
LEARNING_RATE, WEIGHT_DECAY, AVERAGED = 3e-3, 1e-2, 0.998
# Beyond so many deviations an error counts linearly (Huber 1964).
OUTLIER = 2.0

Random = np.random.Generator


def read_pictures(folders: Sequence[tuple[Path, Crop]]) -> list[Pixels]:
    """Return the pictures below the folders, each cropped as its folder says."""
    return [
        crop_by(decode_rgb(path.read_bytes()), crop)
        for folder, crop in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
    ]


def view_of(picture: Pixels, random: Random) -> Pixels:
    """Return a part of a picture, SIZE x SIZE x 3, turned, tilted, mirrored and recoloured."""
    height, width = picture.shape[:2]
    area, aspect = np.exp(random.uniform(math.log(0.15), 0)), np.exp(random.uniform(-0.3, 0.3))
    across = width * min(1.0, math.sqrt(area * aspect))
    down = height * min(1.0, math.sqrt(area / aspect))
    left, top = random.uniform(0, width - across), random.uniform(0, height - down)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) + random.normal(0, 0.03, (4, 2))
    if random.random() < 0.3:
        turn = random.uniform(-0.25, 0.25)
        rotation = [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
        corners = (corners - 0.5) @ np.array(rotation) + 0.5
    if random.random() < 0.5:
        corners = corners[[1, 0, 3, 2]]
    border, ground = cv2.BORDER_REFLECT_101, (0.0, 0.0, 0.0)
    if random.random() < 0.15:
        # All of it, on a ground of one colour.
        corners = (corners - 0.5) * random.uniform(1.05, 1.6) + 0.5
        left, top, across, down = 0.0, 0.0, width, height
        red, green, blue = random.uniform(40, 255, 3).tolist()
        border, ground = cv2.BORDER_CONSTANT, (red, green, blue)
    corners = corners * [across, down] + [left, top]
    square = np.array([[0, 0], [SIZE, 0], [SIZE, SIZE], [0, SIZE]], np.float32)
    shrink = int(max(across, down) / SIZE)
    if shrink > 1:
        picture = np.asarray(cv2.blur(picture, (shrink, shrink)), np.uint8)
    view = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(corners.astype(np.float32), square),
        (SIZE, SIZE),
        borderMode=border,
        borderValue=ground,
    )
    return _recoloured(np.asarray(view, np.uint8), random)


def _recoloured(view: Pixels, random: Random) -> Pixels:
    light = view.astype(np.float32) / 255
    if random.random() < 0.7:
        gains = np.exp(random.normal(0, 0.12, 3)).astype(np.float32)
        light = np.clip(light * gains, 0, 1) ** np.float32(np.exp(random.normal(0, 0.15)))
    if random.random() < 0.1:
        # A white ground takes a colour.
        light = light * random.uniform(0.35, 1, 3).astype(np.float32)
    if random.random() < 0.25:
        light = light[..., random.permutation(3)]
    if random.random() < 0.1:
        light = 1 - light
    return (light * 255).astype(np.uint8)


def as_by_phone(view: Pixels, random: Random) -> Pixels:
    """Return a view as a phone takes it: tinted, lit from a side, with glare, blur and noise."""
    light = view.astype(np.float32) / 255
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    if random.random() < 0.7:
        gains = np.exp(random.normal(0, 0.1, 3) + random.normal(0, 0.2))
        light = light * gains.astype(np.float32)
    if random.random() < 0.3:
        turn = random.uniform(0, 2 * math.pi)
        ramp = (math.cos(turn) * columns + math.sin(turn) * rows) / (SIZE / 2) - 1
        light = light * (1 + np.float32(random.uniform(-0.3, 0.3)) * ramp)[..., None]
    if random.random() < 0.2:
        x, y = random.uniform(0, SIZE, 2).astype(np.float32)
        wide = np.float32(random.uniform(0.06, 0.3) * SIZE)
        glare = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * wide * wide))
        light = light + np.float32(random.uniform(0.1, 0.6)) * glare[..., None]
    if random.random() < 0.3:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), random.uniform(0.3, 1.5)), np.float32)
    if random.random() < 0.3:
        light = light + random.normal(0, random.uniform(0, 0.04), light.shape).astype(np.float32)
    return np.asarray(np.clip(light * 255, 0, 255), np.uint8)


def build_teacher() -> keras.Model:
    """Return MobileNetV2: RGB in [-1, 1] to the maps that TEACHES names, and ``pooled``."""
    whole = imagenet_mobilenet_v2()
    maps = {
        stage: layers.Concatenate()([whole.get_layer(name).output for name in names])
        if len(names) > 1
        else whole.get_layer(names[0]).output
        for stage, names in TEACHES.items()
    }
    maps["pooled"] = layers.GlobalAveragePooling2D()(whole.output)
    return keras.Model(whole.input, maps)


def make_views(pictures: Sequence[Pixels], each: int, folder: Path, seed: int) -> None:
    """Write views and what the teacher says of them, in half precision, in one random order.

    The first view of a picture is all of it, as it is.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(pictures) * each)
    teacher = build_teacher()
    views = _create(folder / "views.npy", np.uint8, (len(order), SIZE, SIZE, 3))
    taught: dict[str, NDArray[np.float16]] = {}
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        batch = np.stack([_view(pictures, row, random) for row in rows])
        views[start : start + len(rows)] = batch
        for name, values in teacher.predict_on_batch(_signed(batch)).items():
            if name not in taught:
                shape = (len(order), *values.shape[1:])
                taught[name] = _create(folder / f"{name}.npy", np.float16, shape)
            taught[name][start : start + len(rows)] = values
        if start % (BATCH * 50) == 0:
            sys.stderr.write(f"view {start} of {len(order)}\n")
    (folder / "views.done").touch()


def _view(pictures: Sequence[Pixels], row: int, random: Random) -> Pixels:
    whole, picture = divmod(row, len(pictures))
    if whole == 0:
        return np.asarray(
            cv2.resize(pictures[picture], (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8
        )
    view = view_of(pictures[picture], random)
    if random.random() < 0.1:
        # Two in one picture: what nobody has composed before.
        other, cut = pictures[int(random.integers(len(pictures)))], random.integers(40, 120)
        view[:, :cut] = view_of(other, random)[:, :cut]
    return view


def _create(path: Path, kind: Any, shape: tuple[int, ...]) -> Any:
    return np.lib.format.open_memmap(path, "w+", kind, shape)


def _signed(views: Pixels) -> NDArray[np.float32]:
    return views.astype(np.float32) / np.float32(127.5) - 1


class _Lessons(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of views with the teacher's maps, each channel standardised."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.views = np.load(folder / "views.npy", mmap_mode="r")
        self.taught = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in WEIGHT}
        self.scales = {name: _scale(values) for name, values in self.taught.items()}
        self.random = np.random.default_rng(seed)
        self.order = self.random.permutation(len(self))

    def __len__(self) -> int:
        return len(self.views) // BATCH

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        rows = slice(self.order[index] * BATCH, (self.order[index] + 1) * BATCH)
        views = [
            as_by_phone(view, self.random) if self.random.random() < 0.5 else view
            for view in self.views[rows]
        ]
        lesson = {
            name: (values[rows].astype(np.float32) - self.scales[name][0]) / self.scales[name][1]
            for name, values in self.taught.items()
        }
        return _signed(np.stack(views)), lesson

    def on_epoch_end(self) -> None:
        self.order = self.random.permutation(len(self))


def _scale(values: NDArray[np.float16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    sample = np.asarray(values[:2000], np.float32).reshape(-1, values.shape[-1])
    return sample.mean(axis=0), sample.std(axis=0) + np.float32(1e-2)


def build_student(channels: Mapping[str, int]) -> tuple[keras.Model, keras.Model]:
    """Return the compact network, and the same with heads that answer in the teacher's channels."""
    network = build_compact(normalised=True)
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
    return network, keras.Model(network.input, answers)


def _huber(lesson: Any, answer: Any) -> Any:
    apart = ops.abs(lesson - answer)
    near = ops.square(apart) / 2
    return ops.mean(ops.where(apart < OUTLIER, near, OUTLIER * (apart - OUTLIER / 2)), axis=-1)


def distil(folder: Path, epochs: int, seed: int) -> dict[str, NDArray[np.float16]]:
    """Train the student on the views in ``folder``; return the weights to ship."""
    keras.utils.set_random_seed(seed)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    lessons = _Lessons(folder, seed)
    channels = {name: values.shape[-1] for name, values in lessons.taught.items()}
    network, student = build_student(channels)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, epochs * len(lessons), warmup_target=LEARNING_RATE, warmup_steps=300
    )
    student.compile(
        optimizer=keras.optimizers.AdamW(
            schedule, weight_decay=WEIGHT_DECAY, use_ema=True, ema_momentum=AVERAGED
        ),
        loss=dict.fromkeys(WEIGHT, _huber),
        loss_weights=dict(WEIGHT),
        # XLA's convolutions on a processor are slower than oneDNN's.
        jit_compile=False,
    )
    student.fit(
        lessons,
        epochs=epochs,
        verbose=2,
        callbacks=[keras.callbacks.BackupAndRestore(folder / "student")],
    )
    student.optimizer.finalize_variable_values(student.trainable_variables)
    for index in range(min(100, len(lessons))):
        # The statistics that belong to the averaged weights.
        student(lessons[index][0], training=True)
    return folded(network)


def main(arguments: Sequence[str]) -> None:
    """Make the views, train, and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m ml.networks.distillation")
    parser.add_argument("pictures", nargs="+", metavar="FOLDER:CROP")
    parser.add_argument("--views", type=int, default=12, help="of each picture")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path(".pendant/distillation"))
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    given = parser.parse_args(arguments)
    folders = []
    for text in given.pictures:
        folder, _, crop = text.rpartition(":")
        if crop not in get_args(Crop) or not Path(folder).is_dir():
            parser.error(f"{text!r} is no FOLDER:CROP with a crop of {', '.join(get_args(Crop))}")
        folders.append((Path(folder), crop))
    given.work.mkdir(parents=True, exist_ok=True)
    if not (given.work / "views.done").exists():
        make_views(read_pictures(folders), given.views, given.work, given.seed)
    weights = distil(given.work, given.epochs, given.seed)
    np.savez(given.output, allow_pickle=False, **weights)


if __name__ == "__main__":
    main(sys.argv[1:])
