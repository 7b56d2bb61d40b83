"""How many more labels: what a label's learning curve says of it; pure."""

from collections.abc import Sequence

import numpy as np

from catalog.room.guesses import Advice
from catalog.wording import percent

# That of ml.networks.heads, which only a process that trains loads.
FEWEST_OF_A_LABEL = 8
# An interval wider than this says nothing.
WIDEST = 0.4
# No label is told to gain faster by more pictures: errors fall with their root at most.
STEEPEST = 0.5
# So much recall is worth asking for more labels; at most as many as there are, or this many.
WORTH, ALWAYS = 0.03, 20
MORE = (10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000)


def advise(label: str, labelled: int, curve: Sequence[Sequence[float]]) -> Advice:
    """Say how well a label is found, and what more labelled pictures of it would bring.

    ``curve`` holds points [labelled pictures, recall, its lower and its upper bound], fewest
    pictures first, as a version measured them.
    """
    points = [(int(count), recall, low, high) for count, recall, low, high in curve]
    return Advice(label, labelled, points, _text(label, labelled, points))


def _text(label: str, labelled: int, points: Sequence[tuple[int, float, float, float]]) -> str:
    if not points:
        if labelled < FEWEST_OF_A_LABEL:
            missing = FEWEST_OF_A_LABEL - labelled
            return (
                f"Too few to say: a label is learnt from {FEWEST_OF_A_LABEL} pictures on. "
                f"Label {missing} more {label}."
            )
        return f"Not measured: train a new version, which learns {label} from {labelled} pictures."
    _, recall, low, high = points[-1]
    if high - low > WIDEST:
        return (
            f"Too few to say: the model finds somewhere from {percent(low)} to {percent(high)} of "
            f"{label}. Label about {ALWAYS} more."
        )
    if len({count for count, *_ in points}) < 2:
        return (
            f"The model finds {percent(recall)} of {label} ({percent(low)} to {percent(high)}); "
            "what more labels bring was not measured."
        )
    now = expected_recall(points, labelled)
    for more in MORE:
        then = expected_recall(points, labelled + more)
        if more <= max(labelled, ALWAYS) and then - now >= WORTH:
            return (
                f"About {more} more {label} would bring the share found from {percent(now)} to "
                f"{percent(then)}."
            )
    twice = expected_recall(points, 2 * labelled)
    return (
        f"More labels would hardly help: the model finds about {percent(now)} of {label}, with "
        f"twice as many labels {percent(twice)}."
    )


def expected_recall(points: Sequence[tuple[int, float, float, float]], labelled: int) -> float:
    """Return the recall, in [0, 1], to expect of a label with so many labelled pictures.

    The share that is missed falls as a power of their number (Figueroa et al. 2012; Hestness et
    al. 2017), fitted to the points by least squares of logarithms. The middles of their intervals
    (Wilson 1927) are never 0 nor 1.
    """
    counts = np.log([max(count, 1) for count, *_ in points])
    missed = np.log([1 - (low + high) / 2 for *_, low, high in points])
    spread = counts - counts.mean()
    slope = np.clip(spread @ missed / (spread @ spread), -STEEPEST, 0.0)
    return float(1 - np.exp(missed.mean() + slope * (np.log(max(labelled, 1)) - counts.mean())))
