"""The compact network: its folded weights do what it learnt, and its training goes on from disk."""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from ml.networks import distillation
from ml.networks.compact import SIZE, build_compact, folded, load_compact
from ml.networks.distillation import as_by_phone, view_of
from tests.factories import draw


def pixels(count: int = 4) -> np.ndarray:
    views = [np.asarray(draw(number).resize((SIZE, SIZE))) for number in range(count)]
    return np.stack(views).astype(np.float32) / 127.5 - 1


def test_it_is_compact(tmp_path: Path) -> None:
    network = build_compact()
    assert network.count_params() <= 2_000_000
    shapes = {name: tuple(maps.shape) for name, maps in network.output.items()}
    assert shapes == {
        "stage1": (None, 40, 40, 48),
        "stage2": (None, 20, 20, 96),
        "stage3": (None, 10, 10, 160),
        "stage4": (None, 5, 5, 256),
    }


def test_folded_weights_do_the_same(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    network = build_compact(normalised=True)
    # Normalisations that do something, as after a training.
    for _ in range(20):
        network(pixels(8), training=True)
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **folded(network))
    assert (tmp_path / "weights.npz").stat().st_size <= 5_000_000
    expected = network(pixels(), training=False)
    found = load_compact(tmp_path / "weights.npz")(pixels(), training=False)
    for stage, maps in expected.items():
        scale = float(np.abs(maps).max())
        assert np.asarray(found[stage]) == pytest.approx(np.asarray(maps), abs=0.01 * scale)


@pytest.mark.parametrize("size", [(320, 240), (90, 400), (SIZE, SIZE), (64, 64)])
def test_views_are_squares_that_differ(size: tuple[int, int]) -> None:
    picture = np.asarray(draw(1).resize(size))
    random = np.random.default_rng(0)
    views = [view_of(picture, random) for _ in range(8)]
    for view in views:
        assert view.shape == (SIZE, SIZE, 3)
        assert view.dtype == np.uint8
    assert len({view.tobytes() for view in views}) == 8
    phones = [as_by_phone(views[0], random) for _ in range(8)]
    assert all(one.shape == (SIZE, SIZE, 3) for one in phones)
    # Changed in light, not in kind.
    for phone in phones:
        apart = np.abs(phone.astype(int) - views[0]).mean()
        assert apart < 90


def test_distillation_makes_views_once_and_writes_weights(tmp_path: Path, shared: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(32):
        Image.fromarray(np.asarray(draw(number))).save(folder / f"{number}.jpg", quality=90)
    output, work = tmp_path / "weights.npz", tmp_path / "work"
    arguments = [f"{folder}:frame", f"--work={work}", f"--output={output}", "--views=2"]
    try:
        distillation.main([*arguments, "--epochs=1"])
        made = (work / "views.npy").stat().st_mtime_ns
        distillation.main([*arguments, "--epochs=1"])
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert (work / "views.npy").stat().st_mtime_ns == made
    with np.load(output) as written:
        assert set(written.files) == set(folded(build_compact(normalised=True)))
        assert all(np.isfinite(written[name]).all() for name in written.files)
    load_compact(output)


def test_a_folder_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in (f"{tmp_path}:sideways", f"{tmp_path / 'none'}:frame", str(tmp_path)):
        with pytest.raises(SystemExit):
            distillation.main([wrong])
        assert "is no FOLDER:CROP" in capsys.readouterr().err
