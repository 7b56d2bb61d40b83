"""Look at a catalogue's pictures once: what a backbone's ready part says of them, kept on disk."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import keras
import numpy as np
from numpy.typing import NDArray

from ml.networks.made_of import code_of
from ml.networks.pixels import Pixels
from ml.networks.precision import has_bfloat16, traced

logger = logging.getLogger(__name__)

BATCH = 32
# What is said of a picture depends on the weights, on Keras, and on what is written here.
CODE = (
    "augmentation.py",
    "backbones.py",
    "compact.py",
    "layers.py",
    "pixels.py",
    "precision.py",
    "pretrained.py",
)

# Named features of pictures, n x d each.
Values = Mapping[str, NDArray[np.floating[Any]]]

Item = TypeVar("Item")
Read = TypeVar("Read")


class FeatureCache:
    """What a network says of pictures, in half precision, one file a picture by its ``sha256``.

    Other weights, other code or another version of Keras have another folder below ``folder``.
    """

    def __init__(
        self, folder: Path, network: keras.Model, name: str, sha256: Mapping[int, str]
    ) -> None:
        made_of = f"{code_of(CODE)} {network.input_shape} {has_bfloat16()}"
        digest = hashlib.sha256(made_of.encode())
        for weights in network.get_weights():
            digest.update(weights.tobytes())
        self.sha256, self.name = sha256, name
        self.home = folder
        self.folder = folder / f"{name}-{digest.hexdigest()[:16]}"
        self.numbers = sum(part.shape[-1] for part in network.output.values())

    def _path(self, pk: int) -> Path:
        return self.folder / self.sha256[pk][:2] / f"{self.sha256[pk]}.npy"

    def get(self, pk: int) -> NDArray[np.float16] | None:
        """Return the numbers of a picture, None where they are not there, whole."""
        try:
            row = np.load(self._path(pk), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        whole = row.dtype == np.float16 and row.shape == (self.numbers,)
        return np.asarray(row) if whole else None

    def put(self, pk: int, row: NDArray[np.float16]) -> None:
        """Keep the numbers of a picture, whole or not at all."""
        path = self._path(pk)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{uuid4().hex}")
        with aside.open("wb") as file:
            np.save(file, row, allow_pickle=False)
        aside.replace(path)

    def prune(self) -> None:
        """Drop what other weights said, and pictures that are not known any more."""
        known = {f"{sha256}.npy" for sha256 in self.sha256.values()}
        for path in self.home.glob(f"{self.name}-*/*/*.npy"):
            if path.parents[1] != self.folder or path.name not in known:
                path.unlink(missing_ok=True)


def look_at(
    ids: Sequence[int],
    square: Callable[[int], Pixels | None],
    network: keras.Model,
    cache: FeatureCache | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> tuple[list[int], Values]:
    """Return which pictures could be read, and their features, by name, n x d each.

    ``network`` takes the uint8 squares that ``square`` gives (None for what cannot be read) and
    names what it says of them. What the ``cache`` holds is not looked at again.
    """
    known: dict[int, NDArray[np.float16]] = {}
    if cache is not None:
        kept = ((pk, cache.get(pk)) for pk in ids)
        known = {pk: row for pk, row in kept if row is not None}
    on_progress(len(known))
    run = traced(network)
    for pairs in read_ahead([pk for pk in ids if pk not in known], square):
        batch = [pk for pk, one in pairs if one is not None]
        squares = [one for _, one in pairs if one is not None]
        if not batch:
            continue
        said = run(np.stack(squares))
        parts = [np.asarray(said[name]) for name in network.output]
        rows = np.concatenate(parts, axis=1).astype(np.float16)
        known.update(zip(batch, rows, strict=True))
        if cache is not None:
            for pk, row in zip(batch, rows, strict=True):
                cache.put(pk, row)
        on_progress(len(known))
    if cache is not None:
        cache.prune()
    used = [pk for pk in ids if pk in known]
    ends = np.cumsum([part.shape[-1] for part in network.output.values()])
    rows = np.stack([known[pk] for pk in used]) if used else np.zeros((0, ends[-1]), np.float16)
    return used, dict(zip(network.output, np.split(rows, ends[:-1], axis=1), strict=True))


def read_ahead(
    items: Sequence[Item], read: Callable[[Item], Read]
) -> Iterator[list[tuple[Item, Read]]]:
    """Give batches of (item, what ``read`` gave of it), in order.

    Threads read a batch while the caller works on the one before.
    """

    def start(first: int) -> list[tuple[Item, Future[Read]]]:
        return [(item, threads.submit(read, item)) for item in items[first : first + BATCH]]

    with ThreadPoolExecutor() as threads:
        following = start(0)
        for first in range(0, len(items), BATCH):
            current, following = following, start(first + BATCH)
            yield [(item, future.result()) for item, future in current]
