"""Hang pieces on a wall: pure geometry in centimetres.

One convention everywhere: x grows to the right from the wall's left edge, y grows downwards from
the wall's upper edge (the ceiling), and a piece's place is its upper left corner. The floor is at
y = wall height, so a height above the floor is ``wall.height_cm - y``.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

ARRANGEMENTS = ("salon", "row", "grid")
MAX_MATCHES = 8
MAX_SIDE_CM = 400.0

# Two pieces hung this far apart on both axes are 7.8 cm apart corner to corner, so the rule
# "5 to 8 cm between neighbours" holds whichever way the gap is measured.
GAP_CM = 5.5
NEIGHBOUR_GAP_CM = (5.0, 8.0)

CENTRE_LINE_CM = 147.5
WALL_HEIGHT_CM = 260.0
MARGIN_CM = 20.0
MIN_WALL_WIDTH_CM = 320.0
SIDE_MARGIN_CM = 55.0

# The tallest group that still has its middle at CENTRE_LINE_CM under a ceiling at WALL_HEIGHT_CM.
COMFORTABLE_HEIGHT_CM = 2 * (WALL_HEIGHT_CM - MARGIN_CM - CENTRE_LINE_CM)

_BORDER_SHARE, _BORDER_MIN_CM, _BORDER_MAX_CM = 0.115, 3.5, 9.0
_BORDER_OF_SHORT_SIDE = 0.32
_FRAME_OF_BORDER = 0.27

_PRINT_SIDES_CM = (8.0, 160.0)
_ASPECTS = (0.2, 5.0)

_BEAM = 16
_BRANCH = 8
_GOLDEN = 1.618


# Lines of a grid, each a list of indices into the pieces.
_Lines = list[list[int]]
# Left, top, right, bottom, where a search tries thousands.
_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """Hold an upright rectangle; every method returns a new value."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def centre(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2

    @property
    def area(self) -> float:
        return self.width * self.height

    @classmethod
    def around(cls, rects: Sequence["Rect"]) -> "Rect":
        """Return the smallest rectangle that holds all of them (at least one)."""
        left, top = min(r.left for r in rects), min(r.top for r in rects)
        right, bottom = max(r.right for r in rects), max(r.bottom for r in rects)
        return cls(left, top, right - left, bottom - top)

    def moved(self, dx: float, dy: float) -> "Rect":
        return Rect(self.left + dx, self.top + dy, self.width, self.height)

    def expanded(self, by: float) -> "Rect":
        """Return the rectangle grown by this much on every side; a negative value shrinks it."""
        return Rect(self.left - by, self.top - by, self.width + 2 * by, self.height + 2 * by)

    def gap_to(self, other: "Rect") -> float:
        """Return the clear distance along the axis that separates them more; < 0: they overlap."""
        across = max(other.left - self.right, self.left - other.right)
        along = max(other.top - self.bottom, self.top - other.bottom)
        return max(across, along)

    def overlaps(self, other: "Rect") -> bool:
        return self.gap_to(other) < 0

    def inside(self, other: "Rect") -> bool:
        return (
            self.left >= other.left
            and self.top >= other.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )

    def distance_to(self, other: "Rect") -> float:
        """Return the distance from centre to centre."""
        return math.dist(self.centre, other.centre)


@dataclass(frozen=True, slots=True)
class Piece:
    """Describe what is hung: a key of the caller's and the frame's outer size (cm).

    Raises ValueError for a side that is not a finite number above 0 and up to 400 cm.
    """

    key: int | str
    width_cm: float
    height_cm: float

    def __post_init__(self) -> None:
        for side in (self.width_cm, self.height_cm):
            if not (math.isfinite(side) and 0 < side <= MAX_SIDE_CM):
                raise ValueError(
                    f"piece {self.key!r}: a side must be above 0 and up to {MAX_SIDE_CM:g} cm, "
                    f"not {side!r}"
                )

    @property
    def size(self) -> tuple[float, float]:
        return self.width_cm, self.height_cm


@dataclass(frozen=True, slots=True)
class Hanging:
    """Place a piece: x from the wall's left, y from the wall's upper edge, to its upper left."""

    piece: Piece
    x_cm: float
    y_cm: float

    @property
    def rect(self) -> Rect:
        return Rect(self.x_cm, self.y_cm, self.piece.width_cm, self.piece.height_cm)


@dataclass(frozen=True, slots=True)
class Layout:
    """Hold one wall: its size (cm) and the hangings, the anchor first, then matches by rank."""

    arrangement: str
    width_cm: float
    height_cm: float
    hangings: tuple[Hanging, ...]

    @property
    def anchor(self) -> Hanging:
        return self.hangings[0]

    @property
    def group(self) -> Rect:
        """Return the bounding box of all pieces."""
        return Rect.around([hanging.rect for hanging in self.hangings])

    @property
    def centre_line_cm(self) -> float:
        """Return the height of the group's middle above the floor."""
        return self.height_cm - self.group.centre[1]


def arrange(anchor: Piece, matches: Sequence[Piece], arrangement: str) -> Layout:
    """Hang the matches (0 to 8, best first) around the anchor.

    Holds for every arrangement: no two pieces come closer than 5 cm; every piece has a neighbour
    at 5 to 8 cm and all hang together by such gaps; no piece comes nearer than 20 cm to the
    ceiling or the floor and 55 cm to the wall's ends. The wall is 260 cm high and at least 320 cm
    wide. The group's middle is 147.5 cm above the floor up to a height of 185 cm; a taller group
    keeps 20 cm to the ceiling and moves down; above 220 cm the wall grows to 20 cm around it.

    row: every piece's middle on one line, anchor in the middle, ranks alternating right and left.
    grid: pieces of one size (to 1 cm) in columns of 1 to 3 that mirror each other about the middle;
    mixed sizes in up to three rows with constant gaps, centred above one another and flush towards
    the middle row or the line between two: of two rows every gap is the same.
    salon: pieces packed around the anchor by rank, compact and balanced (a beam search).
    In grid and salon, among pieces of one size a better rank never hangs farther from the anchor.

    The same input gives the same wall. Raises ValueError for an unknown arrangement or more than
    8 matches.
    """
    if arrangement not in ARRANGEMENTS:
        raise ValueError(
            f"arrangement must be one of {', '.join(ARRANGEMENTS)}, not {arrangement!r}"
        )
    if len(matches) > MAX_MATCHES:
        raise ValueError(f"a wall takes up to {MAX_MATCHES} matches, not {len(matches)}")
    place: Callable[[Sequence[Piece]], list[Rect]] = {"row": _row, "grid": _grid, "salon": _salon}[
        arrangement
    ]
    pieces = [anchor, *matches]
    return _on_wall(arrangement, pieces, place(pieces))


def arrange_all(anchor: Piece, matches: Sequence[Piece]) -> tuple[Layout, ...]:
    """Return the wall in every arrangement, in the order of ARRANGEMENTS; raises as arrange."""
    return tuple(arrange(anchor, matches, arrangement) for arrangement in ARRANGEMENTS)


def print_size(
    width_cm: float | None,
    height_cm: float | None,
    aspect: float,
    *,
    default_long_side_cm: float = 50.0,
) -> tuple[float, float]:
    """Return a print's (width, height) in cm from the product's size, else from its picture.

    aspect is the picture's width / height (held within 1:5 and 5:1). With one side given the other
    follows from the aspect; with none the longer side is default_long_side_cm. Two sides given in
    the wrong order (portrait for a landscape picture, as shops write "30 x 40") are swapped. The
    result keeps its proportions and has sides within 8 and 160 cm.
    Raises ValueError for a number that is not finite and above 0.
    """
    numbers = {
        "width_cm": width_cm,
        "height_cm": height_cm,
        "aspect": aspect,
        "default_long_side_cm": default_long_side_cm,
    }
    for name, number in numbers.items():
        if number is not None and not (math.isfinite(number) and number > 0):
            raise ValueError(f"{name} must be a finite number above 0, not {number!r}")
    ratio = min(max(aspect, _ASPECTS[0]), _ASPECTS[1])
    if width_cm is not None and height_cm is not None:
        width, height = width_cm, height_cm
        if (width - height) * (ratio - 1) < 0 and abs(math.log(ratio)) > 0.05:
            width, height = height, width
    elif width_cm is not None:
        width, height = width_cm, width_cm / ratio
    elif height_cm is not None:
        width, height = height_cm * ratio, height_cm
    else:
        width = default_long_side_cm * min(1.0, ratio)
        height = width / ratio
    low, high = _PRINT_SIDES_CM
    scale = max(1.0, low / min(width, height))
    scale = min(scale, high / max(width, height))
    return max(low, width * scale), max(low, height * scale)


def frame_outer_size(width_cm: float, height_cm: float) -> tuple[float, float]:
    """Return the outer (width, height) in cm of a print with the mat and frame we draw around it.

    The border is 11.5 % of the outer long side within 3.5 and 9 cm, less on very slim prints.
    borders() is its inverse. Raises ValueError for a side that is not finite and above 0.
    """
    for side in (width_cm, height_cm):
        if not (math.isfinite(side) and side > 0):
            raise ValueError(f"a print's side must be a finite number above 0, not {side!r}")
    long, short = max(width_cm, height_cm), min(width_cm, height_cm)
    outer = long / (1 - 2 * _BORDER_SHARE)
    border = min(max(outer - long, 2 * _BORDER_MIN_CM), 2 * _BORDER_MAX_CM) / 2
    border = min(border, short * _BORDER_OF_SHORT_SIDE / (1 - 2 * _BORDER_OF_SHORT_SIDE))
    return width_cm + 2 * border, height_cm + 2 * border


def borders(outer_width_cm: float, outer_height_cm: float) -> tuple[float, float]:
    """Return the widths (frame, mat) in cm inside an outer size; the print is what they leave."""
    long, short = max(outer_width_cm, outer_height_cm), min(outer_width_cm, outer_height_cm)
    border = min(max(_BORDER_SHARE * long, _BORDER_MIN_CM), _BORDER_MAX_CM)
    border = min(border, _BORDER_OF_SHORT_SIDE * short)
    return border * _FRAME_OF_BORDER, border * (1 - _FRAME_OF_BORDER)


def _on_wall(arrangement: str, pieces: Sequence[Piece], rects: Sequence[Rect]) -> Layout:
    group = Rect.around(rects)
    width = max(MIN_WALL_WIDTH_CM, group.width + 2 * SIDE_MARGIN_CM)
    height = max(WALL_HEIGHT_CM, group.height + 2 * MARGIN_CM)
    top = max(MARGIN_CM, height - CENTRE_LINE_CM - group.height / 2)
    if height > WALL_HEIGHT_CM:
        top = MARGIN_CM
    dx, dy = (width - group.width) / 2 - group.left, top - group.top
    hangings = tuple(
        Hanging(piece, rect.left + dx, rect.top + dy)
        for piece, rect in zip(pieces, rects, strict=True)
    )
    return Layout(arrangement, width, height, hangings)


def _row(pieces: Sequence[Piece]) -> list[Rect]:
    rects: list[Rect] = []
    left = right = 0.0
    for index, piece in enumerate(pieces):
        if index == 0:
            x, right = 0.0, piece.width_cm
        elif index % 2:
            x = right + GAP_CM
            right = x + piece.width_cm
        else:
            left -= GAP_CM + piece.width_cm
            x = left
        rects.append(Rect(x, -piece.height_cm / 2, piece.width_cm, piece.height_cm))
    return rects


def _grid(pieces: Sequence[Piece]) -> list[Rect]:
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
                plans.append((_grid_cost(_placed(pieces, lines, equal)), lines))
    plans.sort(key=lambda plan: round(plan[0], 6))
    best = min(
        (_improved(pieces, plan, equal) for plan in plans[:3]), key=lambda plan: round(plan[0], 6)
    )
    boxes = _placed(pieces, best[1], equal)
    return _ranked(pieces, [Rect(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes])


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
            swapped_cost = _grid_cost(_placed(pieces, swapped, upright))
            if swapped_cost < cost - 1e-6:
                cost, lines, improved = swapped_cost, swapped, True
    return cost, lines


def _placed(pieces: Sequence[Piece], lines: _Lines, upright: bool) -> list[_Box]:
    """Build columns (upright) or rows, centred on one axis and flush towards the middle line.

    Computed as columns; each is pushed to the left until the gap stops it.
    """
    placed: dict[int, _Box] = {}
    for place, line in enumerate(lines):
        flush = (place > (len(lines) - 1) / 2) - (place < (len(lines) - 1) / 2)
        sizes = [pieces[i].size if upright else pieces[i].size[::-1] for i in line]
        y = -(sum(height for _, height in sizes) + GAP_CM * (len(sizes) - 1)) / 2
        stack: list[_Box] = []
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


def _grid_cost(boxes: Sequence[_Box]) -> float:
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
        + 0.7 * abs(math.log(width / height / _GOLDEN))
        + 2.0 * (1 - area / (width * height))
        + 0.25 * ranks / reach
        + 1.0 * off / reach
        + 1.0 * one_row
    )
    return cost


def _ranked(pieces: Sequence[Piece], rects: Sequence[Rect]) -> list[Rect]:
    """Trade places among pieces of one size so that the better rank is the nearer one."""
    ranked = list(rects)
    sizes: dict[tuple[float, float], list[int]] = {}
    for index, piece in enumerate(pieces[1:], start=1):
        sizes.setdefault(piece.size, []).append(index)
    for indices in sizes.values():
        nearest = sorted(indices, key=lambda index: round(rects[index].distance_to(rects[0]), 6))
        for index, source in zip(indices, nearest, strict=True):
            ranked[index] = rects[source]
    return ranked


def _salon(pieces: Sequence[Piece]) -> list[Rect]:
    """Search for the salon: a beam of groups (n, k, 4), boxes as left, top, right, bottom."""
    anchor = pieces[0]
    reach = math.sqrt(sum(piece.width_cm * piece.height_cm for piece in pieces))
    half = np.array([anchor.width_cm, anchor.height_cm]) / 2
    groups = np.concatenate([-half, half])[None, None]
    spent = np.zeros(1)
    for rank, piece in enumerate(pieces[1:], start=1):
        parents, new = _salon_candidates(groups, piece)
        stays, shape = _salon_costs(groups[parents], new, rank, reach)
        grown = np.concatenate([groups[parents], new[:, None]], axis=1)
        total = spent[parents] + stays
        chosen = _distinct(grown, parents, total + shape)
        groups, spent = grown[chosen], total[chosen]
    rects = [Rect(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in groups[0].tolist()]
    return _ranked(pieces, rects)


def _salon_candidates(
    groups: NDArray[np.float64], piece: Piece
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return places (m, 4) for a piece that touch a group at the gap and crowd none of it.

    With each place comes the index (m,) of its group. Places are tried flush with, centred on the
    gaps beside, and one gap away from the edges of every box.
    """
    spots, clear, touch, shared = [], [], [], []
    for low, high, side in ((0, 2, piece.width_cm), (1, 3, piece.height_cm)):
        start, end = groups[:, :, low], groups[:, :, high]
        on_gaps = np.concatenate([start - GAP_CM / 2, end + GAP_CM / 2], axis=1) - side / 2
        beyond = np.concatenate([start - GAP_CM - side, end + GAP_CM], axis=1)
        spot = np.concatenate([beyond, start, end - side, on_gaps], axis=1)
        apart = np.maximum(
            start[:, None] - spot[:, :, None] - side, spot[:, :, None] - end[:, None]
        )
        spots.append(spot)
        clear.append(apart >= GAP_CM - 1e-6)
        touch.append(np.abs(apart - GAP_CM) < 1e-6)
        shared.append(-apart >= 0.4 * np.minimum(side, end - start)[:, None])
    free = (clear[0][:, :, None] | clear[1][:, None]).all(axis=3)
    group, across, along = np.nonzero(free)
    beside = touch[0][group, across] & shared[1][group, along]
    above = shared[0][group, across] & touch[1][group, along]
    near = (beside | above).any(axis=1)
    group = group[near]
    x, y = spots[0][group, across[near]], spots[1][group, along[near]]
    # Whole tenths of a millimetre: pieces of equal size offer the same place many times over.
    keys = np.rint(np.stack([x, y]) * 100).astype(np.int64) + (1 << 20)
    once = np.unique((group << 42) + (keys[0] << 21) + keys[1], return_index=True)[1]
    group, x, y = group[once], x[once], y[once]
    return group, np.stack([x, y, x + piece.width_cm, y + piece.height_cm], axis=1)


def _salon_costs(
    boxes: NDArray[np.float64], new: NDArray[np.float64], rank: int, reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each place (m, 4) in its group (m, k, 4) what stays and what the shape costs.

    Stays: distance from the anchor by rank; facing edges that are almost but not quite at the gap;
    a neighbour of the same height on the same line, which would make a row of the salon.
    Shape, so far: empty area, anchor off the middle, proportion off the golden section, height.
    """
    centres = (new[:, :2] + new[:, 2:]) / 2
    place = new[:, None]
    across = np.maximum(boxes[..., 0] - place[..., 2], place[..., 0] - boxes[..., 2])
    along = np.maximum(boxes[..., 1] - place[..., 3], place[..., 1] - boxes[..., 3])
    facing = np.where(along < 0, across, np.where(across < 0, along, 0.0))
    uneven = ((facing > NEIGHBOUR_GAP_CM[1]) & (facing < 25.0)).sum(axis=1)
    level = np.abs(place[..., 1::2] - boxes[..., 1::2]).max(axis=2) < 1
    twins = (level & (across < 2 * GAP_CM)).sum(axis=1)
    stays = (
        (0.4 + 1 / (1 + rank)) * (centres**2 / [_GOLDEN, 1.0]).sum(axis=1) / reach**2
        + 0.06 * uneven
        + 0.18 * twins
    )

    low = np.minimum(new[:, :2], boxes[..., :2].min(axis=1))
    high = np.maximum(new[:, 2:], boxes[..., 2:].max(axis=1))
    width, height = (high - low).T
    covered = np.prod(boxes[..., 2:] - boxes[..., :2], axis=2).sum(axis=1)
    covered += np.prod(new[:, 2:] - new[:, :2], axis=1)
    off = np.abs((low + high) / 2) / np.stack([width, height], axis=1)
    shape = (
        2.4 * (1 - covered / (width * height))
        + off.sum(axis=1)
        + 0.6 * np.log(width / height / _GOLDEN) ** 2
        + 8.0 * np.maximum(0.0, height / COMFORTABLE_HEIGHT_CM - 1)
    )
    return stays, shape


def _distinct(
    groups: NDArray[np.float64], parents: NDArray[np.intp], costs: NDArray[np.float64]
) -> list[int]:
    """Choose the cheapest groups: few of one parent, and of one outline and its mirrors only one.

    Outlines are told apart by moments that neither mirroring nor the order of the boxes changes.
    """
    sides = groups[..., 2:] - groups[..., :2]
    centres = (groups[..., :2] + groups[..., 2:]) / 2
    area = np.prod(sides, axis=2)[..., None]
    moments = np.concatenate(
        [
            np.abs((area * centres).sum(axis=1)),
            (sides[..., :1] * centres**2).sum(axis=1),
            np.abs((area * centres.prod(axis=2, keepdims=True)).sum(axis=1)),
        ],
        axis=1,
    )
    outlines = np.round(moments / moments.max(), 7) + 0.0
    chosen: list[int] = []
    seen: set[bytes] = set()
    children: Counter[int] = Counter()
    for index in np.argsort(np.round(costs, 6), kind="stable").tolist():
        outline, parent = outlines[index].tobytes(), int(parents[index])
        if outline not in seen and children[parent] < _BRANCH:
            chosen.append(index)
            if len(chosen) == _BEAM:
                break
            seen.add(outline)
            children[parent] += 1
    return chosen
