"""Demo necklaces."""

from typing import Final

import numpy as np

from catalog.demo.jewelry.design import FACETED, LUSTROUS, PLAIN, SMOOTH, Design
from catalog.demo.jewelry.materials import PEARLS, Metal, Stone
from catalog.demo.jewelry.pendants import FORMS, bezel, charm, metal_form, wreath
from catalog.demo.jewelry.solids import View, chain, gem, jump_ring
from catalog.demo.jewelry.stage import Stage
from catalog.demo.shapes import Points, circle, ribbon, segment, smooth


def hang(low: float, wide: float = 31, round_off: float = 0.5, top: float = -4) -> Points:
    """Return a neck line from beyond the upper edge down to `low` and up again.

    round_off 0 hangs in a V, 1 in a U.
    """
    share = np.linspace(-1, 1, 121)
    drop = (1 - round_off) * abs(share) ** 1.15 + round_off * abs(share) ** 2.6
    return np.column_stack([50 + share * wide, low - (low - top) * drop])


def neckline(rng: np.random.Generator, low: float) -> Points:
    """Return a random neck line down to `low`."""
    return hang(low, rng.uniform(24, 34), rng.uniform(0.15, 0.75))


def evenly(line: Points, gap: float) -> Points:
    """Return points `gap` apart along an open line, the middle one on the line's middle."""
    walked = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    half = walked[-1] / 2
    reach = int(half / gap)
    at = half + np.arange(-reach, reach + 1) * gap
    return np.column_stack([np.interp(at, walked, line[:, axis]) for axis in (0, 1)])


def solitaire(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang one cut stone on a fine chain."""
    low = rng.uniform(56, 62)
    chain(stage, neckline(rng, low), 2.4, "cable", metal)
    cut = str(rng.choice(["round", "oval", "pear", "emerald", "marquise", "cushion"]))
    size = rng.uniform(6, 8.5)
    jump_ring(stage, 50, low + 1.6, 1.7, metal)
    (wreath if rng.uniform() < 0.4 else bezel)(
        stage, 50, low + 3.5 + size * 1.6, size, cut, metal, stone
    )


def pendant(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang a metal form on a chain."""
    low = rng.uniform(52, 58)
    chain(stage, neckline(rng, low), rng.uniform(2.4, 3.4), "cable", metal)
    jump_ring(stage, 50, low + 1.8, 2.0, metal)
    metal_form(stage, str(rng.choice(FORMS)), 50, low + 3.2, rng.uniform(9, 13), metal)


def gem_charm(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang one or three charms set with a stone."""
    low = rng.uniform(50, 57)
    line = neckline(rng, low)
    chain(stage, line, 2.6, str(rng.choice(["cable", "paperclip"])), metal)
    spots = evenly(line, 17)
    middle = len(spots) // 2
    chosen = spots[middle - 1 : middle + 2] if rng.uniform() < 0.4 else spots[middle : middle + 1]
    for x, y in chosen:
        jump_ring(stage, x, y + 1.6, 1.6, metal)
        charm(stage, x, y + 2.8, 7.2 if len(chosen) > 1 else 11, metal, stone, rng)


def strand(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """String pearls or beads, even or graded, in one or two rows."""
    graded = rng.uniform() < 0.5
    rows = 2 if rng.uniform() < 0.35 else 1
    for row in range(rows):
        size = rng.uniform(3.0, 4.4) - 0.6 * (rows - 1)
        line = hang(72 - row * 17, 33 - row * 5, 0.62)
        spots = evenly(line, size * 2.02)
        middle = (len(spots) - 1) / 2
        for number, (x, y) in enumerate(spots):
            far = abs(number - middle) / middle
            stage.ball(x, y, size * (1.22 - 0.42 * far if graded else 1.0), stone.ramp, True)


def stations(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Space small stones or pearls along a fine chain."""
    line = neckline(rng, rng.uniform(66, 74))
    chain(stage, line, 2.3, "cable", metal)
    cut = str(rng.choice(["round", "oval", "marquise"]))
    size = rng.uniform(2.2, 3.2)
    for x, y in evenly(line, rng.uniform(10, 18)):
        bezel(stage, x, y, size, cut, metal, stone)


def lariat(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Drop a straight tail from a V of chain, ending in a stone or pearl."""
    low = rng.uniform(42, 50)
    chain(stage, hang(low, 28, 0.12), 2.4, "cable", metal)
    tail = rng.uniform(20, 30)
    chain(stage, segment(50, low, 50, low + tail, 60), 2.4, "cable", metal)
    jump_ring(stage, 50, low + 0.5, 2.3, metal)
    if stone.opaque:
        stage.ball(50, low + tail + 4.2, 5, stone.ramp, True)
        stage.ball(50, low + tail - 0.8, 1.5, metal.ramp, False)
    else:
        bezel(stage, 50, low + tail + 6, 5.2, "pear", metal, stone)


def layered(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Layer a short plain chain over a longer one with a stone."""
    chain(stage, hang(38, 30, 0.55), 3.0, str(rng.choice(["paperclip", "cable", "box"])), metal)
    middle = hang(55, 33, 0.5)
    chain(stage, middle, 2.0, "cable", metal)
    for x, y in evenly(middle, 9):
        stage.ball(x, y, 1.3, metal.ramp, False)
    chain(stage, hang(72, 36, 0.42), 2.3, "cable", metal)
    jump_ring(stage, 50, 73.2, 1.6, metal)
    bezel(stage, 50, 81, 5.4, str(rng.choice(["round", "oval", "pear", "cushion"])), metal, stone)


def bold_chain(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Join large links, with a ring or a toggle in front."""
    low = rng.uniform(64, 72)
    line = hang(low, rng.uniform(30, 36), rng.uniform(0.4, 0.7))
    kind = str(rng.choice(["paperclip", "cable", "box"]))
    chain(stage, line, rng.uniform(5, 7.5), kind, metal)
    if rng.uniform() < 0.5:
        stage.wire([circle(50, low + 5, 6)], 2.4, metal, closed=True)
        bar = smooth([(40, low + 12.5), (50, low + 12), (60, low + 12.5)], closed=False)
        stage.raised(ribbon(bar, [2.6, 1.8, 2.6]), metal.ramp, 1.0)


def collar(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Fan graded stones along the neck line."""
    line = hang(58, 33, 0.66)
    chain(stage, line, 2.6, "cable", metal)
    spots = evenly(line, rng.uniform(8.0, 9.5))
    middle = (len(spots) - 1) / 2
    cut = str(rng.choice(["pear", "marquise", "oval", "round"]))
    for number in np.argsort(-abs(np.arange(len(spots)) - middle)):
        x, y = spots[number]
        far = abs(number - middle) / middle
        if far > 0.75:
            continue
        size = 4.6 * (1 - 0.5 * far)
        turn = (x - 50) / 33 * -0.9
        gem(
            stage,
            View(x - np.sin(turn) * size * 1.4, y + np.cos(turn) * size * 1.5, 0, 0, turn),
            (0, 0, 0),
            size,
            cut,
            stone,
        )
        stage.ball(x, y, 1.5, metal.ramp, False)


def pearl_drop(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang one large pearl under a cap."""
    low = rng.uniform(54, 60)
    chain(stage, neckline(rng, low), rng.uniform(2.2, 3.0), "cable", metal)
    size = rng.uniform(7, 9.5)
    jump_ring(stage, 50, low + 1.5, 1.7, metal)
    stage.ball(
        50, low + 4.5 + size, size, (stone if stone.name in PEARLS else PEARLS["Pearl"]).ramp, True
    )
    cap = np.array([(48.6, low + 3), (51.4, low + 3), (53, low + 6.4), (47, low + 6.4)])
    stage.raised(smooth(cap, steps=4), metal.ramp, 0.6)


DESIGNS: Final = (
    Design(solitaire, "{stone} Pendant Necklace", FACETED, 98),
    Design(strand, "{stone} Strand", (*LUSTROUS, *LUSTROUS, *SMOOTH), 88),
    Design(pendant, "Pendant Necklace", PLAIN, 62),
    Design(stations, "{stone} Station Necklace", FACETED, 104),
    Design(bold_chain, "Link Necklace", PLAIN, 86),
    Design(gem_charm, "{stone} Charm Necklace", FACETED, 78),
    Design(lariat, "{stone} Lariat", (*FACETED, *LUSTROUS), 90),
    Design(layered, "{stone} Layered Necklace", FACETED, 110),
    Design(pearl_drop, "{stone} Drop Necklace", LUSTROUS, 84),
    Design(collar, "{stone} Collar", FACETED, 170),
)
