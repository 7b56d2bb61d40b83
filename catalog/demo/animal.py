"""Animal demo prints."""

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
    sector,
    segment,
    smooth,
    swell,
)
from catalog.demo.style import Style


def ground_colour(canvas: Canvas, colour: Colour) -> None:
    """Cover the sheet with one colour."""
    canvas.box(0, 0, canvas.width, canvas.height, colour)


def songbirds(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Perch round little birds on branches."""
    ground_colour(canvas, mix(palette.inks[3], palette.paper, 0.55))
    wide = canvas.width > canvas.height * 1.1
    count = 3 if wide else 2
    for number in range(count):
        if wide:
            x, y = canvas.width * (0.2 + 0.3 * number), canvas.height * (0.55 + 0.1 * (number % 2))
        else:
            x, y = canvas.width * (0.62 - 0.24 * number), canvas.height * (0.36 + 0.4 * number)
        if number == 0 or not wide:
            sway = smooth(
                [(-5, y + 12), (canvas.width * 0.35, y + 8), (canvas.width * 0.7, y + 10), (canvas.width + 5, y + 4)],
                closed=False,
            )
            if wide:
                sway[:, 1] += 4
            canvas.fill(ribbon(sway, [1.2, 2, 1.4]), mix(palette.dark, palette.inks[1], 0.2))
            for at in range(3, len(sway) - 2, 3):
                side = 1 if at % 2 else -1
                turn = -0.2 + side * rng.uniform(0.5, 1.1)
                green = mix(palette.inks[2], palette.inks[0], rng.uniform(0, 0.6))
                canvas.fill(leaf(*sway[at], rng.uniform(7, 11), 3.4, turn), green)
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
        [(0.36, -0.62), (0.46, -0.42), (0.38, -0.12), (0.12, 0.05), (-0.2, 0.0), (-0.4, -0.16), (-0.16, -0.38), (0.02, -0.62), (0.2, -0.72)]
    )
    canvas.fill(put(body), ink)
    belly = smooth([(0.44, -0.38), (0.37, -0.12), (0.12, 0.04), (-0.1, 0.01), (0.1, -0.16), (0.3, -0.34)])
    canvas.fill(put(belly), lighter(palette.paper, 0.3))
    canvas.fill(put([(0.41, -0.6), (0.6, -0.53), (0.43, -0.49)]), palette.inks[1] if ink != palette.inks[1] else palette.dark)
    wing = smooth([(0.16, -0.42), (0.14, -0.2), (-0.16, -0.06), (-0.5, 0.02), (-0.28, -0.24), (-0.02, -0.44)])
    canvas.fill(put(wing), darker(ink, 0.28))
    for step in range(4):
        stripe = smooth([(0.1 - step * 0.08, -0.34 + step * 0.05), (0.04 - step * 0.1, -0.19 + step * 0.04), (-0.1 - step * 0.09, -0.1 + step * 0.03)], closed=False)
        canvas.line(put(stripe), 0.4, lighter(ink, 0.45))
    eye = put([(0.3, -0.57)])[0]
    canvas.disc(*eye, size * 0.035, palette.dark)
    canvas.disc(eye[0] + 0.2, eye[1] - 0.25, size * 0.011, (255, 255, 255))


def cats(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Seat a cat, seen from behind, before a large sun or a window."""
    ground_colour(canvas, mix(palette.inks[1], palette.paper, 0.45))
    x, y = canvas.centre
    floor = canvas.height * 0.83
    if rng.uniform() < 0.5:
        canvas.disc(x + rng.uniform(-8, 8), y * 0.82, 34, mix(palette.sun, palette.paper, 0.1))
    else:
        for pane in range(4):
            left = x - 34 + (pane % 2) * 35
            top = y * 0.82 - 36 + (pane // 2) * 37
            canvas.box(left, top, left + 33, top + 35, mix(palette.inks[3], palette.paper, 0.2))
        canvas.disc(x + 18, y * 0.55, 8, palette.sun)
    canvas.box(0, floor, canvas.width, canvas.height, mix(palette.inks[0], palette.dark, 0.15))
    count = 2 if rng.uniform() < 0.45 or canvas.width > canvas.height * 1.1 else 1
    for number in range(count):
        spot = x + (number - (count - 1) / 2) * 38 + rng.uniform(-2, 2)
        ink = palette.dark if number == 0 else mix(palette.inks[0], palette.inks[2], 0.5)
        cat(canvas, spot, floor + 5, 46 - 6 * number, ink, count == 2 and number == 0, palette)


def cat(
    canvas: Canvas, x: float, y: float, size: float, ink: Colour, mirror: bool, palette: Palette
) -> None:
    """Draw a seated cat from behind, its base on y."""
    tail = smooth([(0.2, -0.06), (0.46, -0.02), (0.62, -0.12), (0.6, -0.3), (0.5, -0.36)], closed=False)
    canvas.tint(ellipse(x, y, size * 0.42, size * 0.05), (0, 0, 0), 0.25)
    canvas.fill(place(ribbon(tail, [0.1, 0.09, 0.05]), x, y, size, 0, mirror), ink)
    half = smooth([(0.0, -0.72), (0.15, -0.68), (0.21, -0.5), (0.32, -0.25), (0.33, -0.08), (0.22, 0.0), (0.0, 0.01)], closed=False)
    canvas.fill(place(mirrored(half), x, y, size), ink)
    head = smooth([(0.0, -1.0), (0.09, -1.0), (0.2, -0.92), (0.225, -0.8), (0.13, -0.68), (0.0, -0.65)], closed=False)
    canvas.fill(place(mirrored(head), x, y, size, 0.05 if mirror else -0.05), ink)
    for side in (False, True):
        ear = [(0.05, -0.98), (0.17, -1.15), (0.21, -0.9)]
        canvas.fill(place(ear, x, y, size, 0.05 if mirror else -0.05, side), ink)
    stripe = lighter(ink, 0.2)
    for step in range(4):
        level = -0.52 + step * 0.1
        arc = smooth([(-0.07 - step * 0.02, level), (0, level + 0.025), (0.07 + step * 0.02, level)], closed=False)
        canvas.fill(place(ribbon(arc, [0.002, 0.02, 0.002]), x, y, size), stripe)
    collar = smooth([(-0.16, -0.665), (0, -0.635), (0.16, -0.665)], closed=False)
    canvas.fill(place(ribbon(collar, 0.035), x, y, size), palette.inks[4])


def foxes(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Fold a fox's face from flat planes among leaves."""
    ground_colour(canvas, mix(palette.inks[2], palette.paper, 0.35))
    x, y = canvas.centre
    for _ in range(30):
        angle = rng.uniform(0, 2 * np.pi)
        reach = rng.uniform(30, 50)
        spot = (x + np.cos(angle) * reach, y + np.sin(angle) * reach * canvas.height / canvas.width)
        green = mix(palette.inks[2], palette.dark, rng.uniform(0.15, 0.65))
        canvas.fill(leaf(*spot, rng.uniform(14, 24), rng.uniform(4, 7), angle + rng.normal(0, 0.4)), green)
    size = 33 + rng.uniform(-2, 4)
    fur = mix(palette.inks[0], (206, 98, 48), 0.35)
    white = lighter(palette.paper, 0.6)
    planes: list[tuple[list[tuple[float, float]], Colour]] = [
        ([(0.2, -0.55), (0.78, -1.1), (0.82, -0.15)], darker(fur, 0.3)),
        ([(0.32, -0.58), (0.7, -0.92), (0.72, -0.36)], lighter(fur, 0.5)),
        ([(0, -0.6), (0.28, -0.62), (0.82, -0.15), (0.36, 0.0), (0, -0.1)], fur),
        ([(0.82, -0.15), (1.0, 0.24), (0.45, 0.62), (0.18, 0.42), (0.36, 0.0)], white),
        ([(1.0, 0.24), (0.45, 0.62), (0.5, 0.3)], darker(white, 0.1)),
        ([(0, -0.1), (0.36, 0.0), (0.18, 0.42), (0.13, 0.86), (0, 0.9)], mix(fur, darker(fur, 0.3), 0.35)),
        ([(0.18, 0.42), (0.45, 0.62), (0.13, 0.86)], darker(white, 0.06)),
        ([(0, -0.6), (0.1, -0.2), (0, 0.1)], lighter(fur, 0.2)),
        ([(0.26, 0.06), (0.43, -0.06), (0.52, 0.03), (0.38, 0.11)], palette.dark),
    ]
    for side in (False, True):
        for outline, ink in planes:
            tone = darker(ink, 0.07) if side else ink
            canvas.fill(place(outline, x, y, size, 0, side), tone)
    canvas.fill(place([(-0.14, 0.78), (0.14, 0.78), (0.06, 0.95), (-0.06, 0.95)], x, y, size), palette.dark)


def whales(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Let a whale drift below the surface, sometimes with a calf."""
    canvas.sky([(0, mix(palette.inks[2], palette.paper, 0.4)), (0.35, palette.inks[1]), (1, darker(palette.inks[0], 0.25))])
    for _ in range(6):
        x = rng.uniform(-10, canvas.width)
        ray = np.array([(x, -2), (x + rng.uniform(4, 10), -2), (x + 34, canvas.height), (x + 4, canvas.height)])
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
        area = np.vstack([np.column_stack([line[:, 0], base + line[:, 1] * 2.4]), [(canvas.width, canvas.height + 2), (0, canvas.height + 2)]])
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
        [(0.98, 0.02), (0.9, -0.12), (0.6, -0.22), (0.2, -0.25), (-0.2, -0.19), (-0.55, -0.07), (-0.86, -0.03), (-0.88, 0.03), (-0.55, 0.06), (-0.2, 0.15), (0.2, 0.22), (0.6, 0.23), (0.88, 0.14)]
    )
    canvas.fill(put(body), back)
    belly = smooth([(0.97, 0.05), (0.7, 0.04), (0.4, 0.08), (0.0, 0.12), (-0.3, 0.11), (-0.2, 0.15), (0.2, 0.22), (0.6, 0.23), (0.88, 0.14)])
    canvas.fill(put(belly), light)
    for step in range(6):
        share = step / 5
        groove = smooth([(0.93 - 0.04 * share, 0.07 + 0.09 * share), (0.6, 0.08 + 0.12 * share), (0.24, 0.11 + 0.09 * share)], closed=False)
        canvas.line(put(groove), 0.3, mix(light, back, 0.45))
    fluke = smooth([(-0.8, 0.0), (-0.95, -0.06), (-1.12, -0.24), (-1.2, -0.2), (-1.04, 0.0), (-1.16, 0.2), (-1.08, 0.22), (-0.92, 0.06)])
    canvas.fill(put(fluke), back)
    fin = smooth([(0.44, 0.12), (0.4, 0.3), (0.2, 0.56), (0.13, 0.55), (0.2, 0.32), (0.28, 0.12)])
    canvas.fill(put(fin), lighter(back, 0.12))
    canvas.fill(put(smooth([(-0.1, -0.2), (-0.2, -0.3), (-0.28, -0.29), (-0.28, -0.17)])), back)
    eye = put([(0.7, 0.0)])[0]
    canvas.disc(*eye, size * 0.018, light)
    canvas.disc(*eye, size * 0.01, (12, 14, 20))


def shoal(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Turn a shoal of patterned fish one way, a stray the other."""
    ground_colour(canvas, mix(palette.inks[2], palette.paper, 0.55))
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
            fish(canvas, x, y + rng.normal(0, 0.6), 10.5, palette.inks[4] if odd else ink, odd, palette, int(rng.integers(0, 3)))
            number += 1
            x += step_x
        y += step_y
        row += 1


def fish(
    canvas: Canvas, x: float, y: float, size: float, ink: Colour, mirror: bool, palette: Palette, kind: int
) -> None:
    """Draw a fish facing right with stripes, scales or a plain flank."""

    def put(points: Points | list[tuple[float, float]]) -> Points:
        return place(points, x, y, size, 0, mirror)

    light = lighter(ink, 0.55)
    canvas.fill(put(smooth([(-0.6, 0), (-1.02, -0.36), (-0.9, 0.0), (-1.02, 0.36)], steps=5)), darker(ink, 0.2))
    canvas.fill(put(smooth([(0.3, -0.3), (0.0, -0.58), (-0.35, -0.4), (-0.3, -0.2)])), darker(ink, 0.2))
    body = smooth([(0.98, 0.02), (0.7, -0.28), (0.2, -0.4), (-0.3, -0.24), (-0.7, -0.03), (-0.7, 0.03), (-0.3, 0.24), (0.2, 0.38), (0.7, 0.27)])
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
    eye = put([(0.68, -0.07)])[0]
    canvas.disc(*eye, size * 0.075, lighter(palette.paper, 0.7))
    canvas.disc(*eye, size * 0.042, palette.dark)


def stags(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Crown a stag's head with branching antlers before a moon."""
    canvas.sky([(0, mix(palette.inks[3], palette.paper, 0.5)), (1, mix(palette.inks[2], palette.paper, 0.35))])
    x, y = canvas.centre
    canvas.disc(x, y * 0.82, 33, mix(palette.sun, palette.paper, 0.35))
    for layer in range(2):
        line = swell(canvas.width, rng, 0.9)
        base = canvas.height * (0.8 + 0.08 * layer)
        area = np.vstack([np.column_stack([line[:, 0], base + line[:, 1] * 3]), [(canvas.width, canvas.height + 2), (0, canvas.height + 2)]])
        canvas.fill(area, mix(palette.inks[0], palette.paper, 0.45 - 0.25 * layer))
    size = 38.0
    hide = palette.dark
    y = y * 1.16
    seed = int(rng.integers(0, 2**31))
    for side in (-1, 1):
        twin = np.random.default_rng(seed)
        antler(canvas, x + side * size * 0.12, y - size * 0.42, side, size * 0.86, mix(hide, palette.inks[1], 0.35), twin)
    neck = smooth([(0.16, 0.2), (0.24, 0.6), (0.5, 1.05), (0.75, 1.9), (0.0, 1.9)], closed=False)
    canvas.fill(place(mirrored(np.vstack([[(0, 0.1)], neck])), x, y, size), hide)
    for side in (False, True):
        ear = smooth([(0.18, -0.36), (0.4, -0.5), (0.66, -0.42), (0.5, -0.26), (0.24, -0.22)])
        canvas.fill(place(ear, x, y, size, 0, side), hide)
        inner = smooth([(0.3, -0.36), (0.44, -0.43), (0.58, -0.4), (0.44, -0.31)])
        canvas.fill(place(inner, x, y, size, 0, side), mix(hide, palette.inks[1], 0.45))
    face = smooth([(0.0, -0.5), (0.16, -0.47), (0.24, -0.25), (0.19, 0.05), (0.14, 0.4), (0.11, 0.55), (0.0, 0.6)], closed=False)
    canvas.fill(place(mirrored(face), x, y, size), mix(hide, palette.inks[1], 0.16))
    blaze = smooth([(0.0, -0.35), (0.05, -0.2), (0.04, 0.2), (0.07, 0.36), (0, 0.38)], closed=False)
    canvas.fill(place(mirrored(blaze), x, y, size), mix(hide, palette.inks[1], 0.42))
    canvas.fill(place(ellipse(0, 0.5, 0.085, 0.06), x, y, size), darker(hide, 0.4))
    for side in (-1, 1):
        eye = place(ellipse(0.15 * side, -0.12, 0.036, 0.046, 0.3 * side), x, y, size)
        canvas.fill(eye, darker(hide, 0.5))
        canvas.disc(x + size * (0.15 * side + 0.012), y - size * 0.135, 0.42, palette.paper)


def antler(
    canvas: Canvas, x: float, y: float, side: int, size: float, ink: Colour, rng: np.random.Generator
) -> None:
    """Draw one antler rising from x, y to the given side (-1 or 1)."""
    beam = smooth(
        [(0, 0), (0.22, -0.22), (0.5, -0.42), (0.62, -0.75), (0.5, -1.08)], closed=False, steps=8
    )
    points = beam * (side * size, size) + (x, y)
    canvas.fill(ribbon(points, [2.4, 2.0, 0.5]), ink)
    for share in (0.2, 0.42, 0.6, 0.78):
        at = points[int(share * (len(points) - 1))]
        length = size * rng.uniform(0.26, 0.36) * (1.1 - 0.35 * share)
        lean = rng.uniform(-0.1, 0.25) - 0.45 * share
        tine = smooth(
            [at, at + (side * length * (0.32 + lean), -length * 0.45), at + (side * length * (0.1 + lean), -length)],
            closed=False,
        )
        canvas.fill(ribbon(tine, [1.8, 1.3, 0.25]), ink)


def owls(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Sit round owls on a branch by night."""
    canvas.sky([(0, mix(palette.dark, palette.inks[0], 0.25)), (1, mix(palette.inks[0], palette.inks[1], 0.3))])
    for _ in range(36):
        canvas.disc(rng.uniform(0, canvas.width), rng.uniform(0, canvas.height), rng.uniform(0.15, 0.45), palette.paper)
    canvas.disc(canvas.width * rng.uniform(0.2, 0.8), canvas.height * 0.2, 11, lighter(palette.inks[3], 0.4))
    count = 1 if canvas.width < canvas.height else 3 if canvas.width > canvas.height * 1.1 else 2
    low = canvas.height * 0.78
    canvas.fill(ribbon(segment(-3, low + 2, canvas.width + 3, low - 2), [3.4, 2.2]), mix(palette.dark, (0, 0, 0), 0.3))
    for number in range(count):
        x = canvas.width * (number + 1) / (count + 1)
        size = (54 if count == 1 else 38) * (1 - 0.14 * (number % 2))
        owl(canvas, x, low, size, palette.inks[(1, 4, 2)[(number + int(rng.integers(0, 2))) % 3]], palette)


def owl(canvas: Canvas, x: float, y: float, size: float, ink: Colour, palette: Palette) -> None:
    """Draw an owl facing us, its feet on y."""

    def put(points: Points | list[tuple[float, float]], mirror: bool = False) -> Points:
        return place(points, x, y, size, 0, mirror)

    half = smooth([(0.0, -0.88), (0.14, -0.9), (0.3, -1.02), (0.34, -0.78), (0.38, -0.45), (0.32, -0.12), (0.14, 0.02), (0.0, 0.03)], closed=False)
    canvas.fill(put(mirrored(half)), ink)
    belly = smooth([(0.0, -0.55), (0.2, -0.48), (0.23, -0.2), (0.1, -0.02), (0.0, 0.0)], closed=False)
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
            spoke = np.array([(0.145, -0.7), (0.145 + np.cos(ray) * 0.14, -0.7 + np.sin(ray) * 0.14)])
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
    canvas.fade(np.array([(0, low), (canvas.width, low), (canvas.width, canvas.height), (0, canvas.height)]), mix(palette.inks[2], palette.paper, 0.3), palette.inks[1])
    for _ in range(24):
        y, middle, half = rng.uniform(low, canvas.height), rng.uniform(0, canvas.width), rng.uniform(3, 10)
        canvas.tint(ribbon(segment(middle - half, y, middle + half, y, 6), [0, 0.5, 0]), palette.paper, 0.6)
    for _ in range(26):
        side = rng.choice([0.06, 0.94])
        x = canvas.width * side + rng.normal(0, 6)
        tall = rng.uniform(16, 42)
        reed = smooth([(x, low + 8), (x + 1, low - tall * 0.5), (x + rng.uniform(-7, 7), low - tall)], closed=False)
        canvas.fill(ribbon(reed, [1.2, 0.8, 0.1]), mix(palette.inks[0], palette.dark, rng.uniform(0.1, 0.6)))
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
    for leg in ([(0.0, -0.48), (0.02, -0.22), (0.0, 0.0), (0.07, 0.0)], [(-0.06, -0.48), (-0.02, -0.24), (-0.08, 0.0), (-0.01, 0.0)]):
        canvas.line(put(leg), 0.75, ink)
    for angle in (0.2, 0.5, 0.8):
        canvas.fill(put(leaf(-0.26, -0.6, 0.34, 0.11, np.pi - angle - 0.2)), ink)
    body = smooth([(0.2, -0.72), (0.2, -0.56), (0.0, -0.46), (-0.24, -0.5), (-0.44, -0.52), (-0.3, -0.68), (-0.04, -0.78)])
    canvas.fill(put(body), white)
    neck = smooth([(0.12, -0.64), (0.24, -0.78), (0.16, -0.96), (0.12, -1.12), (0.22, -1.22)], closed=False)
    canvas.fill(put(ribbon(neck, [0.15, 0.08, 0.055, 0.06])), white)
    canvas.fill(put(ribbon(neck[14:36], [0.01, 0.06, 0.045])), ink)
    canvas.fill(put(ellipse(0.23, -1.22, 0.075, 0.05, 0.2)), white)
    canvas.fill(put(ellipse(0.215, -1.26, 0.05, 0.022, 0.2)), (196, 52, 44))
    canvas.fill(put([(0.28, -1.24), (0.5, -1.17), (0.28, -1.19)]), mix(ink, palette.inks[1], 0.4))
    canvas.disc(*put([(0.25, -1.23)])[0], size * 0.011, ink)
    for step in range(4):
        feather = smooth([(0.1 - step * 0.09, -0.66 + step * 0.01), (-0.04 - step * 0.08, -0.58), (-0.2 - step * 0.06, -0.56)], closed=False)
        canvas.line(put(feather), 0.35, mix(white, ink, 0.3))


def moths(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Pin one large butterfly, or a plate of small ones."""
    if rng.uniform() < 0.4:
        ground_colour(canvas, mix(palette.inks[3], palette.paper, 0.6))
        butterfly(canvas, *canvas.centre, 40, palette, rng, 0.0)
        return
    columns = 2 if canvas.width <= canvas.height * 1.1 else 3
    rows = 3 if canvas.height > canvas.width * 1.1 else 2
    for row in range(rows):
        for column in range(columns):
            x = canvas.width * (column + 0.5) / columns
            y = canvas.height * (row + 0.5) / rows
            size = min(canvas.width / columns, canvas.height / rows) * 0.42
            butterfly(canvas, x, y, size, palette, rng, rng.uniform(-0.12, 0.12))


def butterfly(
    canvas: Canvas, x: float, y: float, size: float, palette: Palette, rng: np.random.Generator, turn: float
) -> None:
    """Draw a butterfly with random but mirrored wings."""
    order = [int(i) for i in rng.permutation(5)]
    fore, hind, spot = (palette.inks[order[i]] for i in range(3))
    reach, drop = rng.uniform(0.92, 1.1), rng.uniform(0.72, 0.98)
    upper = smooth([(0.05, -0.05), (0.25, -0.45), (0.75 * reach, -0.86), (1.02 * reach, -0.78), (0.92 * reach, -0.35), (0.6, 0.06), (0.08, 0.08)])
    lower = smooth([(0.05, 0.02), (0.5, 0.04), (0.76, 0.26), (0.62, 0.66 * drop), (0.42, 0.9 * drop), (0.2, 0.6), (0.06, 0.3)])
    for mirror in (False, True):

        def put(points: Points, mirror: bool = mirror) -> Points:
            return place(points, x, y, size, turn, mirror)

        for wing, ink, root in ((lower, hind, (0.3, 0.3)), (upper, fore, (0.45, -0.35))):
            canvas.fill(put(wing), palette.dark)
            inner = (wing - root) * 0.86 + root
            canvas.fill(put(inner), ink)
            for knot in range(4, len(wing) - 4, 6):
                vein = np.array([(0.06, 0.0), inner[knot]])
                canvas.line(put(vein), size * 0.012, palette.dark)
            core = (wing - root) * 0.42 + root
            canvas.fill(put(core), mix(ink, spot, 0.75))
            for knot in range(14, len(wing) - 12, 5):
                edge = (wing[knot] - root) * 0.93 + root
                canvas.fill(put(circle(edge[0], edge[1], 0.028, 14)), palette.paper)
        feeler = smooth([(0.02, -0.2), (0.1, -0.5), (0.24, -0.7)], closed=False)
        canvas.line(put(feeler), size * 0.018, palette.dark)
        canvas.fill(put(circle(0.24, -0.7, 0.03, 14)), palette.dark)
    body = ribbon(segment(0, -0.24, 0, 0.5), [0.06, 0.11, 0.09, 0.03])
    canvas.fill(place(body, x, y, size, turn), palette.dark)


def hares(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Sit a hare in long grass under the moon."""
    canvas.sky([(0, palette.inks[0]), (1, mix(palette.inks[2], palette.inks[3], 0.4))])
    x, y = canvas.width * 0.5, canvas.height * 0.82
    moon = (x + rng.uniform(-12, 12), canvas.height * 0.36)
    canvas.glow(*moon, 45, palette.paper, 0.4)
    canvas.disc(*moon, 24, lighter(palette.inks[3], 0.45))
    line = swell(canvas.width, rng, 0.8)
    area = np.vstack([np.column_stack([line[:, 0], y - 3 + line[:, 1] * 2]), [(canvas.width, canvas.height + 2), (0, canvas.height + 2)]])
    canvas.fill(area, mix(palette.inks[0], palette.dark, 0.55))
    mirror = bool(rng.uniform() < 0.5)
    ink = mix(palette.dark, palette.inks[4], 0.12)
    size = 50.0

    def put(points: Points | list[tuple[float, float]]) -> Points:
        return place(points, x, y, size, 0, mirror)

    canvas.fill(put(circle(-0.42, -0.1, 0.075)), lighter(palette.paper, 0.3))
    body = smooth([(0.2, -0.56), (0.3, -0.3), (0.28, -0.02), (0.1, 0.0), (-0.3, 0.0), (-0.44, -0.14), (-0.36, -0.36), (-0.1, -0.52)])
    canvas.fill(put(body), ink)
    head = smooth([(0.12, -0.72), (0.26, -0.78), (0.42, -0.66), (0.46, -0.57), (0.36, -0.5), (0.2, -0.48), (0.1, -0.56)])
    canvas.fill(put(head), ink)
    canvas.fill(put(smooth([(0.16, -0.7), (0.04, -0.94), (0.0, -1.22), (0.1, -1.16), (0.2, -0.92), (0.23, -0.74)])), darker(ink, 0.2))
    canvas.fill(put(smooth([(0.22, -0.72), (0.16, -0.98), (0.2, -1.28), (0.28, -1.18), (0.3, -0.94), (0.29, -0.74)])), ink)
    canvas.fill(put(smooth([(0.235, -0.8), (0.2, -1.0), (0.215, -1.16), (0.255, -1.0), (0.26, -0.82)])), mix(ink, palette.inks[1], 0.5))
    haunch = smooth([(-0.08, -0.36), (0.06, -0.16), (0.0, 0.0), (-0.3, 0.0), (-0.38, -0.16), (-0.26, -0.34)])
    canvas.line(put(haunch), 0.5, lighter(ink, 0.25), closed=True)
    canvas.fill(put(ellipse(0.08, -0.01, 0.14, 0.04)), ink)
    canvas.disc(*put([(0.31, -0.64)])[0], size * 0.024, palette.paper)
    canvas.disc(*put([(0.315, -0.64)])[0], size * 0.015, palette.dark)
    for _ in range(80):
        gx = rng.uniform(-2, canvas.width + 2)
        tall = rng.uniform(4, 15) + 10 * abs(gx / canvas.width - 0.5)
        grass = blade(gx, canvas.height + 1, tall + canvas.height * 0.12, rng)
        canvas.fill(grass, mix(palette.inks[0], palette.dark, rng.uniform(0.45, 0.95)))
    for _ in range(7):
        spot = (rng.uniform(0, canvas.width), canvas.height * rng.uniform(0.78, 0.97))
        canvas.fill(blob(*spot, rng.uniform(0.8, 1.4), rng, 0.2), palette.inks[4])


def blade(x: float, y: float, tall: float, rng: np.random.Generator) -> Points:
    """Return a bent blade of grass standing on x, y."""
    bend = rng.uniform(-6, 6)
    return ribbon(smooth([(x, y), (x + bend * 0.2, y - tall * 0.6), (x + bend, y - tall)], closed=False), [1.1, 0.8, 0.05])


STYLES: Final = (
    Style(
        songbirds,
        "Flora Penhale",
        ("Teal", "Terracotta", "Rose", "Sage", "Citrus"),
        ("Two on a Branch", "Dawn Chorus", "Robins", "Garden Company", "Small Talk"),
        ("tall", "square", "wide"),
    ),
    Style(
        cats,
        "Miro Janssen",
        ("Ochre", "Blush", "Teal", "Lavender", "Terracotta"),
        ("Waiting Cat", "Window Seat", "Supper Soon", "The Watcher", "Evening Sitters"),
        ("square", "tall", "wide"),
    ),
    Style(
        foxes,
        "Petra Voss",
        ("Terracotta", "Forest", "Ochre", "Slate", "Coral"),
        ("Fox in the Hedge", "Vixen", "Folded Fox", "Reynard"),
    ),
    Style(
        whales,
        "Kai Lindqvist",
        ("Indigo", "Teal", "Slate", "Ink", "Lavender"),
        ("Slow Giant", "Whale and Calf", "Forty Fathoms", "Deep Song"),
        ("wide", "square", "tall"),
    ),
    Style(
        shoal,
        "Dalia Brandão",
        ("Teal", "Coral", "Indigo", "Citrus", "Slate"),
        ("Against the Stream", "Sardines", "Shoal", "Market Fish"),
        ("square", "tall", "wide"),
    ),
    Style(
        stags,
        "Lorne Macrae",
        ("Forest", "Slate", "Ochre", "Blush"),
        ("Stag and Moon", "Twelve Tines", "Glen", "Crown of Branches"),
        ("tall", "square", "tall"),
    ),
    Style(
        owls,
        "Yuki Arai",
        ("Midnight", "Indigo", "Teal", "Lavender"),
        ("Three Owls", "Night Parliament", "Wide Awake", "Tawny"),
        ("wide", "square", "tall"),
    ),
    Style(
        cranes,
        "Emi Hoshino",
        ("Slate", "Sage", "Rose", "Teal"),
        ("Cranes at Sunrise", "Reed Bed", "Standing Water", "Long Patience"),
        ("tall", "wide", "square"),
    ),
    Style(
        moths,
        "Hugo Lasalle",
        ("Rose", "Ochre", "Indigo", "Coral"),
        ("Lepidoptera", "Night Fliers", "Painted Ladies", "Wing Plate"),
        ("square", "tall", "wide"),
    ),
    Style(
        hares,
        "Orla Quinn",
        ("Indigo", "Lavender", "Teal", "Slate"),
        ("Hare and Moon", "Listening", "Field Edge", "March Evening"),
        ("tall", "square", "wide"),
    ),
)
