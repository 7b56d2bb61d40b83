"""Draw a wall of framed pieces as one SVG: pure functions, text out.

Coordinates are those of layout: centimetres, x from the wall's left, y down from the ceiling; below
the wall a strip of floor. The SVG carries no script, no style element and no style attribute, so
it passes a strict content security policy wherever it is put.
"""

from recommendations.drawing.colours import wall_colour
from recommendations.drawing.pieces import HungPicture
from recommendations.drawing.room import FLOOR_CM
from recommendations.drawing.wall import wall_svg

__all__ = ["FLOOR_CM", "HungPicture", "wall_colour", "wall_svg"]
