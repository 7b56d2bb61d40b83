"""Colours as sRGB triples 0-255, and mixing them."""

from typing import Final

Colour = tuple[int, int, int]

WHITE: Final[Colour] = (255, 255, 255)


def colour(text: str) -> Colour:
    """Return the sRGB triple 0-255 of six hexadecimal digits such as "8a9a7b"."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour `share` (0-1) of the way from first to second, linear in sRGB."""
    red, green, blue = (
        round(a + (b - a) * min(1.0, max(0.0, share))) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def lighter(base: Colour, share: float) -> Colour:
    """Return base moved `share` (0-1) of the way to white."""
    return mix(base, WHITE, share)


def darker(base: Colour, share: float) -> Colour:
    """Return base moved `share` (0-1) of the way to black."""
    return mix(base, (0, 0, 0), share)
