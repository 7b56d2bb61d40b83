"""The room around the pieces: wall, floor, and furniture that keeps out of their way."""

from itertools import pairwise

from recommendations.drawing.colours import shade
from recommendations.drawing.svg import at, number, rectangle
from recommendations.layout import Rect

FLOOR_CM = 30.0
SKIRTING_CM = 11.0

# Leaves of the plant: place of the stalk from the pot's foot (cm), turn (degrees), size.
_LEAVES = (
    (0, -34, -72, 0.9),
    (2, -36, 70, 0.95),
    (-1, -46, -52, 1.1),
    (4, -48, 52, 1.05),
    (-1, -58, -66, 1.0),
    (6, -58, 30, 1.05),
    (8, -64, 66, 0.85),
    (-1, -68, -38, 1.1),
    (0, -76, 34, 1.0),
    (0, -84, -14, 1.0),
)


def room(prefix: str, width: float, height: float, colour: str) -> str:
    """Draw the wall, its skirting board and a strip of floorboards."""
    top = height - SKIRTING_CM
    board = shade(colour, 7)
    floor = [rectangle(Rect(0, height, width, FLOOR_CM), f"url(#{prefix}-floor)")]
    rows = (0.0, 5.0, 14.0, FLOOR_CM)
    for row, (near, far) in enumerate(pairwise(rows)):
        floor.append(
            rectangle(Rect(0, height + far - 0.15, width, 0.3), "#6f5236", 'opacity="0.35"')
        )
        step = 110.0 + 30.0 * row
        for board_index in range(int(width / step) + 2):
            x = (board_index + 0.37 * row) * step
            floor.append(
                rectangle(Rect(x, height + near, 0.3, far - near), "#6f5236", 'opacity="0.3"')
            )
    return (
        rectangle(Rect(0, 0, width, height), f"url(#{prefix}-paint)")
        + rectangle(Rect(0, top - 1.2, width, 1.2), shade(colour, -6), 'opacity="0.5"')
        + rectangle(Rect(0, top, width, SKIRTING_CM), board)
        + rectangle(Rect(0, top, width, 0.5), shade(board, 5))
        + rectangle(Rect(0, top + 1.7, width, 0.25), shade(board, -9))
        + "".join(floor)
        + rectangle(Rect(0, height, width, 5), f"url(#{prefix}-shade-down)")
    )


def furniture(prefix: str, width: float, height: float, group: Rect) -> str:
    """Set furniture that fits under and beside the group, never behind it."""
    free = height - group.bottom
    parts = []
    middle = group.centre[0]
    if width < 260:
        return ""
    if free >= 82:
        parts.append(_sideboard(prefix, middle, height + 6, min(max(0.62 * group.width, 130), 190)))
    elif free >= 58:
        parts.append(_bench(prefix, middle, height + 6, min(max(0.5 * group.width, 110), 150)))
    if min(width - group.right, height - 110) >= 54:
        parts.append(_plant(prefix, width - 27, height + 8))
    return "".join(parts)


def _ground_shadow(prefix: str, x: float, y: float, half: float) -> str:
    return (
        f'<ellipse cx="{number(x)}" cy="{number(y)}" rx="{number(half)}" ry="2.6" fill="#1c130a" '
        f'opacity="0.38" filter="url(#{prefix}-blur-16)"/>'
    )


def _sideboard(prefix: str, x: float, floor: float, width: float) -> str:
    body = Rect(x - width / 2, floor - 58, width, 40)
    door = width / 3
    parts = [_ground_shadow(prefix, x + 3, floor, width / 2)]
    parts.append(
        rectangle(body.moved(3, 4), "#1c130a", f'opacity="0.22" filter="url(#{prefix}-blur-45)"')
    )
    for leg, lean in ((body.left + 9, -2.5), (body.right - 9, 2.5)):
        points = f"{number(leg - 2)},{number(body.bottom)} {number(leg + 2)},{number(body.bottom)} "
        foot = leg + lean
        points += f"{number(foot + 1)},{number(floor)} {number(foot - 1)},{number(floor)}"
        parts.append(f'<polygon points="{points}" fill="#7d5c3b"/>')
    parts.append(rectangle(body, f"url(#{prefix}-wood)", 'rx="1.2"'))
    parts.append(rectangle(Rect(body.left, body.top, width, 2.2), "#dcb88d", 'rx="1"'))
    for index in range(3):
        front = Rect(body.left + index * door + 1.2, body.top + 3.6, door - 2.4, 34.6)
        parts.append(rectangle(front, "#c39a6c", 'rx="0.6" stroke="#8f6b44" stroke-width="0.3"'))
        parts.append(rectangle(Rect(front.centre[0] - 4, front.top + 2.4, 8, 0.9), "#8a6641"))
    parts.append(_books(body.left + 14, body.top))
    bowl = f"M{at(body.right - 36, body.top - 7)}h22c0 5-4 7-8 7h-6c-4 0-8-2-8-7z"
    parts.append(f'<path d="{bowl}" fill="url(#{prefix}-pot)"/>')
    return "".join(parts)


def _books(x: float, y: float) -> str:
    parts = []
    for length, thick, colour in (
        (24.0, 3.2, "#5f7470"),
        (20.0, 2.4, "#d8cbb6"),
        (17, 2, "#a4604a"),
    ):
        y -= thick
        parts.append(rectangle(Rect(x, y, length, thick), colour, 'rx="0.4"'))
    return "".join(parts)


def _bench(prefix: str, x: float, floor: float, width: float) -> str:
    seat = Rect(x - width / 2, floor - 43, width, 6)
    legs = "".join(
        f'<path d="M{at(leg, seat.top + 3)}h4l{lean} 40h-2.5z" fill="#8a6641"/>'
        for leg, lean in ((seat.left + 7, -2.5), (seat.right - 11, 1.0))
    )
    return (
        _ground_shadow(prefix, x + 2, floor, width / 2)
        + rectangle(seat.moved(3, 5), "#1c130a", f'opacity="0.22" filter="url(#{prefix}-blur-45)"')
        + legs
        + rectangle(Rect(seat.left, seat.top - 3.4, width, 4.4), "#e4dccd", 'rx="1.8"')
        + rectangle(Rect(seat.left, seat.top, width, 4), f"url(#{prefix}-wood)", 'rx="0.8"')
        + _books(seat.left + 0.62 * width, seat.top - 3.4)
    )


def _plant(prefix: str, x: float, floor: float) -> str:
    """Draw a rubber plant about 105 cm high and 46 cm wide in a pale pot."""
    leaves = []
    for step, (dx, dy, turn, size) in enumerate(_LEAVES):
        shape = f"M0 0C{at(6 * size, -5 * size)} {at(6 * size, -16 * size)} 0 {number(-22 * size)}"
        shape += f"C{at(-6 * size, -16 * size)} {at(-6 * size, -5 * size)} 0 0z"
        colour = ("#53705a", "#64836a", "#456050")[step % 3]
        leaves.append(
            f'<g transform="translate({at(x + dx, floor + dy)}) rotate({number(turn)})">'
            f'<path d="{shape}" fill="{colour}"/>'
            f'<path d="M0 0V{number(-20 * size)}" stroke="#8fa88c" stroke-width="0.3"/></g>'
        )
    stems = f"M{at(x, floor - 28)}q-2 -30 1 -58M{at(x, floor - 28)}q5 -20 8 -36"
    pot = f"M{at(x - 13, floor - 29)}h26l-3 28c-.2.8-1 1-2 1h-16c-1 0-1.8-.2-2-1z"
    return (
        _ground_shadow(prefix, x + 3, floor - 1, 15)
        + f'<path d="{stems}" fill="none" stroke="#6b5a41" stroke-width="1.1"/>'
        + "".join(leaves)
        + f'<path d="{pot}" fill="url(#{prefix}-pot)"/>'
    )
