"""One wall as one SVG: the room, the furniture, the pieces, the light over all."""

import math
import re
from collections.abc import Sequence

from recommendations.drawing.colours import shade
from recommendations.drawing.pieces import HungPicture, mouldings, piece, shadows
from recommendations.drawing.room import FLOOR_CM, furniture, room
from recommendations.drawing.svg import DOWN, RIGHT, gradient, number, text
from recommendations.layout import Rect


def wall_svg(
    width_cm: float,
    height_cm: float,
    pictures: Sequence[HungPicture],
    *,
    wall_colour: str = "#e6e1d8",
    title: str = "Gallery wall",
    description: str | None = None,
    anchor_tag: str = "yours",
    embedded: bool = True,
    furnished: bool = True,
    id_prefix: str = "wall",
) -> str:
    """Return the wall as an SVG whose viewBox is in cm: width_cm x (height_cm + FLOOR_CM).

    The root has role="img" or, with links inside, role="group", and always <title> and <desc>;
    description defaults to the pictures' titles. anchor_tag is written under the visitor's
    piece. embedded=False adds the XML declaration of a file of its own. furnished=True sets a low
    sideboard or bench under the group and a plant beside it where there is room.
    Several walls in one page need different id_prefix values (letters, digits, - and _).
    Raises ValueError for a wall size not finite and above 0, a wall_colour other than #rrggbb, or
    another id_prefix.
    """
    if not all(math.isfinite(side) and side > 0 for side in (width_cm, height_cm)):
        raise ValueError(f"a wall's sides must be above 0, not {width_cm!r} x {height_cm!r}")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", wall_colour):
        raise ValueError(f"wall_colour must be #rrggbb, not {wall_colour!r}")
    if not re.fullmatch(r"[A-Za-z][\w-]*", id_prefix, re.ASCII):
        raise ValueError(f"id_prefix must be letters, digits, - and _, not {id_prefix!r}")
    total = height_cm + FLOOR_CM
    links = any(picture.safe_link for picture in pictures)
    described = description or "; ".join(picture.line for picture in pictures) or "an empty wall"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n' if not embedded else "",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width_cm)} {number(total)}" '
        f'width="{number(4 * width_cm)}" height="{number(4 * total)}" class="wall" '
        f'role="{"group" if links else "img"}" '
        f'aria-labelledby="{id_prefix}-title {id_prefix}-desc">',
        f'<title id="{id_prefix}-title">{text(title)}</title>',
        f'<desc id="{id_prefix}-desc">{text(described)}</desc>',
        _definitions(id_prefix, width_cm, total, wall_colour, pictures),
        room(id_prefix, width_cm, height_cm, wall_colour),
    ]
    if furnished and pictures:
        group = Rect.around([picture.rect for picture in pictures])
        parts.append(furniture(id_prefix, width_cm, height_cm, group))
    parts.append(shadows(id_prefix, pictures))
    parts += [
        piece(f"{id_prefix}-{index}", id_prefix, picture, anchor_tag)
        for index, picture in enumerate(pictures)
    ]
    parts.append(
        f'<rect width="{number(width_cm)}" height="{number(total)}" fill="url(#{id_prefix}-light)" '
        'pointer-events="none"/></svg>'
    )
    return "".join(parts)


def _definitions(
    prefix: str, width: float, height: float, colour: str, pictures: Sequence[HungPicture]
) -> str:
    parts = [
        gradient(
            f"{prefix}-light",
            [
                (0, "#fff6e6", 0.30),
                (0.45, "#fff6e6", 0.05),
                (0.7, "#2a2018", 0.02),
                (1, "#2a2018", 0.13),
            ],
            'cx="0.3" cy="0.12" r="1.05"',
        ),
        gradient(
            f"{prefix}-paint",
            [
                (0, shade(colour, -2.5), 1),
                (0.1, colour, 1),
                (0.75, colour, 1),
                (1, shade(colour, -4), 1),
            ],
            DOWN,
        ),
        gradient(f"{prefix}-floor", [(0, "#a98561", 1), (1, "#c9a57e", 1)], DOWN),
        gradient(f"{prefix}-shade-down", [(0, "#1c130a", 0.30), (1, "#1c130a", 0)], DOWN),
        gradient(f"{prefix}-shade-right", [(0, "#1c130a", 0.20), (1, "#1c130a", 0)], RIGHT),
        gradient(f"{prefix}-wood", [(0, "#cda67a", 1), (1, "#b88d60", 1)], DOWN),
        gradient(f"{prefix}-pot", [(0, "#efe9df", 1), (1, "#bdb3a3", 1)], RIGHT),
    ]
    parts += [
        f'<filter id="{prefix}-blur-{round(10 * deviation)}" filterUnits="userSpaceOnUse" x="0" '
        f'y="0" width="{number(width)}" height="{number(height)}">'
        f'<feGaussianBlur stdDeviation="{deviation}"/></filter>'
        for deviation in (0.5, 1.6, 4.5)
    ]
    parts.append(mouldings(prefix, pictures))
    return f"<defs>{''.join(parts)}</defs>"
