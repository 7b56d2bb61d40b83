"""The pieces on the wall: each in its frame and mat, with its shadow, caption and link."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from recommendations.drawing.svg import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    gradient,
    number,
    rectangle,
    ring,
    text,
)
from recommendations.layout import Rect, borders

FrameFinish = Literal["oak", "black", "white", "walnut"]

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
_TEXT_CM = 3.5


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
        if not all(map(math.isfinite, numbers)) or min(numbers[2:]) <= 0:
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

    @property
    def line(self) -> str:
        """Return title and caption in one line."""
        return f"{self.title}, {self.caption}" if self.caption else self.title

    @property
    def safe_link(self) -> str | None:
        """Return the link where it is plain http(s) to a host, without a user name; else None."""
        link = self.link
        if not link or not _URL.match(link) or not link.lower().startswith(("http://", "https://")):
            return None
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        return link if parts.hostname and "@" not in parts.netloc else None


def mouldings(prefix: str, pictures: Sequence[HungPicture]) -> str:
    """Define the gradients of the four sides of each finish that is drawn."""
    parts = []
    for finish in sorted({p.frame for p in pictures if not p.already_framed}):
        lit, shaded = _FINISHES[finish]
        for side, colours, direction in (
            (0, lit, DOWN),
            (1, shaded, LEFT),
            (2, shaded, UP),
            (3, lit, RIGHT),
        ):
            stops = [(0.0, colours[0], 1.0), (0.35, colours[1], 1.0), (1.0, colours[2], 1.0)]
            parts.append(gradient(f"{prefix}-{finish}-{side}", stops, direction))
    return "".join(parts)


def shadows(prefix: str, pictures: Sequence[HungPicture]) -> str:
    """Lay two shadows under all frames: a wide soft one and a narrow one at the edge."""
    layers = []
    for dx, dy, grow, blur, opacity in ((2.2, 4.2, -0.6, 45, 0.26), (0.5, 1.0, 0.0, 5, 0.34)):
        boxes = "".join(
            rectangle(picture.rect.expanded(grow).moved(dx, dy), "#1c130a") for picture in pictures
        )
        layers.append(f'<g opacity="{opacity}" filter="url(#{prefix}-blur-{blur})">{boxes}</g>')
    return "".join(layers)


def piece(name: str, prefix: str, picture: HungPicture, anchor_tag: str) -> str:
    """Draw one piece, framed unless it was photographed so; with a link it leads to its shop."""
    outer = picture.rect
    parts = [f"<title>{text(picture.line)}</title>"]
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
            ring(outer, frame, sides),
            rectangle(passe.expanded(0.05), "#faf8f3"),
            rectangle(Rect(passe.left, passe.top, passe.width, lip), f"url(#{prefix}-shade-down)"),
            rectangle(
                Rect(passe.left, passe.top, lip, passe.height), f"url(#{prefix}-shade-right)"
            ),
            ring(opening, bevel, ("#cfcabf", "#ffffff", "#ffffff", "#dcd7cc")),
            _image(name, picture.image_href, opening.expanded(-bevel)),
        ]
    edge = 'stroke="#1c130a" stroke-opacity="0.28" stroke-width="0.15"'
    parts.append(rectangle(outer, "none", edge))
    parts.append(_label(picture, anchor_tag))
    drawn = "".join(parts)
    kind = "wall-piece wall-anchor" if picture.is_anchor else "wall-piece"
    if picture.safe_link:
        opens = 'target="_blank" rel="noopener nofollow"'
        drawn = f'<a href="{text(picture.safe_link)}" {opens}>{drawn}</a>'
    return f'<g class="{kind}">{drawn}</g>'


def _image(name: str, href: str, rect: Rect) -> str:
    place = f'x="{number(rect.left)}" y="{number(rect.top)}" '
    place += f'width="{number(rect.width)}" height="{number(rect.height)}"'
    # What is inside was checked to be base64: nothing to escape in its many thousand letters.
    written = href if href.startswith("data:") else text(href)
    return (
        f'<clipPath id="{name}-clip"><rect {place}/></clipPath>'
        f'<image {place} href="{written}" preserveAspectRatio="xMidYMid slice" '
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
        before = x - 0.28 * _TEXT_CM * len(caption) - 1.6
        dot = f'<circle cx="{number(before)}" cy="{number(y - 1.15)}" r="0.8" fill="#b4552d"/>'
    return (
        f'{dot}<text x="{number(x)}" y="{number(y)}" font-size="{_TEXT_CM}" text-anchor="middle" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" '
        f'fill="#2f2a24">{text(caption)}</text>'
    )
