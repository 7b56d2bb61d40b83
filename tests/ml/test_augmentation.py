"""Pictures as others show them: other grounds and light, the same piece."""

import numpy as np
import pytest

from ml.networks.augmentation import SHOWN, as_by_phone, as_elsewhere
from ml.networks.pixels import Crop, Pixels
from tests.factories import draw


def piece(width: int = 240, height: int = 200) -> Pixels:
    """A red bar and its faint shadow on white."""
    picture = np.full((height, width, 3), 252, np.uint8)
    picture[height // 2 : height // 2 + 20, 60:180] = (200, 20, 30)
    picture[height // 2 + 20 : height // 2 + 30, 60:180] = 225
    return picture


@pytest.mark.parametrize("crop", ["frame", "piece", "none"])
@pytest.mark.parametrize("size", [(64, 64), (320, 240), (90, 400), (1200, 900)])
def test_any_picture_is_shown_elsewhere(crop: Crop, size: tuple[int, int]) -> None:
    picture = np.asarray(draw(1).resize(size))
    views = [as_elsewhere(picture, crop, np.random.default_rng(seed)) for seed in range(6)]
    again = as_elsewhere(picture, crop, np.random.default_rng(0))
    for view in views:
        assert view.dtype == np.uint8
        assert view.ndim == 3
        assert max(view.shape[:2]) == min(SHOWN, max(size))
    assert len({view.tobytes() for view in views}) == 6
    assert again.tobytes() == views[0].tobytes()


def test_a_piece_lies_on_another_ground() -> None:
    grounds, bars = [], []
    for seed in range(40):
        view = as_elsewhere(piece(), "piece", np.random.default_rng(seed)).astype(int)
        edge = np.concatenate([view[0], view[-1], view[:, 0], view[:, -1]])
        grounds.append(np.median(edge, axis=0))
        redness = view[..., 0] - view[..., 1:].max(axis=2)
        bars.append(redness.max() > 60)
    # Most grounds are other than white, and no two the same; the bar stays what it was.
    assert np.mean([ground.min() < 225 for ground in grounds]) > 0.6
    assert len({tuple(ground) for ground in grounds}) > 30
    assert np.mean(bars) > 0.8


def test_a_print_keeps_its_frame() -> None:
    """What surrounds a print is as white as the light on it, whatever ground pieces would get."""
    picture = np.full((300, 240, 3), 250, np.uint8)
    picture[60:240, 50:190] = np.asarray(draw(3).resize((140, 180)))
    edges = []
    for seed in range(30):
        view = as_elsewhere(picture, "frame", np.random.default_rng(seed)).astype(float)
        edge = np.concatenate([view[0], view[-1], view[:, 0], view[:, -1]])
        edges.append(np.abs(edge - np.median(edge, axis=0)).mean())
    assert np.median(edges) < 12


@pytest.mark.parametrize("size", [(160, 160), (90, 400), (400, 90)])
def test_a_phone_changes_light_and_not_kind(size: tuple[int, int]) -> None:
    picture = np.asarray(draw(2).resize(size))
    random = np.random.default_rng(0)
    for _ in range(12):
        view = as_by_phone(picture, random)
        assert view.shape == picture.shape
        assert view.dtype == np.uint8
        assert np.abs(view.astype(int) - picture).mean() < 90
