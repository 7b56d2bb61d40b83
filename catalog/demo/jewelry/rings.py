"""Demo rings."""

from typing import Final

import numpy as np

from catalog.demo.jewelry.design import FACETED, LUSTROUS, PLAIN, SMOOTH, Design
from catalog.demo.jewelry.materials import STONES, Floats, Metal, Stone
from catalog.demo.jewelry.solids import (
    View,
    cut_outline,
    gem,
    hoop,
    prongs,
    section,
    setting,
)
from catalog.demo.jewelry.stage import Stage
from catalog.demo.shapes import circle, ellipse, smooth

_RADIUS: Final = 25.0


def standing(rng: np.random.Generator, y: float = 55) -> View:
    """Return a ring's view: standing, turned a little, seen from above the front."""
    side = 1 if rng.uniform() < 0.7 else -1
    return View(
        50, y, rng.uniform(0.5, 0.72), side * rng.uniform(0.35, 0.62), rng.uniform(-0.05, 0.05)
    )


def shank(angles: Floats) -> Floats:
    """Return a shank's relative size: slimmer towards the stone at -pi / 2."""
    return 1 - 0.32 * np.exp(-(((angles - 1.5 * np.pi) / 0.45) ** 2))


def band(
    stage: Stage,
    view: View,
    metal: Metal,
    thick: float,
    wide: float,
    kind: str,
    tapered: bool = True,
) -> None:
    """Draw a ring band of the usual radius."""
    size = shank if tapered else None
    stage.skin(hoop(_RADIUS, section(kind, thick, wide), view, swelling=size), metal)


def solitaire(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Set one large cut stone on a slim band."""
    view = standing(rng)
    band(stage, view, metal, 2.6, rng.uniform(2.6, 3.8), "domed")
    cut = str(rng.choice(["round", "oval", "cushion", "emerald", "pear", "marquise", "princess"]))
    size = rng.uniform(7.6, 9.4)
    top = (0.0, -_RADIUS - size * 0.66, 0.0)
    setting(stage, view, top, size, cut, metal, "up")
    gem(stage, view, top, size, cut, stone, "up")
    if cut not in ("pear", "marquise"):
        prongs(stage, view, top, size, metal, "up")


def halo(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Circle a cut stone with small diamonds, more of them down the shoulders."""
    view = standing(rng)
    band(stage, view, metal, 2.6, 3.2, "flat")
    cut = str(rng.choice(["round", "oval", "cushion"]))
    size = rng.uniform(6.4, 7.6)
    top = (0.0, -_RADIUS - size * 0.6, 0.0)
    setting(stage, view, top, size * 1.36, cut, metal, "up")
    rim = smooth(cut_outline(cut, 16), steps=6)
    steps = np.linalg.norm(np.diff(np.vstack([rim, rim[:1]]), axis=0), axis=1)
    walked = np.concatenate([[0], np.cumsum(steps)])[:-1]
    count = 20
    for place_at in np.linspace(0, walked[-1], count, endpoint=False):
        x, z = (float(np.interp(place_at, walked, rim[:, axis])) * size * 1.2 for axis in (0, 1))
        gem(stage, view, (x, top[1] - 0.4, z), size * 0.2, "round", STONES["Diamond"], "up")
    gem(stage, view, top, size * 0.98, cut, stone, "up")
    shoulders(stage, view, 5, 1.35, STONES["Diamond"])


def shoulders(stage: Stage, view: View, count: int, size: float, stone: Stone) -> None:
    """Set small stones down both sides of the top of a band."""
    for step in range(count):
        for side in (-1, 1):
            angle = -np.pi / 2 + side * (0.42 + step * 2.3 * size / _RADIUS)
            along(stage, view, angle, size, stone)


def along(stage: Stage, view: View, angle: float, size: float, stone: Stone) -> None:
    """Set one small stone into the outside of a band at an angle."""
    leaning = View(0, 0, 0, 0, angle + np.pi / 2)
    spot = leaning.see(np.array([0.0, -_RADIUS - 1.5, 0.0]))
    facing = view.see(leaning.see(np.array([0.0, -1.0, 0.0]))) - (view.x, view.y, 0)
    if facing[2] < 0.12:
        return
    flat = cut_outline("round", 8) * size
    seat = np.column_stack([flat[:, 0], np.zeros(8), flat[:, 1]])
    outline = view.see(leaning.see(seat) + spot)
    stage.raised(outline[:, :2], stone.ramp, 0.9, glassy=True)
    middle = outline.mean(axis=0)
    stage.ball(
        middle[0] - size * 0.25, middle[1] - size * 0.3, size * 0.24, (stone.ramp[-1],) * 2, True
    )


def eternity(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Run small stones all the way round a band."""
    view = standing(rng, 50)
    band(stage, view, metal, 2.8, 4.6, "flat", tapered=False)
    size = rng.uniform(1.8, 2.2)
    count = int(2 * np.pi * _RADIUS / (size * 2.15))
    for angle in np.linspace(-np.pi, np.pi, count, endpoint=False):
        along(stage, view, float(angle), size, stone)


def plain_band(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Bend a plain wide band: domed, flat or knife-edged."""
    view = standing(rng, 50)
    kind = str(rng.choice(["domed", "flat", "knife"]))
    band(stage, view, metal, rng.uniform(2.6, 3.6), rng.uniform(6, 11), kind, tapered=False)


def twisted(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Twist a square wire into a rope band."""
    view = standing(rng, 50)
    shape = section("flat", 4.2, 4.2) if rng.uniform() < 0.5 else ellipse(0, 0, 2.9, 1.5, 0, 18)
    grid = hoop(_RADIUS, shape, view, twist=float(rng.integers(6, 11)), count=260)
    stage.skin(grid, metal)


def stacked(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Stack three thin bands, one of them set with stones."""
    base = standing(rng, 50)
    for step, kind in enumerate(("round", "flat", "round")):
        shift = base.see(np.array([0.0, 0.0, (step - 1) * 4.4])) - (base.x, base.y, 0)
        view = View(base.x + shift[0], base.y + shift[1], base.pitch, base.yaw, base.roll)
        shape = section(kind, 2.6, 3.4)
        turns = 12.0 if step == 0 else 0.0
        if step == 0:
            shape = ellipse(0, 0, 1.9, 1.2, 0, 16)
        stage.skin(hoop(_RADIUS, shape, view, twist=turns, count=220 if turns else 130), metal)
        if step == 1:
            for angle in np.arange(-2.4, -0.7, 0.165):
                along(stage, view, float(angle), 1.6, stone)


def three_stone(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Flank a cut stone with two diamonds."""
    view = standing(rng)
    band(stage, view, metal, 2.8, 3.2, "domed")
    cut = str(rng.choice(["emerald", "oval", "round", "cushion"]))
    size = rng.uniform(6.2, 7.2)
    reach = size * (0.84 if cut in ("emerald", "oval") else 1.0) + size * 0.6
    spots = [(reach, size * 0.62, "Diamond"), (-reach, size * 0.62, "Diamond"), (0.0, size, "")]
    if view.yaw > 0:
        spots = [spots[1], spots[2], spots[0]]
    for x, reach_of, other in spots:
        top = (x, -_RADIUS - size * (0.62 if not other else 0.38), 0.0)
        shape = "round" if other else cut
        setting(stage, view, top, reach_of, shape, metal, "up")
        gem(stage, view, top, reach_of, shape, STONES[other] if other else stone, "up")


def pearl_ring(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Seat a pearl on a slim band, with or without diamond shoulders."""
    view = standing(rng)
    band(stage, view, metal, 2.4, 2.8, "round")
    if rng.uniform() < 0.5:
        shoulders(stage, view, 3, 1.4, STONES["Diamond"])
    size = rng.uniform(7.5, 9.5)
    top = (0.0, -_RADIUS - size * 0.15, 0.0)
    setting(stage, view, top, size * 0.55, "round", metal, "up")
    x, y, _ = view.see(np.array([0.0, -_RADIUS - size * 0.8, 0.0]))
    stage.ball(x, y, size, stone.ramp, True)


def signet(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Broaden a band to a flat top inlaid with a smooth stone."""
    view = standing(rng)

    def swell(angles: Floats) -> Floats:
        return 1 + 1.5 * np.exp(-(((angles - 1.5 * np.pi) / 0.5) ** 2))

    stage.skin(hoop(_RADIUS, section("domed", 2.6, 5.6), view, swelling=swell), metal)
    size = rng.uniform(6, 7)
    kind = str(rng.choice(["round", "oval", "cushion"]))
    outline = smooth(cut_outline(kind), steps=4)
    top = -_RADIUS - 3.0
    for share, high in ((1.25, 0.0), (0.96, -0.6)):
        flat = outline * size * share
        ring = view.see(np.column_stack([flat[:, 0], np.full(len(flat), top + high), flat[:, 1]]))
        if share > 1:
            stage.raised(ring[:, :2], metal.ramp, 0.16)
        else:
            stage.raised(ring[:, :2], stone.ramp, 0.75, glassy=True)


def cocktail(stage: Stage, metal: Metal, stone: Stone, rng: np.random.Generator) -> None:
    """Open a flower of petals around a domed or cut centre."""
    view = standing(rng)
    band(stage, view, metal, 2.6, 3.4, "domed")
    size = rng.uniform(4.4, 5.2)
    top = -_RADIUS - 3.2
    petals = int(rng.integers(5, 9))
    for turn in np.linspace(0, 2 * np.pi, petals, endpoint=False) + 0.3:
        reach = size * 1.55
        spot = (np.cos(turn) * reach, top, np.sin(turn) * reach)
        gem(stage, view, spot, size * (4.6 / petals) ** 0.9, "round", stone, "up")
    rim = circle(0, 0, size * 0.98, 40)
    flat = view.see(np.column_stack([rim[:, 0], np.full(40, top - 1.0), rim[:, 1]]))
    stage.raised(flat[:, :2], metal.ramp, 0.3)
    gem(stage, view, (0.0, top - 1.2, 0.0), size * 0.82, "round", STONES["Diamond"], "up")


DESIGNS: Final = (
    Design(solitaire, "{stone} Solitaire Ring", FACETED, 120, 1.32),
    Design(plain_band, "Band", PLAIN, 58, 1.32),
    Design(halo, "{stone} Halo Ring", FACETED, 165, 1.32),
    Design(twisted, "Rope Ring", PLAIN, 49, 1.32),
    Design(pearl_ring, "{stone} Ring", LUSTROUS, 82, 1.32),
    Design(eternity, "{stone} Eternity Ring", FACETED, 140, 1.32),
    Design(signet, "{stone} Signet Ring", SMOOTH, 88, 1.32),
    Design(three_stone, "{stone} Three-Stone Ring", FACETED, 155, 1.32),
    Design(stacked, "{stone} Stacking Rings", FACETED, 96, 1.32),
    Design(cocktail, "{stone} Flower Ring", FACETED, 118, 1.32),
)
