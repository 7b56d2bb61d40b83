"""Rectangles, pieces and walls, and the distances that every arrangement keeps."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
# The proportion that a group comes near to where it can.
GOLDEN = 1.618

# Left, top, right, bottom, where a search tries thousands.
Box = tuple[float, float, float, float]


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


def ranked(pieces: Sequence[Piece], boxes: Iterable[Box]) -> list[Rect]:
    """Return the boxes as rectangles; among pieces of one size the better rank has the nearer."""
    rects = [Rect(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes]
    placed = list(rects)
    sizes: dict[tuple[float, float], list[int]] = {}
    for index, piece in enumerate(pieces[1:], start=1):
        sizes.setdefault(piece.size, []).append(index)
    for indices in sizes.values():
        nearest = sorted(indices, key=lambda index: round(rects[index].distance_to(rects[0]), 6))
        for index, source in zip(indices, nearest, strict=True):
            placed[index] = rects[source]
    return placed
