"""Smooth random fields for paper, washes, walls and wood."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@lru_cache(maxsize=8)
def noise_tile(coarseness: int, side: int = 1024) -> NDArray[np.float32]:
    """Return a fixed square of smooth noise, float32 in -1 to 1.

    coarseness is the size in pixels of the smallest speck; three octaves are summed.
    """
    rng = np.random.default_rng(coarseness)
    total = np.zeros((side, side), np.float32)
    for octave in range(3):
        cells = max(2, side // (coarseness * 2**octave))
        layer = rng.standard_normal((cells, cells)).astype(np.float32)
        total += cv2.resize(layer, (side, side), interpolation=cv2.INTER_LINEAR) * (0.6 + octave)
    tile: NDArray[np.float32] = np.clip(total / (2.2 * total.std()), -1, 1)
    return tile


def noise(shape: tuple[int, int], coarseness: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a random piece of `noise_tile` of shape (rows, columns), each at most 1024."""
    tile = noise_tile(coarseness)
    top = int(rng.integers(0, tile.shape[0] - shape[0] + 1))
    left = int(rng.integers(0, tile.shape[1] - shape[1] + 1))
    return tile[top : top + shape[0], left : left + shape[1]]
