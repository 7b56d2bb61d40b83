"""Colours of the demo prints."""

from dataclasses import dataclass
from typing import Final

from catalog.demo.colours import Colour, colour, mix


@dataclass(frozen=True)
class Palette:
    """A paper, five inks from leading to quiet, and a dark, all sRGB 0-255."""

    name: str
    paper: Colour
    inks: tuple[Colour, Colour, Colour, Colour, Colour]
    dark: Colour

    @property
    def sun(self) -> Colour:
        """The warmest ink (most red over blue), brought nearer to sunlight."""
        warmest = max(self.inks, key=lambda ink: ink[0] - ink[2])
        return mix(warmest, (255, 222, 168), 0.3)


def _palette(name: str, paper: str, inks: str, dark: str) -> Palette:
    first, second, third, fourth, fifth = (colour(ink) for ink in inks.split())
    return Palette(name, colour(paper), (first, second, third, fourth, fifth), colour(dark))


PALETTES: Final = {
    palette.name: palette
    for palette in (
        _palette("Sage", "f5f0e6", "6f8363 c9b48f a5b396 4f6148 e0d3ba", "2c382a"),
        _palette("Terracotta", "f7eee2", "c05f3c e3a479 8a3b2b ecceab d48a5c", "3d231b"),
        _palette("Indigo", "f3f1ea", "2b3c6e 4f73a6 93b4d3 cbd9e2 e2b469", "131c3b"),
        _palette("Blush", "fbf2ec", "dd9a8d f2cfc3 b0656a d8b8a6 8c9a8a", "4b2c33"),
        _palette("Ochre", "f6eedc", "d0962c e8c473 8d6826 44624f c56a38", "2f2a1f"),
        _palette("Charcoal", "f4f2ee", "2d2d2f 5c5c5f 908f8d bfbcb6 d9d3c7", "161617"),
        _palette("Teal", "eef2ec", "1e5d66 3f8d90 97c3bb e6caa0 d97e58", "0f2a30"),
        _palette("Forest", "f0f1e7", "24452f 42704f 7f9d70 bcc7a3 d9b263", "14261b"),
        _palette("Coral", "fcf4ea", "ec7456 f6b38c 2e7080 f3d8a5 8dbdb5", "1d3d49"),
        _palette("Dune", "f7eee0", "d4ac80 bd8757 9c6543 ecd5b7 775544", "3f2d25"),
        _palette("Lavender", "f5f1f5", "857aab b8adcf 64558a dcc8d5 a5b6a2", "2d2545"),
        _palette("Slate", "f2f3f1", "3c5363 728b98 abbbc1 d5dcdb c98a68", "1b2831"),
        _palette("Midnight", "16213b", "2a3f6b 48669a 86a5c9 f1d79f ebe5d8", "0b1224"),
        _palette("Ink", "10262b", "1f4a50 3f7f7d 8fb9a9 e9c48a f1e9da", "07161a"),
        _palette("Rose", "fdf4f1", "c8566b e88f93 f4c2b8 f0dcc4 6d8f80", "4c1f31"),
        _palette("Reef", "f4f5ee", "256877 5598a0 94c6bf f2dcae ea7a5a", "14343f"),
        _palette("Citrus", "fdf8e9", "f0a92f f6cf5f e8743b 5d9a8b f4e2b0", "234a4a"),
    )
}
