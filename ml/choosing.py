"""Which pictures tell most, and which look alike, by their vectors; pure."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

# What a picture that the model is sure of tells all the same, where it is unlike what is labelled.
LEAST_TOLD = 0.2


def most_telling(
    vectors: Numbers, unsure: Numbers, known: Numbers, count: int, *, far: float = 0.0
) -> list[tuple[int, bool]]:
    """Return up to ``count`` rows that are unsure, unlike what is known, and unlike each other.

    ``vectors`` (n x 512) and ``known`` (m x 512) are of unit length, ``unsure`` (n) lies in [0, 1].
    With each row stands whether it was chosen rather for its distance than for being unsure: it is
    further above the mean in that, and at least ``far`` from what is known.
    """
    if not len(vectors):
        return []
    distances, weights = nearest_known(vectors, known), LEAST_TOLD + (1 - LEAST_TOLD) * unsure
    is_far = (distances >= far) & (distances * weights.mean() > weights * distances.mean())
    rows = farthest_first(vectors, weights, distances, count)
    return [(row, bool(is_far[row])) for row in rows]


def nearest_known(vectors: Numbers, known: Numbers) -> Numbers:
    """Return each vector's cosine distance (n, in [0, 2]) to the nearest known one; 1 for none."""
    if not len(known):
        return np.ones(len(vectors), np.float32)
    return np.asarray(np.maximum(1 - (vectors @ known.T).max(axis=1), 0), np.float32)


def farthest_first(vectors: Numbers, weights: Numbers, distances: Numbers, count: int) -> list[int]:
    """Return up to ``count`` rows, each the one of greatest weight x distance to those before it.

    ``distances`` (n) are those to what was known before. Greedy k-centre, as a core-set for active
    learning (Sener and Savarese 2018), weighted by what each row tells by itself.
    """
    distances, chosen = distances.copy(), list[int]()
    free = np.ones(len(vectors), bool)
    for _ in range(min(count, len(vectors))):
        best = int(np.where(free, weights * distances, -1).argmax())
        chosen.append(best)
        free[best] = False
        distances = np.minimum(distances, np.maximum(1 - vectors @ vectors[best], 0))
    return chosen


def look_alikes(vectors: Numbers, within: float) -> list[list[int]]:
    """Return the rows in groups that look alike, the largest first, similar ones beside each other.

    The cosine distance between two parts that make a group is at most ``within`` on average
    (agglomerative clustering, average linkage). Groups and rows stand as in the clustering's tree,
    at each fork of which the side of the larger group comes first. ``vectors`` (n x 512) are of
    unit length.
    """
    if len(vectors) < 2:
        return [[row] for row in range(len(vectors))]
    from scipy.cluster.hierarchy import linkage

    trees: list[list[list[int]]] = [[[row]] for row in range(len(vectors))]
    for left, right, distance, _ in linkage(vectors, "average", metric="cosine"):
        # What is joined within the distance is one group already: distances only grow.
        sides = sorted((trees[int(left)], trees[int(right)]), key=lambda side: -len(side[0]))
        groups = sides[0] + sides[1]
        one = [row for group in groups for row in group]
        trees.append([one] if distance <= within else groups)
    return trees[-1]
