"""Demo prints of the sea, lakes and rivers."""

from typing import Final

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.art.style import Style
from catalog.demo.colours import WHITE, Colour, darker, lighter, mix
from catalog.demo.shapes import (
    Points,
    blob,
    circle,
    ellipse,
    ground,
    place,
    ribbon,
    ridge,
    sector,
    segment,
    smooth,
    swell,
)


def glitter(
    canvas: Canvas,
    x: float,
    top: float,
    bottom: float,
    colour: Colour,
    rng: np.random.Generator,
    spread: float = 9,
) -> None:
    """Scatter the reflection of a light down the water below it."""
    y = top + 0.6
    while y < bottom:
        depth = (y - top) / (bottom - top)
        for _ in range(3):
            middle = x + rng.normal(0, spread * (0.35 + 0.75 * depth))
            half = rng.uniform(0.8, 4.5) * (0.6 + depth)
            dash = segment(middle - half, y, middle + half, y, 8)
            canvas.tint(ribbon(dash, [0.05, 0.35 + 0.7 * depth, 0.05]), colour, 0.8 - 0.35 * depth)
        y += 0.9 + 2.2 * depth


def horizon(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Open a calm sea with a low sun and its path of light."""
    low = canvas.height * rng.uniform(0.46, 0.58)
    warm = lighter(palette.inks[3], 0.25)
    canvas.sky([(0, mix(palette.inks[1], palette.paper, 0.35)), (low / canvas.height, warm)])
    x = canvas.width * rng.uniform(0.3, 0.7)
    size = rng.uniform(6, 10)
    light = mix(palette.sun, (255, 236, 196), 0.6)
    sun_y = low - size * rng.uniform(0.4, 2.2)
    canvas.glow(x, sun_y, size * 4.5, light, 0.75)
    canvas.disc(x, sun_y, size, light)
    for _ in range(5):
        y = rng.uniform(low * 0.15, low * 0.8)
        start = rng.uniform(-20, canvas.width * 0.8)
        cloud = segment(start, y, start + rng.uniform(24, 60), y + rng.uniform(-1, 1), 14)
        canvas.tint(ribbon(cloud, [0.2, rng.uniform(1.5, 4), 0.2]), lighter(warm, 0.6), 0.5)
    sea = np.array(
        [(0, low), (canvas.width, low), (canvas.width, canvas.height), (0, canvas.height)]
    )
    canvas.fade(sea, mix(palette.inks[1], warm, 0.35), mix(palette.inks[0], palette.dark, 0.35))
    for _ in range(60):
        depth = rng.uniform() ** 1.4
        y = low + 1 + depth * (canvas.height - low)
        middle, half = rng.uniform(0, canvas.width), rng.uniform(3, 14) * (0.4 + depth)
        shade = palette.dark if rng.uniform() < 0.5 else palette.inks[2]
        dash = ribbon(segment(middle - half, y, middle + half, y, 8), [0, 0.3 + depth, 0])
        canvas.tint(dash, shade, 0.22)
    glitter(canvas, x, low, canvas.height, light, rng, size * 0.75)


def scales(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Roll rows of seigaiha wave fans, some of them coloured."""
    radius = float(rng.choice([9.0, 11.0, 14.0]))
    row = 0
    canvas.fill(circle(0, 0, 1), palette.paper)
    hot = rng.uniform(0, 1, 400)
    phase = rng.uniform(0, 6)
    y = 0.0
    number = 0
    while y < canvas.height + radius * 1.2:
        x = radius if row % 2 else 0.0
        while x < canvas.width + radius * 2:
            wave = np.sin(x / 33 + phase) + np.sin(y / 41 + phase * 2)
            ink = palette.inks[int(np.clip((wave + 2) / 4 * 3, 0, 2))]
            if hot[number % 400] < 0.05:
                ink = palette.inks[4]
            number += 1
            for ring in range(4):
                shade = palette.paper if ring % 2 else ink
                canvas.disc(x, y, radius * (1 - ring * 0.23), shade)
            canvas.disc(x, y, radius * 0.14, ink)
            x += radius * 2
        y += radius * 0.5
        row += 1


def breakers(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Pile up curling waves edged with foam."""
    canvas.sky([(0, palette.paper), (0.7, lighter(palette.inks[3], 0.4))])
    sun = (canvas.width * rng.uniform(0.25, 0.75), canvas.height * 0.2, rng.uniform(7, 10))
    canvas.disc(*sun, palette.sun)
    rows = 6
    for row in range(rows):
        near = row / (rows - 1)
        level = canvas.height * (0.38 + 0.52 * near)
        pitch = 19 + 13 * near
        shift = rng.uniform(-pitch, 0)
        ink = mix(palette.inks[2], palette.dark, near) if row % 2 else palette.inks[row // 2 % 2]
        crests = []
        x = shift
        while x < canvas.width + pitch * 2:
            high = pitch * 0.42 * rng.uniform(0.85, 1.1)
            crests += [
                (x, level),
                (x + pitch * 0.36, level - high * 0.5),
                (x + pitch * 0.66, level - high),
                (x + pitch * 0.93, level - high * 0.72),
                (x + pitch * 0.87, level - high * 0.42),
                (x + pitch * 0.78, level - high * 0.3),
            ]
            x += pitch
        line = smooth(crests, closed=False, steps=8)
        floor = canvas.height + 2
        canvas.fill(np.vstack([line, [(line[-1, 0], floor), (line[0, 0], floor)]]), ink)
        canvas.line(line, 0.9 + near * 0.5, lighter(palette.paper, 0.6))
        for step in range(1, 4):
            inside = place(line, step * 0.5, step * (2 + near))
            canvas.line(inside, 0.35, lighter(ink, 0.35))
        for number in range(2, len(crests), 6):
            x, y = crests[number]
            for _ in range(5):
                spot = (x + rng.normal(2.5, 2.5), y - abs(rng.normal(0, 1.8)) - 0.5)
                canvas.disc(*spot, rng.uniform(0.25, 0.75), lighter(palette.paper, 0.6))


def pond(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Float lily pads among rings on still water."""
    deep = mix(palette.inks[0], palette.dark, 0.3)
    canvas.sky([(0, mix(palette.inks[1], palette.inks[2], 0.4)), (1, deep)])
    for _ in range(26):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
        half = rng.uniform(8, 26)
        streak = ribbon(segment(x - half, y, x + half, y, 8), [0, rng.uniform(0.8, 2.6), 0])
        canvas.tint(streak, palette.inks[2], 0.16)
    for _ in range(4):
        x, y = rng.uniform(10, canvas.width - 10), rng.uniform(10, canvas.height - 10)
        for ring in range(1, 5):
            line = ellipse(x, y, ring * 4.2, ring * 2.1)
            canvas.line(line, 0.3, mix(deep, palette.paper, 0.6 - ring * 0.1), closed=True)
    spots: list[tuple[float, float, float]] = []
    for _ in range(90):
        size = rng.uniform(4, 10)
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
        if all((x - a) ** 2 + ((y - b) * 1.6) ** 2 > ((size + c) * 0.92) ** 2 for a, b, c in spots):
            spots.append((x, y, size))
        if len(spots) > 12:
            break
    leaves = tuple(mix(palette.inks[2], (86, 128, 84), share) for share in (0.15, 0.5, 0.75))
    for number, (x, y, size) in enumerate(sorted(spots, key=lambda spot: spot[1])):
        gap = rng.uniform(0, 2 * np.pi)
        pad = sector(0, 0, size, gap + 0.22, gap + 2 * np.pi - 0.22)
        pad = place(pad * (1, 0.62), x, y)
        canvas.tint(place(pad, 0.7, 1.1), palette.dark, 0.4)
        ink = leaves[number % 3]
        canvas.fill(pad, ink)
        for vein in np.linspace(gap + 0.5, gap + 2 * np.pi - 0.5, 9):
            tip = (x + np.cos(vein) * size * 0.86, y + np.sin(vein) * size * 0.86 * 0.62)
            canvas.line(np.array([(x, y), tip]), 0.25, darker(ink, 0.16))
        if number % 3 == 1:
            flower(canvas, x + size * 0.2, y - size * 0.15, size * 0.62, palette)


def flower(canvas: Canvas, x: float, y: float, size: float, palette: Palette) -> None:
    """Open a water lily at x, y."""
    petal = smooth([(0, 0), (0.24, -0.5), (0, -1), (-0.24, -0.5)])
    light = lighter(palette.sun, 0.62)
    for ring, (count, reach) in enumerate(((9, 1.0), (7, 0.72), (5, 0.45))):
        for turn in np.linspace(0, 2 * np.pi, count, endpoint=False) + ring * 0.3:
            outline = place(petal, 0, 0, size * reach, turn) * (1, 0.75) + (x, y)
            canvas.fill(outline, mix(light, WHITE, 0.2 * ring + 0.12 * np.cos(turn)))
            canvas.line(outline, 0.15, darker(light, 0.18), closed=True)
    canvas.disc(x, y, size * 0.16, (238, 190, 88))


def boats(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Sail a few boats past layered islands."""
    low = canvas.height * rng.uniform(0.42, 0.5)
    canvas.sky(
        [(0, mix(palette.inks[2], palette.paper, 0.45)), (low / canvas.height, palette.paper)]
    )
    canvas.disc(canvas.width * rng.uniform(0.2, 0.8), low * 0.4, 7, lighter(palette.sun, 0.3))
    for layer in range(2):
        line = ridge(canvas.width, rng, 0.45)
        ink = mix(palette.inks[1], palette.paper, 0.6 - layer * 0.3)
        canvas.fill(ground(line, low - 3 + layer * 2, 6 - layer * 3, low + 0.2), ink)
    sea = np.array(
        [(0, low), (canvas.width, low), (canvas.width, canvas.height), (0, canvas.height)]
    )
    canvas.fade(sea, mix(palette.inks[2], palette.paper, 0.2), palette.inks[0])
    for _ in range(70):
        depth = rng.uniform() ** 1.3
        y = low + 1.5 + depth * (canvas.height - low)
        middle, half = rng.uniform(0, canvas.width), rng.uniform(2, 9) * (0.4 + depth)
        path = segment(middle - half, y, middle + half, y, 10)
        path[:, 1] += np.sin(np.linspace(0, 6.3, 10)) * 0.5 * depth
        canvas.tint(ribbon(path, [0, 0.3 + 0.6 * depth, 0]), palette.paper, 0.4)
    count = int(rng.integers(2, 5))
    for depth, share in zip(
        np.linspace(0.14, 0.62, count), rng.permutation(np.linspace(0.18, 0.82, count)), strict=True
    ):
        sailboat(
            canvas,
            canvas.width * share,
            low + depth * (canvas.height - low),
            11 + 26 * depth,
            palette,
            rng,
        )


def sailboat(
    canvas: Canvas, x: float, y: float, size: float, palette: Palette, rng: np.random.Generator
) -> None:
    """Draw a boat with a mainsail and a jib, its hull on y, and its reflection."""
    mirror = bool(rng.uniform() < 0.5)
    sail = palette.inks[4] if rng.uniform() < 0.45 else lighter(palette.paper, 0.7)
    main = smooth([(0.03, -1.15), (0.22, -0.6), (0.42, -0.17), (0.03, -0.17)], steps=4)
    jib = [(-0.02, -1.05), (-0.1, -0.55), (-0.4, -0.17), (-0.02, -0.2)]
    hull = smooth([(-0.5, -0.13), (0.5, -0.15), (0.36, 0.0), (-0.32, 0.01)], steps=3)
    for step in range(7):
        half = size * (0.4 - 0.045 * step)
        drop = y + size * (0.05 + 0.1 * step)
        shift = rng.normal(0, size * 0.04)
        dash = segment(x - half + shift, drop, x + half + shift, drop, 6)
        canvas.tint(ribbon(dash, [0, size * 0.05, 0]), mix(sail, palette.inks[0], 0.35), 0.65)
    canvas.fill(place(main, x, y, size, 0, mirror), sail)
    canvas.fill(place(jib, x, y, size, 0, mirror), darker(sail, 0.1))
    canvas.line(segment(x, y - size * 1.18, x, y - size * 0.1), size * 0.022, palette.dark)
    canvas.fill(place(hull, x, y, size, 0, mirror), palette.dark)


def shoreline(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Look straight down on foam that runs up a beach."""
    sand = mix(palette.inks[3], (238, 219, 188), 0.55)
    canvas.cover(sand)
    for _ in range(90):
        spot = (rng.uniform(0, canvas.width), rng.uniform(0, canvas.height))
        canvas.tint(circle(*spot, rng.uniform(0.15, 0.5), 10), darker(sand, 0.35), 0.4)
    tilt = rng.uniform(-0.35, 0.35)
    shore = canvas.height * rng.uniform(0.42, 0.6)
    layers = 7
    for layer in range(layers):
        far = layer / (layers - 1)
        line = swell(canvas.width * 1.1, rng, 1.1 + 0.5 * far)
        line[:, 0] -= canvas.width * 0.05
        y = shore * (1 - far * 0.95)
        top = np.column_stack(
            [line[:, 0], y + line[:, 1] * 4.5 + (line[:, 0] - canvas.width / 2) * tilt]
        )
        area = np.vstack([top, [(canvas.width * 1.1, -60), (-canvas.width * 0.1, -60)]])
        shallow = mix(palette.inks[2], lighter(sand, 0.3), max(0.0, 0.55 - far * 1.4))
        ink = mix(shallow, mix(palette.inks[0], palette.dark, 0.25), far**1.1)
        if layer == 0:
            canvas.tint(place(area, 0, 3), darker(sand, 0.3), 0.35)
        canvas.tint(area, ink, 0.9)
        if layer < 5:
            foam = ribbon(top, np.abs(swell(1, rng, 5, 40)[:, 1]) * (2.4 - far * 2) + 0.35)
            canvas.tint(foam, WHITE, 0.92 - 0.3 * far)
            for _ in range(36 - layer * 5):
                place_at = top[int(rng.integers(0, len(top)))]
                spot = place_at + rng.normal(0, 1, 2) * (2.5, 1.6) - (0, 2.2)
                canvas.tint(blob(spot[0], spot[1], rng.uniform(0.3, 1.3), rng, 0.3), WHITE, 0.55)


def lighthouse(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Stand a lighthouse on rocks above a night sea, its beam across the sky."""
    low = canvas.height * 0.7
    night = mix(palette.dark, palette.inks[0], 0.45)
    canvas.sky([(0, night), (0.72, mix(palette.inks[1], palette.inks[2], 0.4))])
    for _ in range(45):
        spot = (rng.uniform(0, canvas.width), rng.uniform(0, low * 0.7))
        canvas.disc(*spot, rng.uniform(0.15, 0.42), lighter(palette.inks[3], 0.4))
    mirror = bool(rng.uniform() < 0.5)
    x = canvas.width * (0.32 if mirror else 0.68)
    side = 1 if mirror else -1
    tall = canvas.height * 0.4
    lamp = (x, low - tall - 4)
    beam: Colour = (255, 240, 196)
    for width in (0.16, 0.1, 0.05):
        reach = canvas.width * 1.1
        cone = np.array(
            [
                lamp,
                (x + side * reach, lamp[1] - reach * width),
                (x + side * reach, lamp[1] + reach * width),
            ]
        )
        canvas.tint(cone, beam, 0.2)
    sea = np.array(
        [(0, low), (canvas.width, low), (canvas.width, canvas.height), (0, canvas.height)]
    )
    canvas.fade(sea, mix(palette.inks[1], palette.inks[0], 0.5), palette.dark)
    glitter(canvas, x + side * 14, low + 2, canvas.height, beam, rng, 13)
    wide = tall * 0.15
    rocks = ground(
        np.column_stack([ridge(wide * 9, rng, 0.5)[:, 0] + x - wide * 4.5, -np.hanning(129) * 6]),
        low + 4,
        1,
        low + 6,
    )
    rocks[:129, 1] += ridge(1, rng, 0.55)[:, 1] * 1.2
    stripes = 5
    for stripe in range(stripes):
        up, down = stripe / stripes, (stripe + 1) / stripes
        half_up, half_down = wide * (0.55 + 0.45 * up), wide * (0.55 + 0.45 * down)
        top, bottom = low - tall * (1 - up), low - tall * (1 - down)
        ink = palette.inks[4] if stripe % 2 == 0 else lighter(palette.paper, 0.5)
        block = np.array(
            [
                (x - half_up, top),
                (x + half_up, top),
                (x + half_down, bottom),
                (x - half_down, bottom),
            ]
        )
        canvas.fill(block, ink)
        shade = block.copy()
        shade[[0, 3], 0] = x + wide * 0.15
        canvas.tint(shade, palette.dark, 0.3)
    canvas.box(x - wide * 0.75, low - tall - 1, x + wide * 0.75, low - tall + 0.6, palette.dark)
    canvas.box(x - wide * 0.42, lamp[1] - 3, x + wide * 0.42, low - tall - 1, beam)
    canvas.glow(*lamp, 12, beam, 0.9)
    roof: Points = np.array(
        [(x - wide * 0.6, lamp[1] - 2.6), (x + wide * 0.6, lamp[1] - 2.6), (x, lamp[1] - 6.5)]
    )
    canvas.fill(roof, palette.dark)
    canvas.fill(rocks, mix(palette.dark, (0, 0, 0), 0.25))


STYLES: Final = (
    Style(
        horizon,
        "Niamh Corrigan",
        ("Indigo", "Teal", "Reef", "Slate", "Lavender", "Rose"),
        ("Evening Path", "Harbour at Six", "Where the Sun Goes", "Calm Passage", "West Sound"),
        ("wide", "tall", "square"),
    ),
    Style(
        scales,
        "Haru Minami",
        ("Indigo", "Teal", "Slate", "Midnight", "Forest", "Reef"),
        ("Seigaiha", "A Thousand Waves", "Patterned Sea", "Fan Tide", "Blue Ocean Cloth"),
    ),
    Style(
        breakers,
        "Caspar Reyes",
        ("Indigo", "Teal", "Slate", "Reef", "Ink"),
        ("Breakers", "Set of Seven", "Off the Point", "Curl and Foam", "High Water"),
        ("tall", "wide", "square"),
    ),
    Style(
        pond,
        "Odile Mercier",
        ("Forest", "Teal", "Sage", "Lavender", "Reef"),
        ("Lily Water", "Pond in July", "Still Rings", "Garden Pool", "Nymphéa Hours"),
        ("wide", "square", "tall"),
    ),
    Style(
        boats,
        "Tomas Eide",
        ("Teal", "Indigo", "Slate", "Reef", "Sage"),
        ("Regatta", "Out to the Islands", "Small Craft", "Two Sheets to Windward", "Sunday Sail"),
        ("wide", "tall", "wide"),
    ),
    Style(
        shoreline,
        "Leilani Moss",
        ("Teal", "Indigo", "Slate", "Ink", "Sage"),
        ("Shoreline from Above", "Receding", "Salt Edge", "Foam Map", "Low Tide"),
        ("tall", "square", "wide"),
    ),
    Style(
        lighthouse,
        "Gareth Pryce",
        ("Indigo", "Teal", "Rose", "Slate", "Reef"),
        ("Keeper's Light", "Beacon", "Nightwatch", "Skerry Light", "Signal over Water"),
        ("tall", "tall", "square"),
    ),
)
