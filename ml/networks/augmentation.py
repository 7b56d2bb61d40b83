"""Pictures as others take and show them: by phone, in another shop's light, on other grounds."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.networks.pixels import Crop, Pixels

Random = np.random.Generator

# As large as pictures of shops are shown, in pixels a side.
SHOWN = 320
# A ground is plain where so much of the picture's edge lies within so many grey levels.
PLAIN, STEP = 0.85, 22


def as_by_phone(view: Pixels, random: Random) -> Pixels:
    """Return a view as a phone takes it: tinted, lit from a side, with glare, blur and noise."""
    height, width = view.shape[:2]
    short = min(height, width)
    light = view.astype(np.float32) / 255
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    if random.random() < 0.7:
        gains = np.exp(random.normal(0, 0.1, 3) + random.normal(0, 0.2))
        light = light * gains.astype(np.float32)
    if random.random() < 0.3:
        turn = random.uniform(0, 2 * math.pi)
        ramp = (math.cos(turn) * columns + math.sin(turn) * rows) / (short / 2) - 1
        light = light * (1 + np.float32(random.uniform(-0.3, 0.3)) * ramp)[..., None]
    if random.random() < 0.2:
        x, y = random.uniform(0, 1, 2).astype(np.float32) * [width, height]
        wide = np.float32(random.uniform(0.06, 0.3) * short)
        glare = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * wide * wide))
        light = light + np.float32(random.uniform(0.1, 0.6)) * glare[..., None]
    if random.random() < 0.3:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), random.uniform(0.3, 1.5)), np.float32)
    if random.random() < 0.3:
        noise = random.standard_normal(light.shape, np.float32)
        light = light + np.float32(random.uniform(0, 0.04)) * noise
    return np.asarray(np.clip(light * 255, 0, 255), np.uint8)


def as_elsewhere(picture: Pixels, crop: Crop, random: Random) -> Pixels:
    """Return a picture of any size as another shop might show it.

    Mirrored, tilted, nearer or farther, in other light; a ``piece`` on a plain ground is mostly
    laid on another one: of one colour, shaded, or with a pattern like cloth, stone or skin.
    """
    factor = min(1.0, SHOWN / max(picture.shape[:2]))
    picture = np.asarray(
        cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
    )
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) + random.normal(0, 0.03, (4, 2))
    turn = random.normal(0, 0.15 if crop == "piece" else 0.04)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    # Seen nearer (parts are cut off) or farther.
    scale = math.exp(random.uniform(-0.2, 0.5 if crop == "piece" else 0.1))
    away = random.normal(0, 0.06, 2)
    corners = ((corners - 0.5) @ rotation) * scale + 0.5 + away
    if random.random() < 0.5:
        corners = corners[[1, 0, 3, 2]]
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    move = cv2.getPerspectiveTransform((corners * [width, height]).astype(np.float32), target)
    ground = _plain_ground(picture)
    border, value = cv2.BORDER_REFLECT_101, (0.0, 0.0, 0.0)
    if ground is not None:
        red, green, blue = ground.tolist()
        border, value = cv2.BORDER_CONSTANT, (red, green, blue)
    moved = np.asarray(
        cv2.warpPerspective(picture, move, (width, height), borderMode=border, borderValue=value),
        np.uint8,
    )
    if crop == "piece" and ground is not None and random.random() < 0.75:
        moved = _on(moved, ground, _ground(height, width, random))
    return as_by_phone(moved, random)


def _plain_ground(picture: Pixels) -> NDArray[np.float32] | None:
    """Return the colour of a light, plain ground; None for another."""
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    ground = np.median(edge, axis=0).astype(np.float32)
    plain = np.mean(np.abs(edge - ground).max(axis=1) < STEP) > PLAIN
    return ground if plain and ground.min() > 160 else None


def _on(picture: Pixels, old: NDArray[np.float32], new: NDArray[np.float32]) -> Pixels:
    """Return what stands out from the ground ``old`` on the ground ``new``, shadows with it."""
    lit = picture.astype(np.float32) / np.maximum(old, 1)
    apart = np.abs(picture.astype(np.float32) - old).max(axis=2)
    grey = picture.max(axis=2).astype(np.float32) - picture.min(axis=2) < STEP
    # Faint and grey is a shadow.
    solid = np.clip((apart - np.where(grey, 3 * STEP, STEP)) / STEP, 0, 1)
    solid = np.asarray(cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 0.8))[..., None]
    shaded = np.minimum(lit, 1.0) * new
    return np.asarray(np.clip(solid * picture + (1 - solid) * shaded, 0, 255), np.uint8)


def _ground(height: int, width: int, random: Random) -> NDArray[np.float32]:
    """Return a ground, height x width x 3, 0 to 255."""
    light = 255 * (1 - random.beta(1.0, 1.6))
    colour = np.clip(light + random.normal(0, 16, 3), 0, 255)
    ground = np.empty((height, width, 3), np.float32)
    ground[:] = colour
    kind = random.random()
    if kind < 0.35:
        return ground
    second = np.clip(colour + random.normal(0, 40) + random.normal(0, 20, 3), 0, 255)
    if kind < 0.6:
        x, y = random.normal(0, 1, 2)
        rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        share: Any = 1 / (1 + np.exp(-2 * (x * columns + y * rows)))
    else:
        share = np.zeros((height, width), np.float32)
        for cells in random.choice([3, 6, 12, 24, 48], size=2, replace=False):
            rough = random.random((max(2, round(cells * random.uniform(0.4, 1))), int(cells)))
            share += np.asarray(cv2.resize(rough.astype(np.float32), (width, height))) / 2
    return np.asarray(ground + share[..., None] * (second - colour), np.float32)
