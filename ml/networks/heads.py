"""Learn labels from vectors: a softmax head, measured on pictures that it has not seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from ml.networks.metrics import label_report

FEWEST_OF_A_LABEL = 8
FOLDS = 5
# What a fold has not learnt, it takes nothing for.
UNKNOWN = -30.0
HEATS = (0.05, 20.0)
CALIBRATION_BINS = 15
# How often a guess must have been right to be told as a fact.
OFTEN = 0.9

Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """The pictures to learn labels from: their ``rows`` and ids, and each one's label.

    ``truth`` says where the label stands in ``names``. Rows of the same number in ``twins`` look
    alike, those of the same in ``sources`` come from the same shop.
    """

    rows: NDArray[np.int64]
    ids: tuple[int, ...]
    truth: NDArray[np.int64]
    names: tuple[str, ...]
    twins: NDArray[np.int64]
    sources: NDArray[np.int64]

    def folds(self, seed: int) -> Folds:
        """Return stratified (train, test) that keep look-alikes together; none where two cannot be
        made."""
        groups = [len(np.unique(self.twins[self.truth == one])) for one in range(len(self.names))]
        count = min(FOLDS, *groups)
        if count < 2:
            return []
        folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        return list(folds.split(self.rows, self.truth, self.twins))

    def folds_by_source(self) -> Folds:
        """Return (train, test) that hold out each shop in turn with all that looks like its own."""
        sources, counts = np.unique(self.sources, return_counts=True)
        folds = []
        for source in sources[counts >= FEWEST_OF_A_LABEL]:
            test = self.sources == source
            train = ~test & ~np.isin(self.twins, self.twins[test])
            if len(np.unique(self.truth[train])) > 1:
                folds.append((np.flatnonzero(train), np.flatnonzero(test)))
        return folds


def labelled(
    used: Sequence[int],
    labels: Mapping[int, str],
    groups: Mapping[int, int],
    sources: Mapping[int, int] | None = None,
    products: Mapping[int, int] | None = None,
) -> Labelled | str:
    """Return what of the pictures labels can be learnt from, or why they cannot, in words.

    ``groups`` gives each picture's perceptual hash, ``sources`` its shop, ``products`` the piece it
    shows: pictures of one count as look-alikes.
    """
    rows = [row for row, pk in enumerate(used) if pk in labels]
    given = np.array([labels[used[row]] for row in rows])
    counts = {str(name): int(np.sum(given == name)) for name in np.unique(given)}
    names = tuple(sorted(name for name, count in counts.items() if count >= FEWEST_OF_A_LABEL))
    if len(names) < 2:
        return (
            f"A label is learnt from {FEWEST_OF_A_LABEL} pictures on, and at least two labels are "
            f"needed; there are {_in_words(counts)}."
        )
    keep = np.isin(given, names)
    kept = np.array(rows)[keep]
    ids = tuple(used[row] for row in kept)
    twins = look_alikes([groups[pk] for pk in ids]) if groups else np.arange(len(ids))
    if products:
        shown = np.array([products[pk] for pk in ids])
        for product in np.unique(shown):
            twins[np.isin(twins, twins[shown == product])] = twins[shown == product][0]
    shops = np.array([(sources or {}).get(pk, 0) for pk in ids])
    return Labelled(kept, ids, np.searchsorted(names, given[keep]), names, twins, shops)


def learn_labels(
    pictures: Labelled | str,
    vectors: NDArray[np.float32],
    seed: int,
    unseen: NDArray[np.float64] | None = None,
) -> tuple[LogisticRegression | None, dict[str, Any]]:
    """Fit the label head on all labelled pictures; measure it in grouped cross-validation.

    ``vectors`` are those of all pictures. Where labels shaped them, ``unseen`` must say (n x
    labels) what folds took the labelled ones for that had not seen them; then no head is fitted.
    The measures' ``guesses`` are that by picture. The head is calibrated by their ``temperature``:
    its probabilities are how often such guesses were right there.
    """
    if isinstance(pictures, str):
        return None, {"accuracy": None, "macro_f1": None, "unlabelled_reason": pictures}
    head = None
    if unseen is None:
        x = vectors[pictures.rows]
        head = _head_for(x, pictures.truth, len(pictures.names), seed)
        folds = pictures.folds(seed)
        unseen = _unseen_logits(x, pictures, folds, seed) if folds else np.zeros((0, 0))
    if not len(unseen):
        reason = "The pictures of a label are all look-alikes: what it learnt cannot be measured."
        return head, {"accuracy": None, "macro_f1": None, "unlabelled_reason": reason}
    guesses = [pictures.names[best] for best in unseen.argmax(axis=1)]
    truth = [pictures.names[one] for one in pictures.truth]
    heat = temperature(unseen, pictures.truth)
    if head is not None:
        head.coef_, head.intercept_ = head.coef_ / heat, head.intercept_ / heat
    calibrated = softmax(unseen / heat, axis=1)
    return head, {
        **label_report(truth, guesses, pictures.names),
        "guesses": dict(zip(map(str, pictures.ids), guesses, strict=True)),
        "temperature": heat,
        "calibration_error": calibration_error(calibrated, pictures.truth),
        "calibration_error_before": calibration_error(softmax(unseen, axis=1), pictures.truth),
        "sure_from": sure_from(calibrated, pictures.truth),
        "other_sources": None if head is None else other_sources(pictures, vectors, seed),
    }


def sure_from(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return the probability from which on nine of ten first guesses were right; 1 for none.

    Read off the monotone curve that fits best how often guesses are right (isotonic regression).
    """
    sure = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == truth).astype(float)
    often = IsotonicRegression(y_min=0, y_max=1).fit_transform(sure, right)
    enough = sure[often >= OFTEN]
    return float(enough.min()) if len(enough) else 1.0


def _unseen_logits(
    x: NDArray[np.float32], pictures: Labelled, folds: Folds, seed: int
) -> NDArray[np.float64]:
    """Return what heads of the folds say (n x labels) of pictures they have not seen."""
    logits = np.full((len(x), len(pictures.names)), UNKNOWN)
    for train, test in folds:
        known = np.unique(pictures.truth[train])
        if len(known) == 1:
            logits[test, known[0]] = 0.0
            continue
        values = _head(seed).fit(x[train], pictures.truth[train]).decision_function(x[test])
        if len(known) == 2:
            values = np.stack([-values / 2, values / 2], axis=1)
        logits[np.ix_(test, known)] = values
    return logits


def other_sources(
    pictures: Labelled, vectors: NDArray[np.float32], seed: int
) -> dict[str, Any] | None:
    """Return how heads do on each shop's pictures that learnt from other shops alone.

    None where fewer than two shops have enough labelled pictures.
    """
    folds = pictures.folds_by_source()
    if len(folds) < 2:
        return None
    tested = np.concatenate([test for _, test in folds])
    logits = _unseen_logits(vectors[pictures.rows], pictures, folds, seed)[tested]
    truth = [pictures.names[one] for one in pictures.truth[tested]]
    guesses = [pictures.names[best] for best in logits.argmax(axis=1)]
    return {**label_report(truth, guesses, pictures.names), "sources": len(folds)}


def temperature(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return what to divide logits (n x labels) by for the likeliest chances (Guo et al. 2017).

    ``truth`` has the right column of each row. Between 0.05 and 20.
    """

    def surprise(log_heat: float) -> float:
        chances = log_softmax(logits / math.exp(log_heat), axis=1)
        return float(-chances[np.arange(len(truth)), truth].mean())

    low, high = (math.log(heat) for heat in HEATS)
    return float(math.exp(minimize_scalar(surprise, bounds=(low, high), method="bounded").x))


def calibration_error(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return how far the first guess's probability is from how often it is right, on average.

    The expected calibration error over 15 bins of equal width (Guo et al. 2017), in [0, 1].
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((sure * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return float(
        sum(
            abs(right[bins == one].mean() - sure[bins == one].mean()) * np.mean(bins == one)
            for one in np.unique(bins)
        )
    )


def _head(seed: int) -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced", random_state=seed)


def _head_for(
    x: NDArray[np.float32], truth: NDArray[np.int64], labels: int, seed: int
) -> LogisticRegression:
    head = _head(seed).fit(x, truth)
    if labels == 2:
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
        for other in close[group[close] != group[row]]:
            group[group == group[other]] = group[row]
    return group


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
