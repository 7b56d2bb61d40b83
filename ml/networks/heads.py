"""Learn labels from vectors: a softmax head, measured on pictures that it has not seen."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from ml.networks.metrics import label_report

FEWEST_OF_A_LABEL = 8
FOLDS = 5


def learn_labels(
    used: Sequence[int],
    vectors: NDArray[np.float32],
    labels: Mapping[int, str],
    groups: Mapping[int, int],
    seed: int,
) -> tuple[tuple[str, ...], LogisticRegression | None, dict[str, Any]]:
    """Fit the label head on all labelled pictures; measure it in grouped cross-validation."""
    rows = [row for row, pk in enumerate(used) if pk in labels]
    truth = np.array([labels[used[row]] for row in rows])
    counts = {str(name): int(np.sum(truth == name)) for name in np.unique(truth)}
    names = tuple(sorted(name for name, count in counts.items() if count >= FEWEST_OF_A_LABEL))
    if len(names) < 2:
        reason = (
            f"A label is learnt from {FEWEST_OF_A_LABEL} pictures on, and at least two labels are "
            f"needed; there are {_in_words(counts)}."
        )
        return (), None, {"accuracy": None, "macro_f1": None, "unlabelled_reason": reason}
    keep = np.isin(truth, names)
    x, y = vectors[rows][keep], truth[keep]
    ids = [used[row] for row, kept in zip(rows, keep, strict=True) if kept]
    twins = look_alikes([groups[pk] for pk in ids]) if groups else np.arange(len(ids))
    return names, _head_for(x, y, names, seed), _cross_validated(x, y, twins, names, seed)


def _cross_validated(
    x: NDArray[np.float32],
    y: NDArray[np.str_],
    twins: NDArray[np.int64],
    names: tuple[str, ...],
    seed: int,
) -> dict[str, Any]:
    """Return the label report of stratified folds that keep look-alikes (``twins``) together."""
    count = min(FOLDS, *(len(np.unique(twins[y == name])) for name in names))
    if count < 2:
        reason = "The pictures of a label are all look-alikes: what it learnt cannot be measured."
        return {"accuracy": None, "macro_f1": None, "unlabelled_reason": reason}
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    guesses = np.empty_like(y)
    for train, test in folds.split(x, y, twins):
        known = np.unique(y[train])
        guesses[test] = (
            _head(seed).fit(x[train], y[train]).predict(x[test]) if len(known) > 1 else known[0]
        )
    return label_report(y.tolist(), guesses.tolist(), names)


def _head(seed: int) -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced", random_state=seed)


def _head_for(
    x: NDArray[np.float32], y: NDArray[np.str_], names: tuple[str, ...], seed: int
) -> LogisticRegression:
    head = _head(seed).fit(x, y)
    if len(names) == 2:
        # scikit-learn gives two classes one row of weights; a softmax wants one each.
        head.coef_ = np.vstack([-head.coef_, head.coef_]) / 2
        head.intercept_ = np.concatenate([-head.intercept_, head.intercept_]) / 2
    return head


def look_alikes(hashes: Sequence[int], within: int = 6) -> NDArray[np.int64]:
    """Return a group number per 64-bit perceptual hash; chains of hashes that differ in at most
    ``within`` bits share one."""
    bits = np.array(hashes, dtype=np.int64).view(np.uint64)
    group = np.arange(len(bits))
    for row in range(len(bits)):
        close = np.flatnonzero(np.bitwise_count(bits[row + 1 :] ^ bits[row]) <= within) + row + 1
        for other in close:
            group[group == group[other]] = group[row]
    return group


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
