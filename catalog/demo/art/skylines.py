"""Towers, bridges and town plans."""

import numpy as np

from catalog.demo.art.canvas import Canvas
from catalog.demo.art.palettes import Palette
from catalog.demo.colours import Colour, darker, lighter, mix
from catalog.demo.shapes import box, ribbon, sector, segment, smooth


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
                            canvas.box(
                                column, row, column + pitch * 0.52, row + pitch * 0.75, shade
                            )
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


def bridge(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Span water with a suspension bridge at dusk."""
    canvas.sky(
        [
            (0, mix(palette.inks[0], palette.inks[1], rng.uniform(0, 1))),
            (rng.uniform(0.3, 0.5), palette.inks[3]),
            (0.66, palette.paper),
        ]
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
    canvas.fade(
        sea, mix(palette.inks[3], palette.inks[1], 0.5), mix(palette.inks[0], palette.dark, 0.4)
    )
    for _ in range(60):
        y = rng.uniform(low + 1, canvas.height)
        middle, half = rng.uniform(0, canvas.width), rng.uniform(2, 9)
        tone = light if abs(middle - sun[0]) < 14 else palette.inks[2]
        dash = ribbon(segment(middle - half, y, middle + half, y, 6), [0, 0.6, 0])
        canvas.tint(dash, tone, 0.4)
    ink = mix(palette.dark, palette.inks[4], 0.12)
    deck = low - canvas.height * 0.07
    shift, half = rng.uniform(-0.14, 0.14), rng.uniform(0.2, 0.3)
    towers = (canvas.width * (0.5 + shift - half), canvas.width * (0.5 + shift + half))
    top = deck - canvas.height * rng.uniform(0.32, 0.4)
    sag = deck - 3
    ends = (-canvas.width * 0.2, canvas.width * 1.2)
    spans = ((ends[0], deck - 2, towers[0], top), (towers[1], top, ends[1], deck - 2))
    for x0, y0, x1, y1 in spans:
        across = np.linspace(x0, x1, 30)
        share = (across - x0) / (x1 - x0)
        cable = np.column_stack(
            [across, y0 + (y1 - y0) * (share**1.5 if x0 < 0 else 1 - (1 - share) ** 1.5)]
        )
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


def streetmap(canvas: Canvas, palette: Palette, rng: np.random.Generator) -> None:
    """Draw a town plan with blocks, parks, avenues and a river."""
    canvas.cover(palette.paper)
    turn = rng.uniform(-0.5, 0.5)
    cos, sin = np.cos(turn), np.sin(turn)
    x0, y0 = canvas.centre
    blocks = [
        mix(ink, palette.paper, 0.1) for ink in (palette.inks[3], palette.inks[2], palette.inks[1])
    ]
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
            cx - np.cos(angle) * reach,
            cy - np.sin(angle) * reach,
            cx + np.cos(angle) * reach,
            cy + np.sin(angle) * reach,
            2,
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
