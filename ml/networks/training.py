"""Train an encoder: a backbone's features projected to 512 numbers, and a head for labels."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ml.networks.augmentation import as_elsewhere
from ml.networks.backbones import BACKBONES, Block
from ml.networks.encoder import KerasEncoder, configure_devices, save_artifact
from ml.networks.heads import NO_VIEWS, Labelled, Views, labelled, learn_labels
from ml.networks.lessons import NEEDS_LABELS, Learnt, Lesson
from ml.networks.looking import FeatureCache, Values, look_at, read_ahead
from ml.networks.pixels import CROPS, Crop, Pixels, prepare
from ml.networks.projection import projection

logger = logging.getLogger(__name__)

BATCH = 32
FEWEST_PICTURES = 8
DEFAULT_BACKBONE = "compact"
# So many views of each labelled picture, as another shop might show it, the head on a ready network
# is measured on, and learns from where shops differ: prints hang framed, pieces lie on anything.
VIEWS = {"art": 1, "jewelry": 3}
LEARNS_FROM_VIEWS = {"jewelry"}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is: ``done`` of ``total`` steps, and what is going on in words."""

    done: float
    total: float
    text: str
    epoch: int = 0
    epochs: int = 0
    loss: float | None = None
    validation_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a training keeps what outlasts it; each may be None.

    ``cache`` holds what networks that need no training say of each picture, ``kept`` what a
    training that was killed goes on from, ``logs`` what TensorBoard shows.
    """

    cache: Path | None = None
    kept: Path | None = None
    logs: Path | None = None


NOWHERE = Folders()


class Stopped(ValueError):
    """The training was asked to stop."""


@dataclass(frozen=True)
class TrainedEncoder:
    """A trained network with what was measured while it learnt."""

    network: keras.Model
    department: str
    backbone: str
    size: int
    crop: Crop
    label_names: tuple[str, ...]
    metrics: dict[str, Any]
    distances: dict[str, float]

    def encoder(self) -> KerasEncoder:
        """Return it ready to encode, without a detour over disk."""
        return KerasEncoder(
            self.network, size=self.size, crop=self.crop, label_names=self.label_names
        )

    def save(self, folder: Path, *, metrics: Mapping[str, Any], fingerprint: str = "") -> str:
        """Write the artifact and return its sha256."""
        return save_artifact(
            folder,
            self.network,
            {
                "department": self.department,
                "backbone": self.backbone,
                "preprocessing": {"crop": self.crop, "size": self.size},
                "label_names": list(self.label_names),
                "data_fingerprint": fingerprint,
                "metrics": dict(metrics),
                "distances": self.distances,
            },
        )


def train_encoder(
    ids: Sequence[int],
    load: Callable[[int], Pixels],
    labels: Mapping[int, str],
    *,
    department: str,
    backbone: str = DEFAULT_BACKBONE,
    groups: Mapping[int, int] | None = None,
    sources: Mapping[int, int] | None = None,
    products: Mapping[int, int] | None = None,
    sha256: Mapping[int, str] | None = None,
    epochs: int | None = None,
    seed: int = 0,
    folders: Folders = NOWHERE,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainedEncoder:
    """Train on the pictures that ``load`` gives (uint8, height x width x 3, any size).

    ``labels`` names the group of some pictures. ``groups`` gives each picture's 64-bit perceptual
    hash, ``products`` the piece it shows: look-alikes and pictures of one piece never sit on both
    sides of a cross-validation split. ``sources`` gives its shop: where there are several, each is
    also held out in turn. ``sha256`` tells the pictures in the cache of ``folders``. Pictures that
    cannot be loaded are left out and counted in
    ``metrics["skipped"]``.

    Raises ValueError where fewer than 8 pictures can be used, or a backbone's weights are missing,
    Stopped where ``should_stop``.
    """
    if backbone not in BACKBONES:
        raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, not {backbone!r}")
    if department not in CROPS:
        raise ValueError(f"department must be one of {', '.join(CROPS)}, not {department!r}")
    if len(ids) < FEWEST_PICTURES:
        raise ValueError(
            f"Training needs at least {FEWEST_PICTURES} pictures, {department} has {len(ids)}: "
            "import products first."
        )
    configure_devices()
    keras.utils.set_random_seed(seed)
    chosen = BACKBONES[backbone]
    epochs = epochs or chosen.epochs or 0
    crop = CROPS[department]
    steps = _Steps(epochs, on_progress, should_stop)
    ids = _sample(ids, labels, chosen.most, seed)
    if chosen.needs_labels and isinstance(reason := labelled(ids, labels, groups or {}), str):
        raise ValueError(NEEDS_LABELS.format(reason))
    inputs = keras.Input((chosen.size, chosen.size, 3), dtype="uint8", name="picture")
    pixels = layers.Rescaling(1 / 255, name="pixels")(inputs)
    ready = chosen.ready()(pixels)
    squares: dict[int, Pixels] = {}

    def square(pk: int) -> Pixels | None:
        if pk in squares:
            return squares[pk]
        try:
            return prepare(load(pk), size=chosen.size, crop=crop)
        except (OSError, ValueError) as error:
            logger.warning("Picture %s is left out of the training: %s", pk, error)
            return None

    if chosen.needs_squares:
        for pairs in read_ahead(ids, square):
            squares |= {pk: one for pk, one in pairs if one is not None}
            steps.at(0.2 * len(squares) / len(ids), "Reading pictures")
    network = keras.Model(inputs, ready)
    cache = None
    if folders.cache is not None and sha256 is not None:
        cache = FeatureCache(folders.cache, network, f"{department}-{backbone}-{crop}", sha256)
    used, values = look_at(
        list(squares) if chosen.needs_squares else ids,
        square,
        network,
        cache,
        lambda done: steps.at(0.2 + 0.2 * done / len(ids), "Looking at the pictures"),
    )
    if len(used) < FEWEST_PICTURES:
        raise ValueError(
            f"Only {len(used)} of {len(ids)} pictures could be read; at least {FEWEST_PICTURES} "
            "are needed."
        )
    if not any(np.any(part != part[0]) for part in values.values()):
        raise ValueError(
            f"All {len(used)} pictures are the same one: there is nothing to tell apart. Import "
            "products with pictures of their own."
        )
    to_label = labelled(used, labels, groups or {}, sources, products)
    learnt = Learnt(lambda pixels, ready: {}, {})
    shown: list[int] = []
    seen: Values = {}
    if chosen.learn is None and isinstance(to_label, Labelled):
        shown, seen = _look_elsewhere(
            to_label.ids,
            load,
            department,
            network,
            sha256,
            cache,
            lambda share: steps.at(0.4 + 0.5 * share, "Looking at them as shown elsewhere"),
        )
    if chosen.learn is not None:
        looked = np.stack([squares[pk] for pk in used]) if squares else None
        learnt = chosen.learn(
            Lesson(
                values,
                to_label,
                epochs,
                seed,
                steps.epoch,
                lambda share, text: steps.at(0.6 + 0.3 * share, text),
                looked,
                folders.kept,
                folders.logs,
            )
        )
    ready |= learnt.features(pixels, ready)
    values = {**values, **learnt.values}
    steps.at(0.9, "Projecting")
    vector, project = _projected(ready, values, chosen.blocks)
    vectors = project(values)
    outputs = {"vector": vector}
    steps.at(0.95, "Learning labels")
    weighed = [np.full(block.numbers, block.label_weight) for block in chosen.blocks.values()]
    for_labels = np.concatenate(weighed).astype(np.float32)
    views = NO_VIEWS
    if shown and isinstance(to_label, Labelled):
        pk, number = np.divmod(np.array(shown), VIEWS[department])
        row = {pk: row for row, pk in enumerate(to_label.ids)}
        of = np.array([row[one] for one in pk])
        seen_vectors = project(seen) * for_labels
        views = Views(of, number == 0, seen_vectors, department in LEARNS_FROM_VIEWS)
    head, metrics = learn_labels(to_label, vectors * for_labels, seed, learnt.unseen, views)
    names = to_label.names if isinstance(to_label, Labelled) else ()
    if head is not None:
        labels_layer = layers.Dense(len(names), activation="softmax", name="labels")
        outputs["probabilities"] = labels_layer(vector)
        labels_layer.set_weights(
            [
                (head.coef_ * for_labels).T.astype(np.float32),
                head.intercept_.astype(np.float32),
            ]
        )
    elif learnt.logits is not None:
        logits = learnt.logits(pixels, ready)
        cooled = layers.Rescaling(1 / metrics.get("temperature", 1.0), name="cooled")(logits)
        outputs["probabilities"] = layers.Softmax(name="labels")(cooled)
    network = keras.Model(inputs, outputs)
    metrics |= {
        "pictures": len(used),
        "skipped": len(ids) - len(used),
        "labelled": sum(1 for pk in used if pk in labels),
        "epochs": epochs,
        "history": learnt.history,
    }
    steps.at(1.0, "Trained")
    return TrainedEncoder(
        network=network,
        department=department,
        backbone=backbone,
        size=chosen.size,
        crop=crop,
        label_names=names,
        metrics=metrics,
        distances=nearest_distances(vectors),
    )


def _sample(ids: Sequence[int], labels: Mapping[int, str], most: int, seed: int) -> Sequence[int]:
    """Return at most ``most`` of the pictures, the labelled ones first."""
    if len(ids) <= most:
        return ids
    order = np.random.default_rng(seed).permutation(len(ids))
    chosen = sorted(order, key=lambda row: ids[row] not in labels)[:most]
    return [ids[row] for row in sorted(chosen)]


def _look_elsewhere(
    ids: Sequence[int],
    load: Callable[[int], Pixels],
    department: str,
    network: keras.Model,
    sha256: Mapping[int, str] | None,
    cache: FeatureCache | None,
    on_progress: Callable[[float], None],
) -> tuple[list[int], Values]:
    """Return what the network says of pictures as another shop might show them.

    VIEWS of each: view ``number`` of picture ``pk`` is called pk * VIEWS + number.
    """
    each, crop, size = VIEWS[department], CROPS[department], network.input_shape[1]

    def square(view: int) -> Pixels | None:
        pk, number = divmod(view, each)
        own = pk if sha256 is None else int(sha256[pk][:8], 16)
        try:
            picture = as_elsewhere(load(pk), crop, np.random.default_rng([own, number]))
        except (OSError, ValueError):
            # Left out of the pictures, and told, where they were looked at.
            return None
        return prepare(picture, size=size, crop=crop)

    views = [pk * each + number for pk in ids for number in range(each)]
    if cache is not None and sha256 is not None:
        names = {view: f"{sha256[view // each]}-{view % each}" for view in views}
        cache = FeatureCache(cache.home, network, f"elsewhere-{cache.name}", names)
    return look_at(views, square, network, cache, lambda done: on_progress(done / len(views)))


class _Steps:
    """Turn what the stages of a training say into one progress from 0 to 1."""

    def __init__(
        self,
        epochs: int,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.epochs, self.on_progress, self.should_stop = epochs, on_progress, should_stop

    def at(self, share: float, text: str, **more: Any) -> None:
        if self.should_stop():
            raise Stopped("The training was stopped. Nothing changed; start it again.")
        self.on_progress(Progress(round(share * 100, 3), 100, text, epochs=self.epochs, **more))

    def epoch(self, epoch: int, epochs: int, logs: Mapping[str, float]) -> None:
        self.at(
            0.4 + 0.2 * epoch / epochs,
            f"Epoch {epoch} of {epochs}, loss {logs.get('loss', float('nan')):.4f}",
            epoch=epoch,
            loss=logs.get("loss"),
            validation_loss=logs.get("val_loss"),
        )


def _projected(
    features: Mapping[str, Any], values: Values, blocks: Mapping[str, Block]
) -> tuple[Any, Callable[[Values], NDArray[np.float32]]]:
    """Return the 512 numbers as part of the graph, its projections fitted to the pictures, and what
    gives those of pictures (n x 512)."""
    units, fitted = [], {}
    for name, block in blocks.items():
        given = np.asarray(values[name], np.float32)
        kernel, bias = fitted[name] = projection(given, block.numbers, block.exponent)
        dense = layers.Dense(block.numbers, name=f"{name}_projection")
        projected = layers.UnitNormalization(name=f"{name}_unit")(dense(features[name]))
        dense.set_weights([kernel, bias])
        units.append(layers.Rescaling(block.weight, name=f"{name}_weight")(projected))
    vector = layers.UnitNormalization(name="vector")(layers.Concatenate(name="blocks")(units))

    def project(said: Values) -> NDArray[np.float32]:
        numbers = [
            blocks[name].weight * _unit(np.asarray(said[name], np.float32) @ kernel + bias)
            for name, (kernel, bias) in fitted.items()
        ]
        return _unit(np.concatenate(numbers, axis=1))

    return vector, project


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows of length 1; noughts stay noughts."""
    lengths = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)
    return np.asarray(values / lengths, dtype=np.float32)


def nearest_distances(vectors: NDArray[np.float32], most: int = 4000) -> dict[str, float]:
    """Return percentiles of the cosine distance from a picture to its nearest other one.

    Of at most ``most`` pictures, spread over all, each beside all others.
    """
    rows = np.arange(0, len(vectors), -(-len(vectors) // most))
    nearest = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        similarity = vectors[some] @ vectors.T
        similarity[np.arange(len(some)), some] = -np.inf
        nearest[start : start + 500] = 1 - similarity.max(axis=1)
    return {f"p{share}": float(np.percentile(nearest, share)) for share in (50, 75, 90, 95, 99)}
