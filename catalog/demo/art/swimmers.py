"""Whales and fish."""

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import Colour, darker, lighter, mix
from catalog.demo.shapes import Points, circle, ground, place, ribbon, sector, smooth, swell, xy


def whales(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Let a whale drift below the surface, sometimes with a calf."""
    canvas.sky(
        [
            (0, mix(palette.inks[2], palette.paper, 0.4)),
            (0.35, palette.inks[1]),
            (1, darker(palette.inks[0], 0.25)),
        ]
    )
    for _ in range(6):
        x = rng.uniform(-10, canvas.width)
        ray = np.array(
            [(x, -2), (x + rng.uniform(4, 10), -2), (x + 34, canvas.height), (x + 4, canvas.height)]
        )
        canvas.tint(ray, palette.paper, 0.06)
    mirror = bool(rng.uniform() < 0.5)
    x, y = canvas.width * 0.5, canvas.height * rng.uniform(0.42, 0.5)
    turn = rng.uniform(-0.25, 0.1) * (-1 if mirror else 1)
    size = min(canvas.width * 0.44, 54)
    whale(canvas, x, y, size, turn, mirror, palette)
    if rng.uniform() < 0.6:
        shift = canvas.width * 0.12 * (1 if mirror else -1)
        whale(canvas, x + shift, y + canvas.height * 0.26, size * 0.48, turn, mirror, palette)
    for _ in range(45):
        spot = (rng.uniform(0, canvas.width), rng.uniform(0, canvas.height))
        canvas.tint(circle(*spot, rng.uniform(0.2, 0.75), 12), palette.paper, 0.45)
    for layer in range(2):
        line = swell(canvas.width, rng, 1.2)
        base = canvas.height * (0.9 + 0.05 * layer)
        area = ground(line, base, 2.4, canvas.height + 2)
        canvas.fill(area, mix(palette.dark, palette.inks[0], 0.45 - 0.3 * layer))


def whale(
    canvas: Canvas, x: float, y: float, size: float, turn: float, mirror: bool, palette: Palette
) -> None:
    """Draw a humpback swimming to the right."""

    def put(points: Points | list[tuple[float, float]]) -> Points:
        return place(points, x, y, size, turn, mirror)

    back = mix(palette.dark, palette.inks[0], 0.3)
    light = mix(palette.paper, palette.inks[2], 0.3)
    far = smooth([(0.36, 0.16), (0.2, 0.42), (0.0, 0.5), (0.14, 0.24), (0.22, 0.1)])
    canvas.fill(put(far), darker(back, 0.25))
    body = smooth(
        [
            (0.98, 0.02),
            (0.9, -0.12),
            (0.6, -0.22),
            (0.2, -0.25),
            (-0.2, -0.19),
            (-0.55, -0.07),
            (-0.86, -0.03),
            (-0.88, 0.03),
            (-0.55, 0.06),
            (-0.2, 0.15),
            (0.2, 0.22),
            (0.6, 0.23),
            (0.88, 0.14),
        ]
    )
    canvas.fill(put(body), back)
    belly = smooth(
        [
            (0.97, 0.05),
            (0.7, 0.04),
            (0.4, 0.08),
            (0.0, 0.12),
            (-0.3, 0.11),
            (-0.2, 0.15),
            (0.2, 0.22),
            (0.6, 0.23),
            (0.88, 0.14),
        ]
    )
    canvas.fill(put(belly), light)
    for step in range(6):
        share = step / 5
        groove = smooth(
            [
                (0.93 - 0.04 * share, 0.07 + 0.09 * share),
                (0.6, 0.08 + 0.12 * share),
                (0.24, 0.11 + 0.09 * share),
            ],
            closed=False,
        )
        canvas.line(put(groove), 0.3, mix(light, back, 0.45))
    fluke = smooth(
        [
            (-0.8, 0.0),
            (-0.95, -0.06),
            (-1.12, -0.24),
            (-1.2, -0.2),
            (-1.04, 0.0),
            (-1.16, 0.2),
            (-1.08, 0.22),
            (-0.92, 0.06),
        ]
    )
    canvas.fill(put(fluke), back)
    fin = smooth([(0.44, 0.12), (0.4, 0.3), (0.2, 0.56), (0.13, 0.55), (0.2, 0.32), (0.28, 0.12)])
    canvas.fill(put(fin), lighter(back, 0.12))
    canvas.fill(put(smooth([(-0.1, -0.2), (-0.2, -0.3), (-0.28, -0.29), (-0.28, -0.17)])), back)
    eye = xy(put([(0.7, 0.0)])[0])
    canvas.disc(*eye, size * 0.018, light)
    canvas.disc(*eye, size * 0.01, (12, 14, 20))


def shoal(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Turn a shoal of patterned fish one way, a stray the other."""
    canvas.cover(mix(palette.inks[2], palette.paper, 0.55))
    step_x, step_y = 25.0, 13.5
    stray = int(rng.integers(4, 12))
    number = 0
    row = 0
    y = step_y * 0.8
    while y < canvas.height - step_y * 0.3:
        x = step_x * (0.6 if row % 2 == 0 else 1.1) - 8
        while x < canvas.width + step_x * 0.3:
            ink = palette.inks[int(rng.choice([0, 0, 1, 2, 4]))]
            odd = number == stray
            fish(
                canvas,
                x,
                y + rng.normal(0, 0.6),
                10.5,
                palette.inks[4] if odd else ink,
                odd,
                palette,
                int(rng.integers(0, 3)),
            )
            number += 1
            x += step_x
        y += step_y
        row += 1


def fish(
    canvas: Canvas,
    x: float,
    y: float,
    size: float,
    ink: Colour,
    mirror: bool,
    palette: Palette,
    kind: int,
) -> None:
    """Draw a fish facing right with stripes, scales or a plain flank."""

    def put(points: Points | list[tuple[float, float]]) -> Points:
        return place(points, x, y, size, 0, mirror)

    light = lighter(ink, 0.55)
    canvas.fill(
        put(smooth([(-0.6, 0), (-1.02, -0.36), (-0.9, 0.0), (-1.02, 0.36)], steps=5)),
        darker(ink, 0.2),
    )
    canvas.fill(
        put(smooth([(0.3, -0.3), (0.0, -0.58), (-0.35, -0.4), (-0.3, -0.2)])), darker(ink, 0.2)
    )
    body = smooth(
        [
            (0.98, 0.02),
            (0.7, -0.28),
            (0.2, -0.4),
            (-0.3, -0.24),
            (-0.7, -0.03),
            (-0.7, 0.03),
            (-0.3, 0.24),
            (0.2, 0.38),
            (0.7, 0.27),
        ]
    )
    canvas.fill(put(body), ink)
    if kind == 0:
        for place_x, half in ((-0.35, 0.2), (-0.1, 0.29), (0.15, 0.35)):
            stripe = smooth([(place_x, -half), (place_x + 0.08, 0), (place_x, half)], closed=False)
            canvas.fill(put(ribbon(stripe, [0.05, 0.11, 0.05])), light)
    elif kind == 1:
        for column in range(4):
            for line in range(-1, 2):
                cx, cy = -0.38 + column * 0.2, line * (0.12 + column * 0.03)
                arc = sector(cx, cy, 0.09, np.pi / 2, np.pi * 1.5)[:48]
                canvas.line(put(arc), 0.3, light)
    else:
        flank = smooth([(0.5, 0.1), (0.1, 0.06), (-0.5, 0.02), (0.1, -0.04)])
        canvas.fill(put(flank), light)
    gill = smooth([(0.46, -0.26), (0.4, 0), (0.46, 0.26)], closed=False)
    canvas.line(put(gill), 0.4, light)
    eye = xy(put([(0.68, -0.07)])[0])
    canvas.disc(*eye, size * 0.075, lighter(palette.paper, 0.7))
    canvas.disc(*eye, size * 0.042, palette.dark)
