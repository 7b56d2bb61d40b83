"""The grid: columns of equal pieces, or rows of mixed ones, with constant gaps."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from recommendations.layout.pieces import (
    COMFORTABLE_HEIGHT_CM,
    GAP_CM,
    GOLDEN,
    Box,
    Piece,
    Rect,
    ranked,
)

# Lines of a grid, each a list of indices into the pieces.
_Lines = list[list[int]]


def grid(pieces: Sequence[Piece]) -> list[Rect]:
    """Return a place for each piece, the anchor's first: the cheapest of all fillings of lines."""
    first = pieces[0]
    equal = all(
        math.isclose(piece.width_cm, first.width_cm, abs_tol=1)
        and math.isclose(piece.height_cm, first.height_cm, abs_tol=1)
        for piece in pieces
    )
    plans: list[tuple[float, _Lines]] = []
    for counts in _fillings(len(pieces), 3 if equal else 5):
        if (counts == counts[::-1]) if equal else (len(counts) <= 3):
            for home in {(len(counts) - 1) // 2, len(counts) // 2}:
                lines = _by_nearness(pieces, counts, home, equal)
                plans.append((_cost(_placed(pieces, lines, equal)), lines))
    plans.sort(key=lambda plan: round(plan[0], 6))
    best = min(
        (_improved(pieces, plan, equal) for plan in plans[:3]), key=lambda plan: round(plan[0], 6)
    )
    return ranked(pieces, _placed(pieces, best[1], equal))


def _fillings(count: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield every sequence of lines of 1 to most pieces that holds count pieces."""
    if count == 0:
        yield ()
    for line in range(1, min(most, count) + 1):
        for rest in _fillings(count - line, most):
            yield (line, *rest)


def _by_nearness(
    pieces: Sequence[Piece], counts: Sequence[int], home: int, upright: bool
) -> _Lines:
    """Assign pieces (indices) to lines: the anchor to the home line's middle, then by rank."""
    across = sum(piece.width_cm for piece in pieces)
    along = sum(piece.height_cm for piece in pieces)
    if not upright:
        across, along = along, across
    start = -0.5 if counts[home] % 2 == 0 else 0.0
    slots = [
        (math.hypot((line - home) * across, (spot - (count - 1) / 2 - start) * along), -line, spot)
        for line, count in enumerate(counts)
        for spot in range(count)
    ]
    lines = [[0] * count for count in counts]
    for index, (_distance, from_right, spot) in enumerate(sorted(slots)):
        lines[-from_right][spot] = index
    return lines


def _improved(
    pieces: Sequence[Piece], plan: tuple[float, _Lines], upright: bool
) -> tuple[float, _Lines]:
    """Swap matches between slots as long as that lowers the cost."""
    cost, lines = plan
    improved = True
    while improved:
        improved = False
        for one, two in combinations(range(1, len(pieces)), 2):
            if pieces[one].size == pieces[two].size:
                continue
            swapped = [[{one: two, two: one}.get(i, i) for i in line] for line in lines]
            swapped_cost = _cost(_placed(pieces, swapped, upright))
            if swapped_cost < cost - 1e-6:
                cost, lines, improved = swapped_cost, swapped, True
    return cost, lines


def _placed(pieces: Sequence[Piece], lines: _Lines, upright: bool) -> list[Box]:
    """Build columns (upright) or rows, centred on one axis and flush towards the middle line.

    Computed as columns; each is pushed to the left until the gap stops it.
    """
    placed: dict[int, Box] = {}
    for place, line in enumerate(lines):
        flush = (place > (len(lines) - 1) / 2) - (place < (len(lines) - 1) / 2)
        sizes = [pieces[i].size if upright else pieces[i].size[::-1] for i in line]
        y = -(sum(height for _, height in sizes) + GAP_CM * (len(sizes) - 1)) / 2
        stack: list[Box] = []
        dx = -math.inf
        for width, height in sizes:
            left, bottom = (flush - 1) * width / 2, y + height
            for _, other_top, other_right, other_bottom in placed.values():
                if other_top - bottom < GAP_CM and y - other_bottom < GAP_CM:
                    dx = max(dx, other_right + GAP_CM - left)
            stack.append((left, y, left + width, bottom))
            y = bottom + GAP_CM
        if dx == -math.inf:
            dx = 0.0
        for index, (left, top, right, bottom) in zip(line, stack, strict=True):
            placed[index] = (left + dx, top, right + dx, bottom)
    boxes = [placed[index] for index in range(len(pieces))]
    return boxes if upright else [(top, left, bottom, right) for left, top, right, bottom in boxes]


def _cost(boxes: Sequence[Box]) -> float:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    left, top = min(lefts), min(tops)
    width, height = max(rights) - left, max(bottoms) - top
    area = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
    reach = math.sqrt(area)
    # Twice the middles: halves are taken of the distances.
    doubled = [(x0 + x1, y0 + y1) for x0, y0, x1, y1 in boxes]
    ranks = sum(
        math.dist(middle, doubled[0]) / 2 / (1 + i) for i, middle in enumerate(doubled[1:], start=1)
    )
    off = math.dist((2 * left + width, 2 * top + height), doubled[0]) / 2
    tallest = max(y1 - y0 for _, y0, _, y1 in boxes)
    one_row = len(boxes) > 3 and height < 1.01 * tallest
    cost: float = (
        8.0 * max(0.0, height / COMFORTABLE_HEIGHT_CM - 1)
        + 0.7 * abs(math.log(width / height / GOLDEN))
        + 2.0 * (1 - area / (width * height))
        + 0.25 * ranks / reach
        + 1.0 * off / reach
        + 1.0 * one_row
    )
    return cost
