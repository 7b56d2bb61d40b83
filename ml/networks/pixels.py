"""From a photo's bytes to the square of pixels that a network sees."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Literal

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Crop = Literal["frame", "piece", "none"]
# What encoders of a department look at.
CROPS: Mapping[str, Crop] = {"art": "frame", "jewelry": "piece"}

SMALLEST = 64
# Shares of the picture's short side: how deep a frame may reach in, and with its mat.
RING, FRAME, INSIDE_FRAME, FRAME_AND_MAT = 0.03, 0.10, 0.085, 0.24
NEAR_WHITE, NEAR_GREY = 200, 24
# A frame's bevel or shadow is a step of at least this much in brightness along its whole side.
BEVEL = 1.5
# A dark or wooden frame ends within this share; its mat is so wide, bright and contrasting.
FRAME_DEEPEST, BAND, MAT_BRIGHTNESS, MAT_STEP = 0.14, 0.02, 225, 25
ART_STEP, ART_COLOUR, ART_SHARE = 14, 26, 0.6
PIECE_STEP, PIECE_PADDING = 18, 0.04


class BrokenPictureError(OSError):
    """Raised for bytes that are no whole JPEG or PNG."""


def decode_rgb(data: bytes) -> Pixels:
    """Return a JPEG or PNG of a trusted source as uint8, height x width x 3.

    Transparency lies on white, as shops show it. Raises BrokenPictureError for bytes that are no
    such picture, or only a part of one.
    """
    try:
        with Image.open(BytesIO(data), formats=["JPEG", "PNG"]) as image:
            if not image.has_transparency_data:
                return np.asarray(image.convert("RGB"))
            picture = image.convert("RGBA")
            canvas = Image.new("RGBA", picture.size, "white")
            return np.asarray(Image.alpha_composite(canvas, picture).convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow says SyntaxError of a PNG whose chunks are broken.
        raise BrokenPictureError(f"The picture is broken: {error}") from error


def frame_margins(rgb: Pixels) -> tuple[int, int, int, int] | None:
    """Return how many pixels of frame and mat lie at the top, right, bottom and left.

    A frame is either white, with a mat: the picture's outer ring is near white all round, and each
    side has the straight step in brightness of a bevel or an inner shadow, which paper lacks. Or it
    is darker than the white mat inside it: each side has a plain line followed by a much brighter
    plain band. None where one of the four sides has no frame.
    """
    short = min(rgb.shape[:2])
    if short < SMALLEST:
        return None
    find = _behind_bevel if _has_white_ring(rgb, short) else _behind_band
    margins = []
    for lines, colours in _sides(rgb, deep=round(FRAME_AND_MAT * short)):
        margin = find(lines, colours, short)
        if margin is None and find is _behind_bevel:
            margin = _behind_band(lines, colours, short)
        if margin is None:
            return None
        margins.append(margin)
    top, right, bottom, left = margins
    return top, right, bottom, left


def _measure(rgb: Pixels) -> tuple[NDArray[np.float32], Pixels]:
    """Return each pixel's brightness, 0 to 255, and how far its channels lie apart."""
    # Channel by channel: reductions over an axis of three take twenty times as long.
    red, green, blue = (np.asarray(channel) for channel in cv2.split(np.ascontiguousarray(rgb)))
    total = np.add(red, green, dtype=np.uint16)
    total += blue
    brightness = np.divide(total, np.float32(3), dtype=np.float32)
    most, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return brightness, np.asarray(cv2.subtract(most, least))


def _has_white_ring(rgb: Pixels, short: int) -> bool:
    width = max(2, round(RING * short))
    inner = rgb[width:-width]
    white = size = 0
    for side in (rgb[:width], rgb[-width:], inner[:, :width], inner[:, -width:]):
        brightness, colourful = _measure(side)
        white += int(np.count_nonzero((brightness > NEAR_WHITE) & (colourful < NEAR_GREY)))
        size += brightness.size
    return white >= 0.97 * size


def _sides(rgb: Pixels, *, deep: int) -> Iterator[tuple[NDArray[np.float32], Pixels]]:
    """Yield what ``_measure`` gives of the middle of the four sides, clockwise from the top.

    Each has ``deep`` lines, of which the picture's edge is the first.
    """
    for turns in range(4):
        side = np.rot90(rgb, turns)
        start, end = round(0.3 * side.shape[1]), round(0.7 * side.shape[1])
        # Measured as the picture lies, for turning what came of it is less work.
        brightness, colourful = _measure(np.rot90(side[:deep, start:end], -turns))
        yield (
            np.ascontiguousarray(np.rot90(brightness, turns)),
            np.ascontiguousarray(np.rot90(colourful, turns)),
        )


def _medians(lines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each line's median: what ``np.median`` does, without its overhead on few numbers."""
    count = lines.shape[1]
    # Of so few numbers a sort is several times as fast as a partition.
    ordered = np.sort(lines, axis=1)
    return (ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / np.float32(2)


def _behind_bevel(lines: NDArray[np.float32], colours: Pixels, short: int) -> int | None:
    """Return where the print begins behind a white frame; lines count from the picture's edge."""
    start, frame = round(INSIDE_FRAME * short), round(FRAME * short)
    profile = _medians(lines[:frame])
    if np.abs(np.diff(profile)).max() < BEVEL or profile.min() < NEAR_WHITE - NEAR_GREY:
        return None
    mat = float(_medians(lines[start : frame + 1].reshape(1, -1))[0])
    return _print_begins(lines, colours, start, mat, short) or frame


def _behind_band(lines: NDArray[np.float32], colours: Pixels, short: int) -> int | None:
    """Return where the print begins behind a frame that is darker than its mat."""
    outer = lines[: round(FRAME_AND_MAT * short)]
    middle = _medians(outer)
    plain = np.mean(np.abs(outer - middle[:, None]) < ART_STEP, axis=1) > 0.9
    darkest = np.minimum.accumulate(np.where(plain, middle, np.inf))
    behind_dark = middle[1:] - darkest[:-1] > MAT_STEP
    wide = max(2, round(BAND * short))
    bands = sliding_window_view(plain[1:] & (middle[1:] > MAT_BRIGHTNESS), wide)
    bright = np.asarray(bands.all(axis=1))
    begins = 1 + np.flatnonzero(behind_dark[: len(bright)] & bright)
    for line in begins[begins < round(FRAME_DEEPEST * short)].tolist():
        if colours[line : line + wide].mean() < ART_COLOUR:
            mat = float(middle[line + wide // 2])
            return _print_begins(lines, colours, line + wide, mat, short) or line + wide
    return None


def _print_begins(
    lines: NDArray[np.float32], colours: Pixels, start: int, mat: float, short: int
) -> int | None:
    """Return the first line that is mostly not mat; None for paper as white as the mat."""
    deep = round(FRAME_AND_MAT * short)
    differs = (np.abs(lines[start:deep] - mat) > ART_STEP) | (colours[start:deep] > ART_COLOUR)
    begins = np.flatnonzero(differs.mean(axis=1) > ART_SHARE)
    return start + int(begins[0]) + 1 if begins.size else None


def crop_frame(rgb: Pixels) -> Pixels:
    """Return the print inside a frame and mat; the whole picture where there is none."""
    margins = frame_margins(rgb)
    if margins is None:
        return rgb
    top, right, bottom, left = margins
    height, width = rgb.shape[:2]
    return rgb[top : height - bottom, left : width - right]


def crop_piece(rgb: Pixels) -> Pixels:
    """Return the piece on its plain light background, in a square of that background.

    The whole picture, squared alike, where the background is not plain.
    """
    edge = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).astype(np.int16)
    background = np.median(edge, axis=0)
    plain = np.mean(np.abs(edge - background).max(axis=1) < PIECE_STEP) > 0.9
    if plain:
        alike = cv2.inRange(rgb, background - PIECE_STEP, background + PIECE_STEP)
        left, top, width, height = cv2.boundingRect(cv2.bitwise_not(alike))
        if width > 4 and height > 4:
            pad = round(PIECE_PADDING * max(width, height))
            rgb = rgb[
                max(0, top - pad) : top + height + pad, max(0, left - pad) : left + width + pad
            ]
    side = max(rgb.shape[:2])
    square = np.empty((side, side, 3), dtype=np.uint8)
    square[:] = background.astype(np.uint8)
    top, left = (side - rgb.shape[0]) // 2, (side - rgb.shape[1]) // 2
    square[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
    return square


def crop_by(rgb: Pixels, crop: Crop) -> Pixels:
    """Crop a picture in one of the ways an encoder may ask for."""
    if crop == "frame":
        return crop_frame(rgb)
    return crop_piece(rgb) if crop == "piece" else rgb


def prepare(rgb: Pixels, *, size: int, crop: Crop) -> Pixels:
    """Crop a picture of any size (uint8, height x width x 3) and fit it to size x size x 3.

    Raises ValueError for an array of another shape or type.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
        shape = " x ".join(map(str, rgb.shape))
        raise ValueError(f"a picture is uint8, height x width x 3, not {rgb.dtype} {shape}")
    rgb = crop_by(rgb, crop)
    shrinks = min(rgb.shape[:2]) >= size
    fitted = cv2.resize(
        rgb, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(fitted, dtype=np.uint8)
