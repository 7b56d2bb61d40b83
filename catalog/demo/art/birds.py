"""Songbirds, owls and cranes."""

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import Colour, darker, lighter, mix
from catalog.demo.shapes import (
    Points,
    circle,
    ellipse,
    leaf,
    mirrored,
    place,
    ribbon,
    sector,
    segment,
    smooth,
    xy,
)


def songbirds(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Perch round little birds on branches."""
    canvas.cover(mix(palette.inks[3], palette.paper, 0.55))
    wide = canvas.width > canvas.height * 1.1
    count = 3 if wide else 2
    for number in range(count):
        if wide:
            x, y = canvas.width * (0.2 + 0.3 * number), canvas.height * (0.55 + 0.1 * (number % 2))
        else:
            x, y = canvas.width * (0.62 - 0.24 * number), canvas.height * (0.36 + 0.4 * number)
        if number == 0 or not wide:
            sway = smooth(
                [
                    (-5, y + 12),
                    (canvas.width * 0.35, y + 8),
                    (canvas.width * 0.7, y + 10),
                    (canvas.width + 5, y + 4),
                ],
                closed=False,
            )
            if wide:
                sway[:, 1] += 4
            canvas.fill(ribbon(sway, [1.2, 2, 1.4]), mix(palette.dark, palette.inks[1], 0.2))
            for at in range(3, len(sway) - 2, 3):
                side = 1 if at % 2 else -1
                turn = -0.2 + side * rng.uniform(0.5, 1.1)
                green = mix(palette.inks[2], palette.inks[0], rng.uniform(0, 0.6))
                canvas.fill(leaf(*xy(sway[at]), rng.uniform(7, 11), 3.4, turn), green)
            canvas_line = sway
        foot = float(np.interp(x, canvas_line[:, 0], canvas_line[:, 1]))
        ink = palette.inks[(4, 0, 1)[number % 3]]
        songbird(canvas, x, foot, 25, ink, palette, bool(number % 2))


def songbird(
    canvas: Canvas, x: float, y: float, size: float, ink: Colour, palette: Palette, mirror: bool
) -> None:
    """Draw one perched bird, its feet on x, y."""

    def put(points: Points | list[tuple[float, float]]) -> Points:
        return place(points, x, y - size * 0.12, size, 0, mirror)

    for leg in (-0.04, 0.07):
        canvas.line(put([(leg, -0.1), (leg + 0.02, 0.13)]), 0.6, palette.dark)
    canvas.fill(put([(-0.3, -0.2), (-0.78, 0.14), (-0.66, 0.22), (-0.2, 0.0)]), darker(ink, 0.35))
    body = smooth(
        [
            (0.36, -0.62),
            (0.46, -0.42),
            (0.38, -0.12),
            (0.12, 0.05),
            (-0.2, 0.0),
            (-0.4, -0.16),
            (-0.16, -0.38),
            (0.02, -0.62),
            (0.2, -0.72),
        ]
    )
    canvas.fill(put(body), ink)
    belly = smooth(
        [(0.44, -0.38), (0.37, -0.12), (0.12, 0.04), (-0.1, 0.01), (0.1, -0.16), (0.3, -0.34)]
    )
    canvas.fill(put(belly), lighter(palette.paper, 0.3))
    canvas.fill(
        put([(0.41, -0.6), (0.6, -0.53), (0.43, -0.49)]),
        palette.inks[1] if ink != palette.inks[1] else palette.dark,
    )
    wing = smooth(
        [(0.16, -0.42), (0.14, -0.2), (-0.16, -0.06), (-0.5, 0.02), (-0.28, -0.24), (-0.02, -0.44)]
    )
    canvas.fill(put(wing), darker(ink, 0.28))
    for step in range(4):
        stripe = smooth(
            [
                (0.1 - step * 0.08, -0.34 + step * 0.05),
                (0.04 - step * 0.1, -0.19 + step * 0.04),
                (-0.1 - step * 0.09, -0.1 + step * 0.03),
            ],
            closed=False,
        )
        canvas.line(put(stripe), 0.4, lighter(ink, 0.45))
    eye = xy(put([(0.3, -0.57)])[0])
    canvas.disc(*eye, size * 0.035, palette.dark)
    canvas.disc(eye[0] + 0.2, eye[1] - 0.25, size * 0.011, (255, 255, 255))


def owls(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Sit round owls on a branch by night."""
    canvas.sky(
        [
            (0, mix(palette.dark, palette.inks[0], 0.25)),
            (1, mix(palette.inks[0], palette.inks[1], 0.3)),
        ]
    )
    for _ in range(36):
        canvas.disc(
            rng.uniform(0, canvas.width),
            rng.uniform(0, canvas.height),
            rng.uniform(0.15, 0.45),
            palette.paper,
        )
    canvas.disc(
        canvas.width * rng.uniform(0.2, 0.8), canvas.height * 0.2, 11, lighter(palette.inks[3], 0.4)
    )
    count = 1 if canvas.width < canvas.height else 3 if canvas.width > canvas.height * 1.1 else 2
    low = canvas.height * 0.78
    canvas.fill(
        ribbon(segment(-3, low + 2, canvas.width + 3, low - 2), [3.4, 2.2]),
        mix(palette.dark, (0, 0, 0), 0.3),
    )
    for number in range(count):
        x = canvas.width * (number + 1) / (count + 1)
        size = (54 if count == 1 else 38) * (1 - 0.14 * (number % 2))
        owl(
            canvas,
            x,
            low,
            size,
            palette.inks[(1, 4, 2)[(number + int(rng.integers(0, 2))) % 3]],
            palette,
        )


def owl(canvas: Canvas, x: float, y: float, size: float, ink: Colour, palette: Palette) -> None:
    """Draw an owl facing us, its feet on y."""

    def put(points: Points | list[tuple[float, float]], mirror: bool = False) -> Points:
        return place(points, x, y, size, 0, mirror)

    half = smooth(
        [
            (0.0, -0.88),
            (0.14, -0.9),
            (0.3, -1.02),
            (0.34, -0.78),
            (0.38, -0.45),
            (0.32, -0.12),
            (0.14, 0.02),
            (0.0, 0.03),
        ],
        closed=False,
    )
    canvas.fill(put(mirrored(half)), ink)
    belly = smooth(
        [(0.0, -0.55), (0.2, -0.48), (0.23, -0.2), (0.1, -0.02), (0.0, 0.0)], closed=False
    )
    canvas.fill(put(mirrored(belly)), lighter(ink, 0.5))
    for row in range(4):
        for column in range(-2 + row % 2, 3):
            cx, cy = (column - 0.5 * (row % 2)) * 0.085, -0.4 + row * 0.095
            if abs(cx) < 0.18:
                canvas.fill(put(sector(cx, cy, 0.036, 0, np.pi)), ink)
    for side in (False, True):
        wing = smooth([(0.33, -0.6), (0.42, -0.35), (0.32, -0.06), (0.2, 0.02), (0.24, -0.3)])
        canvas.fill(put(wing, side), darker(ink, 0.28))
        canvas.fill(put(circle(0.145, -0.7, 0.155), side), lighter(palette.paper, 0.4))
        for ray in np.linspace(0, 2 * np.pi, 17):
            spoke = np.array(
                [(0.145, -0.7), (0.145 + np.cos(ray) * 0.14, -0.7 + np.sin(ray) * 0.14)]
            )
            canvas.line(put(spoke, side), 0.2, mix(palette.paper, ink, 0.4))
        canvas.fill(put(circle(0.135, -0.7, 0.085), side), palette.inks[3])
        canvas.fill(put(circle(0.13, -0.7, 0.055), side), palette.dark)
        canvas.fill(put(circle(0.112, -0.72, 0.017), side), (255, 255, 255))
        for toe in (0.07, 0.12, 0.17):
            canvas.fill(put(ellipse(toe, 0.03, 0.022, 0.045), side), palette.inks[3])
    canvas.fill(put([(-0.045, -0.66), (0.045, -0.66), (0, -0.53)]), palette.inks[3])


def cranes(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Stand long-necked cranes in reeds before a red sun."""
    canvas.sky([(0, palette.paper), (1, mix(palette.inks[3], palette.paper, 0.4))])
    canvas.disc(canvas.width * rng.uniform(0.3, 0.7), canvas.height * 0.33, 21, palette.sun)
    low = canvas.height * 0.84
    canvas.fade(
        np.array(
            [(0, low), (canvas.width, low), (canvas.width, canvas.height), (0, canvas.height)]
        ),
        mix(palette.inks[2], palette.paper, 0.3),
        palette.inks[1],
    )
    for _ in range(24):
        y, middle, half = (
            rng.uniform(low, canvas.height),
            rng.uniform(0, canvas.width),
            rng.uniform(3, 10),
        )
        canvas.tint(
            ribbon(segment(middle - half, y, middle + half, y, 6), [0, 0.5, 0]), palette.paper, 0.6
        )
    for _ in range(26):
        side = rng.choice([0.06, 0.94])
        x = canvas.width * side + rng.normal(0, 6)
        tall = rng.uniform(16, 42)
        reed = smooth(
            [(x, low + 8), (x + 1, low - tall * 0.5), (x + rng.uniform(-7, 7), low - tall)],
            closed=False,
        )
        canvas.fill(
            ribbon(reed, [1.2, 0.8, 0.1]), mix(palette.inks[0], palette.dark, rng.uniform(0.1, 0.6))
        )
    count = 2 if canvas.width < canvas.height * 1.2 else 3
    for number in range(count):
        x = canvas.width * (0.36 + 0.3 * number / max(1, count - 1)) + rng.uniform(-3, 3)
        size = 50 - 9 * (number % 2)
        crane(canvas, x, low + 4 + 3 * (number % 2), size, bool(number % 2), palette)


def crane(canvas: Canvas, x: float, y: float, size: float, mirror: bool, palette: Palette) -> None:
    """Draw a standing crane facing right, its feet on y."""

    def put(points: Points | list[tuple[float, float]]) -> Points:
        return place(points, x, y, size, 0, mirror)

    white = lighter(palette.paper, 0.75)
    ink = palette.dark
    for leg in (
        [(0.0, -0.48), (0.02, -0.22), (0.0, 0.0), (0.07, 0.0)],
        [(-0.06, -0.48), (-0.02, -0.24), (-0.08, 0.0), (-0.01, 0.0)],
    ):
        canvas.line(put(leg), 0.75, ink)
    for angle in (0.2, 0.5, 0.8):
        canvas.fill(put(leaf(-0.26, -0.6, 0.34, 0.11, np.pi - angle - 0.2)), ink)
    body = smooth(
        [
            (0.2, -0.72),
            (0.2, -0.56),
            (0.0, -0.46),
            (-0.24, -0.5),
            (-0.44, -0.52),
            (-0.3, -0.68),
            (-0.04, -0.78),
        ]
    )
    canvas.fill(put(body), white)
    neck = smooth(
        [(0.12, -0.64), (0.24, -0.78), (0.16, -0.96), (0.12, -1.12), (0.22, -1.22)], closed=False
    )
    canvas.fill(put(ribbon(neck, [0.15, 0.08, 0.055, 0.06])), white)
    canvas.fill(put(ribbon(neck[14:36], [0.01, 0.06, 0.045])), ink)
    canvas.fill(put(ellipse(0.23, -1.22, 0.075, 0.05, 0.2)), white)
    canvas.fill(put(ellipse(0.215, -1.26, 0.05, 0.022, 0.2)), (196, 52, 44))
    canvas.fill(put([(0.28, -1.24), (0.5, -1.17), (0.28, -1.19)]), mix(ink, palette.inks[1], 0.4))
    canvas.disc(*xy(put([(0.25, -1.23)])[0]), size * 0.011, ink)
    for step in range(4):
        feather = smooth(
            [
                (0.1 - step * 0.09, -0.66 + step * 0.01),
                (-0.04 - step * 0.08, -0.58),
                (-0.2 - step * 0.06, -0.56),
            ],
            closed=False,
        )
        canvas.line(put(feather), 0.35, mix(white, ink, 0.3))
