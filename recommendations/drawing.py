"""Draw a wall of framed pieces as one SVG: pure functions, text out.

Coordinates are those of layout: centimetres, x from the wall's left, y down from the ceiling; below
the wall a strip of floor. The SVG carries no script, no style element and no style attribute, so
it passes a strict content security policy wherever it is put.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from recommendations.layout import Rect, borders

FrameFinish = Literal["oak", "black", "white", "walnut"]
FLOOR_CM = 30.0
SKIRTING_CM = 11.0

# Light falls from the upper left: a moulding's upper and left sides are lit, the others in shade.
# Per finish: (edge, ridge, inner) of the lit sides, then of the shaded sides.
_FINISHES: dict[FrameFinish, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "oak": (("#c49c6c", "#e0c096", "#b98f5e"), ("#a27a4b", "#c39a68", "#94703f")),
    "black": (("#2b2a29", "#4c4a48", "#1d1c1b"), ("#161515", "#2e2d2c", "#0d0d0d")),
    "white": (("#efeeea", "#ffffff", "#e2e0da"), ("#d3d1ca", "#e9e7e2", "#c6c3bb")),
    "walnut": (("#6d4a33", "#8d6547", "#5a3b28"), ("#4b3122", "#684630", "#3d271a")),
}
_IMAGE_HREF = re.compile(r"data:image/(?:png|jpeg|webp|gif|avif);base64,[A-Za-z0-9+/=]+\Z")
_URL = re.compile(r"(?:https?:/|\.{0,2})/(?!/)[^\s\\\"'<>`]+\Z", re.IGNORECASE)
_UNDRAWABLE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
_TEXT_CM = 3.5
_WARM_HUE = math.radians(82.0)


@dataclass(frozen=True, slots=True)
class HungPicture:
    """Describe one picture on the wall; sizes are the frame's outer size in cm.

    image_href is a data: URI (PNG, JPEG, WebP, GIF, AVIF as base64), an http(s) URL or a path of
    the site. title becomes the tooltip, caption the small line under the frame. A link that is not
    plain http(s) is left out. already_framed hangs a picture that was photographed with its frame
    as it is, edge to edge, and draws no second frame around it.
    Raises ValueError for a place or size that is not finite, a side <= 0, another image_href or
    an unknown frame.
    """

    x_cm: float
    y_cm: float
    width_cm: float
    height_cm: float
    image_href: str
    title: str
    caption: str = ""
    link: str | None = None
    is_anchor: bool = False
    frame: FrameFinish = "oak"
    already_framed: bool = False

    def __post_init__(self) -> None:
        numbers = (self.x_cm, self.y_cm, self.width_cm, self.height_cm)
        if not all(math.isfinite(number) for number in numbers) or min(numbers[2:]) <= 0:
            raise ValueError(f"x, y, width, height must be finite and sides above 0, not {numbers}")
        if self.frame not in get_args(FrameFinish):
            raise ValueError(f"frame must be one of {get_args(FrameFinish)}, not {self.frame!r}")
        if not (_IMAGE_HREF.match(self.image_href) or _URL.match(self.image_href)):
            raise ValueError(
                "image_href must be a base64 data: URI of a picture, an http(s) URL or a path, "
                f"not {self.image_href[:80]!r}"
            )

    @property
    def rect(self) -> Rect:
        return Rect(self.x_cm, self.y_cm, self.width_cm, self.height_cm)


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
    links = any(_safe_link(picture.link) for picture in pictures)
    described = description or "; ".join(_line(picture) for picture in pictures) or "an empty wall"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n' if not embedded else "",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width_cm)} {_n(total)}" '
        f'width="{_n(4 * width_cm)}" height="{_n(4 * total)}" class="wall" '
        f'role="{"group" if links else "img"}" '
        f'aria-labelledby="{id_prefix}-title {id_prefix}-desc">',
        f'<title id="{id_prefix}-title">{_text(title)}</title>',
        f'<desc id="{id_prefix}-desc">{_text(described)}</desc>',
        _definitions(id_prefix, width_cm, total, wall_colour, pictures),
        _room(id_prefix, width_cm, height_cm, wall_colour),
    ]
    if furnished and pictures:
        group = Rect.around([picture.rect for picture in pictures])
        parts.append(_furniture(id_prefix, width_cm, height_cm, group))
    parts.append(_shadows(id_prefix, pictures))
    parts += [
        _piece(f"{id_prefix}-{index}", id_prefix, picture, anchor_tag)
        for index, picture in enumerate(pictures)
    ]
    parts.append(
        f'<rect width="{_n(width_cm)}" height="{_n(total)}" fill="url(#{id_prefix}-light)" '
        'pointer-events="none"/></svg>'
    )
    return "".join(parts)


def wall_colour(average_colours: Sequence[tuple[int, int, int]]) -> str:
    """Choose a soft wall colour ("#rrggbb") for pieces with these mean colours (sRGB, 0 to 255).

    In CIELAB (CIE 15:2004, D65): lightness 85 for pale pieces to 92 for dark ones, so that the
    group stands out; chroma 4 to 10, half the pieces'. Muted pieces (mean chroma below 25) get
    a wall of their own hue; strong ones the opposite hue, which lets them glow. Pieces without
    a common hue, and no pieces at all, get a warm grey.
    Raises ValueError for a colour outside 0-255.
    """
    lightness, chroma, hue = 89.0, 4.5, _WARM_HUE
    if average_colours:
        colours = np.asarray(average_colours, dtype=np.float64)
        if colours.ndim != 2 or colours.shape[1] != 3 or not np.isin(colours, range(256)).all():
            raise ValueError(f"colours must be three numbers in 0-255, not {average_colours!r}")
        mean = _to_lab(colours).mean(axis=0)
        lightness = float(np.interp(mean[0], [30.0, 85.0], [92.0, 85.0]))
        strength = math.hypot(mean[1], mean[2])
        if strength >= 2.5:
            hue = math.atan2(mean[2], mean[1]) + (math.pi if strength >= 25.0 else 0.0)
            chroma = min(max(strength / 2, 4.0), 10.0)
    return _hex(_from_lab(np.array([lightness, chroma * math.cos(hue), chroma * math.sin(hue)])))


# sRGB (IEC 61966-2-1) to CIE XYZ, D65.
_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _XYZ.sum(axis=1)


def _to_lab(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert sRGB (n, 3) in 0-255 to CIELAB (n, 3)."""
    shares = colours / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def _from_lab(lab: NDArray[np.float64]) -> tuple[int, int, int]:
    """Convert one CIELAB colour to the nearest sRGB in 0-255."""
    y = (lab[0] + 16) / 116
    f = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _WHITE
    linear = np.clip(np.linalg.solve(_XYZ, xyz), 0.0, 1.0)
    shares = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.rint(shares * 255).astype(int).tolist()
    return red, green, blue


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _shade(colour: str, by: float) -> str:
    """Return #rrggbb with its CIELAB lightness changed by this much."""
    rgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)]], dtype=np.float64)
    lab = _to_lab(rgb)[0]
    return _hex(_from_lab(np.array([min(max(lab[0] + by, 0.0), 100.0), lab[1], lab[2]])))


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    """Escape for XML text and attributes; drop what XML forbids and what reverses reading order."""
    return escape(_UNDRAWABLE.sub("", text), {'"': "&quot;", "'": "&#39;"})


def _line(picture: HungPicture) -> str:
    return f"{picture.title}, {picture.caption}" if picture.caption else picture.title


def _safe_link(link: str | None) -> str | None:
    if not link or not _URL.match(link) or not link.lower().startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.hostname and "@" not in parts.netloc else None


def _rect(rect: Rect, fill: str, extra: str = "") -> str:
    return (
        f'<rect x="{_n(rect.left)}" y="{_n(rect.top)}" width="{_n(rect.width)}" '
        f'height="{_n(rect.height)}" fill="{fill}"{" " + extra if extra else ""}/>'
    )


def _ring(outer: Rect, by: float, fills: Sequence[str]) -> str:
    """Draw the four mitred sides (top, right, bottom, left) between a rectangle and a smaller."""
    inner = outer.expanded(-by)
    out = [(outer.left, outer.top), (outer.right, outer.top)]
    out += [(outer.right, outer.bottom), (outer.left, outer.bottom)]
    ins = [(inner.left, inner.top), (inner.right, inner.top)]
    ins += [(inner.right, inner.bottom), (inner.left, inner.bottom)]
    sides = []
    for side, fill in enumerate(fills):
        after = (side + 1) % 4
        corners = (out[side], out[after], ins[after], ins[side])
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in corners)
        sides.append(f'<polygon points="{points}" fill="{fill}"/>')
    return "".join(sides)


def _gradient(name: str, stops: Sequence[tuple[float, str, float]], direction: str) -> str:
    marks = "".join(
        f'<stop offset="{_n(offset)}" stop-color="{colour}"'
        + (f' stop-opacity="{_n(opacity)}"/>' if opacity < 1 else "/>")
        for offset, colour, opacity in stops
    )
    kind = "radialGradient" if "cx=" in direction else "linearGradient"
    return f'<{kind} id="{name}" {direction}>{marks}</{kind}>'


_DOWN, _UP = 'x1="0" y1="0" x2="0" y2="1"', 'x1="0" y1="1" x2="0" y2="0"'
_RIGHT, _LEFT = 'x1="0" y1="0" x2="1" y2="0"', 'x1="1" y1="0" x2="0" y2="0"'


def _definitions(
    prefix: str, width: float, height: float, colour: str, pictures: Sequence[HungPicture]
) -> str:
    parts = [
        _gradient(
            f"{prefix}-light",
            [
                (0, "#fff6e6", 0.30),
                (0.45, "#fff6e6", 0.05),
                (0.7, "#2a2018", 0.02),
                (1, "#2a2018", 0.13),
            ],
            'cx="0.3" cy="0.12" r="1.05"',
        ),
        _gradient(
            f"{prefix}-paint",
            [
                (0, _shade(colour, -2.5), 1),
                (0.1, colour, 1),
                (0.75, colour, 1),
                (1, _shade(colour, -4), 1),
            ],
            _DOWN,
        ),
        _gradient(f"{prefix}-floor", [(0, "#a98561", 1), (1, "#c9a57e", 1)], _DOWN),
        _gradient(f"{prefix}-shade-down", [(0, "#1c130a", 0.30), (1, "#1c130a", 0)], _DOWN),
        _gradient(f"{prefix}-shade-right", [(0, "#1c130a", 0.20), (1, "#1c130a", 0)], _RIGHT),
        _gradient(f"{prefix}-wood", [(0, "#cda67a", 1), (1, "#b88d60", 1)], _DOWN),
        _gradient(f"{prefix}-pot", [(0, "#efe9df", 1), (1, "#bdb3a3", 1)], _RIGHT),
    ]
    parts += [
        f'<filter id="{prefix}-blur-{round(10 * deviation)}" filterUnits="userSpaceOnUse" x="0" '
        f'y="0" width="{_n(width)}" height="{_n(height)}">'
        f'<feGaussianBlur stdDeviation="{deviation}"/></filter>'
        for deviation in (0.5, 1.6, 4.5)
    ]
    for finish in sorted({p.frame for p in pictures if not p.already_framed}):
        lit, shaded = _FINISHES[finish]
        for side, colours, direction in (
            (0, lit, _DOWN),
            (1, shaded, _LEFT),
            (2, shaded, _UP),
            (3, lit, _RIGHT),
        ):
            stops = [(0.0, colours[0], 1.0), (0.35, colours[1], 1.0), (1.0, colours[2], 1.0)]
            parts.append(_gradient(f"{prefix}-{finish}-{side}", stops, direction))
    return f"<defs>{''.join(parts)}</defs>"


def _room(prefix: str, width: float, height: float, colour: str) -> str:
    """Draw the wall, its skirting board and a strip of floorboards."""
    top = height - SKIRTING_CM
    board = _shade(colour, 7)
    floor = [_rect(Rect(0, height, width, FLOOR_CM), f"url(#{prefix}-floor)")]
    rows = (0.0, 5.0, 14.0, FLOOR_CM)
    for row, (near, far) in enumerate(pairwise(rows)):
        floor.append(_rect(Rect(0, height + far - 0.15, width, 0.3), "#6f5236", 'opacity="0.35"'))
        step = 110.0 + 30.0 * row
        for board_index in range(int(width / step) + 2):
            x = (board_index + 0.37 * row) * step
            floor.append(_rect(Rect(x, height + near, 0.3, far - near), "#6f5236", 'opacity="0.3"'))
    return (
        _rect(Rect(0, 0, width, height), f"url(#{prefix}-paint)")
        + _rect(Rect(0, top - 1.2, width, 1.2), _shade(colour, -6), 'opacity="0.5"')
        + _rect(Rect(0, top, width, SKIRTING_CM), board)
        + _rect(Rect(0, top, width, 0.5), _shade(board, 5))
        + _rect(Rect(0, top + 1.7, width, 0.25), _shade(board, -9))
        + "".join(floor)
        + _rect(Rect(0, height, width, 5), f"url(#{prefix}-shade-down)")
    )


def _furniture(prefix: str, width: float, height: float, group: Rect) -> str:
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
        f'<ellipse cx="{_n(x)}" cy="{_n(y)}" rx="{_n(half)}" ry="2.6" fill="#1c130a" '
        f'opacity="0.38" filter="url(#{prefix}-blur-16)"/>'
    )


def _sideboard(prefix: str, x: float, floor: float, width: float) -> str:
    body = Rect(x - width / 2, floor - 58, width, 40)
    door = width / 3
    parts = [_ground_shadow(prefix, x + 3, floor, width / 2)]
    parts.append(
        _rect(body.moved(3, 4), "#1c130a", f'opacity="0.22" filter="url(#{prefix}-blur-45)"')
    )
    for leg, lean in ((body.left + 9, -2.5), (body.right - 9, 2.5)):
        points = f"{_n(leg - 2)},{_n(body.bottom)} {_n(leg + 2)},{_n(body.bottom)} "
        points += f"{_n(leg + lean + 1)},{_n(floor)} {_n(leg + lean - 1)},{_n(floor)}"
        parts.append(f'<polygon points="{points}" fill="#7d5c3b"/>')
    parts.append(_rect(body, f"url(#{prefix}-wood)", 'rx="1.2"'))
    parts.append(_rect(Rect(body.left, body.top, width, 2.2), "#dcb88d", 'rx="1"'))
    for index in range(3):
        front = Rect(body.left + index * door + 1.2, body.top + 3.6, door - 2.4, 34.6)
        parts.append(_rect(front, "#c39a6c", 'rx="0.6" stroke="#8f6b44" stroke-width="0.3"'))
        parts.append(_rect(Rect(front.centre[0] - 4, front.top + 2.4, 8, 0.9), "#8a6641"))
    parts.append(_books(body.left + 14, body.top))
    bowl = f"M{_n(body.right - 36)} {_n(body.top - 7)}h22c0 5-4 7-8 7h-6c-4 0-8-2-8-7z"
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
        parts.append(_rect(Rect(x, y, length, thick), colour, 'rx="0.4"'))
    return "".join(parts)


def _bench(prefix: str, x: float, floor: float, width: float) -> str:
    seat = Rect(x - width / 2, floor - 43, width, 6)
    legs = "".join(
        f'<path d="M{_n(leg)} {_n(seat.top + 3)}h4l{lean} 40h-2.5z" fill="#8a6641"/>'
        for leg, lean in ((seat.left + 7, -2.5), (seat.right - 11, 1.0))
    )
    return (
        _ground_shadow(prefix, x + 2, floor, width / 2)
        + _rect(seat.moved(3, 5), "#1c130a", f'opacity="0.22" filter="url(#{prefix}-blur-45)"')
        + legs
        + _rect(Rect(seat.left, seat.top - 3.4, width, 4.4), "#e4dccd", 'rx="1.8"')
        + _rect(Rect(seat.left, seat.top, width, 4), f"url(#{prefix}-wood)", 'rx="0.8"')
        + _books(seat.left + 0.62 * width, seat.top - 3.4)
    )


def _plant(prefix: str, x: float, floor: float) -> str:
    """Draw a rubber plant about 105 cm high and 46 cm wide in a pale pot."""
    leaves = []
    for step, (dx, dy, turn, size) in enumerate(_LEAVES):
        shape = f"M0 0C{_n(6 * size)} {_n(-5 * size)} {_n(6 * size)} {_n(-16 * size)} 0 "
        shape += f"{_n(-22 * size)}C{_n(-6 * size)} {_n(-16 * size)} {_n(-6 * size)} "
        shape += f"{_n(-5 * size)} 0 0z"
        colour = ("#53705a", "#64836a", "#456050")[step % 3]
        leaves.append(
            f'<g transform="translate({_n(x + dx)} {_n(floor + dy)}) rotate({_n(turn)})">'
            f'<path d="{shape}" fill="{colour}"/>'
            f'<path d="M0 0V{_n(-20 * size)}" stroke="#8fa88c" stroke-width="0.3"/></g>'
        )
    stems = f"M{_n(x)} {_n(floor - 28)}q-2 -30 1 -58M{_n(x)} {_n(floor - 28)}q5 -20 8 -36"
    pot = f"M{_n(x - 13)} {_n(floor - 29)}h26l-3 28c-.2.8-1 1-2 1h-16c-1 0-1.8-.2-2-1z"
    return (
        _ground_shadow(prefix, x + 3, floor - 1, 15)
        + f'<path d="{stems}" fill="none" stroke="#6b5a41" stroke-width="1.1"/>'
        + "".join(leaves)
        + f'<path d="{pot}" fill="url(#{prefix}-pot)"/>'
    )


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


def _shadows(prefix: str, pictures: Sequence[HungPicture]) -> str:
    """Lay two shadows under all frames: a wide soft one and a narrow one at the edge."""
    layers = []
    for dx, dy, grow, blur, opacity in ((2.2, 4.2, -0.6, 45, 0.26), (0.5, 1.0, 0.0, 5, 0.34)):
        boxes = "".join(
            _rect(picture.rect.expanded(grow).moved(dx, dy), "#1c130a") for picture in pictures
        )
        layers.append(f'<g opacity="{opacity}" filter="url(#{prefix}-blur-{blur})">{boxes}</g>')
    return "".join(layers)


def _piece(name: str, prefix: str, picture: HungPicture, anchor_tag: str) -> str:
    outer = picture.rect
    parts = [f"<title>{_text(_line(picture))}</title>"]
    if picture.already_framed:
        parts += [_image(name, picture.image_href, outer)]
    else:
        frame, mat = borders(picture.width_cm, picture.height_cm)
        passe = outer.expanded(-frame)
        bevel = min(0.35, mat / 4)
        opening = passe.expanded(-(mat - bevel))
        lip = min(2.2, 0.6 * mat)
        sides = [f"url(#{prefix}-{picture.frame}-{side})" for side in range(4)]
        parts += [
            _ring(outer, frame, sides),
            _rect(passe.expanded(0.05), "#faf8f3"),
            _rect(Rect(passe.left, passe.top, passe.width, lip), f"url(#{prefix}-shade-down)"),
            _rect(Rect(passe.left, passe.top, lip, passe.height), f"url(#{prefix}-shade-right)"),
            _ring(opening, bevel, ("#cfcabf", "#ffffff", "#ffffff", "#dcd7cc")),
            _image(name, picture.image_href, opening.expanded(-bevel)),
        ]
    edge = 'stroke="#1c130a" stroke-opacity="0.28" stroke-width="0.15"'
    parts.append(_rect(outer, "none", edge))
    parts.append(_label(picture, anchor_tag))
    drawn = "".join(parts)
    kind = "wall-piece wall-anchor" if picture.is_anchor else "wall-piece"
    link = _safe_link(picture.link)
    if link:
        drawn = f'<a href="{_text(link)}" target="_blank" rel="noopener nofollow">{drawn}</a>'
    return f'<g class="{kind}">{drawn}</g>'


def _image(name: str, href: str, rect: Rect) -> str:
    place = f'x="{_n(rect.left)}" y="{_n(rect.top)}" '
    place += f'width="{_n(rect.width)}" height="{_n(rect.height)}"'
    return (
        f'<clipPath id="{name}-clip"><rect {place}/></clipPath>'
        f'<image {place} href="{_text(href)}" preserveAspectRatio="xMidYMid slice" '
        f'clip-path="url(#{name}-clip)"/>'
    )


def _label(picture: HungPicture, anchor_tag: str) -> str:
    """Write the caption under the frame, inside the gap; the anchor's tag carries an accent dot."""
    caption = anchor_tag if picture.is_anchor else picture.caption
    room = int(picture.width_cm / (0.56 * _TEXT_CM))
    if len(caption) > room:
        caption = caption[: max(room - 1, 0)].rstrip() + "…"
    if not caption.strip("… "):
        return ""
    x, y = picture.rect.centre[0], picture.rect.bottom + 4.1
    dot = ""
    if picture.is_anchor:
        half = 0.28 * _TEXT_CM * len(caption)
        dot = f'<circle cx="{_n(x - half - 1.6)}" cy="{_n(y - 1.15)}" r="0.8" fill="#b4552d"/>'
    return (
        f'{dot}<text x="{_n(x)}" y="{_n(y)}" font-size="{_TEXT_CM}" text-anchor="middle" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" '
        f'fill="#2f2a24">{_text(caption)}</text>'
    )
