"""The gate before a promotion: is a candidate worse than the version that serves?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catalog.models import Annotation, Label
from catalog.wording import percent
from ml.models import ModelVersion

RESAMPLES = 10_000
FEWEST_SHARED = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions on the labelled pictures that both guessed without having learnt from them.

    ``better`` and ``worse`` are ids of pictures that only one of them got right; ``low`` and
    ``high`` bound the gain in accuracy with 95 % (paired bootstrap, Efron and Tibshirani 1993).
    """

    shared: int
    before: float
    after: float
    low: float
    high: float
    better: tuple[int, ...]
    worse: tuple[int, ...]

    @property
    def is_worse(self) -> bool:
        return self.high < 0

    def __str__(self) -> str:
        return (
            f"accuracy {percent(self.after, 1)} against {percent(self.before, 1)} on {self.shared} "
            f"labelled pictures, a change of {100 * self.low:+.1f} to {100 * self.high:+.1f} points"
        )


def guesses(version: ModelVersion, today: Mapping[str, str]) -> dict[int, str]:
    """Return what a version took pictures for in cross-validation, by their ids, in ``today``'s
    names: those of labels that took the place of others."""
    said = version.metrics.get("guesses", {})
    return {int(pk): today.get(name, name) for pk, name in said.items()}


def compare(candidate: ModelVersion, live: ModelVersion) -> Comparison | None:
    """Compare by today's labels, those that both know; None where too few pictures are shared.

    The guesses are those of each version's cross-validation, so labels that were corrected since
    count for both.
    """
    truth = Annotation.objects.in_department(candidate.department).agreed()
    today = Label.objects.in_department(candidate.department).todays_names()
    ours, theirs = (guesses(version, today) for version in (candidate, live))
    # A label that was renamed or made since, one of them cannot have guessed.
    known = {today.get(name, name) for name in candidate.label_names}
    known &= {today.get(name, name) for name in live.label_names}
    shared = [pk for pk, name in truth.items() if name in known and pk in ours and pk in theirs]
    if len(shared) < FEWEST_SHARED:
        return None
    was_right = {pk for pk in shared if theirs[pk] == truth[pk]}
    is_right = {pk for pk in shared if ours[pk] == truth[pk]}
    better, worse = sorted(is_right - was_right), sorted(was_right - is_right)
    count = len(shared)
    shares = np.array([len(better), len(worse), count - len(better) - len(worse)]) / count
    # Resampling pictures with replacement draws from these three kinds.
    drawn = np.random.default_rng(0).multinomial(count, shares, RESAMPLES)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / count, [2.5, 97.5])
    return Comparison(
        shared=count,
        before=len(was_right) / count,
        after=len(is_right) / count,
        low=float(low),
        high=float(high),
        better=tuple(better),
        worse=tuple(worse),
    )
