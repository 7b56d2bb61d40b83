"""City demo prints."""

from typing import Final

import numpy as np

from catalog.demo.canvas import Canvas
from catalog.demo.palettes import WHITE, Colour, Palette, darker, lighter, mix
from catalog.demo.shapes import box, ribbon, sector, segment, smooth, swell
from catalog.demo.style import Style


def skyline(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Light the windows of towers at night."""
    canvas.sky(
        [
            (0, mix(palette.dark, palette.inks[0], 0.3)),
            (0.6, palette.inks[0]),
            (1, mix(palette.inks[1], palette.inks[3], 0.5)),
        ]
    )
    moon = (canvas.width * rng.uniform(0.15, 0.85), canvas.height * rng.uniform(0.12, 0.22))
    canvas.glow(*moon, 20, palette.paper, 0.35)
    canvas.disc(*moon, 5.5, lighter(palette.inks[3], 0.5))
    lit: Colour = (255, 214, 130)
    for layer in range(3):
        near = layer / 2
        ink = mix(mix(palette.inks[1], palette.inks[0], 0.5), darker(palette.dark, 0.1), near)
        x = -4.0
        while x < canvas.width:
            wide = rng.uniform(7, 14)
            tall = canvas.height * rng.uniform(0.3, 0.68) * (1 - 0.28 * near)
            tower(canvas, x, x + wide, canvas.height - tall, ink, rng)
            if layer > 0:
                pitch = 1.9 + 0.3 * near
                for row in np.arange(canvas.height - tall + 2.5, canvas.height - 2, pitch * 1.3):
                    for column in np.arange(x + 1.2, x + wide - 1.6, pitch):
                        if rng.uniform() < 0.36:
                            warm = mix(lit, palette.inks[4], rng.uniform(0, 0.35))
                            shade = mix(ink, warm, rng.uniform(0.45, 1))
                            canvas.box(column, row, column + pitch * 0.52, row + pitch * 0.75, shade)
            x += wide + rng.uniform(-0.5, 1.5)
        if layer < 2:
            canvas.mist(canvas.height * 0.6, canvas.height, palette.inks[1], 0.5)


def tower(
    canvas: Canvas, left: float, right: float, top: float, ink: Colour, rng: np.random.Generator
) -> None:
    """Draw a tower with one of four tops, down to the lower edge."""
    canvas.box(left, top, right, canvas.height + 1, ink)
    middle, wide = (left + right) / 2, right - left
    kind = rng.integers(0, 5)
    if kind == 0:
        canvas.box(middle - wide * 0.3, top - 4, middle + wide * 0.3, top, ink)
        canvas.line(segment(middle, top - 13, middle, top - 4, 2), 0.45, ink)
    elif kind == 1:
        canvas.fill(np.array([(left, top), (right, top), (right, top - wide * 0.5)]), ink)
    elif kind == 2:
        canvas.fill(np.array([(left, top), (right, top), (middle, top - wide * 0.95)]), ink)
    elif kind == 3:
        canvas.fill(sector(middle, top, wide / 2, np.pi, 2 * np.pi), ink)


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


def bridge(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Span water with a suspension bridge at dusk."""
    canvas.sky(
        [(0, mix(palette.inks[0], palette.inks[1], 0.4)), (0.42, palette.inks[3]), (0.66, palette.paper)]
    )
    low = canvas.height * 0.7
    sun = (canvas.width * rng.uniform(0.35, 0.65), low - 8)
    light = lighter(palette.sun, 0.35)
    canvas.glow(*sun, 38, light, 0.7)
    canvas.disc(*sun, 8, lighter(light, 0.3))
    far = mix(palette.inks[1], palette.paper, 0.45)
    x = 0.0
    while x < canvas.width:
        wide = rng.uniform(3, 7)
        canvas.box(x, low - rng.uniform(2, 15), x + wide, low, far)
        x += wide
    sea = box(0, low, canvas.width, canvas.height)
    canvas.fade(sea, mix(palette.inks[3], palette.inks[1], 0.5), mix(palette.inks[0], palette.dark, 0.4))
    for _ in range(60):
        y = rng.uniform(low + 1, canvas.height)
        middle, half = rng.uniform(0, canvas.width), rng.uniform(2, 9)
        tone = light if abs(middle - sun[0]) < 14 else palette.inks[2]
        dash = ribbon(segment(middle - half, y, middle + half, y, 6), [0, 0.6, 0])
        canvas.tint(dash, tone, 0.4)
    ink = mix(palette.dark, palette.inks[4], 0.12)
    deck = low - canvas.height * 0.07
    towers = (canvas.width * 0.24, canvas.width * 0.76)
    top = deck - canvas.height * rng.uniform(0.32, 0.4)
    sag = deck - 3
    ends = (-canvas.width * 0.2, canvas.width * 1.2)
    spans = ((ends[0], deck - 2, towers[0], top), (towers[1], top, ends[1], deck - 2))
    for x0, y0, x1, y1 in spans:
        across = np.linspace(x0, x1, 30)
        share = (across - x0) / (x1 - x0)
        cable = np.column_stack([across, y0 + (y1 - y0) * (share**1.5 if x0 < 0 else 1 - (1 - share) ** 1.5)])
        canvas.line(cable, 0.7, ink)
        for px, py in cable[1:-1]:
            canvas.line(segment(px, py, px, deck, 2), 0.22, ink)
    across = np.linspace(*towers, 45)
    middle = (towers[0] + towers[1]) / 2
    share = ((across - middle) / (towers[1] - middle)) ** 2
    cable = np.column_stack([across, sag + (top - sag) * share])
    canvas.line(cable, 0.7, ink)
    for px, py in cable[1:-1]:
        canvas.line(segment(px, py, px, deck, 2), 0.22, ink)
    canvas.box(0, deck, canvas.width, deck + 1.7, ink)
    for x in towers:
        for side in (-2.3, 2.3):
            canvas.box(x + side - 0.8, top - 1.5, x + side + 0.8, low + 4, ink)
        for level in np.linspace(top, deck - 5, 4):
            canvas.box(x - 2.6, level, x + 2.6, level + 1.4, ink)
        canvas.box(x - 4.5, low + 2, x + 4.5, low + 6, darker(ink, 0.2))


def hilltown(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Heap whitewashed houses up a hill above the sea."""
    canvas.sky([(0, mix(palette.inks[2], WHITE, 0.25)), (0.6, mix(palette.inks[3], WHITE, 0.5))])
    canvas.disc(canvas.width * rng.uniform(0.15, 0.3), canvas.height * 0.16, 7, lighter(palette.sun, 0.4))
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
    line = swell(canvas.width, rng, 2)
    sea = np.vstack(
        [
            np.column_stack([line[:, 0], base + line[:, 1] * 0.8]),
            [(canvas.width, canvas.height + 1), (0, canvas.height + 1)],
        ]
    )
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
        ends = [(x - 0.6, top), (x + wide + 0.6, top), (split + 0.8, top - 3.6), (x + wide * 0.3, top - 3.6)]
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


def foggy(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Fade towers into fog, layer behind layer."""
    fog = mix(palette.inks[3], palette.paper, 0.5)
    canvas.sky([(0, palette.paper), (1, fog)])
    sun = (canvas.width * rng.uniform(0.3, 0.7), canvas.height * 0.24, rng.uniform(8, 12))
    canvas.disc(*sun, mix(palette.sun, palette.paper, 0.2))
    layers = 5
    for layer in range(layers):
        near = layer / (layers - 1)
        ink = mix(mix(palette.inks[1], palette.dark, near), fog, 0.75 * (1 - near))
        x = rng.uniform(-8, 0)
        while x < canvas.width:
            wide = rng.uniform(5, 11) * (1 + 0.35 * near)
            peak = 1 - abs((x + wide / 2) / canvas.width - 0.5) * 0.9
            tall = canvas.height * rng.uniform(0.34, 0.72) * peak * (1 - 0.62 * near)
            tower(canvas, x, x + wide, canvas.height - tall, ink, rng)
            x += wide * rng.uniform(0.8, 1.2)
        if layer < layers - 1:
            canvas.mist(canvas.height * (0.45 + 0.1 * layer), canvas.height, fog, 0.75)


def streetmap(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Draw a town plan with blocks, parks, avenues and a river."""
    canvas.fill(box(0, 0, canvas.width, canvas.height), palette.paper)
    turn = rng.uniform(-0.5, 0.5)
    cos, sin = np.cos(turn), np.sin(turn)
    x0, y0 = canvas.centre
    blocks = [mix(ink, palette.paper, 0.1) for ink in (palette.inks[3], palette.inks[2], palette.inks[1])]
    y = -90.0
    while y < 90:
        deep = rng.uniform(5, 10)
        x = -110.0
        while x < 110:
            wide = rng.uniform(6, 15)
            corners = np.array([(x, y), (x + wide, y), (x + wide, y + deep), (x, y + deep)])
            moved = corners @ np.array([[cos, sin], [-sin, cos]]) + (x0, y0)
            kind = rng.uniform()
            ink = blocks[int(rng.integers(0, 3))] if kind < 0.86 else palette.inks[0]
            if kind > 0.97:
                ink = palette.inks[4]
            canvas.fill(moved, ink)
            x += wide + (2.0 if rng.uniform() < 0.14 else 0.8)
        y += deep + (2.2 if rng.uniform() < 0.2 else 0.8)
    for _ in range(3):
        angle = rng.uniform(0, np.pi)
        cx, cy = x0 + rng.uniform(-25, 25), y0 + rng.uniform(-25, 25)
        reach = 140
        avenue = segment(
            cx - np.cos(angle) * reach, cy - np.sin(angle) * reach, cx + np.cos(angle) * reach, cy + np.sin(angle) * reach, 2
        )
        canvas.line(avenue, 1.6, palette.paper)
    start = rng.uniform(0.1, 0.9) * canvas.width
    river = smooth(
        [
            (start + rng.uniform(-22, 22) * (1 if step else 0), canvas.height * step / 5)
            for step in range(-1, 7)
        ],
        closed=False,
    )
    wide = rng.uniform(7, 10)
    canvas.fill(ribbon(river, wide + 2.2), palette.paper)
    canvas.fill(ribbon(river, wide), mix(palette.dark, palette.inks[0], 0.4))
    for share in (0.25, 0.45, 0.62, 0.8):
        px, py = river[int(share * len(river))]
        canvas.line(segment(px - wide, py, px + wide, py, 2), 1.3, palette.paper)
    margin = 6.0
    for strip in (
        box(0, 0, canvas.width, margin),
        box(0, canvas.height - margin, canvas.width, canvas.height),
        box(0, 0, margin, canvas.height),
        box(canvas.width - margin, 0, canvas.width, canvas.height),
    ):
        canvas.fill(strip, lighter(palette.paper, 0.4))


def facade(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Repeat shuttered windows with plants, blinds and a cat over a painted front."""
    wall = mix(palette.inks[int(rng.integers(0, 2))], palette.paper, 0.3)
    canvas.fill(box(0, 0, canvas.width, canvas.height), wall)
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
                np.array([(cx - half, cy + rise), (cx - half, cy), (cx + half, cy - rise), (cx + half, cy - rise * 0.3)]),
                WHITE,
                0.14,
            )
            blind = rng.uniform(0, 0.9) * rise if rng.uniform() < 0.5 else 0
            canvas.box(cx - half, cy - rise, cx + half, cy - rise + blind, palette.inks[3])
            canvas.line(segment(cx, cy - rise, cx, cy + rise, 2), 0.7, trim)
            canvas.line(segment(cx - half, cy - rise * 0.1, cx + half, cy - rise * 0.1, 2), 0.7, trim)
            for side in (-1, 1):
                inner, outer = cx + side * (half + 1), cx + side * (half + wide * 0.19)
                low, high = sorted((inner, outer))
                canvas.box(low, cy - rise - 0.6, high, cy + rise + 0.6, shutter)
                for slat in np.linspace(cy - rise + 1, cy + rise - 1, 9):
                    canvas.line(segment(low + 0.7, slat, high - 0.7, slat, 2), 0.35, darker(shutter, 0.25))
            canvas.box(cx - half - 2, cy + rise + 0.8, cx + half + 2, cy + rise + 2, trim)
            if rng.uniform() < 0.55:
                canvas.box(cx - half, cy + rise - 1.6, cx + half, cy + rise + 1.6, palette.inks[4])
                for _ in range(16):
                    spot = (cx + rng.uniform(-half, half), cy + rise - 1.5 - abs(rng.normal(0, 1.5)))
                    leaf_ink = mix((72, 112, 70), palette.inks[0], rng.uniform(0, 0.4))
                    canvas.disc(*spot, rng.uniform(0.6, 1.3), leaf_ink)
                for _ in range(5):
                    spot = (cx + rng.uniform(-half, half), cy + rise - 2 - rng.uniform(0, 2.5))
                    canvas.disc(*spot, 0.7, lighter(palette.inks[4], 0.45))


STYLES: Final = (
    Style(
        skyline,
        "Marcus Bell",
        ("Midnight", "Indigo", "Lavender", "Teal", "Rose"),
        ("Night Shift", "Ten Thousand Windows", "After the Last Train", "Uptown, Late", "City Hum"),
        ("tall", "wide", "square"),
    ),
    Style(
        rowhouses,
        "Saskia de Wit",
        ("Terracotta", "Teal", "Coral", "Slate", "Ochre"),
        ("Canal Row", "Herengracht Morning", "Narrow Houses", "Six Front Doors", "Gables"),
        ("wide", "tall", "square"),
    ),
    Style(
        bridge,
        "Ruben Castell",
        ("Rose", "Coral", "Indigo", "Slate", "Teal"),
        ("Span", "Bridge at Dusk", "Crossing Home", "Long Way Over", "Steel and Evening"),
        ("wide", "tall", "wide"),
    ),
    Style(
        hilltown,
        "Chiara Fontana",
        ("Coral", "Indigo", "Terracotta", "Teal", "Citrus"),
        ("Hill Town", "White Steps", "Above the Marina", "Siesta Streets", "Cliff Houses"),
        ("tall", "square", "wide"),
    ),
    Style(
        foggy,
        "Wren Takahashi",
        ("Slate", "Charcoal", "Ochre", "Lavender", "Sage"),
        ("Fog District", "City in Layers", "Soft Skyline", "Before the Rush", "Grey Sunday"),
        ("tall", "wide", "square"),
    ),
    Style(
        streetmap,
        "Felix Arden",
        ("Indigo", "Sage", "Terracotta", "Slate", "Blush"),
        ("Town Plan", "River Quarter", "Old Streets, New Streets", "Ward Nine", "Map for Walking"),
        ("tall", "square", "tall"),
    ),
    Style(
        facade,
        "Paola Serra",
        ("Blush", "Ochre", "Sage", "Coral", "Lavender"),
        ("Shutters", "Via dei Gerani", "Neighbours", "Window Boxes", "Third Floor, Left"),
        ("tall", "square", "wide"),
    ),
)
