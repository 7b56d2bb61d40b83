"""Cats, foxes, stags and hares."""

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import Colour, darker, lighter, mix
from catalog.demo.shapes import (
    Points,
    blob,
    circle,
    ellipse,
    ground,
    leaf,
    mirrored,
    place,
    ribbon,
    smooth,
    swell,
    xy,
)


def cats(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Seat a cat, seen from behind, before a large sun or a window."""
    canvas.cover(mix(palette.inks[int(rng.choice([1, 2, 3]))], palette.paper, 0.4))
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
    tail = smooth(
        [(0.2, -0.06), (0.46, -0.02), (0.62, -0.12), (0.6, -0.3), (0.5, -0.36)], closed=False
    )
    canvas.tint(ellipse(x, y, size * 0.42, size * 0.05), (0, 0, 0), 0.25)
    canvas.fill(place(ribbon(tail, [0.1, 0.09, 0.05]), x, y, size, 0, mirror), ink)
    half = smooth(
        [
            (0.0, -0.72),
            (0.15, -0.68),
            (0.21, -0.5),
            (0.32, -0.25),
            (0.33, -0.08),
            (0.22, 0.0),
            (0.0, 0.01),
        ],
        closed=False,
    )
    canvas.fill(place(mirrored(half), x, y, size), ink)
    head = smooth(
        [(0.0, -1.0), (0.09, -1.0), (0.2, -0.92), (0.225, -0.8), (0.13, -0.68), (0.0, -0.65)],
        closed=False,
    )
    canvas.fill(place(mirrored(head), x, y, size, 0.05 if mirror else -0.05), ink)
    for side in (False, True):
        ear = [(0.05, -0.98), (0.17, -1.15), (0.21, -0.9)]
        canvas.fill(place(ear, x, y, size, 0.05 if mirror else -0.05, side), ink)
    stripe = lighter(ink, 0.2)
    for step in range(4):
        level = -0.52 + step * 0.1
        arc = smooth(
            [(-0.07 - step * 0.02, level), (0, level + 0.025), (0.07 + step * 0.02, level)],
            closed=False,
        )
        canvas.fill(place(ribbon(arc, [0.002, 0.02, 0.002]), x, y, size), stripe)
    collar = smooth([(-0.16, -0.665), (0, -0.635), (0.16, -0.665)], closed=False)
    canvas.fill(place(ribbon(collar, 0.035), x, y, size), palette.inks[4])


def foxes(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Fold a fox's face from flat planes among leaves."""
    back = palette.inks[int(rng.choice([1, 2, 3, 4]))]
    canvas.cover(mix(back, palette.paper, 0.35))
    x, y = canvas.centre
    for _ in range(30):
        angle = rng.uniform(0, 2 * np.pi)
        reach = rng.uniform(30, 50)
        spot = (x + np.cos(angle) * reach, y + np.sin(angle) * reach * canvas.height / canvas.width)
        green = mix(back, palette.dark, rng.uniform(0.15, 0.65))
        canvas.fill(
            leaf(*spot, rng.uniform(14, 24), rng.uniform(4, 7), angle + rng.normal(0, 0.4)), green
        )
    size = 33 + rng.uniform(-4, 5)
    y += rng.uniform(-5, 7)
    fur = mix(palette.inks[0], (206, 98, 48), 0.35)
    white = lighter(palette.paper, 0.6)
    planes: list[tuple[list[tuple[float, float]], Colour]] = [
        ([(0.2, -0.55), (0.78, -1.1), (0.82, -0.15)], darker(fur, 0.3)),
        ([(0.32, -0.58), (0.7, -0.92), (0.72, -0.36)], lighter(fur, 0.5)),
        ([(0, -0.6), (0.28, -0.62), (0.82, -0.15), (0.36, 0.0), (0, -0.1)], fur),
        ([(0.82, -0.15), (1.0, 0.24), (0.45, 0.62), (0.18, 0.42), (0.36, 0.0)], white),
        ([(1.0, 0.24), (0.45, 0.62), (0.5, 0.3)], darker(white, 0.1)),
        (
            [(0, -0.1), (0.36, 0.0), (0.18, 0.42), (0.13, 0.86), (0, 0.9)],
            mix(fur, darker(fur, 0.3), 0.35),
        ),
        ([(0.18, 0.42), (0.45, 0.62), (0.13, 0.86)], darker(white, 0.06)),
        ([(0, -0.6), (0.1, -0.2), (0, 0.1)], lighter(fur, 0.2)),
        ([(0.26, 0.06), (0.43, -0.06), (0.52, 0.03), (0.38, 0.11)], palette.dark),
    ]
    for side in (False, True):
        for outline, ink in planes:
            tone = darker(ink, 0.07) if side else ink
            canvas.fill(place(outline, x, y, size, 0, side), tone)
    canvas.fill(
        place([(-0.14, 0.78), (0.14, 0.78), (0.06, 0.95), (-0.06, 0.95)], x, y, size), palette.dark
    )


def stags(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Crown a stag's head with branching antlers before a moon."""
    back = palette.inks[int(rng.choice([1, 2, 3]))]
    canvas.sky([(0, mix(back, palette.paper, 0.6)), (1, mix(back, palette.paper, 0.2))])
    x, y = canvas.centre
    moon = (x + rng.uniform(-16, 16), y * rng.uniform(0.6, 0.85))
    canvas.disc(*moon, rng.uniform(19, 34), mix(palette.sun, palette.paper, 0.35))
    for layer in range(2):
        line = swell(canvas.width, rng, 0.9)
        base = canvas.height * (0.8 + 0.08 * layer)
        area = ground(line, base, 3, canvas.height + 2)
        canvas.fill(area, mix(palette.inks[0], palette.paper, 0.45 - 0.25 * layer))
    size = rng.uniform(32, 40)
    hide = palette.dark if rng.uniform() < 0.6 else mix(palette.dark, palette.inks[0], 0.4)
    y = y * 1.16
    seed = int(rng.integers(0, 2**31))
    for side in (-1, 1):
        twin = np.random.default_rng(seed)
        antler(
            canvas,
            x + side * size * 0.12,
            y - size * 0.42,
            side,
            size * 0.86,
            mix(hide, palette.inks[1], 0.35),
            twin,
        )
    neck = smooth([(0.16, 0.2), (0.24, 0.6), (0.5, 1.05), (0.75, 1.9), (0.0, 1.9)], closed=False)
    canvas.fill(place(mirrored(np.vstack([[(0, 0.1)], neck])), x, y, size), hide)
    for side in (False, True):
        ear = smooth([(0.18, -0.36), (0.4, -0.5), (0.66, -0.42), (0.5, -0.26), (0.24, -0.22)])
        canvas.fill(place(ear, x, y, size, 0, side), hide)
        inner = smooth([(0.3, -0.36), (0.44, -0.43), (0.58, -0.4), (0.44, -0.31)])
        canvas.fill(place(inner, x, y, size, 0, side), mix(hide, palette.inks[1], 0.45))
    face = smooth(
        [
            (0.0, -0.5),
            (0.16, -0.47),
            (0.24, -0.25),
            (0.19, 0.05),
            (0.14, 0.4),
            (0.11, 0.55),
            (0.0, 0.6),
        ],
        closed=False,
    )
    canvas.fill(place(mirrored(face), x, y, size), mix(hide, palette.inks[1], 0.16))
    blaze = smooth([(0.0, -0.35), (0.05, -0.2), (0.04, 0.2), (0.07, 0.36), (0, 0.38)], closed=False)
    canvas.fill(place(mirrored(blaze), x, y, size), mix(hide, palette.inks[1], 0.42))
    canvas.fill(place(ellipse(0, 0.5, 0.085, 0.06), x, y, size), darker(hide, 0.4))
    for side in (-1, 1):
        eye = place(ellipse(0.15 * side, -0.12, 0.036, 0.046, 0.3 * side), x, y, size)
        canvas.fill(eye, darker(hide, 0.5))
        canvas.disc(x + size * (0.15 * side + 0.012), y - size * 0.135, 0.42, palette.paper)


def antler(
    canvas: Canvas,
    x: float,
    y: float,
    side: int,
    size: float,
    ink: Colour,
    rng: np.random.Generator,
) -> None:
    """Draw one antler rising from x, y to the given side (-1 or 1)."""
    beam = smooth(
        [(0, 0), (0.22, -0.22), (0.5, -0.42), (rng.uniform(0.5, 0.8), -0.75), (0.5, -1.08)],
        closed=False,
        steps=8,
    )
    points = place(beam, x, y, size, 0, side < 0)
    canvas.fill(ribbon(points, [2.4, 2.0, 0.5]), ink)
    for share in (0.2, 0.42, 0.6, 0.78):
        root_x, root_y = xy(points[int(share * (len(points) - 1))])
        length = size * rng.uniform(0.26, 0.36) * (1.1 - 0.35 * share)
        lean = rng.uniform(-0.1, 0.25) - 0.45 * share
        tine = smooth(
            [
                (root_x, root_y),
                (root_x + side * length * (0.32 + lean), root_y - length * 0.45),
                (root_x + side * length * (0.1 + lean), root_y - length),
            ],
            closed=False,
        )
        canvas.fill(ribbon(tine, [1.8, 1.3, 0.25]), ink)


def hares(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Sit a hare in long grass under the moon."""
    top = palette.inks[int(rng.choice([0, 0, 1]))]
    canvas.sky([(0, top), (1, mix(palette.inks[2], palette.inks[3], 0.4))])
    x, y = canvas.width * rng.uniform(0.36, 0.64), canvas.height * 0.82
    moon = (x + rng.uniform(-24, 24), canvas.height * rng.uniform(0.26, 0.4))
    canvas.glow(*moon, 45, palette.paper, 0.4)
    canvas.disc(*moon, rng.uniform(15, 26), lighter(palette.inks[3], 0.45))
    area = ground(swell(canvas.width, rng, 0.8), y - 3, 2, canvas.height + 2)
    canvas.fill(area, mix(palette.inks[0], palette.dark, 0.55))
    mirror = bool(rng.uniform() < 0.5)
    ink = mix(palette.dark, palette.inks[4], 0.12)
    size = 50.0

    def put(points: Points | list[tuple[float, float]]) -> Points:
        return place(points, x, y, size, 0, mirror)

    canvas.fill(put(circle(-0.42, -0.1, 0.075)), lighter(palette.paper, 0.3))
    body = smooth(
        [
            (0.2, -0.56),
            (0.3, -0.3),
            (0.28, -0.02),
            (0.1, 0.0),
            (-0.3, 0.0),
            (-0.44, -0.14),
            (-0.36, -0.36),
            (-0.1, -0.52),
        ]
    )
    canvas.fill(put(body), ink)
    head = smooth(
        [
            (0.12, -0.72),
            (0.26, -0.78),
            (0.42, -0.66),
            (0.46, -0.57),
            (0.36, -0.5),
            (0.2, -0.48),
            (0.1, -0.56),
        ]
    )
    canvas.fill(put(head), ink)
    canvas.fill(
        put(
            smooth(
                [
                    (0.16, -0.7),
                    (0.04, -0.94),
                    (0.0, -1.22),
                    (0.1, -1.16),
                    (0.2, -0.92),
                    (0.23, -0.74),
                ]
            )
        ),
        darker(ink, 0.2),
    )
    canvas.fill(
        put(
            smooth(
                [
                    (0.22, -0.72),
                    (0.16, -0.98),
                    (0.2, -1.28),
                    (0.28, -1.18),
                    (0.3, -0.94),
                    (0.29, -0.74),
                ]
            )
        ),
        ink,
    )
    canvas.fill(
        put(smooth([(0.235, -0.8), (0.2, -1.0), (0.215, -1.16), (0.255, -1.0), (0.26, -0.82)])),
        mix(ink, palette.inks[1], 0.5),
    )
    haunch = smooth(
        [(-0.08, -0.36), (0.06, -0.16), (0.0, 0.0), (-0.3, 0.0), (-0.38, -0.16), (-0.26, -0.34)]
    )
    canvas.line(put(haunch), 0.5, lighter(ink, 0.25), closed=True)
    canvas.fill(put(ellipse(0.08, -0.01, 0.14, 0.04)), ink)
    canvas.disc(*xy(put([(0.31, -0.64)])[0]), size * 0.024, palette.paper)
    canvas.disc(*xy(put([(0.315, -0.64)])[0]), size * 0.015, palette.dark)
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
    return ribbon(
        smooth([(x, y), (x + bend * 0.2, y - tall * 0.6), (x + bend, y - tall)], closed=False),
        [1.1, 0.8, 0.05],
    )
