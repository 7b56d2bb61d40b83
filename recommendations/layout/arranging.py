"""Hang pieces on a wall in one of the ways we know."""

from collections.abc import Callable, Sequence

from recommendations.layout.grid import grid
from recommendations.layout.pieces import (
    CENTRE_LINE_CM,
    GAP_CM,
    MARGIN_CM,
    MIN_WALL_WIDTH_CM,
    SIDE_MARGIN_CM,
    WALL_HEIGHT_CM,
    Hanging,
    Layout,
    Piece,
    Rect,
)
from recommendations.layout.salon import salon

ARRANGEMENTS = ("salon", "row", "grid")
MAX_MATCHES = 8


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
    place: Callable[[Sequence[Piece]], list[Rect]] = {"row": _row, "grid": grid, "salon": salon}[
        arrangement
    ]
    pieces = [anchor, *matches]
    return _on_wall(arrangement, pieces, place(pieces))


def arrange_all(anchor: Piece, matches: Sequence[Piece]) -> tuple[Layout, ...]:
    """Return the wall in every arrangement, in the order of ARRANGEMENTS; raises as arrange."""
    return tuple(arrange(anchor, matches, arrangement) for arrangement in ARRANGEMENTS)


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
