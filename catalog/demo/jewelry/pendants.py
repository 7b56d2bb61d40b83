"""Small hanging forms that demo necklaces, earrings and bracelets share."""

import numpy as np

from catalog.demo.jewelry.materials import STONES, Metal, Stone
from catalog.demo.jewelry.solids import View, cut_outline, gem
from catalog.demo.jewelry.stage import Stage
from catalog.demo.shapes import (
    Points,
    circle,
    leaf,
    mirrored,
    place,
    ribbon,
    sector,
    segment,
    smooth,
)

STONE_FORMS = ("disc", "heart", "star", "clover", "shell", "drop")
FORMS = ("disc", "heart", "moon", "leaf", "star", "bar", "drop", "shell", "clover", "feather")


def outline_of(form: str) -> Points:
    """Return a form's outline hanging from 0, 0, about 2 high; bar and disc included."""
    if form == "heart":
        half = smooth(
            [(0, 0.4), (0.3, 0.12), (0.75, 0.12), (0.98, 0.5), (0.82, 1.0), (0.4, 1.5), (0, 1.85)],
            closed=False,
        )
        return mirrored(half)
    if form == "moon":
        turn = np.linspace(0.62, 2 * np.pi - 0.62, 50) - 0.5
        back = np.column_stack([np.cos(turn), np.sin(turn) + 1])
        inner = np.column_stack([np.cos(turn[::-1]) * 0.76 + 0.3, np.sin(turn[::-1]) * 0.76 + 0.85])
        return np.vstack([back, inner])
    if form == "leaf":
        return leaf(0, 0, 2.2, 1.05, np.pi / 2, 0.42)
    if form == "star":
        angles = np.linspace(0, 2 * np.pi, 16, endpoint=False) - np.pi / 2
        reach = np.where(np.arange(16) % 2 == 0, np.where(np.arange(16) % 4 == 0, 1.05, 0.72), 0.3)
        return np.column_stack([np.cos(angles) * reach, np.sin(angles) * reach + 1.05])
    if form == "bar":
        return np.array([(-0.2, 0), (0.2, 0), (0.2, 2.3), (-0.2, 2.3)])
    if form == "drop":
        half = smooth([(0, 0), (0.28, 0.7), (0.66, 1.25), (0.6, 1.75), (0, 2.05)], closed=False)
        return mirrored(half)
    if form == "shell":
        angles = np.linspace(0.25, np.pi - 0.25, 43)
        reach = 1.75 + 0.09 * abs(np.sin(np.linspace(0, 7 * np.pi, 43)))
        fan = np.column_stack([np.cos(angles) * reach * 0.8, np.sin(angles) * reach + 0.15])
        return np.vstack([[(-0.16, 0.0), (0.16, 0.0)], fan])
    if form == "clover":
        angles = np.linspace(0, 2 * np.pi, 72, endpoint=False) + np.pi / 4
        reach = 0.62 + 0.42 * abs(np.cos(2 * (angles - np.pi / 4))) ** 0.7
        return np.column_stack([np.cos(angles) * reach, np.sin(angles) * reach + 1])
    if form == "feather":
        half = smooth([(0, 0), (0.3, 0.5), (0.42, 1.1), (0.3, 1.8), (0.0, 2.4)], closed=False)
        return mirrored(half)
    return circle(0, 1, 1)


def charm(
    stage: Stage,
    x: float,
    y: float,
    size: float,
    metal: Metal,
    stone: Stone,
    rng: np.random.Generator,
) -> None:
    """Draw a random metal form with a stone, hanging from x, y; size is half its height."""
    form = str(rng.choice(STONE_FORMS))
    metal_form(stage, form, x, y, size, metal)
    middle = {"heart": 0.85, "shell": 0.8, "star": 1.05, "drop": 1.4}.get(form, 1.0)
    stage.raised(circle(x, y + middle * size, size * 0.36), metal.ramp, 0.4)
    gem(stage, View(x, y + middle * size), (0, 0, 0), size * 0.3, "round", stone)


def metal_form(stage: Stage, form: str, x: float, y: float, size: float, metal: Metal) -> None:
    """Draw a metal form hanging from x, y, with its engraving; size is half its height."""
    stage.raised(place(outline_of(form), x, y, size), metal.ramp, 0.28)
    lines: list[Points] = []
    if form in ("leaf", "feather"):
        long = 2.05 if form == "leaf" else 2.25
        lines.append(segment(0, 0.1, 0, long, 6))
        for step in np.linspace(0.35, long - 0.5, 7):
            lines += [np.array([(0, step), (side, step + 0.26)]) for side in (-0.3, 0.3)]
    elif form == "shell":
        lines += [
            np.array([(np.cos(a) * 0.2, 0.3), (np.cos(a) * 1.2, np.sin(a) * 1.55 + 0.1)])
            for a in np.linspace(0.5, np.pi - 0.5, 6)
        ]
    for line in lines:
        groove = place(ribbon(line, [0.07, 0.02]), x, y, size)
        stage.raised(groove, metal.ramp[:2] + metal.ramp[1:2], 0.5)


def bezel(
    stage: Stage, x: float, y: float, size: float, cut: str, metal: Metal, stone: Stone
) -> None:
    """Draw a cut stone in a collar of metal, its centre at x, y."""
    rim = smooth(cut_outline(cut), steps=3)
    stage.raised(rim * size * 1.2 + (x, y), metal.ramp, 0.3)
    gem(stage, View(x, y), (0, 0, 0), size, cut, stone)


def wreath(
    stage: Stage, x: float, y: float, size: float, cut: str, metal: Metal, stone: Stone
) -> None:
    """Draw a cut stone circled by small diamonds, its centre at x, y."""
    rim = smooth(cut_outline(cut), steps=6)
    stage.raised(rim * size * 1.5 + (x, y), metal.ramp, 0.2)
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(rim, axis=0), axis=1))])
    for at in np.linspace(0, steps[-1], 18, endpoint=False):
        px, py = (float(np.interp(at, steps, rim[:, axis])) * size * 1.27 for axis in (0, 1))
        gem(stage, View(x + px, y + py), (0, 0, 0), size * 0.19, "round", STONES["Diamond"])
    gem(stage, View(x, y), (0, 0, 0), size, cut, stone)


def crescent(stage: Stage, x: float, y: float, size: float, metal: Metal) -> None:
    """Draw a half disc, flat side up, its flat side's middle at x, y."""
    stage.raised(sector(x, y, size, 0, np.pi), metal.ramp, 0.22)
