"""Abstract demo prints."""

from typing import Final

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.art.style import Style
from catalog.demo.colours import lighter, mix
from catalog.demo.shapes import (
    Points,
    blob,
    box,
    circle,
    leaf,
    ribbon,
    sector,
    segment,
    smooth,
    swell,
)


def pebbles(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Paint large watercolour pebbles that overlap, one of them gilded with fine lines."""
    x, y = canvas.centre
    inks = rng.permutation(5)
    for number in range(5):
        angle = number * 2.4 + rng.uniform(0, 1)
        reach = 9 + number * 4
        stone = blob(
            x + np.cos(angle) * reach,
            y + np.sin(angle) * reach * canvas.height / canvas.width,
            rng.uniform(17, 27),
            rng,
        )
        canvas.wash(stone, palette.inks[inks[number]], rng, 0.85)
    for step in range(9):
        line = blob(x, y, 14 + step * 1.1, np.random.default_rng(7), 0.12)
        canvas.line(line, 0.25, palette.dark, closed=True)


def tiles(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Lay a grid of quarter circles, half circles, dots and bars."""
    columns = int(rng.choice([3, 4]))
    side = (100 - 16) / columns if canvas.width <= canvas.height else (100 - 16) / 3
    columns = int((canvas.width - 14) // side)
    rows = int((canvas.height - 14) // side)
    left = (canvas.width - columns * side) / 2
    top = (canvas.height - rows * side) / 2
    colours = [*palette.inks, palette.dark, palette.inks[0]]
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * side, top + row * side
            back, front = rng.choice(len(colours), 2, replace=False)
            canvas.box(x, y, x + side, y + side, lighter(colours[back], 0.12 * (row % 2)))
            kind = rng.integers(0, 6)
            quarter = int(rng.integers(0, 4)) * np.pi / 2
            corner = {0: (0, 0), 1: (1, 0), 2: (1, 1), 3: (0, 1)}[round(quarter / (np.pi / 2))]
            cx, cy = x + corner[0] * side, y + corner[1] * side
            ink = colours[front]
            if kind <= 1:
                canvas.fill(sector(cx, cy, side, quarter, quarter + np.pi / 2), ink)
                if kind == 1:
                    inner = sector(cx, cy, side * 0.5, quarter, quarter + np.pi / 2)
                    canvas.fill(inner, palette.paper)
            elif kind == 2:
                middle = (x + side / 2, y + side / 2)
                half = sector(middle[0], middle[1], side / 2, quarter, quarter + np.pi)
                canvas.fill(half, ink)
            elif kind == 3:
                canvas.disc(x + side / 2, y + side / 2, side * 0.3, ink)
            elif kind == 4:
                for bar in range(3):
                    canvas.box(x, y + side * bar / 3, x + side, y + side * (bar + 0.5) / 3, ink)
            else:
                first = sector(x, y, side, 0, np.pi / 2)
                canvas.tint(first, ink, 0.9)
                second = sector(x + side, y + side, side, np.pi, np.pi * 1.5)
                canvas.tint(second, palette.paper, 0.75)


def bands(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Pull broad dry-brush bands across the sheet."""
    y = 12.0
    order = list(rng.permutation(5))
    number = 0
    while y < canvas.height - 12:
        thick = rng.uniform(9, 19)
        start, stop = rng.uniform(8, 14), canvas.width - rng.uniform(8, 20)
        path = segment(start, y + thick / 2, stop, y + thick / 2 + rng.uniform(-2, 2), 60)
        path[:, 1] += swell(1, rng, 0.7, 60)[:, 1] * 1.4
        ink = palette.inks[order[number % 5]] if number % 4 != 3 else palette.dark
        canvas.brush(path, thick, ink, rng, 0.55)
        y += thick * rng.uniform(0.72, 1.15)
        number += 1


def arches(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Stack soft arches under a sun."""
    base = canvas.height * 0.86
    x = canvas.width / 2 + rng.uniform(-7, 7)
    sun = (canvas.width * rng.uniform(0.3, 0.7), canvas.height * 0.2, rng.uniform(9, 13))
    canvas.wash(circle(*sun), palette.inks[int(rng.integers(0, 3))], rng, 0.95)
    outer = min(canvas.width * 0.4, canvas.height * 0.42)
    rings = int(rng.integers(4, 6))
    order = rng.permutation(5)
    for ring in range(rings):
        radius = outer * (1 - ring / rings)
        legs = base - canvas.height * 0.08
        curve = sector(x, legs, radius, np.pi, 2 * np.pi)
        arch = np.vstack([curve[:48], [(x + radius, base), (x - radius, base)]])
        canvas.fill(arch, palette.paper)
        inner = radius - outer / rings * 0.82
        hole = sector(x, legs, max(inner, 0.1), np.pi, 2 * np.pi)[:48]
        band = np.vstack(
            [curve[:48], [(x + radius, base), (x + inner, base)], hole[::-1], [(x - inner, base)]]
        )
        band = np.vstack([band, [(x - radius, base)]])
        canvas.wash(band, palette.inks[order[ring % 5]], rng, 0.95)
    side = -1 if rng.uniform() < 0.5 else 1
    pebble = blob(x + side * outer * 0.8, base - 3, rng.uniform(10, 14), rng, 0.12)
    canvas.wash(pebble, palette.inks[order[4]], rng, 0.9)
    canvas.line(segment(8, base + 1, canvas.width - 8, base + 1), 0.5, palette.dark)


def currents(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Draw fine lines that follow a slow field, in bundles of one colour."""
    phase = rng.uniform(0, 6, 4)
    bend = rng.uniform(0.9, 1.5)
    for number in range(120):
        x = rng.uniform(-10, canvas.width + 10)
        y = rng.uniform(-10, canvas.height + 10)
        path = np.empty((70, 2))
        for step in range(70):
            path[step] = x, y
            angle = bend * (
                np.sin(x / 31 + phase[0]) + np.cos(y / 37 + phase[1]) + np.sin((x + y) / 53)
            )
            x += np.cos(angle) * 1.3
            y += np.sin(angle) * 1.3
        ink = palette.inks[int(abs(np.sin(phase[2] + path[0, 0] / 40)) * 4.99)]
        if number % 9 == 0:
            ink = palette.dark
        width = rng.uniform(0.5, 2.6)
        canvas.fill(ribbon(path, [0.1, width, width, 0.1]), ink)
    edge = palette.paper
    for strip in (
        box(0, 0, canvas.width, 7),
        box(0, canvas.height - 7, canvas.width, canvas.height),
        box(0, 0, 7, canvas.height),
        box(canvas.width - 7, 0, canvas.width, canvas.height),
    ):
        canvas.fill(strip, edge)


def cutouts(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Scatter scissored seaweed and pebbles over blocks of colour."""
    columns = 2 if canvas.width <= canvas.height * 1.1 else 3
    rows = 3 if canvas.height > canvas.width * 1.1 else 2
    inset = 6
    wide = (canvas.width - inset * 2) / columns
    tall = (canvas.height - inset * 2) / rows
    order = [int(i) for i in rng.permutation(5)]
    for row in range(rows):
        for column in range(columns):
            number = row * columns + column
            x, y = inset + column * wide, inset + row * tall
            back = palette.inks[order[(number + row) % 5]]
            canvas.box(x + 0.8, y + 0.8, x + wide - 0.8, y + tall - 0.8, back)
            front = palette.paper if number % 2 else palette.dark
            cx, cy = x + wide / 2, y + tall / 2
            size = min(wide, tall)
            if number % 3 == 1:
                canvas.fill(blob(cx, cy, size * 0.33, rng, 0.22, 8), front)
                canvas.fill(blob(cx, cy, size * 0.13, rng, 0.2, 6), back)
                continue
            turn = rng.uniform(-0.4, 0.4) - np.pi / 2
            stem = smooth(
                [
                    (cx - np.cos(turn) * size * 0.4, cy - np.sin(turn) * size * 0.4),
                    (cx + rng.uniform(-2, 2), cy),
                    (cx + np.cos(turn) * size * 0.32, cy + np.sin(turn) * size * 0.32),
                ],
                closed=False,
            )
            canvas.fill(ribbon(stem, [size * 0.05, size * 0.07, size * 0.03]), front)
            for step in np.linspace(0.1, 0.98, 6):
                px, py = stem[int(step * (len(stem) - 1))]
                length = size * (0.36 - 0.2 * abs(step - 0.4))
                for sign in (-1, 1):
                    frond = leaf(px, py, length, size * 0.1, turn + sign * 0.9, 0.6)
                    canvas.fill(frond, front)


def fields(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Hang two or three soft-edged fields of colour over a warm ground."""
    ground = mix(palette.inks[3], palette.paper, 0.35)
    canvas.cover(ground)
    order = rng.permutation(3)
    cuts = np.array([0.07, rng.uniform(0.4, 0.55), rng.uniform(0.68, 0.76), 0.93])
    for number in range(3):
        top, bottom = cuts[number] * canvas.height, cuts[number + 1] * canvas.height - 2.5
        ink = (palette.inks[0], palette.inks[2], palette.dark)[order[number]]
        for layer in range(4):
            grow = 1.6 - layer * 0.8
            jitter = rng.normal(0, 0.5, (16, 2))
            left, right = 9 - grow, canvas.width - 9 + grow
            across = np.linspace(left, right, 8)
            outline = np.vstack(
                [
                    np.column_stack([across, np.full(8, top - grow)]),
                    np.column_stack([across[::-1], np.full(8, bottom + grow)]),
                ]
            )
            shade = mix(ink, palette.inks[1], 0.08 * layer)
            canvas.tint(smooth(outline + jitter, steps=5), shade, 0.5)
        for _ in range(int((bottom - top) / 5)):
            y = rng.uniform(top + 2, bottom - 2)
            start = rng.uniform(9, canvas.width * 0.4)
            path = segment(start, y, start + rng.uniform(30, 60), y + rng.uniform(-1, 1), 12)
            path[:, 0] = np.minimum(path[:, 0], canvas.width - 10)
            canvas.tint(ribbon(path, [0.3, 2.4, 0.3]), lighter(ink, 0.25), 0.22)


def mobile(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Balance discs and half moons on thin wires."""
    flip = bool(rng.uniform() < 0.5)
    order = [int(i) for i in rng.permutation(5)]
    middle, level = 0.56, 0.16
    canvas.line(_wire(canvas, flip, [(middle, 0.0), (middle, level - 0.03)]), 0.45, palette.dark)
    for arm, reach in enumerate((0.27, 0.17, 0.13)):
        tilt = rng.uniform(-0.025, 0.025)
        ends = [(middle - reach, level + tilt), (middle + reach, level - tilt)]
        bow = [ends[0], (middle, level - 0.03), ends[1]]
        wire = smooth(_wire(canvas, flip, bow), closed=False)
        canvas.line(wire, 0.55, palette.dark)
        following = arm % 2 if arm < 2 else -1
        below = level + rng.uniform(0.2, 0.25)
        for side, end in enumerate(ends):
            drop = below - 0.03 if side == following else end[1] + rng.uniform(0.07, 0.17)
            thread = _wire(canvas, flip, [end, (end[0], drop)])
            canvas.line(thread, 0.45, palette.dark)
            if side == following:
                continue
            size = rng.uniform(7, 10.5) - arm
            x, y = thread[1]
            ink = palette.inks[order[(arm * 2 + side) % 5]]
            if (arm + side) % 3 == 2:
                canvas.fill(sector(x, y, size, 0, np.pi), ink)
                continue
            canvas.disc(x, y + size, size, ink)
            if arm == 0:
                canvas.disc(x + size * 0.2, y + size * 0.85, size * 0.42, palette.paper)
        if following >= 0:
            middle, level = ends[following][0], below


def _wire(canvas: Canvas, flip: bool, shares: list[tuple[float, float]]) -> Points:
    """Return points in units from shares 0-1 of the sheet, mirrored when flip is true."""
    points = np.array(shares)
    if flip:
        points[:, 0] = 1 - points[:, 0]
    return points * (canvas.width, canvas.height)


STYLES: Final = (
    Style(
        pebbles,
        "Maren Holt",
        ("Sage", "Blush", "Indigo", "Terracotta", "Slate"),
        ("River Stones", "Tideline Pebbles", "Held Together", "Five Stones", "Soft Weight"),
    ),
    Style(
        tiles,
        "Otto Brandt",
        ("Terracotta", "Teal", "Citrus", "Indigo", "Coral"),
        ("Weimar Tiles", "Quarter Turn", "Stairwell", "Sunday Grid", "Playroom"),
        ("square", "tall", "wide"),
    ),
    Style(
        bands,
        "Inès Valmont",
        ("Blush", "Ochre", "Slate", "Teal", "Lavender"),
        ("Slow Bands", "Nine Strokes", "Morning Strata", "Between Tides", "Loose Weave"),
        ("tall", "wide", "square"),
    ),
    Style(
        arches,
        "June Okafor",
        ("Terracotta", "Dune", "Rose", "Sage", "Ochre"),
        ("Inner Courtyard", "Arch and Sun", "Doorway at Noon", "Small Temple", "Warm Threshold"),
    ),
    Style(
        currents,
        "Elio Ricci",
        ("Indigo", "Coral", "Forest", "Midnight", "Rose"),
        ("Undercurrent", "Windfield", "Drift Study", "Loose Threads", "Combed Air"),
        ("wide", "tall", "square"),
    ),
    Style(
        cutouts,
        "Colette Marchand",
        ("Coral", "Indigo", "Citrus", "Forest", "Rose"),
        ("Paper Garden", "Scissor Song", "Collioure Window", "Lagoon Cut-outs", "Blue Recital"),
    ),
    Style(
        fields,
        "Anders Lund",
        ("Ochre", "Rose", "Indigo", "Forest", "Charcoal"),
        ("Chapel Colour", "Quiet Room", "Late Vermilion", "Field and Field", "Low Ember"),
        ("tall", "square", "tall"),
    ),
    Style(
        mobile,
        "Tilda Nyström",
        ("Charcoal", "Citrus", "Slate", "Coral", "Teal"),
        ("In Balance", "Paper Planets", "Counterweight", "Still Mobile", "Light Company"),
    ),
)
