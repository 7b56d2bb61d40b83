"""Demo earrings, always a pair: the left one is drawn, the right one mirrors it."""

from typing import Final

import numpy as np

from catalog.demo.jewelry.design import FACETED, LUSTROUS, PLAIN, SMOOTH, Design
from catalog.demo.jewelry.materials import Metal, Stone
from catalog.demo.jewelry.pendants import FORMS, bezel, charm, crescent, metal_form, wreath
from catalog.demo.jewelry.solids import View, chain, gem, hoop, jump_ring, prongs, section
from catalog.demo.jewelry.stage import Stage
from catalog.demo.shapes import Points, circle, place, segment, smooth

_PAIR: Final = ((31.0, -1), (69.0, 1))


def hook(stage: Stage, x: float, y: float, side: int, metal: Metal) -> None:
    """Draw an ear wire whose eye is at x, y."""
    bow: list[tuple[float, float]] = [
        (0, 0),
        (0, -6),
        (-0.5, -9),
        (-2.3, -11.4),
        (-4.6, -11.8),
        (-6.9, -10.4),
        (-8, -7.5),
        (-8.3, -3),
        (-7.8, 2),
    ]
    wire = place(smooth(bow, closed=False), x, y, 1, 0, side > 0)
    stage.wire([wire], 0.95, metal)
    stage.wire([circle(x, y + 1.2, 1.3, 24)], 0.7, metal, closed=True)


def hoops(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Bend a pair of hoops: slim, thick, flat or twisted."""
    radius, thick = rng.uniform(12.5, 15.5), rng.uniform(1.8, 4.6)
    twist = float(rng.integers(7, 12)) if rng.uniform() < 0.35 else 0.0
    yaw = rng.uniform(0.55, 0.85)
    kind = str(rng.choice(["round", "flat", "domed"]))
    shape = (
        section("flat", thick, thick)
        if twist
        else section(kind, thick, thick * rng.uniform(0.9, 1.6))
    )
    if twist and rng.uniform() < 0.6:
        shape = shape * (1.0, 0.55)
    for x, side in _PAIR:
        view = View(x, 54, 0.06, side * yaw)
        span = (-np.pi / 2 + 0.14, 1.5 * np.pi - 0.14)
        stage.skin(
            hoop(radius, shape, view, span, twist, count=230 if twist else 120), metal, False
        )
        top = view.see(np.array([0.0, -radius, 0.0]))
        stage.wire([segment(top[0] - 1.5, top[1], top[0] + 1.5, top[1], 4)], 0.9, metal)


def huggies(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Set the front of small thick hoops with stones."""
    radius, size = rng.uniform(12, 15), rng.uniform(1.7, 2.3)
    for x, side in _PAIR:
        view = View(x, 52, 0.1, side * 0.75)
        stage.skin(hoop(radius, section("flat", 3.2, 5.2), view, count=130), metal)
        for angle in np.arange(0.2, np.pi + 1.0, size * 2.1 / radius):
            turn = angle - 0.35 if side < 0 else np.pi - angle + 0.35
            spot = view.see(
                np.array([np.cos(turn) * (radius + 1.7), np.sin(turn) * (radius + 1.7), 0])
            )
            facing = view.see(np.array([np.cos(turn), np.sin(turn), 0.0])) - (view.x, view.y, 0)
            if facing[2] > 0.1:
                gem(
                    stage,
                    View(spot[0], spot[1], 0, facing[0] * -0.7),
                    (0, 0, 0),
                    size,
                    "round",
                    stone,
                )


def studs(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Set single cut stones in claws."""
    cut = str(rng.choice(["round", "princess", "cushion", "oval", "emerald"]))
    size = rng.uniform(8.5, 12)
    for x, side in _PAIR:
        view = View(x, 50, 0.22, side * 0.2)
        rim = smooth(
            place(np.array([(0, 1), (1, 0), (0, -1), (-1, 0)]), x + side * 1.2, 51.5, size * 0.9)
        )
        stage.raised(rim, metal.ramp, 0.6)
        gem(stage, view, (0, 0, 0), size, cut, stone)
        prongs(
            stage,
            view,
            (0, 0, 0),
            size * (1.06 if cut in ("princess", "cushion") else 0.96),
            metal,
            "viewer",
        )


def halo_studs(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Circle cut stones with small diamonds."""
    cut = str(rng.choice(["round", "oval", "cushion", "pear"]))
    size = rng.uniform(6.8, 9)
    for x, _ in _PAIR:
        wreath(stage, x, 50, size, cut, metal, stone)


def pearl_studs(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Seat pearls or beads on posts, some with a ball or a bar above."""
    size = rng.uniform(8.5, 13)
    crowned = rng.uniform() < 0.5
    for x, side in _PAIR:
        if crowned:
            stage.ball(x, 46 - size * 1.2, size * 0.34, metal.ramp, False)
        else:
            stage.wire(
                [segment(x + side * size * 0.7, 46, x + side * (size + 5), 43, 6)], 1.2, metal
            )
        stage.ball(x, 50, size, stone.ramp, True)


def drops(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang a cut stone or a pearl from ear wires, at times below a smaller one."""
    cut = str(rng.choice(["pear", "oval", "emerald", "round", "marquise"]))
    size = rng.uniform(6, 8)
    double = rng.uniform() < 0.5
    for x, side in _PAIR:
        hook(stage, x, 30, side, metal)
        y = 33.0
        if double:
            bezel(stage, x, y + 3.6, 2.9, "round", metal, stone)
            y += 8.4
            jump_ring(stage, x, y, 1.1, metal)
        if stone.opaque:
            stage.ball(x, y + 1.4, 1.7, metal.ramp, False)
            stage.ball(x, y + size * 1.25 + 1, size * 1.15, stone.ramp, True)
        else:
            bezel(stage, x, y + size * 1.6, size, cut, metal, stone)


def shapes(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang plain metal forms from ear wires."""
    form = str(rng.choice(FORMS))
    size = rng.uniform(9.5, 14)
    for x, side in _PAIR:
        hook(stage, x, 27, side, metal)
        metal_form(stage, form, x, 29.5, size, metal)


def geometric(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Stack half discs, rings and bars."""
    order = [int(i) for i in rng.permutation(3)]
    for x, _ in _PAIR:
        stage.ball(x, 25, 3, metal.ramp, False)
        y = 29.5
        for kind in order:
            jump_ring(stage, x, y, 1.2, metal)
            if kind == 0:
                crescent(stage, x, y + 1.6, 9, metal)
                y += 12.6
            elif kind == 1:
                stage.wire([circle(x, y + 8.4, 6.6)], 1.8, metal, closed=True)
                y += 17
            else:
                stage.raised(
                    place(np.array([(-1.2, 0), (1.2, 0), (1.2, 13), (-1.2, 13)]), x, y + 1.2),
                    metal.ramp,
                    0.6,
                )
                y += 15.6


def charms(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Hang a charm with a stone from a small hoop or a stud."""
    seed = int(rng.integers(0, 2**31))
    hooped = rng.uniform() < 0.5
    for x, side in _PAIR:
        if hooped:
            view = View(x, 33, 0, side * 0.6)
            stage.skin(hoop(8.5, section("round", 1.9, 1.9), view, count=90), metal)
            y = 43.0
        else:
            bezel(stage, x, 33, 3.6, "round", metal, stone)
            y = 39.5
        jump_ring(stage, x, y, 1.5, metal)
        charm(stage, x, y + 1.2, 9, metal, stone, np.random.default_rng(seed))


def chandeliers(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Fringe a half moon with chains that end in stones."""
    count = int(rng.choice([3, 5]))
    wide = rng.uniform(10, 12)
    cut = str(rng.choice(["pear", "marquise", "round"]))
    for x, side in _PAIR:
        hook(stage, x, 22, side, metal)
        crescent(stage, x, 25, wide, metal)
        gem(stage, View(x, 29), (0, 0, 0), 2.6, "round", stone)
        for step in range(count):
            share = (step - (count - 1) / 2) / ((count - 1) / 2)
            px = x + share * wide * 0.84
            py = 25 + wide * float(np.sqrt(1 - (share * 0.84) ** 2))
            length = 13 - 5.5 * abs(share)
            line: Points = segment(px, py, px, py + length, 24)
            chain(stage, line, 1.7, "cable", metal)
            size = 3.0 if count == 3 else 2.2
            bezel(stage, px, py + length + size * 1.3, size, cut, metal, stone)


DESIGNS: Final = (
    Design(hoops, "Hoops", PLAIN, 42, 1.2),
    Design(drops, "{stone} Drop Earrings", (*FACETED, *LUSTROUS), 74, 1.2),
    Design(pearl_studs, "{stone} Studs", (*LUSTROUS, *SMOOTH), 52, 1.2),
    Design(studs, "{stone} Studs", FACETED, 80, 1.2),
    Design(shapes, "Drop Earrings", PLAIN, 46, 1.2),
    Design(chandeliers, "{stone} Chandelier Earrings", FACETED, 118, 1.2),
    Design(huggies, "{stone} Huggie Hoops", FACETED, 88, 1.2),
    Design(geometric, "Mobile Earrings", PLAIN, 54, 1.2),
    Design(halo_studs, "{stone} Halo Studs", FACETED, 112, 1.2),
    Design(charms, "{stone} Charm Earrings", FACETED, 66, 1.2),
)
