"""Botanical demo prints."""

from typing import Final

import numpy as np

from catalog.demo.canvas import Canvas
from catalog.demo.palettes import Colour, Palette, darker, lighter, mix
from catalog.demo.shapes import (
    Points,
    blob,
    circle,
    ellipse,
    leaf,
    mirrored,
    place,
    ribbon,
    segment,
    smooth,
)
from catalog.demo.style import Style

_GOLDEN_ANGLE: Final = np.pi * (3 - 5**0.5)


def fern(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Press a fern, its leaflets themselves divided."""
    x, base = canvas.width / 2, canvas.height * 0.92
    count = 1 if canvas.width < canvas.height * 1.1 else 3
    for number in range(count):
        lean = rng.uniform(-12, 12)
        foot = x + (number - (count - 1) / 2) * canvas.width * 0.24
        tip = (foot + lean, canvas.height * (0.09 + 0.05 * (number % 2)))
        spine = smooth(
            [(foot, base), (foot - lean * 0.4, base * 0.6), (foot + lean * 0.2, base * 0.3), tip],
            closed=False,
            steps=22,
        )
        ink = palette.inks[(0, 3, 2)[number % 3]]
        canvas.fill(ribbon(spine, [0.9, 0.2]), darker(ink, 0.25))
        steps = np.linspace(0.16, 0.99, 27)
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
        canvas.fill(circle(x + rng.uniform(-8, 8), y * 0.9, 31), mix(palette.inks[4], palette.paper, 0.5))
    for number in range(count):
        spread = (number - (count - 1) / 2) * 25
        turn = spread * 0.022 + rng.uniform(-0.15, 0.15)
        size = 38 - 5 * (number % 2) + rng.uniform(-3, 3)
        cx = x + spread
        cy = y * (0.86 + 0.22 * (number % 2)) - 6
        foot = (x + spread * 0.3, canvas.height * 0.97)
        stem = smooth([foot, ((cx + foot[0]) / 2 + 3, (cy + foot[1]) / 2), (cx, cy + size * 0.42)], closed=False)
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


def vase(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Arrange a few stems in a vase on a table."""
    canvas.fill(np.array([(0, 0), (canvas.width, 0), (canvas.width, canvas.height), (0, canvas.height)]), mix(palette.inks[3], palette.paper, 0.55))
    table = canvas.height * 0.84
    canvas.box(0, table, canvas.width, canvas.height + 1, mix(palette.inks[1], palette.paper, 0.3))
    x = canvas.width / 2 + rng.uniform(-5, 5)
    sun = circle(x + rng.uniform(-14, 14), canvas.height * 0.4, canvas.width * 0.34)
    canvas.fill(sun, mix(palette.inks[1], palette.paper, 0.5))
    profile = [
        [(0.16, -1), (0.13, -0.86), (0.3, -0.62), (0.36, -0.3), (0.22, 0.0)],
        [(0.2, -0.85), (0.18, -0.74), (0.42, -0.52), (0.42, -0.2), (0.24, 0.0)],
        [(0.13, -1.05), (0.1, -0.7), (0.16, -0.55), (0.32, -0.25), (0.2, 0.0)],
    ][int(rng.integers(0, 3))]
    size = canvas.height * 0.3
    foot = table + canvas.height * 0.05
    half = smooth(profile, closed=False)
    body = place(mirrored(half), x, foot, size)
    mouth = (x, foot + profile[0][1] * size + 1)
    stems = int(rng.integers(5, 8))
    for number in rng.permutation(stems):
        angle = -np.pi / 2 + (number - (stems - 1) / 2) * 0.27 + rng.uniform(-0.06, 0.06)
        reach = canvas.height * rng.uniform(0.3, 0.46)
        tip = (mouth[0] + np.cos(angle) * reach * 0.85, mouth[1] + np.sin(angle) * reach)
        stem = smooth([mouth, ((mouth[0] * 1.4 + tip[0] * 0.6) / 2, (mouth[1] + tip[1]) / 2), tip], closed=False, steps=16)
        green = mix(palette.inks[0], palette.dark, 0.25) if number % 2 else palette.inks[2]
        canvas.fill(ribbon(stem, [0.8, 0.5]), green)
        kind = (0, 1, 0, 2)[int(number + rng.integers(0, 2)) % 4]
        for step in np.linspace(0.35, 0.9, 6 if kind == 2 else 3):
            at = int(step * (len(stem) - 1))
            for side in (-1, 1):
                turn = angle + side * rng.uniform(0.6, 0.9)
                canvas.fill(leaf(*stem[at], rng.uniform(6, 10), 3.1, turn), green)
        if kind == 0:
            poppy(canvas, *tip, rng.uniform(6.5, 9.5), palette.inks[4], palette, rng)
        elif kind == 1:
            for step in np.linspace(0.62, 1, 8):
                bud = stem[int(step * (len(stem) - 1))] + rng.normal(0, 1.3, 2)
                canvas.disc(bud[0], bud[1], rng.uniform(1.1, 2), palette.inks[1])
                canvas.disc(bud[0] - 0.3, bud[1] - 0.4, 0.6, lighter(palette.inks[1], 0.4))
        else:
            canvas.fill(leaf(*tip, 9, 3.4, angle), green)
    canvas.tint(ellipse(x + size * 0.16, foot, size * 0.48, size * 0.05), palette.dark, 0.28)
    glaze = palette.inks[int(rng.integers(0, 2)) * 4] if rng.uniform() < 0.6 else palette.dark
    canvas.fill(body, glaze)
    shade = smooth([(half[0, 0] * 0.2, half[0, 1]), (0.12, -0.5), (0.02, 0.0)], closed=False)
    side = np.vstack([half, shade[::-1]])
    canvas.tint(place(side, x, foot, size), (0, 0, 0), 0.18)
    glint = ribbon(half[4:-12] * (-0.72, 1), [0.005, 0.035, 0.005])
    canvas.tint(place(glint, x, foot, size), (255, 255, 255), 0.4)


def poppy(
    canvas: Canvas,
    x: float,
    y: float,
    size: float,
    ink: Colour,
    palette: Palette,
    rng: np.random.Generator,
) -> None:
    """Open a poppy at x, y."""
    start = rng.uniform(0, 6.3)
    for ring in range(2):
        for petal in range(4 - ring):
            angle = start + petal * 2 * np.pi / (4 - ring) + ring * 0.6
            reach = size * (0.5 - 0.2 * ring)
            centre = (x + np.cos(angle) * reach, y + np.sin(angle) * reach)
            shape = blob(*centre, size * (0.62 - 0.17 * ring), rng, 0.12)
            canvas.fill(shape, mix(ink, palette.dark, 0.07 * petal) if ring == 0 else lighter(ink, 0.16))
    canvas.disc(x, y, size * 0.23, palette.dark)
    for angle in np.linspace(0, 2 * np.pi, 11):
        spot = (x + np.cos(angle) * size * 0.34, y + np.sin(angle) * size * 0.34)
        canvas.disc(*spot, size * 0.045, palette.dark)


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


def seedhead(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Turn a sunflower by phyllotaxis (Vogel, 1979): the n-th seed at n golden angles, root n out."""
    canvas.fill(np.array([(0, 0), (canvas.width, 0), (canvas.width, canvas.height), (0, canvas.height)]), mix(palette.inks[3], palette.paper, 0.7))
    x, y = canvas.width / 2, canvas.height * (0.5 if canvas.width >= canvas.height else 0.42)
    disc = rng.uniform(15, 19)
    if canvas.height > canvas.width:
        stem = smooth([(x + 4, canvas.height + 3), (x + 1, canvas.height * 0.8), (x, y)], closed=False)
        canvas.fill(ribbon(stem, [2.4, 1.7]), mix(palette.inks[2], palette.dark, 0.35))
        for side, share in ((-1, 0.87), (1, 0.8)):
            turn = -np.pi / 2 + side * 1.15
            blade = leaf(x + 2, canvas.height * share, 27, 11, turn, 0.4)
            canvas.fill(blade, mix(palette.inks[2], palette.dark, 0.2))
            tip = (x + 2 + np.cos(turn) * 25, canvas.height * share + np.sin(turn) * 25)
            canvas.line(np.array([(x + 2, canvas.height * share), tip]), 0.35, palette.paper)
    petals = int(rng.integers(21, 35))
    for ring in range(2):
        for petal in range(petals):
            turn = (petal + ring * 0.5) * 2 * np.pi / petals + rng.normal(0, 0.04)
            ink = mix(palette.inks[0 if ring == 0 else 1], palette.inks[4], rng.uniform(0, 0.35))
            start = (x + np.cos(turn) * disc * 0.8, y + np.sin(turn) * disc * 0.8)
            length = disc * rng.uniform(0.95, 1.15) * (1.1 - 0.2 * ring)
            canvas.fill(leaf(*start, length, disc * 0.36, turn, 0.42), ink)
    canvas.disc(x, y, disc, mix(palette.dark, palette.inks[0], 0.12))
    seeds = 340
    for seed in range(seeds):
        share = (seed / seeds) ** 0.5
        angle = seed * _GOLDEN_ANGLE
        tone = mix(palette.inks[4], palette.inks[3], share) if seed % 3 else palette.inks[0]
        spot = (x + np.cos(angle) * disc * 0.95 * share, y + np.sin(angle) * disc * 0.95 * share)
        canvas.disc(*spot, disc * (0.018 + 0.024 * share), mix(palette.dark, tone, 0.3 + 0.65 * share))


def grow(rng: np.random.Generator, depth: int) -> str:
    """Return a stochastic bracketed L-system (Prusinkiewicz and Lindenmayer, 1990, ch. 1.7)."""
    rules = ("F[+X]F[-X]FX", "F[-X]F[+X]FX", "F[+X][-X]FX", "FF[+X]X")
    text = "X"
    for _ in range(depth):
        text = "".join(
            rules[int(rng.integers(0, 4))] if letter == "X" else "FF" if letter == "F" else letter
            for letter in text
        )
    return text


def meadow(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Grow wild stems by an L-system, with buds at the tips."""
    canvas.sky([(0, palette.paper), (1, mix(palette.inks[3], palette.paper, 0.45))])
    stems = max(4, round(canvas.width / 19))
    for number in rng.permutation(stems):
        x = canvas.width * (number + 0.5) / stems + rng.uniform(-3, 3)
        ink = mix(palette.inks[int(rng.integers(0, 3))], palette.dark, rng.uniform(0.1, 0.55))
        text = grow(rng, 4)
        rise = canvas.height * rng.uniform(0.55, 0.85)
        step = rise / (2 ** 4 * 1.75)
        spread = rng.uniform(0.3, 0.45)
        bud = palette.inks[4] if number % 2 else palette.inks[1]
        wild_stem(canvas, text, x, canvas.height + 2, step, spread, (ink, bud), rng)
    for _ in range(70):
        x = rng.uniform(0, canvas.width)
        tall = rng.uniform(5, 22)
        blade = smooth(
            [(x, canvas.height + 1), (x + 1, canvas.height - tall * 0.6), (x + rng.uniform(-5, 5), canvas.height - tall)],
            closed=False,
        )
        canvas.fill(ribbon(blade, [1.1, 0.1]), mix(palette.inks[0], palette.dark, rng.uniform(0.2, 0.7)))


def wild_stem(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    step: float,
    spread: float,
    colours: tuple[Colour, Colour],
    rng: np.random.Generator,
) -> None:
    """Walk an L-system string upwards from x, y: F draws, + and - turn, brackets branch."""
    heading, depth = -np.pi / 2 + rng.uniform(-0.06, 0.06), 0
    stack: list[tuple[float, float, float]] = []
    for index, letter in enumerate(text):
        if letter == "F":
            ahead = (x + np.cos(heading) * step, y + np.sin(heading) * step)
            width = 0.75 / (1 + 0.55 * depth)
            canvas.line(np.array([(x, y), ahead]), width, colours[0])
            x, y = ahead
            heading += rng.normal(0, 0.025)
        elif letter in "+-":
            heading += spread * (1 if letter == "+" else -1) * rng.uniform(0.8, 1.2)
        elif letter == "[":
            stack.append((x, y, heading))
            depth += 1
        elif letter == "]":
            if index % 2:
                canvas.disc(x, y, rng.uniform(0.7, 1.25), colours[1])
            else:
                canvas.fill(leaf(x, y, 3.4, 1.3, heading), colours[0])
            x, y, heading = stack.pop()
            depth -= 1


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
                canvas.wash(leaf(*root, length, size * 0.085, turn + side * 0.85), ink, rng, 0.95)
    elif kind == 2:
        for angle in np.linspace(-1.25, 1.25, 7):
            root = np.array([x, y]) + tip * size * 0.32
            length = size * (0.68 - 0.22 * abs(angle))
            canvas.wash(leaf(*root, length, size * 0.12, turn + angle), ink, rng, 0.95)
    elif kind == 3:
        fan = [np.array([x, y]) + tip * size * 0.25]
        for angle in np.linspace(-0.85, 0.85, 31):
            reach = size * (0.92 + 0.04 * np.sin(angle * 22) - 0.3 * np.exp(-((angle / 0.07) ** 2)))
            fan.append(np.array([x, y]) + np.array([np.cos(turn + angle), np.sin(turn + angle)]) * reach)
        canvas.wash(np.array(fan), ink, rng, 0.95)
        for angle in np.linspace(-0.75, 0.75, 15):
            end = np.array([x, y]) + np.array([np.cos(turn + angle), np.sin(turn + angle)]) * size * 0.8
            canvas.line(np.array([fan[0], end]), 0.15, dark)
    else:
        for share in np.linspace(0.25, 0.95, 6):
            root = np.array([x, y]) + tip * size * share
            for side in (-1, 1):
                angle = turn + side * 0.9
                middle = root + np.array([np.cos(angle), np.sin(angle)]) * size * 0.13
                canvas.wash(ellipse(*middle, size * 0.1, size * 0.075, angle, 28), ink, rng, 0.95)
    canvas.line(np.array([(x, y), np.array([x, y]) + tip * size * 0.96]), 0.35, dark)


def cacti(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Line up potted cacti on a shelf."""
    canvas.fill(np.array([(0, 0), (canvas.width, 0), (canvas.width, canvas.height), (0, canvas.height)]), mix(palette.inks[3], palette.paper, 0.6))
    shelves = 1 if canvas.width > canvas.height * 1.1 else 2
    for shelf in range(shelves):
        low = canvas.height * (0.8 if shelves == 1 else 0.46 + 0.45 * shelf)
        count = 4 if shelves == 1 or canvas.width >= canvas.height else 3
        for number in range(count):
            x = canvas.width * (number + 0.5) / count
            size = canvas.width / count * 0.92
            potted(canvas, x, low, size, (number + shelf * 2 + int(rng.integers(0, 2))) % 4, palette, rng)
        canvas.box(5, low, canvas.width - 5, low + 1.8, mix(palette.inks[1], palette.dark, 0.35))


def potted(
    canvas: Canvas, x: float, y: float, size: float, kind: int, palette: Palette, rng: np.random.Generator
) -> None:
    """Draw a pot on y with one of four plants."""
    green = mix(palette.inks[0], (70, 116, 84), 0.35)
    deep = darker(green, 0.25)
    rim = y - size * 0.42
    if kind == 0:
        tall = size * rng.uniform(0.8, 1.1)
        body = ribbon(segment(x, rim + 2, x, rim - tall), [size * 0.3, size * 0.36, size * 0.32, size * 0.1])
        canvas.fill(body, green)
        for rib in np.linspace(-0.12, 0.12, 4):
            canvas.line(segment(x + rib * size, rim, x + rib * size * 0.8, rim - tall * 0.95, 2), 0.35, deep)
        canvas.disc(x, rim - tall, size * 0.07, palette.inks[4])
    elif kind == 1:
        canvas.fill(ellipse(x, rim - size * 0.22, size * 0.34, size * 0.31), green)
        for rib in np.linspace(-0.8, 0.8, 7):
            arc = ellipse(x, rim - size * 0.22, size * 0.34 * abs(rib) + 0.1, size * 0.31)
            part = arc[16:49] if rib < 0 else np.vstack([arc[48:], arc[:17]])
            canvas.line(part, 0.35, deep)
        for _ in range(5):
            spot = (x + rng.uniform(-0.18, 0.18) * size, rim - size * rng.uniform(0.47, 0.55))
            canvas.disc(*spot, size * 0.055, palette.inks[4])
    elif kind == 2:
        pads = [(0, 0.3, 0.22), (-0.2, 0.62, 0.16), (0.2, 0.66, 0.17), (-0.06, 0.9, 0.12), (0.3, 0.92, 0.11)]
        for dx, dy, radius in pads:
            pad = blob(x + dx * size, rim - dy * size, radius * size, rng, 0.07)
            canvas.fill(pad, mix(green, deep, radius * 2.2))
            for _ in range(9):
                spot = (x + dx * size + rng.normal(0, radius * size * 0.42), rim - dy * size + rng.normal(0, radius * size * 0.42))
                canvas.disc(*spot, 0.28, lighter(green, 0.6))
    else:
        for angle in np.linspace(-1.15, 1.15, 9):
            length = size * rng.uniform(0.75, 0.98)
            blade = leaf(x, rim + 1, length, size * 0.14, -np.pi / 2 + angle * 0.8, 0.35)
            canvas.fill(blade, mix(green, deep, abs(angle)))
            canvas.line(
                segment(x, rim, x + np.sin(angle * 0.8) * length * 0.8, rim - np.cos(angle * 0.8) * length * 0.8, 2), 0.3, lighter(green, 0.35)
            )
    pot = palette.inks[(kind + 1) % 5] if kind != 1 else palette.dark
    top, low = size * 0.33, size * 0.24
    shape: Points = np.array([(x - top, rim), (x + top, rim), (x + low, y), (x - low, y)])
    canvas.fill(shape, pot)
    shade = np.array([(x + top * 0.2, rim), (x + top, rim), (x + low, y), (x + low * 0.3, y)])
    canvas.tint(shade, (0, 0, 0), 0.14)
    canvas.box(x - top * 1.08, rim - size * 0.03, x + top * 1.08, rim + size * 0.06, darker(pot, 0.1))
    if kind == 3:
        for column in np.linspace(-0.75, 0.75, 5):
            canvas.disc(x + top * column * 0.9, rim + size * 0.2, size * 0.035, lighter(pot, 0.6))


STYLES: Final = (
    Style(
        fern,
        "Ida Fairweather",
        ("Sage", "Forest", "Indigo", "Charcoal", "Terracotta", "Ink"),
        ("Fern Study", "Understorey", "Bracken", "Pressed in March", "Polypody"),
        ("tall", "tall", "square"),
    ),
    Style(
        monstera,
        "Rafael Monteiro",
        ("Forest", "Sage", "Teal", "Rose", "Indigo"),
        ("Monstera", "Glasshouse", "Tropic of Study", "Split Leaf", "Palm House Notes"),
    ),
    Style(
        vase,
        "Elsie Marlow",
        ("Terracotta", "Rose", "Teal", "Ochre", "Coral", "Indigo"),
        ("Poppies on the Sill", "Table Flowers", "Jug with Stems", "From the Allotment", "Saturday Bunch"),
        ("tall", "square", "tall"),
    ),
    Style(
        eucalyptus,
        "Noor Rahimi",
        ("Sage", "Slate", "Teal", "Forest", "Lavender"),
        ("Eucalyptus", "Silver Dollar Sprigs", "Paired Leaves", "Bathroom Garland", "Quiet Branches"),
        ("tall", "wide", "tall"),
    ),
    Style(
        seedhead,
        "Vita Kovacs",
        ("Ochre", "Citrus", "Rose", "Terracotta", "Lavender"),
        ("Sunflower by Numbers", "Golden Angle", "August Head", "Seed Spiral", "Tall Yellow"),
    ),
    Style(
        meadow,
        "Bram Oakley",
        ("Sage", "Ochre", "Lavender", "Rose", "Slate", "Forest"),
        ("Verge in June", "Wild Stems", "Uncut Meadow", "Hedge Parsley", "Hay Week"),
        ("tall", "wide", "square"),
    ),
    Style(
        specimens,
        "Agnes Thorne",
        ("Forest", "Ochre", "Indigo", "Terracotta", "Teal"),
        ("Herbarium Sheet", "Twelve Leaves", "Collector's Table", "Autumn Inventory", "Leaf Index"),
        ("tall", "square", "wide"),
    ),
    Style(
        cacti,
        "Luz Paredes",
        ("Terracotta", "Coral", "Sage", "Citrus", "Blush"),
        ("Windowsill Cacti", "Dry Shelf", "Potted Company", "Succulent Afternoon", "Spines"),
        ("square", "tall", "wide"),
    ),
)
