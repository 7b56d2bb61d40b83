"""Flowers in vases and meadows, sunflowers and potted cacti."""

from typing import Final

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import Colour, darker, lighter, mix
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
    xy,
)

_GOLDEN_ANGLE: Final = np.pi * (3 - 5**0.5)


def vase(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Arrange a few stems in a vase on a table."""
    canvas.cover(mix(palette.inks[3], palette.paper, 0.55))
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
        stem = smooth(
            [mouth, ((mouth[0] * 1.4 + tip[0] * 0.6) / 2, (mouth[1] + tip[1]) / 2), tip],
            closed=False,
            steps=16,
        )
        green = mix(palette.inks[0], palette.dark, 0.25) if number % 2 else palette.inks[2]
        canvas.fill(ribbon(stem, [0.8, 0.5]), green)
        kind = (0, 1, 0, 2)[int(number + rng.integers(0, 2)) % 4]
        for step in np.linspace(0.35, 0.9, 6 if kind == 2 else 3):
            at = int(step * (len(stem) - 1))
            for side in (-1, 1):
                turn = angle + side * rng.uniform(0.6, 0.9)
                canvas.fill(leaf(*xy(stem[at]), rng.uniform(6, 10), 3.1, turn), green)
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
    dim = np.vstack([half, shade[::-1]])
    canvas.tint(place(dim, x, foot, size), (0, 0, 0), 0.18)
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
            canvas.fill(
                shape, mix(ink, palette.dark, 0.07 * petal) if ring == 0 else lighter(ink, 0.16)
            )
    canvas.disc(x, y, size * 0.23, palette.dark)
    for angle in np.linspace(0, 2 * np.pi, 11):
        spot = (x + np.cos(angle) * size * 0.34, y + np.sin(angle) * size * 0.34)
        canvas.disc(*spot, size * 0.045, palette.dark)


def seedhead(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Turn a sunflower by phyllotaxis (Vogel, 1979): seed n at n golden angles, root n out."""
    canvas.cover(mix(palette.inks[3], palette.paper, 0.7))
    x, y = canvas.width / 2, canvas.height * (0.5 if canvas.width >= canvas.height else 0.42)
    disc = rng.uniform(15, 19)
    if canvas.height > canvas.width:
        stem = smooth(
            [(x + 4, canvas.height + 3), (x + 1, canvas.height * 0.8), (x, y)], closed=False
        )
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
        canvas.disc(
            *spot, disc * (0.018 + 0.024 * share), mix(palette.dark, tone, 0.3 + 0.65 * share)
        )


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
        step = rise / (2**4 * 1.75)
        spread = rng.uniform(0.3, 0.45)
        bud = palette.inks[4] if number % 2 else palette.inks[1]
        wild_stem(canvas, text, x, canvas.height + 2, step, spread, (ink, bud), rng)
    for _ in range(70):
        x = rng.uniform(0, canvas.width)
        tall = rng.uniform(5, 22)
        blade = smooth(
            [
                (x, canvas.height + 1),
                (x + 1, canvas.height - tall * 0.6),
                (x + rng.uniform(-5, 5), canvas.height - tall),
            ],
            closed=False,
        )
        canvas.fill(
            ribbon(blade, [1.1, 0.1]), mix(palette.inks[0], palette.dark, rng.uniform(0.2, 0.7))
        )


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


def cacti(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Line up potted cacti on a shelf."""
    canvas.cover(mix(palette.inks[3], palette.paper, 0.6))
    shelves = 1 if canvas.width > canvas.height * 1.1 else 2
    for shelf in range(shelves):
        low = canvas.height * (0.8 if shelves == 1 else 0.46 + 0.45 * shelf)
        count = 4 if shelves == 1 or canvas.width >= canvas.height else 3
        for number in range(count):
            x = canvas.width * (number + 0.5) / count
            size = canvas.width / count * 0.92
            potted(
                canvas,
                x,
                low,
                size,
                (number + shelf * 2 + int(rng.integers(0, 2))) % 4,
                palette,
                rng,
            )
        canvas.box(5, low, canvas.width - 5, low + 1.8, mix(palette.inks[1], palette.dark, 0.35))


def potted(
    canvas: Canvas,
    x: float,
    y: float,
    size: float,
    kind: int,
    palette: Palette,
    rng: np.random.Generator,
) -> None:
    """Draw a pot on y with one of four plants."""
    green = mix(palette.inks[0], (70, 116, 84), 0.35)
    deep = darker(green, 0.25)
    rim = y - size * 0.42
    if kind == 0:
        tall = size * rng.uniform(0.8, 1.1)
        body = ribbon(
            segment(x, rim + 2, x, rim - tall), [size * 0.3, size * 0.36, size * 0.32, size * 0.1]
        )
        canvas.fill(body, green)
        for rib in np.linspace(-0.12, 0.12, 4):
            canvas.line(
                segment(x + rib * size, rim, x + rib * size * 0.8, rim - tall * 0.95, 2), 0.35, deep
            )
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
        pads = [
            (0, 0.3, 0.22),
            (-0.2, 0.62, 0.16),
            (0.2, 0.66, 0.17),
            (-0.06, 0.9, 0.12),
            (0.3, 0.92, 0.11),
        ]
        for dx, dy, radius in pads:
            pad = blob(x + dx * size, rim - dy * size, radius * size, rng, 0.07)
            canvas.fill(pad, mix(green, deep, radius * 2.2))
            for _ in range(9):
                spot = (
                    x + dx * size + rng.normal(0, radius * size * 0.42),
                    rim - dy * size + rng.normal(0, radius * size * 0.42),
                )
                canvas.disc(*spot, 0.28, lighter(green, 0.6))
    else:
        for angle in np.linspace(-1.15, 1.15, 9):
            length = size * rng.uniform(0.75, 0.98)
            blade = leaf(x, rim + 1, length, size * 0.14, -np.pi / 2 + angle * 0.8, 0.35)
            canvas.fill(blade, mix(green, deep, abs(angle)))
            canvas.line(
                segment(
                    x,
                    rim,
                    x + np.sin(angle * 0.8) * length * 0.8,
                    rim - np.cos(angle * 0.8) * length * 0.8,
                    2,
                ),
                0.3,
                lighter(green, 0.35),
            )
    pot = palette.inks[(kind + 1) % 5] if kind != 1 else palette.dark
    top, low = size * 0.33, size * 0.24
    shape: Points = np.array([(x - top, rim), (x + top, rim), (x + low, y), (x - low, y)])
    canvas.fill(shape, pot)
    shade = np.array([(x + top * 0.2, rim), (x + top, rim), (x + low, y), (x + low * 0.3, y)])
    canvas.tint(shade, (0, 0, 0), 0.14)
    canvas.box(
        x - top * 1.08, rim - size * 0.03, x + top * 1.08, rim + size * 0.06, darker(pot, 0.1)
    )
    if kind == 3:
        for column in np.linspace(-0.75, 0.75, 5):
            canvas.disc(x + top * column * 0.9, rim + size * 0.2, size * 0.035, lighter(pot, 0.6))
