"""Two photos to try the site with: a print on a wall and a piece of jewelry on a table."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog.demo.art import landscape
from catalog.demo.art.framing import art_size, framed
from catalog.demo.art.palettes import PALETTES
from catalog.demo.art.prints import paint
from catalog.demo.catalogue import jpeg, write_aside
from catalog.demo.jewelry import rings
from catalog.demo.jewelry.materials import METALS, STONES
from catalog.demo.jewelry.stage import Stage
from catalog.demo.texture import Pixels, noise

_WIDTH: Final = 1200
_HEIGHT: Final = 1500


def draw_samples(folder: Path) -> list[Path]:
    """Draw two phone photos, JPEG of 1200 x 1500 pixels; return the print's, then the ring's.

    Neither piece is in the catalogue, but akin to some that are. Photos already there stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    samples = [
        (folder / "print-on-a-wall.jpg", wall_photo),
        (folder / "ring-on-a-table.jpg", table_photo),
    ]
    for path, draw in samples:
        if not path.is_file():
            write_aside(path, jpeg(draw()))
    return [path for path, _ in samples]


def wall_photo() -> Pixels:
    """Return a framed print on a plaster wall, a little askew, in warm evening light."""
    rng = np.random.default_rng(61)
    wide, tall = 690, 920
    style = landscape.STYLES[0]
    art = paint(style, PALETTES["Teal"], *art_size(wide, tall), (61, 7))
    picture = framed(art, wide, tall, "oak", rng)
    margin = round(wide * 0.022)
    picture = picture[margin : tall - margin, margin : wide - margin]
    high, across = picture.shape[:2]
    plaster = noise((750, 600), 3, rng) * 1.6 + noise((750, 600), 40, rng) * 3.5
    wall = cv2.resize(plaster, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    photo = np.array([221, 211, 194], np.float32) + wall[..., None]
    corners = np.array([(272, 236), (935, 262), (927, 1150), (263, 1137)], np.float32)
    flat = np.array([(0, 0), (across, 0), (across, high), (0, high)], np.float32)
    bend = cv2.getPerspectiveTransform(flat, corners)
    for shift, blur, depth in ((10, 9, 0.34), (34, 34, 0.26)):
        shadow = np.zeros((_HEIGHT, _WIDTH), np.float32)
        fallen = corners + np.array([shift * 0.7, shift], np.float32)
        cv2.fillPoly(shadow, [np.round(fallen).astype(np.int32)], depth)
        photo *= (1 - cv2.GaussianBlur(shadow, (0, 0), blur))[..., None]
    hung = cv2.warpPerspective(picture, bend, (_WIDTH, _HEIGHT), flags=cv2.INTER_AREA)
    whole = np.full((high, across), 255, np.uint8)
    cover = cv2.warpPerspective(whole, bend, (_WIDTH, _HEIGHT), flags=cv2.INTER_LINEAR)
    share = (cover * np.float32(1 / 255))[..., None]
    photo = (photo * (1 - share) + hung * share).astype(np.float32)
    return _through_lens(photo, (1.04, 0.99, 0.9), (0.2, 0.1), rng)


def table_photo() -> Pixels:
    """Return a ring on a wooden table in window light."""
    rng = np.random.default_rng(67)
    boards = _wood(rng)
    side = 860
    stage = Stage(1.25, side)
    rings.solitaire(stage, METALS["Gold"], STONES["Sapphire"], np.random.default_rng(71))
    ring, cover = stage.cut_out()
    top, left = 330, 170
    shade = np.zeros((_HEIGHT, _WIDTH), np.float32)
    shade[top + 26 : top + 26 + side, left + 34 : left + 34 + side] = cover
    boards *= (1 - 0.42 * cv2.GaussianBlur(shade, (0, 0), 13))[..., None]
    boards *= (1 - 0.22 * cv2.GaussianBlur(shade, (0, 0), 44))[..., None]
    part = boards[top : top + side, left : left + side]
    part[:] = part * (1 - cover[..., None]) + ring
    return _through_lens(boards, (1.02, 1.0, 0.94), (0.15, 0.05), rng)


def _wood(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return planks of pale ash, (1500, 1200, 3) float32 0-255."""
    fine = cv2.resize(noise((700, 12), 1, rng), (_HEIGHT, _WIDTH), interpolation=cv2.INTER_CUBIC)
    rings_of = cv2.resize(
        noise((500, 30), 12, rng), (_HEIGHT, _WIDTH), interpolation=cv2.INTER_CUBIC
    )
    grain = (np.sin(rings_of * 26) * 0.35 + fine * 0.65).T
    boards = np.array([222, 213, 200], np.float32) + grain[..., None] * np.array([8, 9, 10])
    for edge in range(-60, _WIDTH, 330):
        if edge > 0:
            boards[:, edge : edge + 3] *= 0.74
        tone = 1 + float(rng.uniform(-0.05, 0.05))
        boards[:, max(0, edge) : max(0, edge + 330)] *= tone
    return np.asarray(boards, np.float32)


def _through_lens(
    photo: NDArray[np.float32],
    warmth: tuple[float, float, float],
    light: tuple[float, float],
    rng: np.random.Generator,
) -> Pixels:
    """Return a scene as a phone takes it: uneven warm light, a darker rim, noise, soft focus."""
    down = np.linspace(-1, 1, _HEIGHT, dtype=np.float32)[:, None]
    right = np.linspace(-1, 1, _WIDTH, dtype=np.float32)[None, :]
    lit = 1 - light[0] * (0.5 * right + 0.5 * down) - light[1] * (right**2 + down**2)
    photo = photo * lit[..., None] * np.array(warmth, np.float32)
    soft = cv2.GaussianBlur(photo, (0, 0), 0.8)
    speckle = cv2.resize(noise((750, 600), 1, rng), (_WIDTH, _HEIGHT)) * 3.2
    finished: Pixels = np.clip(soft + speckle[..., None], 0, 255).astype(np.uint8)
    return finished
