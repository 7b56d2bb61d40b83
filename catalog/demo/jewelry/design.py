"""What the demo pieces of one jewelry design have in common."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catalog.demo.jewelry.materials import Metal, Stone
from catalog.demo.jewelry.stage import Stage

Maker = Callable[[Stage, Metal, Stone, np.random.Generator], None]

FACETED = (
    "Diamond",
    "Sapphire",
    "Emerald",
    "Ruby",
    "Amethyst",
    "Citrine",
    "Blue Topaz",
    "Peridot",
    "Garnet",
    "Morganite",
    "Tourmaline",
)
SMOOTH = ("Onyx", "Turquoise", "Moonstone", "Jade", "Coral", "Lapis")
LUSTROUS = ("Pearl", "Blush Pearl", "Grey Pearl")
PLAIN: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    """A way to make a piece; base is its price in silver and plain stones, in dollars.

    `stones` is empty for plain metal, `zoom` above 1 comes nearer. `name` holds {stone} where
    the stone's name belongs.
    """

    make: Maker
    name: str
    stones: tuple[str, ...]
    base: int
    zoom: float = 1.0
