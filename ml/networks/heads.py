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
from sklearn.semi_supervised import SelfTrainingClassifier

from ml.networks.metrics import label_report, wilson_interval

FEWEST_OF_A_LABEL = 8
FOLDS = 5
# What a fold has not learnt, it takes nothing for.
UNKNOWN = -30.0
HEATS = (0.05, 20.0)
CALIBRATION_BINS = 15
# So sure a head must be of a picture without a label to learn from it, and so many it looks at.
SURE_OF, MOST_UNLABELLED = 0.8, 2_000
# How often a guess must have been right to be told as a fact.
OFTEN = 0.9
# From so much of the labelled pictures heads learn, to see what more labels bring.
SHARES = (0.25, 0.5, 0.75)

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

    def thinned(self, folds: Folds, share: float, seed: int) -> Folds:
        """Return the folds with so much of each label to learn from; less is part of more."""
        order = np.random.default_rng(seed).permutation(len(self.truth))
        thinned = []
        for train, test in folds:
            shuffled = order[np.isin(order, train)]
            of_label = [shuffled[self.truth[shuffled] == one] for one in range(len(self.names))]
            kept = [rows[: math.ceil(share * len(rows))] for rows in of_label]
            thinned.append((np.sort(np.concatenate(kept)), test))
        return thinned

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


@dataclass(frozen=True, slots=True)
class Views:
    """Labelled pictures as another shop might show them, by their vectors (n x 512).

    ``of`` says which labelled picture each shows, ``first`` whether it is measured on: one of each.
    Heads learn from them where they are ``taught``.
    """

    of: NDArray[np.int64]
    first: NDArray[np.bool_]
    vectors: NDArray[np.float32]
    taught: bool

    def show(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which views show one of the labelled pictures ``rows``."""
        return np.isin(self.of, rows)


NO_VIEWS = Views(np.zeros(0, np.int64), np.zeros(0, bool), np.zeros((0, 0), np.float32), False)


def learn_labels(
    pictures: Labelled | str,
    vectors: NDArray[np.float32],
    seed: int,
    unseen: NDArray[np.float64] | None = None,
    views: Views = NO_VIEWS,
) -> tuple[LogisticRegression | None, dict[str, Any]]:
    """Fit the label head on all labelled pictures; measure it in grouped cross-validation.

    ``vectors`` are those of all pictures; from those without a label it learns what it is sure of.
    ``elsewhere`` measures it on ``views`` of the labelled ones; it may learn from them too.
    Where labels shaped them, ``unseen`` must say (n x labels) what folds took the labelled ones for
    that had not seen them; then no head is fitted. The measures' ``guesses`` are that by picture.
    The head is calibrated by their ``temperature``: its probabilities are how often such guesses
    were right there.
    """
    if isinstance(pictures, str):
        return None, {"accuracy": None, "macro_f1": None, "unlabelled_reason": pictures}
    head = None
    folds = pictures.folds(seed)
    fewer = []
    if unseen is None:
        course = _Course(pictures, vectors, views, seed)
        head = course.head(np.arange(len(pictures.truth)))
        if len(pictures.names) == 2:
            # scikit-learn gives two classes one row of weights; a softmax wants one each.
            head.coef_ = np.vstack([-head.coef_, head.coef_]) / 2
            head.intercept_ = np.concatenate([-head.intercept_, head.intercept_]) / 2
        unseen = np.zeros((0, 0))
        if folds:
            unseen, elsewhere = course.unseen(folds)
            for share in SHARES:
                thinned = pictures.thinned(folds, share, seed)
                fewer.append((thinned, course.unseen(thinned)[0]))
    if not len(unseen):
        reason = "The pictures of a label are all look-alikes: what it learnt cannot be measured."
        return head, {"accuracy": None, "macro_f1": None, "unlabelled_reason": reason}
    guesses = [pictures.names[best] for best in unseen.argmax(axis=1)]
    heat = temperature(unseen, pictures.truth)
    if head is not None:
        head.coef_, head.intercept_ = head.coef_ / heat, head.intercept_ / heat
    calibrated = softmax(unseen / heat, axis=1)
    return head, {
        **_report(pictures, unseen, np.arange(len(pictures.truth))),
        "guesses": dict(zip(map(str, pictures.ids), guesses, strict=True)),
        "probabilities": {
            str(pk): round(float(sure), 4)
            for pk, sure in zip(pictures.ids, calibrated.max(axis=1), strict=True)
        },
        "self_confidence": {
            name: float(calibrated[pictures.truth == one, one].mean())
            for one, name in enumerate(pictures.names)
        },
        "label_curve": label_curve(pictures, [*fewer, (folds, unseen)]),
        "temperature": heat,
        "calibration_error": calibration_error(calibrated, pictures.truth),
        "calibration_error_before": calibration_error(softmax(unseen, axis=1), pictures.truth),
        "sure_from": sure_from(calibrated, pictures.truth),
        "other_sources": None if head is None else other_sources(pictures, vectors, seed, views),
        "elsewhere": None
        if head is None or not len(views.of)
        else _report(pictures, elsewhere[views.first], views.of[views.first]),
    }


def _report(
    pictures: Labelled, logits: NDArray[np.float64], rows: NDArray[np.int64]
) -> dict[str, Any]:
    """Compare what was said (n x labels) of the labelled pictures ``rows`` with the truth."""
    guesses = [pictures.names[best] for best in logits.argmax(axis=1)]
    return label_report(
        [pictures.names[one] for one in pictures.truth[rows]], guesses, pictures.names
    )


def label_curve(
    pictures: Labelled, measured: Sequence[tuple[Folds, NDArray[np.float64]]]
) -> dict[str, list[list[float]]]:
    """Return by label how often it was found, by how many pictures of it were learnt from.

    ``measured`` holds folds, fewest labelled pictures first, and what was said (n x labels) of the
    pictures that they held out. A point is [pictures of the label in the folds' training parts, on
    average; the share of its pictures that were taken for it; lower and upper bound of that, 95 %].
    """
    curve: dict[str, list[list[float]]] = {}
    for one, name in enumerate(pictures.names):
        own = pictures.truth == one
        for folds, logits in measured:
            if folds:
                learnt = np.mean([np.sum(own[train]) for train, _ in folds])
                right, count = int(np.sum(logits[own].argmax(axis=1) == one)), int(own.sum())
                point = [float(round(learnt)), right / count, *wilson_interval(right, count)]
                curve.setdefault(name, []).append(point)
    return curve


def sure_from(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float | None:
    """Return the probability from which on nine of ten first guesses were right; None for none.

    There the monotone curve that fits best how often guesses are right (isotonic regression)
    reaches nine of ten, and of all guesses from there on as many were right beyond chance (the
    lower end of Wilson's interval).
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    often = IsotonicRegression(y_min=0, y_max=1).fit_transform(sure, right.astype(float))
    for enough in np.unique(sure[often >= OFTEN]):
        counted = sure >= enough
        if wilson_interval(int(right[counted].sum()), int(counted.sum()))[0] >= OFTEN:
            return float(enough)
    return None


def _unlabelled(pictures: Labelled, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors of pictures that are not labelled, at most MOST_UNLABELLED of them."""
    others = np.setdiff1d(np.arange(len(vectors)), pictures.rows)
    return vectors[others[:: max(1, -(-len(others) // MOST_UNLABELLED))]]


@dataclass(frozen=True, slots=True)
class _Course:
    """What heads learn from."""

    pictures: Labelled
    vectors: NDArray[np.float32]
    views: Views
    seed: int

    def head(self, rows: NDArray[np.int64]) -> LogisticRegression:
        """Fit a head on some of the labelled pictures, their views, and what has no label."""
        x, truth = self.vectors[self.pictures.rows[rows]], self.pictures.truth[rows]
        if self.views.taught:
            learnt = self.views.show(rows)
            x = np.concatenate([x, self.views.vectors[learnt]])
            truth = np.concatenate([truth, self.pictures.truth[self.views.of[learnt]]])
        head = softmax_head(self.seed)
        unlabelled = _unlabelled(self.pictures, self.vectors)
        if not len(unlabelled):
            return head.fit(x, truth)
        # Once more with what it is sure of among the unlabelled (Yarowsky 1995).
        learner = SelfTrainingClassifier(head, threshold=SURE_OF, max_iter=1)
        learner.fit(np.concatenate([x, unlabelled]), np.append(truth, [-1] * len(unlabelled)))
        fitted: LogisticRegression = learner.estimator_
        return fitted

    def unseen(self, folds: Folds) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what heads of the folds say (n x labels) of pictures they have not seen, and of
        the views of these."""
        labels = len(self.pictures.names)
        logits = np.full((len(self.pictures.truth), labels), UNKNOWN)
        of_views = np.full((len(self.views.of), labels), UNKNOWN)
        for train, test in folds:
            viewed = self.views.show(test)
            known = np.unique(self.pictures.truth[train])
            if len(known) == 1:
                logits[test, known[0]] = of_views[viewed, known[0]] = 0.0
                continue
            head = self.head(train)
            logits[np.ix_(test, known)] = _said(head, self.vectors[self.pictures.rows[test]])
            if viewed.any():
                of_views[np.ix_(viewed, known)] = _said(head, self.views.vectors[viewed])
        return logits, of_views


def _said(head: LogisticRegression, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the logits (n x labels), of two labels too."""
    values = head.decision_function(x)
    if len(head.classes_) == 2:
        values = np.stack([-values / 2, values / 2], axis=1)
    return np.asarray(values, np.float64)


def other_sources(
    pictures: Labelled, vectors: NDArray[np.float32], seed: int, views: Views = NO_VIEWS
) -> dict[str, Any] | None:
    """Return how heads do on each shop's pictures that learnt from other shops alone.

    None where fewer than two shops have enough labelled pictures.
    """
    folds = pictures.folds_by_source()
    if len(folds) < 2:
        return None
    tested = np.concatenate([test for _, test in folds])
    logits, _ = _Course(pictures, vectors, views, seed).unseen(folds)
    return {**_report(pictures, logits[tested], tested), "sources": len(folds)}


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


def softmax_head(seed: int) -> LogisticRegression:
    """Return the unfitted head: rare labels weigh as much as common ones."""
    return LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced", random_state=seed)


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
