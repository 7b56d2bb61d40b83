"""The table on which demo jewelry is drawn: solids, stones and chains with soft shadows."""

from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog.demo.jewelry.materials import Floats, Metal, Stone, polished, shine, shine_of
from catalog.demo.shapes import Points
from catalog.demo.texture import Pixels, noise

_OVERSAMPLING: Final = 2
_SHIFT: Final = 4


def turned(points: Floats, pitch: float = 0, yaw: float = 0, roll: float = 0) -> Floats:
    """Return points (..., 3) rolled about z, then yawed about y, then pitched about x (radians).

    x points right, y down, z to the viewer; a positive pitch shows more of the top.
    """
    cp, sp, cy, sy, cr, sr = (
        function(angle) for angle in (pitch, yaw, roll) for function in (np.cos, np.sin)
    )
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotated: Floats = points @ (about_x @ about_y @ about_z).T
    return rotated


class Stage:
    """Collect drawn pieces over a transparent sheet.

    The sheet shows 100 / zoom units each way around the point 50, 50 in `side` pixels.
    """

    def __init__(self, zoom: float = 1.0, side: int = 400) -> None:
        self._side = side
        side *= _OVERSAMPLING
        self._scale = side / 100 * zoom
        self._origin = 50 - 50 / zoom
        # Red, green, blue already multiplied by the cover in the fourth channel.
        self._pixels: Pixels = np.zeros((side, side, 4), np.uint8)

    def facets(self, corners: Floats, colours: NDArray[np.uint8]) -> None:
        """Draw flat convex faces (faces, corners, 2) in the order given; colours (faces, 4)."""
        fixed = np.round((corners - self._origin) * (self._scale * 2**_SHIFT)).astype(np.int32)
        for face, shade in zip(fixed, colours.tolist(), strict=True):
            cv2.fillConvexPoly(self._pixels, face, shade, cv2.LINE_8, _SHIFT)

    def skin(self, grid: Floats, metal: Metal, round_trip: bool = True) -> None:
        """Draw a closed tube given as rings of points (rings, points, 3) in units.

        round_trip joins the last ring to the first; otherwise the ends are capped.
        """
        rings = np.concatenate([grid, grid[:1]]) if round_trip else grid
        rings = np.concatenate([rings, rings[:, :1]], axis=1)
        corners = np.stack([rings[:-1, :-1], rings[1:, :-1], rings[1:, 1:], rings[:-1, 1:]], axis=2)
        faces = np.cross(corners[:, :, 2] - corners[:, :, 0], corners[:, :, 3] - corners[:, :, 1])
        hubs = (rings[:-1, :-1].mean(axis=1) + rings[1:, :-1].mean(axis=1)) / 2
        outward = corners.mean(axis=2) - hubs[:, None]
        if (faces * outward).sum() < 0:
            faces = -faces
        faces /= np.maximum(np.linalg.norm(faces, axis=-1, keepdims=True), 1e-9)
        seen = faces[..., 2] > 0
        visible, normals = corners[seen], faces[seen]
        order = np.argsort(visible[..., 2].mean(axis=1))
        colours = polished(metal.ramp, shine(normals[order]))
        if not round_trip:
            self._caps(grid, metal)
        self.facets(visible[order][..., :2], colours)

    def _caps(self, grid: Floats, metal: Metal) -> None:
        for end, inside in ((grid[0], grid[1]), (grid[-1], grid[-2])):
            facing = end.mean(axis=0) - inside.mean(axis=0)
            facing /= max(1e-9, float(np.linalg.norm(facing)))
            if facing[2] > 0:
                shade = polished(metal.ramp, shine(facing[None]))
                self.facets(end[None, :, :2], shade)

    def ball(self, x: float, y: float, radius: float, ramp: tuple[str, ...], pearly: bool) -> None:
        """Draw a sphere: pearly ones glow softly, others mirror the room."""
        reach = round(radius * self._scale)
        if reach < 1:
            return
        brightness, cover = _sphere(reach, pearly)
        left, top = (round((at - self._origin) * self._scale) - reach - 1 for at in (x, y))
        self._lay(left, top, polished(ramp, brightness), cover)

    def cabochon(self, outline: Points, stone: Stone) -> None:
        """Draw a smooth domed stone within an outline."""
        self.raised(outline, stone.ramp, 0.9, glassy=True)

    def raised(
        self, outline: Points, ramp: tuple[str, ...], roundness: float = 0.35, glassy: bool = False
    ) -> None:
        """Draw a filled shape with rounded edges; roundness 0-1 of its half width."""
        self._emboss([outline], 0, ramp, roundness, glassy)

    def wire(self, lines: list[Points], width: float, metal: Metal, closed: bool = False) -> None:
        """Draw round wires of one width along lines."""
        self._emboss(lines, width, metal.ramp, 1.0, False, closed)

    def _emboss(
        self,
        lines: list[Points],
        width: float,
        ramp: tuple[str, ...],
        roundness: float,
        glassy: bool,
        closed: bool = False,
    ) -> None:
        points = (np.concatenate(lines) - self._origin) * self._scale
        margin = width * self._scale / 2 + 3
        side = self._pixels.shape[0]
        left, top = np.maximum(np.floor(points.min(axis=0) - margin).astype(int), 0)
        right, bottom = np.minimum(np.ceil(points.max(axis=0) + margin).astype(int), side)
        if right - left < 2 or bottom - top < 2:
            return
        mask: Pixels = np.zeros((bottom - top, right - left), np.uint8)
        moved = [
            np.round(((line - self._origin) * self._scale - (left, top)) * 2**_SHIFT).astype(
                np.int32
            )
            for line in lines
        ]
        if width:
            thick = max(1, round(width * self._scale))
            cv2.polylines(mask, moved, closed, 255, thick, cv2.LINE_AA, _SHIFT)
        else:
            cv2.fillPoly(mask, moved, 255, cv2.LINE_AA, _SHIFT)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
        reach = max(1.0, float(depth.max()) * roundness)
        inward = np.clip(depth / reach, 0, 1)
        height = np.sqrt(np.clip(1 - (1 - inward) ** 2, 0, 1)) * reach
        height = cv2.GaussianBlur(height, (0, 0), max(0.8, reach * (0.16 if glassy else 0.1)))
        slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=0.125)
        slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=0.125)
        inside = mask > 0
        down, right_of = np.nonzero(inside)
        # A flat face would mirror one spot of the room: bend it as if slightly hollow.
        bend = 0.0 if width or glassy else 1.0
        lean_x = bend * (0.3 * right_of / mask.shape[1] - 0.27)
        lean_y = bend * (0.34 * down / mask.shape[0] - 0.46)
        across = (lean_x - slope_x[inside]).astype(np.float32)
        along = (lean_y - slope_y[inside]).astype(np.float32)
        toward = 1 / np.sqrt(1 + across**2 + along**2)
        across, along = across * toward, along * toward
        if glassy:
            shades = polished(ramp, _dome(np.stack([across, along, toward], axis=-1)))
        else:
            shades = polished(ramp, shine_of(across, along))
        colours: Pixels = np.zeros((*mask.shape, 4), np.uint8)
        colours[inside] = shades
        self._lay(left, top, colours, mask * np.float32(1 / 255))

    def _lay(self, left: int, top: int, colours: Pixels, cover: NDArray[np.float32]) -> None:
        side = self._pixels.shape[0]
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(side, left + cover.shape[1]), min(side, top + cover.shape[0])
        if x1 <= x0 or y1 <= y0:
            return
        taken = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        part = self._pixels[y0:y1, x0:x1]
        share = np.ascontiguousarray(cover[taken])
        part[:] = cv2.blendLinear(
            np.ascontiguousarray(part), np.ascontiguousarray(colours[taken]), 1 - share, share
        )

    def cut_out(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the pieces without ground, side x side: colours times cover, and cover 0-1."""
        size = (self._side, self._side)
        small = cv2.resize(self._pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        return small[..., :3], small[..., 3] * np.float32(1 / 255)

    def finish(self, rng: np.random.Generator, ground: tuple[int, int, int]) -> Pixels:
        """Return the photograph, (side, side, 3) uint8 RGB, on a pale ground with soft shadows."""
        side = self._side
        small, cover = self.cut_out()
        near = _shifted(cv2.GaussianBlur(cover, (0, 0), 3), 1, 3)
        coarse = cv2.resize(cover, (side // 4, side // 4), interpolation=cv2.INTER_AREA)
        far = _shifted(cv2.resize(cv2.GaussianBlur(coarse, (0, 0), 3.4), (side, side)), 4, 13)
        light = np.linspace(1.0, 0.965, side, dtype=np.float32)[:, None]
        light = light * (1 - 0.26 * near - 0.3 * far) * (1 - cover)
        speck = noise((side, side), 1, rng) * 1.2 + 0.5
        channels = [light * ground[n] + small[..., n] + speck for n in range(3)]
        finished: Pixels = np.stack([np.clip(c, 0, 255) for c in channels], -1).astype(np.uint8)
        return finished


def _shifted(field: NDArray[Any], right: int, down: int) -> NDArray[np.float32]:
    moved = np.zeros_like(field)
    moved[down:, right:] = field[:-down, :-right]
    return moved


def _dome(normals: Floats | NDArray[np.float32]) -> Floats:
    glow = 0.34 + 0.16 * -normals[..., 1] + 0.14 * normals[..., 2] - 0.1 * normals[..., 0]
    spot = normals @ np.array([-0.36, -0.56, 0.745])
    bounce = normals @ np.array([0.4, 0.7, 0.6])
    glow += 0.75 * np.clip(spot, 0, 1) ** 60 + 0.22 * np.clip(spot, 0, 1) ** 6
    lit: Floats = np.clip(glow + 0.2 * np.clip(bounce, 0, 1) ** 8, 0, 1)
    return lit


@lru_cache(maxsize=256)
def _sphere(reach: int, pearly: bool) -> tuple[Floats, NDArray[np.float32]]:
    axis = (np.arange(2 * reach + 3) - reach - 1) / reach
    x, y = np.meshgrid(axis, axis)
    away = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - away**2, 0, 1))
    normals = np.stack([x, y, z], axis=-1)
    if pearly:
        spot = np.clip(normals @ np.array([-0.38, -0.52, 0.764]), 0, 1)
        bright = 0.2 + 0.46 * spot + 0.4 * spot**24 + 0.5 * spot**160
        bright += 0.16 * np.clip(normals @ np.array([0.45, 0.72, 0.53]), 0, 1) ** 5
    else:
        bright = shine(normals)
    cover = np.clip((1 - away) * reach + 0.5, 0, 1).astype(np.float32)
    return np.clip(bright, 0, 1), cover
