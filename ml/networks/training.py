"""Train the first encoder: an autoencoder's code, colour, texture and edges, in 512 numbers."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from ml.networks.autoencoder import build_autoencoder
from ml.networks.encoder import KerasEncoder, configure_devices, save_artifact
from ml.networks.heads import learn_labels
from ml.networks.layers import ColourHistogram, Lab, OrientationHistogram, TextureEnergy
from ml.networks.pixels import Crop, Pixels, prepare

logger = logging.getLogger(__name__)

SIZE = 100
BATCH = 32
FEWEST_PICTURES = 8
DEFAULT_EPOCHS = 6
CROPS: Mapping[str, Crop] = {"art": "frame", "jewelry": "piece"}

# A larger catalogue is learnt from a sample: projections settle long before.
MOST_PICTURES = 10_000

# How many of the 512 numbers each block gets, the power of their deviation that its principal
# components are divided by (None: features standardised one by one, not rotated), and its weight
# in the cosine. Chosen on the development companions, where neighbouring values do as well.
BLOCKS: Mapping[str, tuple[int, float | None, float]] = {
    "colour": (256, 0.5, 1.0),
    "texture": (30, None, 0.7),
    "orientation": (96, 0.5, 0.5),
    "code": (130, 0.5, 0.35),
}


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


class Stopped(ValueError):
    """The training was asked to stop."""


@dataclass(frozen=True)
class TrainedEncoder:
    """A trained network with what was measured while it learnt."""

    network: keras.Model
    department: str
    crop: Crop
    label_names: tuple[str, ...]
    metrics: dict[str, Any]
    distances: dict[str, float]
    fingerprint: str

    def encoder(self) -> KerasEncoder:
        """Return it ready to encode, without a detour over disk."""
        return KerasEncoder(self.network, size=SIZE, crop=self.crop, label_names=self.label_names)

    def save(self, folder: Path, *, metrics: Mapping[str, Any]) -> str:
        """Write the artifact and return the network's sha256."""
        return save_artifact(
            folder,
            self.network,
            {
                "department": self.department,
                "backbone": "autoencoder",
                "preprocessing": {"crop": self.crop, "size": SIZE},
                "label_names": list(self.label_names),
                "data_fingerprint": self.fingerprint,
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
    groups: Mapping[int, int] | None = None,
    epochs: int | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainedEncoder:
    """Train on the pictures that ``load`` gives (uint8, height x width x 3, any size).

    ``labels`` names the group of some pictures. ``groups`` gives each picture's 64-bit perceptual
    hash: look-alikes never sit on both sides of a cross-validation split. Pictures that cannot be
    loaded are left out and counted in ``metrics["skipped"]``.

    Raises ValueError where fewer than 8 pictures can be used, Stopped where ``should_stop``.
    """
    if department not in CROPS:
        raise ValueError(f"department must be one of {', '.join(CROPS)}, not {department!r}")
    if len(ids) < FEWEST_PICTURES:
        raise ValueError(
            f"Training needs at least {FEWEST_PICTURES} pictures, {department} has {len(ids)}: "
            "import products first."
        )
    configure_devices()
    keras.utils.set_random_seed(seed)
    epochs = epochs or DEFAULT_EPOCHS
    crop = CROPS[department]
    steps = _Steps(len(ids), epochs, on_progress, should_stop)
    ids = _sample(ids, labels, seed)
    used, squares = _load_squares(ids, load, crop, steps)
    if len(used) < FEWEST_PICTURES:
        raise ValueError(
            f"Only {len(used)} of {len(ids)} pictures could be read; at least {FEWEST_PICTURES} "
            "are needed."
        )
    if not np.any(squares != squares[0]):
        raise ValueError(
            f"All {len(used)} pictures are the same one: there is nothing to tell apart. Import "
            "products with pictures of their own."
        )
    history, code = _train_autoencoder(squares, epochs, steps, seed)
    steps.at(0.9, "Projecting")
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="picture")
    vector = _projected(inputs, code, squares)
    network = keras.Model(inputs, {"vector": vector})
    vectors = _vectors(network, squares)
    steps.at(0.95, "Learning labels")
    names, head, metrics = learn_labels(used, vectors, labels, groups or {}, seed)
    if head is not None:
        probabilities = layers.Dense(len(names), activation="softmax", name="labels")(vector)
        network = keras.Model(inputs, {"vector": vector, "probabilities": probabilities})
        network.get_layer("labels").set_weights(
            [head.coef_.T.astype(np.float32), head.intercept_.astype(np.float32)]
        )
    metrics |= {
        "pictures": len(used),
        "skipped": len(ids) - len(used),
        "labelled": sum(1 for pk in used if pk in labels),
        "epochs": epochs,
        "history": history,
    }
    steps.at(1.0, "Trained")
    return TrainedEncoder(
        network=network,
        department=department,
        crop=crop,
        label_names=names,
        metrics=metrics,
        distances=nearest_distances(vectors),
        fingerprint=_fingerprint(squares, used, labels),
    )


def _sample(ids: Sequence[int], labels: Mapping[int, str], seed: int) -> Sequence[int]:
    """Return at most MOST_PICTURES of the pictures, the labelled ones first."""
    if len(ids) <= MOST_PICTURES:
        return ids
    order = np.random.default_rng(seed).permutation(len(ids))
    chosen = sorted(order, key=lambda row: ids[row] not in labels)[:MOST_PICTURES]
    return [ids[row] for row in sorted(chosen)]


class _Steps:
    """Turn what the stages of a training say into one progress from 0 to 1."""

    def __init__(
        self,
        pictures: int,
        epochs: int,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.pictures, self.epochs = pictures, epochs
        self.on_progress, self.should_stop = on_progress, should_stop

    def at(self, share: float, text: str, **more: Any) -> None:
        if self.should_stop():
            raise Stopped("The training was stopped. Nothing changed; start it again.")
        self.on_progress(Progress(share * 100, 100, text, epochs=self.epochs, **more))


def _load_squares(
    ids: Sequence[int], load: Callable[[int], Pixels], crop: Crop, steps: _Steps
) -> tuple[list[int], NDArray[np.uint8]]:
    used: list[int] = []
    squares = np.empty((len(ids), SIZE, SIZE, 3), dtype=np.uint8)
    for number, pk in enumerate(ids):
        if number % 50 == 0:
            steps.at(0.2 * number / len(ids), "Reading pictures")
        try:
            squares[len(used)] = prepare(load(pk), size=SIZE, crop=crop)
        except (OSError, ValueError) as error:
            logger.warning("Picture %s is left out of the training: %s", pk, error)
        else:
            used.append(pk)
    return used, squares[: len(used)]


def _train_autoencoder(
    squares: NDArray[np.uint8], epochs: int, steps: _Steps, seed: int
) -> tuple[dict[str, list[float]], keras.Model]:
    """Train on nine tenths of the pictures; return the loss curves and the encoder half."""
    autoencoder, code = build_autoencoder(SIZE)
    order = np.random.default_rng(seed).permutation(len(squares))
    held_out = max(1, len(order) // 10)

    class Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            logs = logs or {}
            steps.at(
                0.2 + 0.7 * (epoch + 1) / epochs,
                f"Epoch {epoch + 1} of {epochs}, loss {logs.get('loss', float('nan')):.4f}",
                epoch=epoch + 1,
                loss=logs.get("loss"),
                validation_loss=logs.get("val_loss"),
            )

    history = autoencoder.fit(
        _Batches(squares, order[held_out:], seed),
        validation_data=_Batches(squares, order[:held_out], seed),
        epochs=epochs,
        verbose=0,
        callbacks=[Report()],
    )
    return {name: [float(x) for x in curve] for name, curve in history.history.items()}, code


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of pictures as floats, so that only one batch at a time lies in memory as such."""

    def __init__(self, squares: NDArray[np.uint8], rows: NDArray[np.int64], seed: int) -> None:
        super().__init__()
        self.squares, self.rows = squares, rows
        self.random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self.rows) // BATCH)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = self.rows[index * BATCH : (index + 1) * BATCH]
        batch = self.squares[rows].astype(np.float32) / np.float32(255)
        return batch, batch

    def on_epoch_end(self) -> None:
        self.random.shuffle(self.rows)


def _projected(inputs: Any, code: keras.Model, squares: NDArray[np.uint8]) -> Any:
    """Return the 512 numbers as part of the graph, its projections fitted to the pictures."""
    pixels = layers.Rescaling(1 / 255, name="pixels")(inputs)
    lab = Lab(name="lab")(pixels)
    features = {
        "colour": ColourHistogram(name="colour_histogram")(lab),
        "texture": TextureEnergy(name="texture_energy")(lab),
        "orientation": OrientationHistogram(name="orientation_histogram")(lab),
        "code": code(pixels),
    }
    raw = keras.Model(inputs, features)
    parts: dict[str, list[NDArray[np.float32]]] = {name: [] for name in features}
    for start in range(0, len(squares), BATCH):
        for name, values in raw.predict_on_batch(squares[start : start + BATCH]).items():
            parts[name].append(values)
    blocks = []
    for name, (numbers, exponent, weight) in BLOCKS.items():
        kernel, bias = projection(np.concatenate(parts[name]), numbers, exponent)
        dense = layers.Dense(numbers, name=f"{name}_projection")
        projected = layers.UnitNormalization(name=f"{name}_unit")(dense(features[name]))
        dense.set_weights([kernel, bias])
        blocks.append(layers.Rescaling(weight, name=f"{name}_weight")(projected))
    joined = layers.Concatenate(name="blocks")(blocks)
    return layers.UnitNormalization(name="vector")(joined)


def projection(
    features: NDArray[np.float32], numbers: int, exponent: float | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (kernel d x numbers, bias) that centre and project ``features`` (n x d).

    Onto the first principal components, each divided by its deviation to the power ``exponent``
    (0 keeps their variance, 1 makes all equal); with None every feature is divided by its own
    deviation and d must equal ``numbers``. What does not vary gets no weight.
    """
    values = features.astype(np.float64)
    mean = values.mean(axis=0)
    kernel = np.zeros((values.shape[1], numbers))
    if exponent is None:
        deviation = values.std(axis=0)
        np.fill_diagonal(kernel, np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0))
    else:
        deviations, directions = _principal_components(values - mean)
        deviations = deviations[:numbers]
        kept = int(np.sum(deviations > max(1e-4 * deviations[0], 1e-9)))
        scale = (deviations[0] / deviations[:kept]) ** exponent
        kernel[:, :kept] = directions[:, :kept] * scale
    return kernel.astype(np.float32), (-mean @ kernel).astype(np.float32)


def _principal_components(
    centred: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return deviations, largest first, and directions (d x k) of values (n x d) about nought."""
    count, features = centred.shape
    if count < features:
        # Fewer pictures than features span few directions: seconds less than all d x d.
        _, spread, across = np.linalg.svd(centred, full_matrices=False)
        return spread / np.sqrt(count - 1), across.T
    variances, directions = np.linalg.eigh(np.cov(centred, rowvar=False))
    return np.sqrt(np.maximum(variances[::-1], 0)), directions[:, ::-1]


def _vectors(network: keras.Model, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.concatenate(
        [
            network.predict_on_batch(squares[start : start + BATCH])["vector"]
            for start in range(0, len(squares), BATCH)
        ]
    )


def nearest_distances(vectors: NDArray[np.float32], most: int = 4000) -> dict[str, float]:
    """Return percentiles of the cosine distance from a picture to its nearest other one."""
    sample = vectors[:: max(1, len(vectors) // most)][:most]
    similarity = sample @ sample.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = 1 - similarity.max(axis=1)
    return {f"p{share}": float(np.percentile(nearest, share)) for share in (50, 75, 90, 95, 99)}


def _fingerprint(squares: NDArray[np.uint8], used: Sequence[int], labels: Mapping[int, str]) -> str:
    """Return a sha256 over what was learnt from, to know unchanged data again."""
    digest = hashlib.sha256(squares.tobytes())
    digest.update(repr(sorted((pk, labels[pk]) for pk in used if pk in labels)).encode())
    return digest.hexdigest()
