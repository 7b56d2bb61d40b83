"""Demo bracelets."""

from typing import Final

import numpy as np

from catalog.demo.jewelry.design import FACETED, LUSTROUS, PLAIN, SMOOTH, Design
from catalog.demo.jewelry.materials import STONES, Floats, Metal, Stone
from catalog.demo.jewelry.pendants import FORMS, charm, metal_form
from catalog.demo.jewelry.solids import View, chain, gem, hoop, jump_ring, section
from catalog.demo.jewelry.stage import Stage
from catalog.demo.shapes import Points, ellipse, smooth

_RADIUS: Final = 35.0


def lying(rng: np.random.Generator, pitch: float = 0.5) -> View:
    """Return a bangle's view: lying down, its axis near upright, seen from above the front."""
    return View(50, 51, np.pi / 2 - pitch * rng.uniform(1.15, 1.6), 0, 0)


def loop(rng: np.random.Generator, squeeze: float = 0.62) -> Points:
    """Return the line of a soft bracelet laid down: an oval, a little uneven."""
    wobble = 1 + rng.uniform(-0.05, 0.05, 10)
    angles = np.linspace(0, 2 * np.pi, 10, endpoint=False) - np.pi / 2
    across = 36 * wobble
    knots = np.column_stack([50 + np.cos(angles) * across, 50 + np.sin(angles) * across * squeeze])
    return smooth(np.vstack([knots]), steps=40)


def evenly(line: Points, gap: float) -> Points:
    """Return points at even distances along a closed line, nearly `gap` apart."""
    ring = np.vstack([line, line[:1]])
    walked = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    count = max(3, round(walked[-1] / gap))
    at = np.linspace(0, walked[-1], count, endpoint=False)
    return np.column_stack([np.interp(at, walked, ring[:, axis]) for axis in (0, 1)])


def bangle(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Bend one to three plain bangles."""
    count = int(rng.choice([1, 1, 3]))
    kind = str(rng.choice(["round", "domed", "flat"]))
    wide = rng.uniform(5, 9) if count == 1 else 2.6
    base = lying(rng)
    for step in range(count):
        view = View(
            50 + (step - (count - 1) / 2) * 2.2,
            54 - step * 4.4,
            base.pitch,
            rng.uniform(-0.07, 0.07),
            0,
        )
        thick = 3.2 if kind != "round" else wide
        stage.skin(hoop(_RADIUS, section(kind, thick, wide), view), metal)


def rope_bangle(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Twist a bangle like rope."""
    view = lying(rng)
    shape = ellipse(0, 0, 3.4, 1.9, 0, 20) if rng.uniform() < 0.6 else section("flat", 4.8, 4.8)
    turns = float(rng.integers(9, 17))
    stage.skin(hoop(_RADIUS, shape, view, twist=turns, count=320), metal)


def cuff(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Leave a bangle open at the front between two set stones or balls."""
    view = lying(rng)
    gap = rng.uniform(0.2, 0.34)
    span = (np.pi / 2 + gap, np.pi / 2 + 2 * np.pi - gap)
    thick = rng.uniform(3.0, 4.6)
    stage.skin(hoop(_RADIUS, section("round", thick, thick), view, span), metal, round_trip=False)
    for angle in span:
        spot = (np.cos(angle) * _RADIUS, np.sin(angle) * _RADIUS, 0.0)
        x, y, _ = view.see(np.array(spot))
        stage.ball(x, y, thick * 1.02, metal.ramp, False)
        if stone.opaque:
            stage.ball(x, y, thick * 1.25, stone.ramp, True)
        else:
            gem(stage, View(x, y), (0, 0, 0), thick * 1.05, "round", stone)


def wide_cuff(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Roll a broad open cuff, smooth or with a soft wave."""
    base = lying(rng, 0.55)
    view = View(50, 50, base.pitch, 0, 0)
    wave = rng.uniform(0, 0.34)

    def swell(angles: Floats) -> Floats:
        return 1 + wave * np.sin(angles * 5)

    span = (np.pi * 1.5 + 0.42, np.pi * 3.5 - 0.42)
    shape = section("flat", 1.6, rng.uniform(14, 22))
    stage.skin(hoop(_RADIUS, shape, view, span, swelling=swell, count=180), metal, False)


def tennis(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Line up cut stones in square settings."""
    size = rng.uniform(2.5, 3.3)
    cut = str(rng.choice(["round", "princess", "round", "oval"]))
    line = evenly(loop(rng), size * 2.35)
    second = STONES["Diamond"] if rng.uniform() < 0.3 else stone
    order = np.argsort(line[:, 1])
    heading = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    stage.wire([smooth(line, steps=3)], size * 0.8, metal, closed=True)
    for number in order:
        x, y = line[number]
        turn = float(np.arctan2(heading[number, 1], heading[number, 0]))
        view = View(x, y, 0.12, 0, turn)
        seat = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) * size * 1.08
        stage.raised(view.see(np.column_stack([seat, np.zeros(4)]))[:, :2], metal.ramp, 0.35)
        gem(stage, view, (0, 0, 0), size * 0.96, cut, second if number % 2 else stone)


def beads(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Thread beads or pearls, with a few of metal between."""
    size = rng.uniform(3.2, 4.7)
    line = evenly(loop(rng, 0.66), size * 1.96)
    every = int(rng.integers(5, 9))
    for number in np.argsort(line[:, 1]):
        x, y = line[number]
        if number % every == 0:
            stage.ball(x, y, size * 0.86, metal.ramp, False)
        else:
            stage.ball(x, y, size * (1 + 0.02 * (number % 3)), stone.ramp, True)


def charms(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang charms from a chain."""
    line = loop(rng, 0.5) - (0, 7)
    kind = str(rng.choice(["cable", "paperclip"]))
    chain(stage, np.vstack([line, line[:2]]), rng.uniform(3.6, 4.6), kind, metal)
    count = int(rng.integers(1, 5))
    places = len(line) * (0.5 + (np.arange(count) - (count - 1) / 2) * 0.09)
    for number, at in enumerate(places.astype(int)):
        x, y = line[at]
        jump_ring(stage, x, y + 2.4, 1.6, metal)
        size = rng.uniform(5, 6.4) if count > 1 else 7.5
        if number % 2:
            metal_form(stage, str(rng.choice(FORMS)), x, y + 3.8, size, metal)
        else:
            charm(stage, x, y + 3.8, size, metal, stone, rng)


def paperclip(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Join bold links into a bracelet."""
    line = loop(rng, 0.58)
    kind = str(rng.choice(["paperclip", "cable", "box"]))
    chain(stage, np.vstack([line, line[:2]]), rng.uniform(5.5, 8.5), kind, metal)


def stations(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Space set stones along a fine chain."""
    line = loop(rng, 0.6)
    chain(stage, np.vstack([line, line[:2]]), 2.5, "cable", metal)
    size = rng.uniform(2.8, 4.2)
    cut = str(rng.choice(["round", "oval", "marquise", "emerald"]))
    for x, y in evenly(line, rng.uniform(16, 26)):
        rim = ellipse(x, y, size * 1.2, size * 1.35 if cut != "round" else size * 1.2)
        stage.raised(rim, metal.ramp, 0.35)
        gem(stage, View(x, y), (0, 0, 0), size, cut, stone)


DESIGNS: Final = (
    Design(tennis, "{stone} Tennis Bracelet", FACETED, 150, 1.12),
    Design(bangle, "Bangle", PLAIN, 64, 1.12),
    Design(beads, "{stone} Bead Bracelet", (*SMOOTH, *LUSTROUS), 46, 1.12),
    Design(charms, "{stone} Charm Bracelet", FACETED, 72, 1.12),
    Design(rope_bangle, "Rope Bangle", PLAIN, 76, 1.12),
    Design(cuff, "{stone} Open Cuff", (*FACETED, *SMOOTH, *LUSTROUS), 84, 1.12),
    Design(paperclip, "Link Bracelet", PLAIN, 68, 1.12),
    Design(stations, "{stone} Station Bracelet", FACETED, 92, 1.12),
    Design(wide_cuff, "Wide Cuff", PLAIN, 98, 1.12),
)
