"""What a group of demo prints by one invented artist has in common."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette

Painter = Callable[[Canvas, Palette, np.random.Generator], None]


@dataclass(frozen=True)
class Style:
    """A way to paint; `shapes` holds the formats it suits: "tall", "wide", "square"."""

    paint: Painter
    artist: str
    palettes: tuple[str, ...]
    titles: tuple[str, ...]
    shapes: tuple[str, ...] = ("tall", "tall", "square")
