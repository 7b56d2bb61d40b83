"""Butterflies."""

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import mix
from catalog.demo.shapes import (
    Points,
    circle,
    place,
    ribbon,
    segment,
    smooth,
)


def moths(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Pin one large butterfly, or a plate of small ones."""
    if rng.uniform() < 0.4:
        canvas.cover(mix(palette.inks[3], palette.paper, 0.6))
        butterfly(canvas, *canvas.centre, 40, palette, rng, 0.0)
        return
    columns = 2 if canvas.width <= canvas.height * 1.1 else 3
    rows = 3 if canvas.height > canvas.width * 1.1 else 2
    for row in range(rows):
        for column in range(columns):
            x = canvas.width * (column + 0.5) / columns
            y = canvas.height * (row + 0.5) / rows
            size = min(canvas.width / columns, canvas.height / rows) * 0.42
            butterfly(canvas, x, y, size, palette, rng, rng.uniform(-0.12, 0.12))


def butterfly(
    canvas: Canvas,
    x: float,
    y: float,
    size: float,
    palette: Palette,
    rng: np.random.Generator,
    turn: float,
) -> None:
    """Draw a butterfly with random but mirrored wings."""
    order = [int(i) for i in rng.permutation(5)]
    fore, hind, spot = (palette.inks[order[i]] for i in range(3))
    reach, drop = rng.uniform(0.92, 1.1), rng.uniform(0.72, 0.98)
    upper = smooth(
        [
            (0.05, -0.05),
            (0.25, -0.45),
            (0.75 * reach, -0.86),
            (1.02 * reach, -0.78),
            (0.92 * reach, -0.35),
            (0.6, 0.06),
            (0.08, 0.08),
        ]
    )
    lower = smooth(
        [
            (0.05, 0.02),
            (0.5, 0.04),
            (0.76, 0.26),
            (0.62, 0.66 * drop),
            (0.42, 0.9 * drop),
            (0.2, 0.6),
            (0.06, 0.3),
        ]
    )
    for mirror in (False, True):

        def put(points: Points, mirror: bool = mirror) -> Points:
            return place(points, x, y, size, turn, mirror)

        for wing, ink, root in ((lower, hind, (0.3, 0.3)), (upper, fore, (0.45, -0.35))):
            canvas.fill(put(wing), palette.dark)
            inner = (wing - root) * 0.86 + root
            canvas.fill(put(inner), ink)
            for knot in range(4, len(wing) - 4, 6):
                vein = np.array([(0.06, 0.0), inner[knot]])
                canvas.line(put(vein), size * 0.012, palette.dark)
            core = (wing - root) * 0.42 + root
            canvas.fill(put(core), mix(ink, spot, 0.75))
            for knot in range(14, len(wing) - 12, 5):
                edge = (wing[knot] - root) * 0.93 + root
                canvas.fill(put(circle(edge[0], edge[1], 0.028, 14)), palette.paper)
        feeler = smooth([(0.02, -0.2), (0.1, -0.5), (0.24, -0.7)], closed=False)
        canvas.line(put(feeler), size * 0.018, palette.dark)
        canvas.fill(put(circle(0.24, -0.7, 0.03, 14)), palette.dark)
    body = ribbon(segment(0, -0.24, 0, 0.5), [0.06, 0.11, 0.09, 0.03])
    canvas.fill(place(body, x, y, size, turn), palette.dark)
