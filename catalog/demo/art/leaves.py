"""Ferns, split leaves, sprigs and pressed leaves."""

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import Colour, darker, lighter, mix
from catalog.demo.shapes import circle, ellipse, leaf, mirrored, place, ribbon, segment, smooth, xy


def fern(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Press a fern, its leaflets themselves divided."""
    x, base = canvas.width / 2, canvas.height * 0.92
    count = 1 if canvas.width < canvas.height * 1.1 else 3
    for number in range(count):
        lean = rng.uniform(-20, 20)
        foot = x + (number - (count - 1) / 2) * canvas.width * 0.24
        tip = (foot + lean, canvas.height * (0.09 + 0.05 * (number % 2)))
        spine = smooth(
            [(foot, base), (foot - lean * 0.4, base * 0.6), (foot + lean * 0.2, base * 0.3), tip],
            closed=False,
            steps=22,
        )
        ink = palette.inks[(0, 3, 2, 1)[(number + int(rng.integers(0, 3))) % 4]]
        canvas.fill(ribbon(spine, [0.9, 0.2]), darker(ink, 0.25))
        steps = np.linspace(0.16, 0.99, int(rng.integers(20, 30)))
        for rank, step in enumerate(steps):
            at = int(step * (len(spine) - 1))
            px, py = spine[at]
            ahead = spine[min(at + 1, len(spine) - 1)] - spine[at - 1]
            heading = float(np.arctan2(ahead[1], ahead[0]))
            size = canvas.height * 0.25 * np.sin(np.pi * (1 - step) ** 1.3) ** 0.9 / count**0.25
            for side in (-1, 1):
                turn = heading + side * (1.18 - 0.4 * step)
                frond(canvas, px, py, float(size), turn, mix(ink, palette.dark, 0.25 * (rank % 2)))


def frond(canvas: Canvas, x: float, y: float, size: float, turn: float, ink: Colour) -> None:
    """Draw one divided leaflet as a single outline of teeth."""
    teeth = max(4, int(size / 1.3))
    share = np.linspace(0.04, 1, teeth * 2)
    half = size * 0.105 * (1 - share**1.6) + 0.12
    half[1::2] *= 0.32
    upper = np.column_stack([share * size, -half])
    lower = np.column_stack([share[::-1] * size, half[::-1]])
    canvas.fill(place(np.vstack([[(0, 0)], upper, [(size * 1.02, 0)], lower]), x, y, 1, turn), ink)


def monstera(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Overlap two or three split leaves."""
    x, y = canvas.centre
    count = int(rng.integers(2, 4))
    if rng.uniform() < 0.6:
        canvas.fill(
            circle(x + rng.uniform(-8, 8), y * 0.9, 31), mix(palette.inks[4], palette.paper, 0.5)
        )
    for number in range(count):
        spread = (number - (count - 1) / 2) * 25
        turn = spread * 0.022 + rng.uniform(-0.15, 0.15)
        size = 38 - 5 * (number % 2) + rng.uniform(-3, 3)
        cx = x + spread
        cy = y * (0.86 + 0.22 * (number % 2)) - 6
        foot = (x + spread * 0.3, canvas.height * 0.97)
        stem = smooth(
            [foot, ((cx + foot[0]) / 2 + 3, (cy + foot[1]) / 2), (cx, cy + size * 0.42)],
            closed=False,
        )
        ink = palette.inks[(0, 3, 2)[number]]
        canvas.fill(ribbon(stem, [1.4, 0.9]), darker(ink, 0.2))
        split_leaf(canvas, cx, cy, size, turn, ink)


def split_leaf(canvas: Canvas, x: float, y: float, size: float, turn: float, ink: Colour) -> None:
    """Draw one monstera leaf with cuts between its ribs, its stalk end downwards."""
    half: list[tuple[float, float]] = [(0.0, -0.62)]
    lobes = 6
    for lobe in range(lobes):
        start, stop = lobe / lobes, (lobe + 1) / lobes
        for share in np.linspace(start + 0.028, stop - 0.028, 7):
            angle = share * np.pi
            reach = 0.62 * (0.8 + 0.32 * np.sin(angle) + 0.1 * np.cos(angle * 2 + 0.4))
            reach *= 1 - 0.05 * np.cos((share - start) / (stop - start) * 2 * np.pi)
            half.append((float(np.sin(angle) * reach), float(-np.cos(angle) * reach)))
        if lobe < lobes - 1:
            angle = (stop + 0.055) * np.pi
            half.append((float(np.sin(angle) * 0.19), float(-np.cos(angle) * 0.30 + 0.02)))
    half.append((0.0, 0.44))
    outline = place(mirrored(half), x, y, size, turn)
    canvas.fill(outline, ink)
    vein = lighter(ink, 0.32)
    canvas.fill(place(ribbon(segment(0, 0.44, 0, -0.52), [0.03, 0.008]), x, y, size, turn), vein)
    for lobe in range(lobes):
        angle = (lobe + 0.5) / lobes * np.pi
        tip = (np.sin(angle) * 0.5, -np.cos(angle) * 0.52)
        root = (0.0, min(0.4, -np.cos(angle) * 0.3 + 0.14))
        for side in (-1, 1):
            rib = np.array([root, (tip[0] * side, tip[1])])
            canvas.line(place(rib, x, y, size, turn), 0.35, vein)


def eucalyptus(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Hang watercolour sprigs of round paired leaves."""
    count = 2 if canvas.width < canvas.height else 4
    for number in range(count):
        x = canvas.width * (number + 1) / (count + 1) + rng.uniform(-3, 3)
        lean = rng.uniform(-14, 14)
        stem = smooth(
            [
                (x - lean * 0.3, canvas.height * rng.uniform(0.88, 0.93)),
                (x + lean * 0.3, canvas.height * 0.62),
                (x - lean * 0.2, canvas.height * 0.34),
                (x + lean * 0.5, canvas.height * rng.uniform(0.08, 0.14)),
            ],
            closed=False,
            steps=16,
        )
        canvas.fill(ribbon(stem, [0.9, 0.35]), mix(palette.inks[0], palette.dark, 0.5))
        for rank, step in enumerate(np.linspace(0.13, 0.97, 11)):
            px, py = stem[int(step * (len(stem) - 1))]
            size = 8.4 * (1 - 0.62 * step)
            for side in (-1, 1):
                turn = side * (1.15 - 0.55 * step) - np.pi / 2 + rng.uniform(-0.2, 0.2)
                centre = (px + np.cos(turn) * size * 1.15, py + np.sin(turn) * size * 1.15)
                round_leaf = ellipse(*centre, size, size * rng.uniform(0.68, 0.86), turn, 40)
                ink = palette.inks[(0, 2, 3)[(rank + (side > 0)) % 3]]
                canvas.wash(round_leaf, mix(ink, palette.dark, rng.uniform(0, 0.12)), rng, 0.8)
                tip = (px + np.cos(turn) * size * 1.9, py + np.sin(turn) * size * 1.9)
                canvas.line(np.array([(px, py), tip]), 0.2, mix(ink, palette.dark, 0.35))


def specimens(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Lay out a collector's sheet of single leaves."""
    columns = 3 if canvas.width <= canvas.height else 4
    rows = 4 if canvas.height > canvas.width * 1.15 else 3
    if canvas.width > canvas.height * 1.15:
        rows = 3
    wide, tall = (canvas.width - 16) / columns, (canvas.height - 16) / rows
    for row in range(rows):
        for column in range(columns):
            x, y = 8 + wide * (column + 0.5), 8 + tall * (row + 0.95)
            kind = int(rng.integers(0, 5))
            ink = palette.inks[int(rng.integers(0, 5))]
            ink = mix(ink, palette.dark, rng.uniform(0, 0.25))
            size = min(tall * 0.86, wide * 1.1)
            turn = -np.pi / 2 + rng.uniform(-0.16, 0.16)
            pressed(canvas, x, y, size, turn, kind, ink, rng)


def pressed(
    canvas: Canvas,
    x: float,
    y: float,
    size: float,
    turn: float,
    kind: int,
    ink: Colour,
    rng: np.random.Generator,
) -> None:
    """Draw one pressed leaf of five kinds growing from x, y."""
    tip = np.array([np.cos(turn), np.sin(turn)])
    dark = darker(ink, 0.28)
    if kind == 0:
        canvas.wash(leaf(x, y, size, size * 0.5, turn, 0.4), ink, rng, 0.95)
        for share in np.linspace(0.15, 0.8, 7):
            root = np.array([x, y]) + tip * size * share
            for side in (-1, 1):
                angle = turn + side * 0.75
                reach = size * 0.27 * np.sin(np.pi * (share * 0.75 + 0.2))
                end = root + np.array([np.cos(angle), np.sin(angle)]) * reach
                canvas.line(np.array([root, end]), 0.2, dark)
    elif kind == 1:
        for share in np.linspace(0.2, 0.92, 9):
            root = np.array([x, y]) + tip * size * share
            for side in (-1, 1):
                length = size * 0.33 * (1.1 - 0.6 * share)
                canvas.wash(
                    leaf(*xy(root), length, size * 0.085, turn + side * 0.85), ink, rng, 0.95
                )
    elif kind == 2:
        for angle in np.linspace(-1.25, 1.25, 7):
            root = np.array([x, y]) + tip * size * 0.32
            length = size * (0.68 - 0.22 * abs(angle))
            canvas.wash(leaf(*xy(root), length, size * 0.12, turn + angle), ink, rng, 0.95)
    elif kind == 3:
        fan = [np.array([x, y]) + tip * size * 0.25]
        for angle in np.linspace(-0.85, 0.85, 31):
            reach = size * (0.92 + 0.04 * np.sin(angle * 22) - 0.3 * np.exp(-((angle / 0.07) ** 2)))
            fan.append(
                np.array([x, y]) + np.array([np.cos(turn + angle), np.sin(turn + angle)]) * reach
            )
        canvas.wash(np.array(fan), ink, rng, 0.95)
        for angle in np.linspace(-0.75, 0.75, 15):
            end = (
                np.array([x, y])
                + np.array([np.cos(turn + angle), np.sin(turn + angle)]) * size * 0.8
            )
            canvas.line(np.array([fan[0], end]), 0.15, dark)
    else:
        for share in np.linspace(0.25, 0.95, 6):
            root = np.array([x, y]) + tip * size * share
            for side in (-1, 1):
                angle = turn + side * 0.9
                middle = root + np.array([np.cos(angle), np.sin(angle)]) * size * 0.13
                canvas.wash(
                    ellipse(*xy(middle), size * 0.1, size * 0.075, angle, 28), ink, rng, 0.95
                )
    canvas.line(np.array([(x, y), np.array([x, y]) + tip * size * 0.96]), 0.35, dark)
