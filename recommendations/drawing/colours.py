"""Colours of the wall: chosen for the pieces, lighter and darker in CIELAB."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WARM_HUE = math.radians(82.0)

# sRGB (IEC 61966-2-1) to CIE XYZ, D65.
_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _XYZ.sum(axis=1)


def wall_colour(average_colours: Sequence[tuple[int, int, int]]) -> str:
    """Choose a soft wall colour ("#rrggbb") for pieces with these mean colours (sRGB, 0 to 255).

    In CIELAB (CIE 15:2004, D65): lightness 85 for pale pieces to 92 for dark ones, so that the
    group stands out; chroma 4 to 10, half the pieces'. Muted pieces (mean chroma below 25) get
    a wall of their own hue; strong ones the opposite hue, which lets them glow. Pieces without
    a common hue, and no pieces at all, get a warm grey.
    Raises ValueError for a colour outside 0-255.
    """
    lightness, chroma, hue = 89.0, 4.5, _WARM_HUE
    if average_colours:
        colours = np.asarray(average_colours, dtype=np.float64)
        if colours.ndim != 2 or colours.shape[1] != 3 or not np.isin(colours, range(256)).all():
            raise ValueError(f"colours must be three numbers in 0-255, not {average_colours!r}")
        mean = _to_lab(colours).mean(axis=0)
        lightness = float(np.interp(mean[0], [30.0, 85.0], [92.0, 85.0]))
        strength = math.hypot(mean[1], mean[2])
        if strength >= 2.5:
            hue = math.atan2(mean[2], mean[1]) + (math.pi if strength >= 25.0 else 0.0)
            chroma = min(max(strength / 2, 4.0), 10.0)
    return _hex(_from_lab(np.array([lightness, chroma * math.cos(hue), chroma * math.sin(hue)])))


def shade(colour: str, by: float) -> str:
    """Return #rrggbb with its CIELAB lightness changed by this much."""
    rgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)]], dtype=np.float64)
    lab = _to_lab(rgb)[0]
    return _hex(_from_lab(np.array([min(max(lab[0] + by, 0.0), 100.0), lab[1], lab[2]])))


def _to_lab(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert sRGB (n, 3) in 0-255 to CIELAB (n, 3)."""
    shares = colours / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def _from_lab(lab: NDArray[np.float64]) -> tuple[int, int, int]:
    """Convert one CIELAB colour to the nearest sRGB in 0-255."""
    y = (lab[0] + 16) / 116
    f = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _WHITE
    linear = np.clip(np.linalg.solve(_XYZ, xyz), 0.0, 1.0)
    shares = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.rint(shares * 255).astype(int).tolist()
    return red, green, blue


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
