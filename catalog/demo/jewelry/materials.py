"""Metals, stones and pearls of the demo jewelry: how they answer light."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catalog.demo.colours import colour

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metal:
    """A metal's colours from shade to highlight, and its price against silver."""

    name: str
    ramp: tuple[str, ...]
    cost: float


@dataclass(frozen=True)
class Stone:
    """A stone's colours from shade to highlight; cost 1 is plain; opaque ones have no facets."""

    name: str
    ramp: tuple[str, ...]
    cost: float
    opaque: bool = False


METALS: Final = {
    metal.name: metal
    for metal in (
        Metal("Gold", ("4a2f08", "a87420", "d9a945", "f4d68c", "fffbe6"), 2.3),
        Metal("Rose Gold", ("4f261c", "b0705a", "dc9f88", "f5d0c2", "fff7f2"), 2.2),
        Metal("Silver", ("34373d", "858a92", "bcc1c7", "e6e9ec", "ffffff"), 1.0),
        Metal("Black Rhodium", ("060607", "26272b", "4b4d54", "979ca4", "f2f4f7"), 1.25),
    )
}

STONES: Final = {
    stone.name: stone
    for stone in (
        Stone("Diamond", ("7c8794", "bcc8d2", "e3eaef", "f8fbfd", "ffffff"), 3.2),
        Stone("Sapphire", ("081448", "16339a", "2f5fd0", "7ea6f2", "f0f6ff"), 2.2),
        Stone("Emerald", ("02301f", "0b6b46", "1f9e68", "7fdcae", "effff6"), 2.4),
        Stone("Ruby", ("3f0314", "9a0c2c", "d22748", "f58096", "fff0f3"), 2.4),
        Stone("Amethyst", ("2a0e4d", "5d2c98", "8d57c8", "c7a2ec", "faf3ff"), 1.2),
        Stone("Citrine", ("5a2f02", "b8700c", "eaa526", "fcd67c", "fffaea"), 1.15),
        Stone("Blue Topaz", ("0c4a63", "2a8fb5", "62bddd", "b3e4f3", "f6fdff"), 1.25),
        Stone("Peridot", ("2d4204", "6c8f14", "9fc238", "d5ea8e", "fbfff0"), 1.2),
        Stone("Garnet", ("280409", "6b0d1c", "9c2234", "d2707c", "ffeef0"), 1.1),
        Stone("Morganite", ("8a4a48", "d0938c", "eebcb2", "fadfd8", "fffaf8"), 1.8),
        Stone("Tourmaline", ("4b0a34", "a22c72", "d45c9e", "f2abd0", "fff4fa"), 1.5),
        Stone("Onyx", ("020203", "0f1013", "1f2126", "555a63", "e8ebf0"), 0.9, opaque=True),
        Stone("Turquoise", ("0b5a5c", "239596", "45bdb8", "8adfd6", "f0fffc"), 0.9, opaque=True),
        Stone("Moonstone", ("8790a8", "b9c3d8", "dbe3ef", "f1f5fb", "ffffff"), 1.2, opaque=True),
        Stone("Jade", ("164a2c", "347c4e", "5ba673", "9cd3aa", "f1fff4"), 1.0, opaque=True),
        Stone("Coral", ("7a2417", "c64b36", "e8775e", "f8b5a1", "fff5f1"), 0.9, opaque=True),
        Stone("Lapis", ("0a143f", "1d3482", "3554b0", "7f98de", "eef3ff"), 0.9, opaque=True),
    )
}

PEARLS: Final = {
    pearl.name: pearl
    for pearl in (
        Stone("Pearl", ("a3968c", "d9cfc6", "f1ebe4", "fdf9f4", "ffffff"), 1.3, opaque=True),
        Stone("Blush Pearl", ("a27f78", "dcb9b0", "f3dad3", "fdf0ec", "ffffff"), 1.4, opaque=True),
        Stone("Grey Pearl", ("41454f", "777d8a", "a5abb8", "d5d9e2", "ffffff"), 1.5, opaque=True),
    )
}


@lru_cache(maxsize=64)
def ramp_table(ramp: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return a ramp as 256 colours, (256, 4) uint8 RGB and full cover."""
    stops = np.array([colour(step) for step in ramp], np.float64)
    places = np.linspace(0, 1, len(stops))
    at = np.linspace(0, 1, 256)
    channels = [np.interp(at, places, stops[:, channel]) for channel in range(3)]
    return np.column_stack([*channels, np.full(256, 255)]).round().astype(np.uint8)


def shine(normals: Floats) -> Floats:
    """Return how bright polished metal looks, 0-1, for unit normals (..., 3).

    x points right, y down, z to the viewer. The room it mirrors has a wide soft light above,
    a narrow one to the left, a dark horizon and a pale table.
    """
    across = 2 * normals[..., 2] * normals[..., 0]
    up = -2 * normals[..., 2] * normals[..., 1]
    room = 0.44 + 0.2 * up
    room += 0.52 * np.exp(-(((up - 0.62) / 0.24) ** 2))
    room -= 0.34 * np.exp(-(((up - 0.08) / 0.17) ** 2)) * (0.35 + 0.65 * normals[..., 2] ** 2)
    room += 0.34 * np.exp(-(((across + 0.66) / 0.16) ** 2))
    room += 0.16 * np.exp(-(((up + 0.6) / 0.3) ** 2))
    room -= 0.3 * (1 - np.clip(normals[..., 2], 0, 1)) ** 2.2
    return np.clip(room, 0, 1)


@lru_cache(maxsize=1)
def _shine_table() -> NDArray[np.float32]:
    axis = np.linspace(-1, 1, 256)
    across, down = np.meshgrid(axis, axis)
    toward = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
    return shine(np.stack([across, down, toward], axis=-1)).astype(np.float32)


def shine_of(across: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `shine` to two decimals for normals facing the viewer, given their x and y."""
    rows = (down * 127.5 + 127.5).astype(np.intp)
    columns = (across * 127.5 + 127.5).astype(np.intp)
    return _shine_table()[rows, columns]


def polished(ramp: tuple[str, ...], brightness: Floats | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the colours (..., 4) of a ramp at brightnesses 0-1."""
    return ramp_table(ramp)[np.clip(brightness * 255, 0, 255).astype(np.uint8)]
