"""Hang pieces on a wall: pure geometry in centimetres.

One convention everywhere: x grows to the right from the wall's left edge, y grows downwards from
the wall's upper edge (the ceiling), and a piece's place is its upper left corner. The floor is at
y = wall height, so a height above the floor is ``wall.height_cm - y``.
"""

from recommendations.layout.arranging import ARRANGEMENTS, MAX_MATCHES, arrange, arrange_all
from recommendations.layout.framing import borders, frame_outer_size, print_size
from recommendations.layout.pieces import (
    CENTRE_LINE_CM,
    COMFORTABLE_HEIGHT_CM,
    MARGIN_CM,
    SIDE_MARGIN_CM,
    WALL_HEIGHT_CM,
    Hanging,
    Layout,
    Piece,
    Rect,
)

__all__ = [
    "ARRANGEMENTS",
    "CENTRE_LINE_CM",
    "COMFORTABLE_HEIGHT_CM",
    "MARGIN_CM",
    "MAX_MATCHES",
    "SIDE_MARGIN_CM",
    "WALL_HEIGHT_CM",
    "Hanging",
    "Layout",
    "Piece",
    "Rect",
    "arrange",
    "arrange_all",
    "borders",
    "frame_outer_size",
    "print_size",
]
