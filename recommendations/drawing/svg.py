"""The parts that SVG is written with: numbers, text, rectangles, gradients."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from recommendations.layout import Rect

_UNDRAWABLE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
# Directions of linear gradients.
DOWN, UP = 'x1="0" y1="0" x2="0" y2="1"', 'x1="0" y1="1" x2="0" y2="0"'
RIGHT, LEFT = 'x1="0" y1="0" x2="1" y2="0"', 'x1="1" y1="0" x2="0" y2="0"'


def number(value: float) -> str:
    """Write with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def at(x: float, y: float) -> str:
    """Write a point of a path."""
    return f"{number(x)} {number(y)}"


def text(words: str) -> str:
    """Escape for XML text and attributes; drop what XML forbids and what reverses reading order."""
    return escape(_UNDRAWABLE.sub("", words), {'"': "&quot;", "'": "&#39;"})


def rectangle(rect: Rect, fill: str, extra: str = "") -> str:
    """Draw a rectangle; extra attributes come ready written."""
    return (
        f'<rect x="{number(rect.left)}" y="{number(rect.top)}" width="{number(rect.width)}" '
        f'height="{number(rect.height)}" fill="{fill}"{" " + extra if extra else ""}/>'
    )


def ring(outer: Rect, by: float, fills: Sequence[str]) -> str:
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
        points = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
        sides.append(f'<polygon points="{points}" fill="{fill}"/>')
    return "".join(sides)


def gradient(name: str, stops: Sequence[tuple[float, str, float]], direction: str) -> str:
    """Define a gradient of (offset, colour, opacity), radial where the direction has a centre."""
    marks = "".join(
        f'<stop offset="{number(offset)}" stop-color="{colour}"'
        + (f' stop-opacity="{number(opacity)}"/>' if opacity < 1 else "/>")
        for offset, colour, opacity in stops
    )
    kind = "radialGradient" if "cx=" in direction else "linearGradient"
    return f'<{kind} id="{name}" {direction}>{marks}</{kind}>'
