"""Measures of labels and of companions; pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score


def wilson_interval(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); (0, 1) where nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    share = right / count
    centre = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def label_report(
    truth: Sequence[str], guesses: Sequence[str], names: Sequence[str]
) -> dict[str, Any]:
    """Return accuracy with its interval, macro F1 over the true labels, and the confusion matrix.

    ``confusion["counts"][i][j]`` counts pictures of label names[i] taken for names[j];
    ``confusion["right"][i]`` and ``confusion["intervals"][i]`` are the share of it that was taken
    for itself.
    """
    if len(truth) != len(guesses) or not truth:
        raise ValueError(f"{len(truth)} labels and {len(guesses)} guesses cannot be compared")
    present = [name for name in names if name in set(truth)]
    right = sum(a == b for a, b in zip(truth, guesses, strict=True))
    counts = confusion_matrix(truth, guesses, labels=list(names))
    rows = [(int(counts[row, row]), int(counts[row].sum())) for row in range(len(names))]
    return {
        "accuracy": float(accuracy_score(truth, guesses)),
        "accuracy_interval": list(wilson_interval(right, len(truth))),
        "macro_f1": float(
            f1_score(truth, guesses, labels=present, average="macro", zero_division=0)
        ),
        "confusion": {
            "labels": list(names),
            "counts": counts.tolist(),
            "right": [found / count if count else None for found, count in rows],
            "intervals": [list(wilson_interval(found, count)) for found, count in rows],
        },
        "label_count": len(truth),
    }


def companions_report(
    series: Sequence[tuple[str, int]], vectors: NDArray[np.float32]
) -> dict[str, Any]:
    """Return hit@3, hit@10 and MRR: how high a picture's own series ranks among all others.

    ``series`` names for each query its series and its row in ``vectors`` (n x 512, unit length),
    the gallery. A query's best companion counts; a query alone in its series is left out.
    """
    members: dict[str, list[int]] = {}
    for name, row in series:
        members.setdefault(name, []).append(row)
    ranks = []
    for name, row in series:
        others = [other for other in members[name] if other != row]
        if not others:
            continue
        distances = 1 - vectors @ vectors[row]
        distances[row] = np.inf
        nearest = min(float(distances[other]) for other in others)
        # Ties count against us: every other picture as near as the companion comes before it.
        ranks.append(int(np.sum(distances <= nearest)) if nearest < np.inf else len(vectors))
    return {**rank_measures(ranks), "companion_count": len(ranks)}


def rank_measures(ranks: Sequence[int]) -> Mapping[str, float | None]:
    """Return hit@3, hit@10 and the mean reciprocal rank of ranks that begin at 1."""
    if not ranks:
        return {"hit_at_3": None, "hit_at_10": None, "mrr": None}
    return {
        "hit_at_3": sum(rank <= 3 for rank in ranks) / len(ranks),
        "hit_at_10": sum(rank <= 10 for rank in ranks) / len(ranks),
        "mrr": sum(1 / rank for rank in ranks) / len(ranks),
    }
