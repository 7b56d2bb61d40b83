"""Landscape demo prints."""

from typing import Final

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.art.style import Style
from catalog.demo.colours import Colour, darker, lighter, mix
from catalog.demo.shapes import (
    circle,
    ground,
    offset_line,
    place,
    ribbon,
    ridge,
    segment,
    smooth,
    swell,
    xy,
)


def ridges(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Layer mountain ridges that pale into mist below a low sun."""
    glow = palette.inks[3]
    canvas.sky([(0, mix(palette.inks[2], palette.paper, 0.55)), (0.55, lighter(glow, 0.35))])
    sun = (canvas.width * rng.uniform(0.25, 0.75), canvas.height * rng.uniform(0.2, 0.3))
    canvas.glow(*sun, 34, lighter(palette.sun, 0.5), 0.7)
    canvas.disc(*sun, rng.uniform(5.5, 8.5), lighter(palette.sun, 0.4))
    layers = 6
    haze = mix(lighter(glow, 0.5), palette.paper, 0.5)
    for layer in range(layers):
        near = layer / (layers - 1)
        level = canvas.height * (0.38 + 0.52 * near**1.1)
        line = ridge(canvas.width, rng, 0.42 + 0.08 * (1 - near))
        base = mix(palette.inks[2], palette.inks[0], min(1, near * 1.6))
        ink = mix(mix(base, palette.dark, max(0, near - 0.45) * 1.5), haze, 0.55 * (1 - near))
        area = ground(line, level, canvas.height * (0.085 - 0.02 * near), canvas.height + 2)
        canvas.fill(area, ink)
        if layer < layers - 1:
            canvas.mist(level - 2, level + canvas.height * 0.17, haze, 0.62 - 0.25 * near)


def dunes(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Sweep dunes with a lit and a shaded side under a large sun."""
    canvas.sky([(0, lighter(palette.inks[3], 0.2)), (0.6, lighter(palette.inks[1], 0.55))])
    sun = (canvas.width * rng.uniform(0.3, 0.7), canvas.height * rng.uniform(0.25, 0.34))
    canvas.disc(*sun, rng.uniform(11, 16), palette.sun)
    for layer in range(5):
        near = layer / 4
        level = canvas.height * (0.46 + 0.42 * near)
        crest = swell(canvas.width, rng, 0.55 + 0.2 * layer)
        height = canvas.height * (0.05 + 0.035 * near)
        light = mix(palette.inks[3], palette.inks[1], 0.25 + 0.5 * near)
        canvas.fill(ground(crest, level, height, canvas.height + 2), light)
        peak = int(np.argmin(crest[10:-10, 1])) + 10
        top = (crest[peak, 0], crest[peak, 1] * height + level)
        lean = rng.choice([-1.0, 1.0])
        foot = canvas.height * (0.16 + 0.12 * near)
        spine = smooth(
            [
                top,
                (top[0] + lean * 5, top[1] + foot * 0.3),
                (top[0] - lean * 3, top[1] + foot * 0.65),
                (top[0] + lean * 12, top[1] + foot),
            ],
            closed=False,
        )
        slope = crest[peak:] if lean > 0 else crest[: peak + 1][::-1]
        edge = np.column_stack([slope[:, 0], slope[:, 1] * height + level])
        far = edge[-1, 0]
        shade = np.vstack([spine[::-1], edge, [(far, top[1] + foot)]])
        canvas.fade(shade, mix(palette.inks[0], palette.inks[2], 0.5 * near), light)
        for step in range(3 + layer):
            ripple = np.column_stack(
                [crest[:, 0], crest[:, 1] * height * 0.8 + level + 5 + step * (2 + near * 2)]
            )
            start = int(rng.integers(0, 60))
            part = ripple[start : start + int(rng.integers(14, 34))]
            canvas.fill(ribbon(part, [0.05, 0.4, 0.05]), mix(light, palette.inks[2], 0.35))


def moonlit(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Set round hills under a moon and stars."""
    night = darker(mix(palette.dark, palette.inks[0], 0.35), 0.1)
    canvas.sky([(0, night), (0.7, mix(palette.inks[0], palette.inks[2], 0.45))])
    for _ in range(70):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height * 0.55)
        canvas.disc(x, y, rng.uniform(0.15, 0.5), lighter(palette.inks[3], 0.4))
    moon = (canvas.width * rng.uniform(0.28, 0.72), canvas.height * rng.uniform(0.2, 0.32))
    size = rng.uniform(8.5, 13)
    canvas.glow(*moon, size * 3.4, lighter(palette.inks[3], 0.4), 0.5)
    canvas.disc(*moon, size, lighter(palette.inks[3], 0.5))
    for _ in range(6):
        angle, reach = rng.uniform(0, 6.3), rng.uniform(0.1, 0.7) * size
        spot = circle(moon[0] + np.cos(angle) * reach, moon[1] + np.sin(angle) * reach, size * 0.14)
        canvas.tint(spot, palette.inks[2], 0.25)
    for layer in range(5):
        near = layer / 4
        level = canvas.height * (0.55 + 0.36 * near)
        line = swell(canvas.width, rng, rng.uniform(0.7, 1.3))
        ink = mix(palette.inks[1], palette.dark, 0.15 + 0.8 * near)
        area = ground(line, level, canvas.height * 0.055, canvas.height + 2)
        canvas.fade(area, lighter(ink, 0.12), darker(ink, 0.15))
        for _ in range(3 + layer * 3):
            place = int(rng.integers(3, 93))
            x = line[place, 0]
            y = line[place, 1] * canvas.height * 0.055 + level + 0.5
            fir(canvas, x, y, rng.uniform(3, 5) + near * 4, darker(ink, 0.3))


def fir(canvas: Canvas, x: float, y: float, tall: float, ink: Colour) -> None:
    """Draw a small fir standing on x, y."""
    for step in range(3):
        top = y - tall * (1 - 0.24 * step)
        wide = tall * (0.13 + 0.07 * step)
        low = top + tall * 0.46
        canvas.fill(np.array([(x, top), (x + wide, low), (x - wide, low)]), ink)
    canvas.fill(np.array([(x - 0.2, y), (x + 0.2, y), (x + 0.2, y - 2), (x - 0.2, y - 2)]), ink)


def patchwork(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Quilt rolling farmland with furrows, a path and round trees."""
    canvas.sky([(0, mix(palette.inks[2], palette.paper, 0.6)), (0.4, palette.paper)])
    sun = (canvas.width * rng.uniform(0.2, 0.8), canvas.height * 0.17)
    canvas.disc(*sun, 6.5, palette.sun)
    colours = [palette.inks[2], palette.inks[1], palette.inks[0], palette.inks[4], palette.inks[3]]
    for layer in range(7):
        near = layer / 6
        level = canvas.height * (0.33 + 0.6 * near**1.15)
        line = swell(canvas.width, rng, 0.8)
        height = canvas.height * 0.04
        ink = mix(colours[(layer * 2) % 5], palette.paper, 0.35 * (1 - near))
        area = ground(line, level, height, canvas.height + 2)
        canvas.fill(area, ink)
        crest = area[:-2]
        vanish = (canvas.width * rng.uniform(-0.3, 1.3), level - 18)
        if layer % 2 == 0:
            for furrow in np.linspace(-canvas.width, canvas.width * 2, 34):
                low = np.array([(furrow, level + canvas.height * 0.3)])
                start = np.array([vanish]) * 0.75 + low * 0.25
                x_top = float(np.clip(start[0, 0], 0, canvas.width))
                y_top = float(np.interp(x_top, crest[:, 0], crest[:, 1]))
                path = np.vstack([[(x_top, y_top)], (start + low) / 2, low])
                canvas.line(smooth(path, closed=False), 0.4 + near * 0.4, darker(ink, 0.14))
        else:
            for step in range(1, 6):
                row = offset_line(crest, -step * (1.2 + 1.6 * near))
                canvas.line(row, 0.35 + near * 0.3, lighter(ink, 0.22))
        for _ in range(int(rng.integers(2, 6))):
            place = int(rng.integers(2, len(crest) - 2))
            x, y = crest[place]
            size = rng.uniform(1.2, 2) + near * 2.6
            canvas.line(segment(x, y, x, y - size * 1.2), 0.4, palette.dark)
            canvas.disc(x, y - size * 1.6, size, darker(palette.inks[0], 0.25))
            canvas.disc(x - size * 0.2, y - size * 1.8, size * 0.7, darker(palette.inks[0], 0.1))


def peaks(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Fold angular mid-century peaks in lit and shaded planes."""
    canvas.sky([(0, palette.paper), (1, lighter(palette.inks[3], 0.4))])
    x = canvas.width / 2
    sun = (x + rng.uniform(-18, 18), canvas.height * 0.3)
    for ring in range(4):
        canvas.disc(*sun, 25 - ring * 5.5, mix(palette.sun, palette.paper, 0.75 - ring * 0.24))
    base = canvas.height * 0.8
    for layer in range(3):
        near = layer / 2
        count = 3 + layer
        spots = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count * canvas.width
        for spot in rng.permutation(spots):
            tall = canvas.height * (0.5 - 0.15 * layer) * rng.uniform(0.75, 1.05)
            wide = tall * rng.uniform(0.55, 0.75)
            foot = base + near * canvas.height * 0.12
            top = (spot, foot - tall)
            bend = [
                (spot + wide * 0.1, foot - tall * 0.7),
                (spot - wide * 0.06, foot - tall * 0.45),
                (spot + wide * 0.12, foot),
            ]
            ink = palette.inks[(layer * 2) % 3]
            left = np.array([top, *bend, (spot - wide, foot)])
            right = np.array([top, (spot + wide, foot), *bend[::-1]])
            canvas.fill(left, mix(lighter(ink, 0.28), palette.paper, 0.25 * (1 - near)))
            canvas.fill(right, mix(darker(ink, 0.12), palette.paper, 0.25 * (1 - near)))
            snow = 0.24
            cap = np.array(
                [
                    top,
                    (spot + wide * snow, foot - tall * (1 - snow)),
                    (spot + wide * 0.12, foot - tall * 0.81),
                    (spot + wide * 0.04, foot - tall * 0.7),
                    (spot - wide * 0.08, foot - tall * 0.82),
                    (spot - wide * snow, foot - tall * (1 - snow)),
                ]
            )
            canvas.fill(cap, lighter(palette.paper, 0.5))
    for layer in range(2):
        line = swell(canvas.width, rng, 0.6)
        area = ground(line, base + layer * 9 + 4, 3, canvas.height + 2)
        canvas.fill(area, mix(palette.inks[0], palette.dark, 0.35 + 0.45 * layer))


def pines(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Stand rows of firs one behind another in fog."""
    fog = mix(palette.inks[3], palette.paper, 0.55)
    canvas.sky([(0, palette.paper), (1, fog)])
    canvas.glow(
        canvas.width * rng.uniform(0.3, 0.7), canvas.height * 0.22, 40, (255, 252, 240), 0.8
    )
    for layer in range(5):
        near = layer / 4
        level = canvas.height * (0.46 + 0.47 * near)
        ink = mix(mix(palette.inks[0], palette.dark, 0.75 * near), fog, 0.72 * (1 - near) ** 1.2)
        line = swell(canvas.width, rng, 0.7)
        height = 5.0
        canvas.fill(ground(line, level, height, canvas.height + 2), ink)
        count = int(26 - layer * 3)
        for x in rng.uniform(-4, canvas.width + 4, count):
            y = float(np.interp(x, line[:, 0], line[:, 1])) * height + level + 1
            tall_fir(canvas, x, y, rng.uniform(11, 20) * (0.75 + 0.8 * near), ink, rng)
        if layer < 4:
            canvas.mist(level - 4, level + canvas.height * 0.12, fog, 0.75 - 0.35 * near)


def tall_fir(
    canvas: Canvas, x: float, y: float, tall: float, ink: Colour, rng: np.random.Generator
) -> None:
    """Draw a ragged fir standing on x, y."""
    tiers = 11
    share = np.linspace(0, 1, tiers)
    reach = tall * 0.19 * (0.1 + share) * rng.uniform(0.8, 1.2, tiers)
    right = np.empty((tiers * 2, 2))
    right[0::2] = np.column_stack([reach, -tall * (1 - share * 0.92)])
    right[1::2] = np.column_stack([reach * 0.45, -tall * (1 - share * 0.92) - tall * 0.015])
    left = right[::-1] * (-rng.uniform(0.85, 1.1), 1)
    top = np.array([(0.0, -tall * 1.06)])
    canvas.fill(place(np.vstack([top, right, left]), x, y), ink)
    canvas.fill(
        np.array(
            [(x - 0.3, y - tall * 0.2), (x + 0.3, y - tall * 0.2), (x + 0.3, y), (x - 0.3, y)]
        ),
        ink,
    )


def mesas(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Raise banded table mountains over a desert with saguaros."""
    canvas.sky(
        [(0, mix(palette.inks[2], palette.paper, 0.6)), (0.6, lighter(palette.inks[3], 0.3))]
    )
    sun = (canvas.width * rng.uniform(0.25, 0.75), canvas.height * rng.uniform(0.22, 0.32))
    canvas.disc(*sun, rng.uniform(8, 12), lighter(palette.sun, 0.2))
    base = canvas.height * 0.74
    for layer, spot in enumerate(np.array([0.75, 0.2, 0.55]) + rng.uniform(-0.12, 0.12, 3)):
        tall = canvas.height * (0.36 - layer * 0.06) * rng.uniform(0.85, 1.1)
        top, foot = rng.uniform(9, 15), rng.uniform(20, 27)
        x = spot * canvas.width
        for strip in range(6):
            share = strip / 6
            inner = top + (foot - top) * share**1.7
            outer = top + (foot - top) * (share + 1 / 6) ** 1.7
            high, low = base - tall * (1 - share), base - tall * (1 - share - 1 / 6)
            ink = mix(palette.inks[0], palette.inks[1], 0.3 * (strip % 2) + 0.1 * layer)
            ink = mix(ink, palette.paper, 0.3 - layer * 0.13)
            canvas.fill(
                np.array(
                    [(x - inner, high), (x + inner, high), (x + outer, low), (x - outer, low)]
                ),
                ink,
            )
            canvas.tint(
                np.array(
                    [
                        (x + inner * 0.3, high),
                        (x + inner, high),
                        (x + outer, low),
                        (x + outer * 0.35, low),
                    ]
                ),
                palette.inks[2],
                0.35,
            )
    for layer in range(3):
        line = swell(canvas.width, rng, 0.8)
        ink = mix(palette.inks[3], palette.inks[1], 0.25 + 0.3 * layer)
        canvas.fill(ground(line, base + layer * canvas.height * 0.08, 2, canvas.height + 2), ink)
    for _ in range(4):
        x = rng.uniform(8, canvas.width - 8)
        y = base + canvas.height * rng.uniform(0.05, 0.2)
        saguaro(canvas, x, y, rng.uniform(10, 17), palette.dark)


def saguaro(canvas: Canvas, x: float, y: float, tall: float, ink: Colour) -> None:
    """Draw a cactus with two arms standing on x, y."""
    thick = tall * 0.14
    canvas.fill(ribbon(segment(x, y, x, y - tall), thick), ink)
    canvas.disc(x, y - tall, thick / 2, ink)
    for side, start, rise in ((-1, 0.4, 0.34), (1, 0.52, 0.3)):
        reach = x + side * tall * 0.24
        arm = smooth(
            [
                (x, y - tall * start),
                (reach - side * tall * 0.06, y - tall * (start + 0.01)),
                (reach, y - tall * (start + 0.08)),
                (reach, y - tall * (start + rise)),
            ],
            closed=False,
        )
        canvas.fill(ribbon(arm, thick * 0.8), ink)
        canvas.disc(*xy(arm[-1]), thick * 0.4, ink)


STYLES: Final = (
    Style(
        ridges,
        "Hanne Solberg",
        ("Slate", "Lavender", "Indigo", "Rose", "Sage", "Teal"),
        ("Quiet Ridge", "Blue Hour Pass", "Six Ridges", "Fog Below", "Far Range", "First Light"),
        ("tall", "wide", "wide"),
    ),
    Style(
        dunes,
        "Karim Haddad",
        ("Dune", "Terracotta", "Ochre", "Blush", "Coral"),
        ("Erg", "Windward", "Sand and Hour", "Warm Silence", "The Long Dune"),
        ("wide", "tall", "square"),
    ),
    Style(
        moonlit,
        "Sora Tanabe",
        ("Midnight", "Ink", "Lavender", "Indigo", "Forest"),
        ("Moon over Pasture", "Night Walk", "Half Past Moon", "Sleeping Hills", "Lantern Moon"),
        ("tall", "square", "wide"),
    ),
    Style(
        patchwork,
        "Beatrix Lowe",
        ("Ochre", "Sage", "Forest", "Citrus", "Terracotta"),
        ("Home Fields", "Furrow and Lane", "Quilted County", "Harvest Road", "Orchard Rows"),
        ("wide", "square", "tall"),
    ),
    Style(
        peaks,
        "Emil Aubert",
        ("Teal", "Coral", "Slate", "Citrus", "Indigo"),
        ("Folded Alps", "Summit Postcard", "Two Degrees", "Col du Matin", "Paper Peaks"),
    ),
    Style(
        pines,
        "Aino Kallas",
        ("Forest", "Slate", "Teal", "Sage", "Charcoal"),
        ("Fog in the Firs", "Taiga", "Pine Choir", "North Wood", "Breathing Forest"),
        ("tall", "wide", "tall"),
    ),
    Style(
        mesas,
        "Dolores Vega",
        ("Terracotta", "Dune", "Rose", "Coral", "Ochre"),
        ("Table Mountain", "Saguaro Noon", "Red Country", "Canyon Letters", "Dry Season"),
        ("wide", "tall", "square"),
    ),
)
