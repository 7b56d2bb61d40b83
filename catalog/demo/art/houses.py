"""Rows, hills and fronts of houses."""

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import WHITE, Colour, darker, lighter, mix
from catalog.demo.shapes import box, ground, ribbon, sector, segment, smooth, swell


def rowhouses(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Line up canal houses with gables and their reflection."""
    canvas.sky([(0, mix(palette.inks[2], palette.paper, 0.65)), (1, palette.paper)])
    street = canvas.height * (0.78 if canvas.height >= canvas.width else 0.8)
    x = 5.0
    number = int(rng.integers(0, 5))
    tallest = canvas.height * 0.56
    count = max(3, round(canvas.width / 19))
    widths = rng.uniform(0.85, 1.15, count)
    widths *= (canvas.width - 10) / widths.sum()
    inks = (*palette.inks, palette.dark)
    water = mix(palette.inks[0], palette.dark, 0.35)
    canvas.box(0, street, canvas.width, canvas.height + 1, water)
    for wide in widths:
        tall = tallest * rng.uniform(0.7, 1)
        ink = inks[number % 6]
        number += int(rng.integers(1, 3))
        house(canvas, x, wide, street, tall, ink, palette, rng)
        low = min(canvas.height, street + tall * 0.4)
        canvas.fade(box(x, street + 1.4, x + wide, low), mix(ink, water, 0.35), water)
        x += wide
    canvas.box(0, street, canvas.width, street + 1.6, mix(palette.dark, palette.paper, 0.2))
    for _ in range(34):
        y = rng.uniform(street + 2.5, canvas.height - 1)
        middle, half = rng.uniform(0, canvas.width), rng.uniform(2, 8)
        dash = ribbon(segment(middle - half, y, middle + half, y, 6), [0, 0.5, 0])
        canvas.tint(dash, palette.paper, 0.35)


def house(
    canvas: Canvas,
    x: float,
    wide: float,
    street: float,
    tall: float,
    ink: Colour,
    palette: Palette,
    rng: np.random.Generator,
) -> None:
    """Draw one house front with a stepped, bell, or pointed gable, windows and a door."""
    top = street - tall
    canvas.box(x, top, x + wide, street, ink)
    middle = x + wide / 2
    kind = int(rng.integers(0, 3))
    if kind == 0:
        for step in range(4):
            half = wide * (0.5 - 0.12 * step)
            canvas.box(middle - half, top - wide * 0.14 * (step + 1), middle + half, top, ink)
    elif kind == 1:
        bell = smooth(
            [
                (x, top),
                (x + wide * 0.12, top - wide * 0.1),
                (x + wide * 0.28, top - wide * 0.42),
                (middle, top - wide * 0.62),
                (x + wide * 0.72, top - wide * 0.42),
                (x + wide * 0.88, top - wide * 0.1),
                (x + wide, top),
            ],
            closed=False,
        )
        canvas.fill(bell, ink)
    else:
        canvas.fill(np.array([(x, top), (x + wide, top), (middle, top - wide * 0.62)]), ink)
    frame = lighter(palette.paper, 0.6)
    pane = mix(palette.dark, ink, 0.15)
    floors = max(3, round(tall / 14))
    height = tall / (floors + 0.35)
    columns = 3 if wide > 17 else 2
    for floor in range(floors):
        for column in range(columns):
            cx = x + wide * (column + 0.5) / columns
            cy = top + height * (floor + 0.45)
            half, rise = wide / columns * 0.27, height * 0.31
            if floor == floors - 1 and column == columns // 2:
                canvas.box(cx - half * 1.1, cy - rise, cx + half * 1.1, street, darker(ink, 0.5))
                canvas.box(cx - half * 1.1, cy - rise, cx + half * 1.1, cy - rise + 1.2, frame)
                continue
            canvas.box(cx - half - 0.5, cy - rise - 0.5, cx + half + 0.5, cy + rise + 0.5, frame)
            glass: Colour = (255, 217, 142) if rng.uniform() < 0.2 else pane
            canvas.box(cx - half, cy - rise, cx + half, cy + rise, glass)
            canvas.line(segment(cx, cy - rise, cx, cy + rise, 2), 0.35, frame)
            canvas.line(segment(cx - half, cy, cx + half, cy, 2), 0.35, frame)
    canvas.disc(middle, top - wide * 0.18, wide * 0.07, frame)
    canvas.line(segment(x + wide, top, x + wide, street, 2), 0.4, darker(ink, 0.3))


def hilltown(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Heap whitewashed houses up a hill above the sea."""
    canvas.sky([(0, mix(palette.inks[2], WHITE, 0.25)), (0.6, mix(palette.inks[3], WHITE, 0.5))])
    canvas.disc(
        canvas.width * rng.uniform(0.15, 0.3), canvas.height * 0.16, 7, lighter(palette.sun, 0.4)
    )
    walls = [WHITE, lighter(palette.inks[3], 0.55), lighter(palette.inks[1], 0.5), palette.inks[4]]
    roofs = [palette.inks[0], palette.inks[4], palette.inks[1]]
    peak = canvas.width * rng.uniform(0.45, 0.7)
    base = canvas.height * 0.86
    rows = 9
    for row in range(rows):
        near = row / (rows - 1)
        y = canvas.height * 0.3 + (base - canvas.height * 0.3) * near
        half = canvas.width * (0.1 + 0.75 * near**0.9)
        x = peak - half
        while x < peak + half:
            wide, tall = rng.uniform(8, 13), rng.uniform(9, 15)
            if -14 < x < canvas.width:
                cottage(canvas, x, y - rng.uniform(-2, 2), wide, tall, walls, roofs, palette, rng)
            x += wide * rng.uniform(0.75, 1.0)
        if row % 3 == 2:
            for _ in range(5):
                cx = rng.uniform(max(0, peak - half), min(canvas.width, peak + half))
                cypress = smooth([(cx, y - 13), (cx + 1.5, y - 5), (cx, y + 1), (cx - 1.5, y - 5)])
                canvas.fill(cypress, mix(palette.dark, (40, 80, 52), 0.5))
    sea = ground(swell(canvas.width, rng, 2), base, 0.8, canvas.height + 1)
    canvas.fill(sea, palette.inks[0])
    for _ in range(22):
        y = rng.uniform(base + 2, canvas.height)
        middle, half = rng.uniform(0, canvas.width), rng.uniform(3, 9)
        canvas.tint(ribbon(segment(middle - half, y, middle + half, y, 6), [0, 0.6, 0]), WHITE, 0.5)


def cottage(
    canvas: Canvas,
    x: float,
    y: float,
    wide: float,
    tall: float,
    walls: list[Colour],
    roofs: list[Colour],
    palette: Palette,
    rng: np.random.Generator,
) -> None:
    """Draw a house with a lit and a shaded wall, roofed, domed or flat, standing on y."""
    wall = walls[int(rng.choice(4, p=[0.45, 0.25, 0.2, 0.1]))]
    split = x + wide * rng.uniform(0.55, 0.7)
    top = y - tall
    canvas.box(x, top, x + wide, y + 16, wall)
    canvas.box(split, top, x + wide, y + 16, mix(wall, palette.inks[0], 0.24))
    roof = roofs[int(rng.integers(0, 3))]
    kind = rng.uniform()
    if kind < 0.5:
        ends = [
            (x - 0.6, top),
            (x + wide + 0.6, top),
            (split + 0.8, top - 3.6),
            (x + wide * 0.3, top - 3.6),
        ]
        canvas.fill(np.array(ends), roof)
    elif kind < 0.65:
        canvas.fill(sector(x + wide * 0.4, top, wide * 0.36, np.pi, 2 * np.pi), palette.inks[0])
    else:
        canvas.box(x - 0.4, top - 0.8, x + wide + 0.4, top, mix(wall, palette.dark, 0.2))
    glass = mix(palette.dark, palette.inks[0], 0.35)
    for column in (0.14, 0.4):
        for row in (0.25, 0.62):
            if rng.uniform() < 0.72:
                left, high = x + wide * column, top + tall * row
                canvas.box(left, high, left + wide * 0.13, high + tall * 0.18, glass)
    if rng.uniform() < 0.4:
        left = split + wide * 0.1
        canvas.box(left, top + tall * 0.35, left + wide * 0.13, top + tall * 0.55, glass)


def facade(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Repeat shuttered windows with plants, blinds and a cat over a painted front."""
    wall = mix(palette.inks[int(rng.choice([0, 1, 3, 4]))], palette.paper, 0.3)
    canvas.cover(wall)
    columns = 3 if canvas.width <= 110 else 4
    rows = max(2, round(canvas.height / canvas.width * columns * 0.72))
    wide, tall = canvas.width / columns, canvas.height / rows
    shutter = darker(palette.inks[2], 0.12) if wall != palette.inks[2] else palette.dark
    trim = lighter(palette.paper, 0.6)
    for row in range(rows):
        canvas.box(0, tall * (row + 1) - 1.1, canvas.width, tall * (row + 1), darker(wall, 0.12))
        for column in range(columns):
            cx, cy = wide * (column + 0.5), tall * (row + 0.48)
            half, rise = wide * 0.2, tall * 0.31
            canvas.box(cx - half - 1, cy - rise - 1, cx + half + 1, cy + rise + 1, trim)
            glass = mix(palette.dark, palette.inks[0], 0.3)
            if rng.uniform() < 0.28:
                glass = (255, 214, 140)
            canvas.box(cx - half, cy - rise, cx + half, cy + rise, glass)
            canvas.tint(
                np.array(
                    [
                        (cx - half, cy + rise),
                        (cx - half, cy),
                        (cx + half, cy - rise),
                        (cx + half, cy - rise * 0.3),
                    ]
                ),
                WHITE,
                0.14,
            )
            blind = rng.uniform(0, 0.9) * rise if rng.uniform() < 0.5 else 0
            canvas.box(cx - half, cy - rise, cx + half, cy - rise + blind, palette.inks[3])
            canvas.line(segment(cx, cy - rise, cx, cy + rise, 2), 0.7, trim)
            canvas.line(
                segment(cx - half, cy - rise * 0.1, cx + half, cy - rise * 0.1, 2), 0.7, trim
            )
            for side in (-1, 1):
                inner, outer = cx + side * (half + 1), cx + side * (half + wide * 0.19)
                low, high = sorted((inner, outer))
                canvas.box(low, cy - rise - 0.6, high, cy + rise + 0.6, shutter)
                for slat in np.linspace(cy - rise + 1, cy + rise - 1, 9):
                    canvas.line(
                        segment(low + 0.7, slat, high - 0.7, slat, 2), 0.35, darker(shutter, 0.25)
                    )
            canvas.box(cx - half - 2, cy + rise + 0.8, cx + half + 2, cy + rise + 2, trim)
            if rng.uniform() < 0.55:
                canvas.box(cx - half, cy + rise - 1.6, cx + half, cy + rise + 1.6, palette.inks[4])
                for _ in range(16):
                    spot = (
                        cx + rng.uniform(-half, half),
                        cy + rise - 1.5 - abs(rng.normal(0, 1.5)),
                    )
                    leaf_ink = mix((72, 112, 70), palette.inks[0], rng.uniform(0, 0.4))
                    canvas.disc(*spot, rng.uniform(0.6, 1.3), leaf_ink)
                for _ in range(5):
                    spot = (cx + rng.uniform(-half, half), cy + rise - 2 - rng.uniform(0, 2.5))
                    canvas.disc(*spot, 0.7, lighter(palette.inks[4], 0.45))
