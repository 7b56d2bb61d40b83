"""Outlines for the demo prints: pure geometry, float arrays (n, 2) of x and y."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pairs = Sequence[tuple[float, float]] | Points


@lru_cache(maxsize=256)
def _steps(count: int) -> Points:
    return np.linspace(0, 1, count)


def smooth(pairs: Pairs, closed: bool = True, steps: int = 10) -> Points:
    """Return a Catmull-Rom curve through the points, `steps` points per span."""
    points = np.asarray(pairs, np.float64)
    if closed:
        around = np.vstack([points[-1:], points, points[:2]])
    else:
        around = np.vstack([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    p0, p1, p2, p3 = around[:-3], around[1:-2], around[2:-1], around[3:]
    t = _steps(steps + 1)[None, :-1, None]
    p0, p1, p2, p3 = p0[:, None], p1[:, None], p2[:, None], p3[:, None]
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    flat: Points = curve.reshape(-1, 2)
    return flat if closed else np.vstack([flat, points[-1:]])


def circle(x: float, y: float, radius: float, sides: int = 64) -> Points:
    """Return a circle."""
    return ellipse(x, y, radius, radius, 0.0, sides)


def ellipse(
    x: float, y: float, across: float, down: float, turn: float = 0.0, sides: int = 64
) -> Points:
    """Return an ellipse with half axes across and down, turned clockwise by radians."""
    return place(_unit_circle(sides) * (across, down), x, y, 1, turn)


@lru_cache(maxsize=16)
def _unit_circle(sides: int) -> Points:
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def sector(
    x: float, y: float, radius: float, start: float, stop: float, inner: float = 0
) -> Points:
    """Return a slice of a disc, or of a ring with an inner radius, between two angles."""
    angles = np.linspace(start, stop, 48)
    unit = np.column_stack([np.cos(angles), np.sin(angles)])
    back = unit[::-1] * inner if inner > 0 else np.zeros((1, 2))
    return place(np.vstack([unit * radius, back]), x, y)


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """Return an upright rectangle."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def place(
    pairs: Pairs, x: float, y: float, size: float = 1, turn: float = 0, mirror: bool = False
) -> Points:
    """Return the points scaled, mirrored left to right, turned by radians and moved to x, y."""
    points = np.asarray(pairs, np.float64) * ((-size, size) if mirror else (size, size))
    cos, sin = np.cos(turn), np.sin(turn)
    moved: Points = points @ np.array([[cos, sin], [-sin, cos]]) + (x, y)
    return moved


def xy(point: Points) -> tuple[float, float]:
    """Return one point's numbers."""
    return float(point[0]), float(point[1])


def mirrored(pairs: Pairs) -> Points:
    """Return a closed outline from its right half, listed top to bottom around x = 0."""
    half = np.asarray(pairs, np.float64)
    return np.vstack([half, half[::-1] * (-1, 1)])


def blob(
    x: float,
    y: float,
    radius: float,
    rng: np.random.Generator,
    wobble: float = 0.18,
    knots: int = 7,
) -> Points:
    """Return a soft pebble around a point."""
    angles = np.linspace(0, 2 * np.pi, knots, endpoint=False) + rng.uniform(0, 2 * np.pi)
    reach = radius * (1 + rng.uniform(-wobble, wobble, knots))
    return smooth(
        np.column_stack([x + np.cos(angles) * reach, y + np.sin(angles) * reach]), steps=12
    )


@lru_cache(maxsize=32)
def _unit_leaf(belly: float) -> Points:
    share = np.linspace(0, 1, 18)
    reach = np.sin(np.pi * share ** (np.log(0.5) / np.log(belly))) ** 0.9 / 2
    upper = np.column_stack([share, -reach])
    return np.vstack([upper, upper[::-1] * (1, -1)])


def leaf(
    x: float, y: float, length: float, width: float, turn: float, belly: float = 0.45
) -> Points:
    """Return a pointed leaf from its base at x, y; turn 0 points right, belly 0-1 is the widest."""
    return place(_unit_leaf(belly) * (length, width), x, y, 1, turn)


def normals(points: Points) -> Points:
    """Return unit vectors to the left of a line at each of its points."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return np.column_stack([along[:, 1], -along[:, 0]])


def offset_line(points: Points, distance: float) -> Points:
    """Return a line beside another."""
    return points + normals(points) * distance


def ribbon(pairs: Pairs, widths: Sequence[float] | Points | float) -> Points:
    """Return the outline of a line with widths spread evenly along it."""
    points = np.asarray(pairs, np.float64)
    given = np.atleast_1d(np.asarray(widths, np.float64))
    spread = np.interp(_steps(len(points)), _steps(len(given)), given)
    side = normals(points) * spread[:, None] / 2
    return np.vstack([points + side, (points - side)[::-1]])


def segment(x0: float, y0: float, x1: float, y1: float, count: int = 24) -> Points:
    """Return a straight line of `count` points."""
    return np.array((x0, y0)) + _steps(count)[:, None] * (x1 - x0, y1 - y0)


def ridge(
    width: float, rng: np.random.Generator, roughness: float = 0.5, count: int = 129
) -> Points:
    """Return a mountain line from x = 0 to width, y in about -1 to 1 (up is negative).

    Midpoint displacement (Fournier, Fussell and Carpenter, 1982); roughness 0-1 is the
    share kept at each halving.
    """
    heights = np.array([rng.uniform(-1, 1), rng.uniform(-1, 1)])
    spread = 1.0
    while len(heights) < count:
        middle = (heights[:-1] + heights[1:]) / 2 + rng.uniform(-spread, spread, len(heights) - 1)
        woven = np.empty(len(heights) * 2 - 1)
        woven[0::2], woven[1::2] = heights, middle
        heights, spread = woven, spread * roughness
    heights -= heights.mean()
    heights /= max(1e-9, np.abs(heights).max())
    return np.column_stack([np.linspace(0, width, len(heights)), heights])


def swell(width: float, rng: np.random.Generator, waves: float = 1.5, count: int = 97) -> Points:
    """Return a gentle line from x = 0 to width, y in -1 to 1, about `waves` waves long."""
    x = np.linspace(0, 1, count)
    y = np.zeros(count)
    for octave in range(3):
        turns = waves * (1 + octave * 0.9) * rng.uniform(0.8, 1.2)
        y += np.sin(2 * np.pi * (turns * x + rng.uniform())) / (1 + octave) ** 1.6
    y /= max(1e-9, np.abs(y).max())
    return np.column_stack([x * width, y])


def ground(line: Points, level: float, height: float, floor: float) -> Points:
    """Return the area below a line scaled to `height` and moved to `level`, down to `floor`."""
    top = np.column_stack([line[:, 0], line[:, 1] * height + level])
    return np.vstack([top, [(line[-1, 0], floor), (line[0, 0], floor)]])
