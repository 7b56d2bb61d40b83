"""Product pictures of framed prints: a mat and a thin frame on white."""

from typing import Final

import cv2
import numpy as np

from catalog.demo.colours import Colour, darker, lighter
from catalog.demo.texture import Pixels, noise

FRAMES: Final[dict[str, Colour]] = {
    "white": (238, 236, 232),
    "oak": (203, 169, 124),
    "black": (38, 37, 38),
    "walnut": (104, 73, 52),
}


def opening(width: int, height: int) -> tuple[int, int, int, int]:
    """Return margin, frame, mat in pixels for a picture of this size, and the mat's bevel."""
    side = min(width, height)
    return round(side * 0.022), round(side * 0.034), round(side * 0.105), 2


def framed(art: Pixels, width: int, height: int, frame: str, rng: np.random.Generator) -> Pixels:
    """Return a picture (height, width, 3) of the art in a white mat and a frame.

    art must have the size that `art_size` gives. Raise ValueError when it has another.
    """
    wanted = art_size(width, height)
    if (art.shape[1], art.shape[0]) != wanted:
        raise ValueError(f"art is {art.shape[1]} x {art.shape[0]} pixels, not {wanted}")
    margin, wood, mat, bevel = opening(width, height)
    picture: Pixels = np.full((height, width, 3), 252, np.uint8)
    tone = FRAMES[frame]
    _shade(picture, margin, 5, 0.3)
    low, high = lighter(tone, 0.16), darker(tone, 0.16)
    outer, inner = margin, margin + wood
    right, bottom = width - 1, height - 1
    sides = (
        (low, [(outer, outer), (right - outer, outer), (right - inner, inner), (inner, inner)]),
        (
            high,
            [
                (outer, bottom - outer),
                (right - outer, bottom - outer),
                (right - inner, bottom - inner),
                (inner, bottom - inner),
            ],
        ),
        (
            lighter(tone, 0.05),
            [(outer, outer), (inner, inner), (inner, bottom - inner), (outer, bottom - outer)],
        ),
        (
            darker(tone, 0.06),
            [
                (right - outer, outer),
                (right - inner, inner),
                (right - inner, bottom - inner),
                (right - outer, bottom - outer),
            ],
        ),
    )
    for shade, corners in sides:
        cv2.fillPoly(picture, [np.array(corners, np.int32)], shade)
    cv2.rectangle(picture, (inner, inner), (right - inner, bottom - inner), (248, 247, 244), -1)
    _inner_shadow(picture, inner)
    start = inner + mat
    cv2.rectangle(
        picture,
        (start - bevel, start - bevel),
        (width - start + bevel - 1, height - start + bevel - 1),
        (226, 224, 219),
        1,
    )
    cv2.rectangle(
        picture,
        (start - bevel + 1, start - bevel + 1),
        (width - start + bevel - 2, height - start + bevel - 2),
        (255, 255, 255),
        1,
    )
    picture[start : height - start, start : width - start] = art
    grain = noise((height, width), 2, rng) * 1.1
    finished: Pixels = np.clip(picture + grain[..., None] + 0.5, 0, 255).astype(np.uint8)
    return finished


def art_size(width: int, height: int) -> tuple[int, int]:
    """Return the width and height in pixels of the art that `framed` puts into a picture."""
    margin, wood, mat, _ = opening(width, height)
    inset = 2 * (margin + wood + mat)
    return width - inset, height - inset


def _shade(picture: Pixels, inset: int, reach: int, depth: float) -> None:
    height, width = picture.shape[:2]
    shadow = np.zeros((height, width), np.float32)
    shadow[inset + 2 : height - inset + 3, inset : width - inset + 1] = depth
    soft = cv2.GaussianBlur(shadow, (0, 0), reach * 0.6)
    picture[:] = (picture * (1 - soft[..., None])).astype(np.uint8)


def _inner_shadow(picture: Pixels, inset: int) -> None:
    height, width = picture.shape[:2]
    for step in range(7):
        depth = 0.2 * (1 - step / 7) ** 2
        row, column = inset + step, inset + step
        picture[row, inset : width - inset] = picture[row, inset : width - inset] * (1 - depth)
        picture[inset : height - inset, column] = picture[inset : height - inset, column] * (
            1 - depth
        )
