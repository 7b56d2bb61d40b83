"""Bands, cut stones and chains as solids to be drawn on a stage."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from catalog.demo.jewelry.materials import Floats, Metal, Stone, polished, shine
from catalog.demo.jewelry.stage import Stage, turned
from catalog.demo.shapes import Points, circle, ellipse, smooth

Corners = NDArray[np.intp]


@dataclass(frozen=True)
class View:
    """Where a solid stands on the stage (units) and how it is turned (radians)."""

    x: float
    y: float
    pitch: float = 0
    yaw: float = 0
    roll: float = 0

    def see(self, points: Floats) -> Floats:
        """Return points (..., 3) of its own space as they stand on the stage."""
        seen: Floats = np.add(
            turned(points, self.pitch, self.yaw, self.roll), (self.x, self.y, 0.0)
        )
        return seen


def section(kind: str, thick: float, wide: float) -> Points:
    """Return a band's cross-section (radial, axial): "round", "flat", "domed" or "knife"."""
    if kind == "round":
        return ellipse(0, 0, thick / 2, wide / 2, 0, 22)
    if kind == "domed":
        upper = ellipse(0, 0, thick / 2, wide / 2, 0, 28)
        upper[upper[:, 0] < 0, 0] *= 0.5
        return upper
    if kind == "knife":
        half = wide / 2
        return np.array(
            [
                (thick * 0.55, 0),
                (thick * 0.1, half),
                (-thick * 0.4, half * 0.8),
                (-thick * 0.4, -half * 0.8),
                (thick * 0.1, -half),
            ]
        )
    t, w, bevel = thick / 2, wide / 2, min(thick, wide) * 0.14
    return np.array(
        [
            (t, -w + bevel),
            (t, w - bevel),
            (t - bevel, w),
            (-t + bevel, w),
            (-t, w - bevel),
            (-t, -w + bevel),
            (-t + bevel, -w),
            (t - bevel, -w),
        ]
    )


def hoop(
    radius: float,
    shape: Points,
    view: View,
    span: tuple[float, float] = (0, 2 * np.pi),
    twist: float = 0,
    swelling: Callable[[Floats], Floats] | None = None,
    oval: float = 1.0,
    count: int = 150,
) -> Floats:
    """Return a band bent round the z axis as rings of points, ready for `Stage.skin`.

    Angle 0 is right and pi / 2 is down; twist counts turns of the section in one round;
    swelling gives the section's size at each angle; oval squeezes the band's height.
    """
    whole = abs(span[1] - span[0] - 2 * np.pi) < 1e-6
    angles = np.linspace(*span, count, endpoint=not whole)
    turn = twist * angles
    size = np.ones(count) if swelling is None else swelling(angles)
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    radial = (shape[:, 0] * cos - shape[:, 1] * sin) * size[:, None]
    axial = (shape[:, 0] * sin + shape[:, 1] * cos) * size[:, None]
    away = radius + radial
    grid = np.stack(
        [away * np.cos(angles)[:, None], away * np.sin(angles)[:, None] * oval, axial], axis=-1
    )
    return view.see(grid)


def cut_outline(cut: str, points: int = 16) -> Points:
    """Return a stone's girdle of half width about 1, seen from above, for a named cut."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False) + np.pi / points
    cos, sin = np.cos(angles), np.sin(angles)
    if cut == "oval":
        return np.column_stack([cos * 0.8, sin * 1.12])
    if cut == "cushion":
        power = 0.72
        return (
            np.column_stack([np.sign(cos) * abs(cos) ** power, np.sign(sin) * abs(sin) ** power])
            * 0.97
        )
    if cut == "marquise":
        return np.column_stack(
            [cos * (0.62 - 0.08 * abs(sin)), np.sign(sin) * abs(sin) ** 1.15 * 1.3]
        )
    if cut == "pear":
        drop = np.where(sin < 0, (1 + sin) ** 0.62, 1.0)
        return np.column_stack(
            [cos * 0.84 * np.maximum(drop, 0.0), np.where(sin < 0, sin * 1.4, sin * 0.9)]
        )
    if cut == "emerald":
        return np.array(
            [
                (0.5, -1.1),
                (0.8, -0.8),
                (0.8, 0.8),
                (0.5, 1.1),
                (-0.5, 1.1),
                (-0.8, 0.8),
                (-0.8, -0.8),
                (-0.5, -1.1),
            ]
        )
    if cut == "princess":
        return (
            np.array(
                [
                    (0.93, -0.98),
                    (0.98, -0.93),
                    (0.98, 0.93),
                    (0.93, 0.98),
                    (-0.93, 0.98),
                    (-0.98, 0.93),
                    (-0.98, -0.93),
                    (-0.93, -0.98),
                ]
            )
            * 0.92
        )
    return np.column_stack([cos, sin])


@lru_cache(maxsize=16)
def _facet_plan(count: int, style: str) -> tuple[NDArray[np.intp], Floats]:
    """Return a cut's faces as corner numbers (faces, 4) and each face's own brightness.

    The corners are numbered girdle, crown, table, inner table (`count` each), then the hub. A
    triangle repeats its last corner. In a brilliant, crown and inner table lie half a step on.
    Flicker inside the table stands for the pavilion's mirrors.
    """
    k = np.arange(count)
    girdle, crown, table, inner = (
        np.column_stack([k, (k + 1) % count]) + count * n for n in range(4)
    )
    hub = np.full(count, 4 * count)
    flicker = np.resize([0.32, -0.2, 0.06, -0.26, 0.14, -0.06], count)
    parts: list[tuple[NDArray[np.intp], Floats]] = []

    def add(a: Corners, b: Corners, c: Corners, d: Corners, glint: Floats) -> None:
        parts.append((np.column_stack([a, b, c, d]), glint))

    still = np.zeros(count)
    if style == "small":
        add(girdle[:, 0], girdle[:, 1], table[:, 1], table[:, 0], np.where(k % 2, 0.1, -0.12))
        add(table[:, 0], table[:, 1], hub, hub, np.resize([0.26, -0.2, 0.12], count))
    elif style == "step":
        side = np.where(k % 2, -0.3, 0.3) * np.where(k % 4 < 2, 1, -0.7)
        add(girdle[:, 0], girdle[:, 1], crown[:, 1], crown[:, 0], still)
        add(crown[:, 0], crown[:, 1], table[:, 1], table[:, 0], still)
        add(table[:, 0], table[:, 1], inner[:, 1], inner[:, 0], side)
        add(inner[:, 0], inner[:, 1], hub, hub, side * 0.25 + 0.12)
    else:
        before = (k - 1) % count
        add(girdle[:, 0], girdle[:, 1], crown[:, 0], crown[:, 0], np.where(k % 2, 0.16, -0.14))
        add(girdle[:, 0], crown[:, 0], table[:, 0], crown[before, 0], still + 0.04)
        add(table[:, 0], crown[:, 0], table[:, 1], table[:, 1], np.where(k % 2, -0.06, 0.14))
        add(table[:, 0], table[:, 1], inner[:, 0], inner[:, 0], flicker)
        add(table[:, 0], inner[:, 0], hub, inner[before, 0], np.roll(flicker, 1) * -0.9)
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def gem(
    stage: Stage,
    view: View,
    centre: tuple[float, float, float],
    size: float,
    cut: str,
    stone: Stone,
    facing: str = "viewer",
) -> None:
    """Draw a cut stone of half width `size` at a centre in the view's own space.

    facing says where its table looks before the view turns it: "viewer" (along z) or "up".
    """
    stepped = cut in ("emerald", "princess")
    style = "step" if stepped else "small" if size < 2.6 else "brilliant"
    girdle = cut_outline(cut, 10 if style == "small" else 16)
    if stone.opaque:
        rim = _placed(view, centre, size, smooth(girdle, steps=4), 0.1, facing)
        stage.cabochon(rim[:, :2], stone)
        return
    levels = {
        "step": ((1.0, 0.0), (0.84, 0.15), (0.66, 0.28), (0.3, 0.28)),
        "small": ((1.0, 0.0), (0.8, 0.2), (0.6, 0.3), (0.3, 0.3)),
        "brilliant": ((1.0, 0.0), (0.8, 0.2), (0.58, 0.33), (0.32, 0.33)),
    }[style]
    between = girdle if style != "brilliant" else (girdle + np.roll(girdle, -1, axis=0)) / 2
    rings = [
        _placed(view, centre, size, (girdle, between)[n % 2] * share, high, facing)
        for n, (share, high) in enumerate(levels)
    ]
    corners = np.concatenate([*rings, rings[-1].mean(axis=0, keepdims=True)])
    plan, glints = _facet_plan(len(girdle), style)
    faces = corners[plan]
    stage.facets(faces[..., :2], polished(stone.ramp, _facet_light(faces, glints)))


def _placed(
    view: View,
    centre: tuple[float, float, float],
    size: float,
    outline: Points,
    high: float,
    facing: str,
) -> Floats:
    flat = np.column_stack([outline * size, np.full(len(outline), high * size)])
    if facing == "up":
        flat = np.column_stack([flat[:, 0], -flat[:, 2], flat[:, 1]])
    return view.see(flat + centre)


def _facet_light(faces: Floats, glints: Floats) -> Floats:
    normals = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    normals[normals[:, 2] < 0] *= -1
    lit: Floats = np.clip(0.16 + 0.5 * shine(normals) + glints, 0, 1)
    return lit


def prongs(
    stage: Stage,
    view: View,
    centre: tuple[float, float, float],
    size: float,
    metal: Metal,
    facing: str,
) -> None:
    """Draw four claws on a stone's corners."""
    reach = size * 0.74
    corners = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) * reach
    for x, y, _ in _placed(view, centre, 1, corners, size * 0.16, facing):
        stage.ball(x, y, max(0.5, size * 0.13), metal.ramp, False)


def setting(
    stage: Stage,
    view: View,
    centre: tuple[float, float, float],
    size: float,
    cut: str,
    metal: Metal,
    facing: str,
) -> None:
    """Draw the cup that holds a stone: its rim a little wider than the girdle."""
    outline = smooth(cut_outline(cut) * 1.1, steps=2)
    low = outline * 0.55
    grid = np.stack(
        [
            _placed(view, centre, size, low, -0.85, facing),
            _placed(view, centre, size, outline * 0.92, -0.3, facing),
            _placed(view, centre, size, outline, 0.02, facing),
        ]
    )
    stage.skin(grid, metal, round_trip=False)


def links(line: Points, length: float, kind: str) -> tuple[list[Points], list[Points]]:
    """Return a chain along a line as outlines seen face-on and links seen edge-on.

    kind is "cable" (round links), "paperclip" (long links) or "box" (short squares).
    """
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    walked = np.concatenate([[0.0], np.cumsum(steps)])
    stretch = {"cable": 1.0, "paperclip": 1.9, "box": 0.8}[kind] * length
    open_links: list[Points] = []
    edge_links: list[Points] = []
    for number, place_at in enumerate(np.arange(stretch * 0.5, walked[-1], stretch * 0.78)):
        x, y = (np.interp(place_at, walked, line[:, axis]) for axis in (0, 1))
        ahead, behind = place_at + 0.4, place_at - 0.4
        rise = np.interp(ahead, walked, line[:, 1]) - np.interp(behind, walked, line[:, 1])
        run = np.interp(ahead, walked, line[:, 0]) - np.interp(behind, walked, line[:, 0])
        turn = float(np.arctan2(rise, run))
        if number % 2 == 0:
            tall = length * (0.36 if kind != "paperclip" else 0.42)
            open_links.append(ellipse(x, y, stretch * 0.52, tall, turn, 18))
        else:
            reach = stretch * 0.4
            across, down = np.cos(turn) * reach, np.sin(turn) * reach
            edge_links.append(np.array([(x - across, y - down), (x + across, y + down)]))
    return open_links, edge_links


def chain(stage: Stage, line: Points, length: float, kind: str, metal: Metal) -> None:
    """Draw a chain along a line."""
    open_links, edge_links = links(line, length, kind)
    if open_links:
        stage.wire(open_links, length * 0.27, metal, closed=True)
    if edge_links:
        stage.wire(edge_links, length * 0.34, metal)


def jump_ring(stage: Stage, x: float, y: float, size: float, metal: Metal) -> None:
    """Draw a small round ring."""
    stage.wire([circle(x, y, size, 28)], size * 0.45, metal, closed=True)
