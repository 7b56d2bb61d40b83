"""A drawing surface for the demo prints: large pixels in, an antialiased print out."""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog.demo.colours import Colour, mix
from catalog.demo.shapes import Points, circle, offset_line
from catalog.demo.texture import Pixels, noise

_SHIFT: Final = 4
_OVERSAMPLING: Final = 2


class Canvas:
    """Hold a sheet whose shorter side is 100 units; x goes right, y goes down.

    Colours are sRGB 0-255, points float arrays (n, 2) in units, widths and radii in units.
    The sheet is drawn at twice the wanted pixels and brought down by `finish`.
    """

    def __init__(self, width_px: int, height_px: int, paper: Colour) -> None:
        self._size_px = (width_px, height_px)
        rows, columns = height_px * _OVERSAMPLING, width_px * _OVERSAMPLING
        self._scale = min(rows, columns) / 100
        self.width = columns / self._scale
        self.height = rows / self._scale
        self._pixels: Pixels = np.empty((rows, columns, 3), np.uint8)
        self.cover(paper)

    @property
    def centre(self) -> tuple[float, float]:
        return self.width / 2, self.height / 2

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        return np.round(points * (self._scale * 2**_SHIFT)).astype(np.int32)

    def _mask(self, points: Points) -> tuple[slice, slice, Pixels] | None:
        rows, columns = self._pixels.shape[:2]
        pixels = points * self._scale
        left, top = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 2, 0)
        right, bottom = np.minimum(
            np.ceil(pixels.max(axis=0)).astype(int) + 3, np.array([columns, rows])
        )
        if right <= left or bottom <= top:
            return None
        mask: Pixels = np.zeros((bottom - top, right - left), np.uint8)
        moved = np.round((pixels - (left, top)) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(mask, [moved], 255, lineType=cv2.LINE_AA, shift=_SHIFT)
        return slice(top, bottom), slice(left, right), mask

    def _blend(
        self, where: tuple[slice, slice], ink: NDArray[Any], cover: NDArray[np.float32]
    ) -> None:
        """Mix a colour or a picture of colours, anything that broadcasts, in by cover 0-1."""
        part = self._pixels[where]
        if ink.ndim == 1:
            inks: Any = np.empty(part.shape, np.uint8)
            cv2.rectangle(inks, (0, 0), part.shape[1::-1], ink.tolist(), cv2.FILLED)
        else:
            inks = np.ascontiguousarray(np.broadcast_to(ink, part.shape), np.uint8)
        cover = np.ascontiguousarray(np.broadcast_to(cover, part.shape[:2]))
        part[:] = cv2.blendLinear(np.ascontiguousarray(part), inks, 1 - cover, cover)

    def _multiplied(self, where: tuple[slice, slice], colour: Colour) -> Pixels:
        """Return the part as it looks through a film of colour."""
        steps = np.arange(256)[:, None] * np.array(colour) / 255
        film = cv2.LUT(self._pixels[where], np.round(steps).astype(np.uint8)[None])
        return np.asarray(film, np.uint8)

    def cover(self, colour: Colour) -> None:
        """Cover the whole sheet with one colour."""
        rows, columns = self._pixels.shape[:2]
        cv2.rectangle(self._pixels, (0, 0), (columns, rows), colour, cv2.FILLED)

    def fill(self, points: Points, colour: Colour) -> None:
        """Fill a closed outline opaquely."""
        cv2.fillPoly(
            self._pixels, [self._fixed(points)], colour, lineType=cv2.LINE_AA, shift=_SHIFT
        )

    def tint(self, points: Points, colour: Colour, alpha: float, multiply: bool = False) -> None:
        """Lay a translucent colour (alpha 0-1) on an outline; multiply mixes as inks do."""
        found = self._mask(points)
        if found is None:
            return
        rows, columns, mask = found
        cover = mask.astype(np.float32) * np.float32(alpha / 255)
        where = (rows, columns)
        ink = self._multiplied(where, colour) if multiply else np.array(colour)
        self._blend(where, ink, cover)

    def wash(
        self, points: Points, colour: Colour, rng: np.random.Generator, strength: float = 0.75
    ) -> None:
        """Lay a watercolour wash: mottled, darker along its edge, mixing as inks do."""
        found = self._mask(points)
        if found is None:
            return
        rows, columns, mask = found
        reach = int(self._scale * 2.2) | 1
        soft = cv2.blur(cv2.blur(mask, (reach, reach)), (reach, reach))
        cloud = noise((mask.shape[0], mask.shape[1]), 24, rng)
        edge = (mask.astype(np.float32) - soft) / 255
        cover = mask.astype(np.float32) * np.float32(strength / 255)
        cover *= np.clip(0.86 + 0.24 * cloud + 0.55 * edge, 0, 1.3)
        where = (rows, columns)
        self._blend(where, self._multiplied(where, colour), np.clip(cover, 0, 1))

    def fade(self, points: Points, top: Colour, bottom: Colour, alpha: float = 1.0) -> None:
        """Fill an outline with a vertical gradient over its own height."""
        found = self._mask(points)
        if found is None:
            return
        rows, columns, mask = found
        low, high = points[:, 1].min() * self._scale, points[:, 1].max() * self._scale
        share = (np.arange(rows.start, rows.stop) - low) / max(1.0, high - low)
        ramp = np.array(top) + np.clip(share, 0, 1)[:, None] * (np.array(bottom) - np.array(top))
        cover = mask.astype(np.float32) * np.float32(alpha / 255)
        self._blend((rows, columns), ramp[:, None, :], cover)

    def sky(self, stops: Sequence[tuple[float, Colour]]) -> None:
        """Cover the sheet with vertical gradients; stops are (share of height 0-1, colour)."""
        rows = self._pixels.shape[0]
        places = np.linspace(0, 1, rows)
        for channel in range(3):
            self._pixels[:, :, channel] = np.interp(
                places, [stop[0] for stop in stops], [stop[1][channel] for stop in stops]
            ).astype(np.uint8)[:, None]

    def mist(self, top: float, bottom: float, colour: Colour, alpha: float) -> None:
        """Blend a colour over the whole width, from nothing at top to alpha at bottom."""
        rows = self._pixels.shape[0]
        first = int(np.clip(top * self._scale, 0, rows))
        last = int(np.clip(bottom * self._scale, 0, rows))
        if last <= first:
            return
        share = np.linspace(0, alpha, last - first, dtype=np.float32) ** 1.5
        self._blend((slice(first, last), slice(None)), np.array(colour), share[:, None])

    def glow(self, x: float, y: float, radius: float, colour: Colour, alpha: float) -> None:
        """Blend a colour around a point, falling off to nothing at radius."""
        found = self._mask(circle(x, y, radius))
        if found is None:
            return
        rows, columns, _ = found
        down = (np.arange(rows.start, rows.stop, dtype=np.float32) / self._scale - y) / radius
        right = (
            np.arange(columns.start, columns.stop, dtype=np.float32) / self._scale - x
        ) / radius
        fall = np.clip(1 - (down**2)[:, None] - (right**2)[None, :], 0, 1)
        cover = (fall**2 * alpha).astype(np.float32)
        self._blend((rows, columns), np.array(colour), cover)

    def line(self, points: Points, width: float, colour: Colour, closed: bool = False) -> None:
        """Draw an opaque line of even width (at least one large pixel)."""
        cv2.polylines(
            self._pixels,
            [self._fixed(points)],
            closed,
            colour,
            max(1, round(width * self._scale)),
            cv2.LINE_AA,
            _SHIFT,
        )

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        along, down, reach = (round(value * self._scale * 2**_SHIFT) for value in (x, y, radius))
        middle = (along, down)
        cv2.circle(self._pixels, middle, reach, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill an upright rectangle."""
        self.fill(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]), colour)

    def brush(
        self,
        points: Points,
        width: float,
        colour: Colour,
        rng: np.random.Generator,
        dryness: float = 0.35,
    ) -> None:
        """Pull a dry brush along a line: bristles of slightly different colour that run out."""
        bristles = max(6, round(width * 2.6))
        count = len(points)
        places = np.linspace(-0.5, 0.5, bristles) + rng.normal(0, 0.01, bristles)
        for place in rng.permutation(places):
            ragged = dryness * (0.25 + abs(place))
            start = int(count * min(0.4, abs(rng.normal(0, ragged * 0.12))))
            stop = count - int(count * min(0.5, abs(rng.normal(0, ragged * 0.3))))
            if stop - start < 2:
                continue
            shade = rng.normal(0, 0.11)
            tone = mix(colour, (255, 255, 255) if shade > 0 else (0, 0, 0), abs(shade))
            path = offset_line(points[start:stop], place * width)
            self.line(path, width / bristles * rng.uniform(1.1, 2.1), tone)

    def finish(self, rng: np.random.Generator, grain: float = 4.0) -> Pixels:
        """Return the print at the wanted pixels, (rows, columns, 3) uint8 RGB, with paper grain."""
        small = cv2.resize(self._pixels, self._size_px, interpolation=cv2.INTER_AREA)
        shape = (small.shape[0], small.shape[1])
        tooth = noise(shape, 1, rng) * grain + noise(shape, 6, rng) * (grain * 0.6)
        finished: Pixels = np.clip(small + tooth[..., None] + 0.5, 0, 255).astype(np.uint8)
        return finished
