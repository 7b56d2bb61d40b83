"""Learning curves as they are drawn; pure."""

from collections.abc import Sequence
from typing import Any

from catalog.wording import percent

# Within a view box of 240 x 110: where the curve begins and ends, and where 0 and 1 lie.
LEFT, WIDTH, BOTTOM, HEIGHT = 28, 208, 88, 82


def drawn(curve: Sequence[Sequence[float]]) -> dict[str, Any] | None:
    """Return a label's learning curve for _curve.html; None where it has fewer than two points.

    ``curve`` holds [labelled pictures, share found, its lower and its upper bound], fewest first.
    """
    if len(curve) < 2:
        return None
    first, last = int(curve[0][0]), int(curve[-1][0])

    def place(count: float, share: float) -> tuple[str, str]:
        across = (count - first) / max(1, last - first)
        return f"{LEFT + WIDTH * across:.1f}", f"{BOTTOM - HEIGHT * share:.1f}"

    points = [
        (
            *place(count, share),
            f"{count:.0f} pictures: {percent(share)} ({percent(least)} to {percent(most)})",
        )
        for count, share, least, most in curve
    ]
    upper = [place(count, most) for count, _, _, most in curve]
    lower = [place(count, least) for count, _, least, _ in reversed(curve)]
    return {
        "first": first,
        "last": last,
        "points": points,
        "line": " ".join(f"{across},{down}" for across, down, _ in points),
        "band": " ".join(map(",".join, [*upper, *lower])),
        "says": f"From {first} to {last} labelled pictures, the share found goes from "
        f"{percent(curve[0][1])} to {percent(curve[-1][1])}",
    }
