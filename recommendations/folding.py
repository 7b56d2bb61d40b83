"""Folding: several pictures of one piece among what a search found become one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Pictures this close in cosine distance show the same piece. Measured on 79 development prints with
# the compact encoder (the autoencoder): copies saved again at JPEG quality 92 lie within 0.015
# (0.028) for 95 %, at quality 75 within 0.028 (0.050); a different print is the nearest below 0.071
# (0.037) for 1 % of 1,416 only.
NEAR_DUPLICATE = 0.02
# Copies that were changed more are told by their perceptual hash as well: up to this far, pictures
# whose 64 bits differ in a few are the same piece.
LOOK_ALIKE, LOOK_ALIKE_BITS = 0.1, 6


@dataclass(frozen=True, slots=True)
class Row:
    """What a search finds before products are loaded: a picture, and what tells its copies.

    ``vector`` is 512 numbers in half precision, of about unit length.
    """

    picture: int
    product: int
    distance: float
    sha256: str
    perceptual_hash: int
    vector: NDArray[np.float16]


def fold(
    rows: Sequence[Row], count: int, *, unlike: NDArray[np.float32] | None = None
) -> list[Row]:
    """Keep the first ``count`` rows that repeat no product, picture or nearly equal vector.

    ``rows`` come nearest first; ``unlike`` is a unit vector that nothing kept may nearly equal.
    """
    if not rows:
        return []
    vectors = np.stack([row.vector for row in rows]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    hashes = np.array([row.perceptual_hash for row in rows], dtype=np.int64).view(np.uint64)
    is_copy = np.zeros(len(rows), dtype=bool)
    if unlike is not None:
        is_copy |= 1 - vectors @ unlike < NEAR_DUPLICATE
    found: list[Row] = []
    products: set[int] = set()
    files: set[str] = set()
    for place, row in enumerate(rows):
        if len(found) == count:
            break
        if is_copy[place] or row.product in products or row.sha256 in files:
            continue
        found.append(row)
        products.add(row.product)
        files.add(row.sha256)
        apart = 1 - vectors @ vectors[place]
        looks_alike = np.bitwise_count(hashes ^ hashes[place]) <= LOOK_ALIKE_BITS
        is_copy |= (apart < NEAR_DUPLICATE) | (looks_alike & (apart < LOOK_ALIKE))
    return found
