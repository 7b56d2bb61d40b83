"""What the teacher, MobileNetV2, says of views of pictures, and what labels it takes them for.

A picture's views are guessed by heads on the teacher that learnt from other pictures' labels, so
that a student of these guesses never learns a picture's own label and may be measured on it.
"""

import csv
import hashlib
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

from ml.networks.compact import SIZE
from ml.networks.files import picture_files
from ml.networks.heads import FEWEST_OF_A_LABEL, FOLDS, softmax_head
from ml.networks.made_of import code_of, keep, unlike
from ml.networks.pixels import BrokenPictureError, Crop, Pixels, crop_by, decode_rgb
from ml.networks.pretrained import imagenet_mobilenet_v2
from ml.networks.projection import projection

BATCH = 64
LARGEST = 512
# The teacher's layers that each stage of the student learns, at the same resolution.
TEACHES: Mapping[str, tuple[str, ...]] = {
    "stage2": ("block_5_add",),
    "stage3": ("block_10_project_BN", "block_12_add"),
    "stage4": ("block_13_project_BN", "block_16_project_BN"),
}
# What the heads on the teacher are given: of each kind of features how many principal components,
# with what weight, as in ml.networks.backbones.
GIVEN: Mapping[str, tuple[int, float]] = {
    "stage3": (100, 0.7),
    "stage4": (160, 1.0),
    "pooled": (250, 1.0),
}
# Pictures whose pooled features are so close in cosine count as look-alikes.
TWINS = 0.9
# What labellers call a picture that none of the labels fits.
NONE = "other"
# What the views in a folder were made of; written once they are whole.
MADE = "views.json"
# What is seen in a view, and said of it, depends on what is written here.
CODE = ("files.py", "pixels.py", "pretrained.py", "teacher.py")

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with pictures, how to crop them, and how many views to make of each."""

    path: Path
    crop: Crop
    views: int


def _small(picture: Pixels) -> Pixels:
    """Return a picture of at most LARGEST pixels a side, so that thousands fit into memory."""
    factor = LARGEST / max(picture.shape[:2])
    if factor >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


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


def make_views(folders: Sequence[Folder], work: Path, seed: int) -> None:
    """Write views and what the teacher says of them, in half precision, in one random order.

    The first view of a picture is all of it, as it is. ``files.txt`` names the pictures, and
    ``of.npy`` gives each view's: the line there, and the number of the view. Views of the same are
    left as they are; what was made of something else, or is not whole, is made anew, and told.

    Raises ValueError where there would be fewer than BATCH.
    """
    made_of = {"pictures": _digest(folders), "seed": str(seed), "code": code_of(CODE)}
    if not (other := unlike(work / MADE, made_of)):
        return
    if (work / MADE).exists():
        told = f"The views in {work} were made of other {' and '.join(other)}: they are made anew."
        sys.stderr.write(f"{told}\n")
    elif (work / "views.npy").exists():
        sys.stderr.write(f"The views in {work} are not whole: they are made anew.\n")
    (work / MADE).unlink(missing_ok=True)
    random = np.random.default_rng(seed)
    files: list[Path] = []
    pictures: list[Pixels] = []
    rows: list[tuple[int, int]] = []
    for folder in folders:
        for path in picture_files(folder.path.resolve()):
            try:
                picture = _small(crop_by(decode_rgb(path.read_bytes()), folder.crop))
            except (BrokenPictureError, Image.DecompressionBombError) as error:
                sys.stderr.write(f"left out {path}: {error}\n")
                continue
            rows += [(len(files), view) for view in range(folder.views)]
            files.append(path)
            pictures.append(picture)
    if len(rows) < BATCH:
        raise ValueError(
            f"{len(rows)} views of {len(files)} pictures do not suffice: make at least {BATCH}."
        )
    (work / "files.txt").write_text("".join(f"{path}\n" for path in files), encoding="utf-8")
    of = random.permutation(rows)
    np.save(work / "of.npy", of, allow_pickle=False)
    teacher = build_teacher()
    views = _create(work / "views.npy", np.uint8, (len(of), SIZE, SIZE, 3))
    taught: dict[str, NDArray[np.float16]] = {}
    for start in range(0, len(of), BATCH):
        some = of[start : start + BATCH].tolist()
        batch = np.stack([_view(pictures, picture, view, random) for picture, view in some])
        views[start : start + len(batch)] = batch
        for name, values in teacher.predict_on_batch(signed(batch)).items():
            if name not in taught:
                shape = (len(of), *values.shape[1:])
                taught[name] = _create(work / f"{name}.npy", np.float16, shape)
            taught[name][start : start + len(batch)] = values
        if start % (BATCH * 50) == 0:
            sys.stderr.write(f"view {start} of {len(of)}\n")
    keep(work / MADE, made_of)


def _digest(folders: Sequence[Folder]) -> str:
    """Return a sha256 over the folders' pictures, and how views are made of them."""
    digest = hashlib.sha256()
    for folder in folders:
        digest.update(f"{folder.crop} {folder.views}\n".encode())
        for path in picture_files(folder.path.resolve()):
            picture = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path} {picture}\n".encode())
    return digest.hexdigest()


def _view(pictures: Sequence[Pixels], picture: int, number: int, random: Random) -> Pixels:
    if number == 0:
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


def read_labels(labels: Sequence[Path], files: Sequence[Path]) -> list[list[str | None]]:
    """Return the label of each of ``files``, in a list for each folder that ``labels`` lie in.

    They are CSV with the columns ``image``, a path from the CSV's folder, and ``label``. A picture
    has "" where two of a folder's CSV differ or only one of them has it, None outside the folder.
    """
    lists = []
    for folder in sorted({one.parent.resolve() for one in labels}):
        given = []
        for one in labels:
            if one.parent.resolve() == folder:
                with one.open(newline="", encoding="utf-8-sig") as stream:
                    rows = list(csv.DictReader(stream))
                named = {(folder / row["image"]).resolve(): row["label"] for row in rows}
                given.append({path: label for path, label in named.items() if label != NONE})
        said = [{one.get(path, "") for one in given} for path in files]
        lists.append(
            [
                (one.pop() if len(one) == 1 else "") if path.is_relative_to(folder) else None
                for path, one in zip(files, said, strict=True)
            ]
        )
    return lists


def guesses(
    labels: Sequence[str | None],
    of: NDArray[np.int64],
    taught: Mapping[str, NDArray[np.float16]],
    seed: int,
) -> NDArray[np.float32]:
    """Return (views x labels) what heads on the teacher take views for.

    ``labels`` gives each picture's label, "" where it has none, None where nothing is to be guessed
    of it (all chances are 0 then); ``of`` and ``taught`` are of views, see ``make_views``. Views of
    a labelled picture, and of all that look like it, labelled or not, are guessed by a head that
    learnt from views of others; those that look like none by the mean of all heads.
    """
    asked = np.flatnonzero(np.array([labels[picture] is not None for picture, _ in of]))
    picture, view = of[asked].T
    parts = []
    for name, (numbers, weight) in GIVEN.items():
        given = _moments(taught[name], asked)
        kernel, bias = projection(given[view == 0], numbers, 0.5)
        parts.append(weight * _unit(given @ kernel + bias))
    x = np.concatenate(parts, axis=1)
    counts = Counter(filter(None, labels))
    names = sorted(name for name, count in counts.items() if count >= FEWEST_OF_A_LABEL)
    if len(names) < 2:
        raise ValueError(
            f"Two labels of {FEWEST_OF_A_LABEL} pictures each are needed to learn from, not "
            f"{dict(counts)}: does the CSV lie in the pictures' folder, or above it?"
        )
    truth = np.array([names.index(one) if one in names else -1 for one in labels])
    whole = np.flatnonzero(view == 0)
    # ``given`` is that of the last kind, the pooled features.
    alike = _unit(given[whole]) @ _unit(given[whole]).T > TWINS
    group = np.zeros(len(labels), np.int64)
    group[picture[whole]] = connected_components(alike, directed=False)[1]
    known = picture[whole][truth[picture[whole]] >= 0]
    said = np.zeros((len(asked), len(names)))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(known, truth[known], group[known]):
        learnt = np.isin(picture, known[train])
        head = softmax_head(seed).fit(x[learnt], truth[picture[learnt]])
        guessed = np.isin(group[picture], group[known[test]])
        guessed |= ~np.isin(group[picture], group[known])
        said[np.ix_(guessed, head.classes_)] += head.predict_proba(x[guessed])
    chances = np.zeros((len(of), len(names)), np.float32)
    chances[asked] = said / said.sum(axis=1, keepdims=True)
    return chances


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, 1e-6), np.float32)


def _moments(maps: NDArray[np.float16], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the mean and the deviation of each channel, of pooled features themselves."""
    if maps.ndim == 2:
        return np.asarray(maps[rows], np.float32)
    parts = []
    for start in range(0, len(rows), BATCH):
        part = np.asarray(maps[rows[start : start + BATCH]], np.float32)
        parts.append(np.concatenate([part.mean(axis=(1, 2)), part.std(axis=(1, 2))], axis=1))
    return np.concatenate(parts)


def signed(views: Pixels) -> NDArray[np.float32]:
    return views.astype(np.float32) / np.float32(127.5) - 1
