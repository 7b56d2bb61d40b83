"""The compact network: the plain one does what the learnt one did; what it is taught."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ml.networks import distillation
from ml.networks.augmentation import as_by_phone
from ml.networks.compact import SIZE, WEIGHTS, build_compact, folded, load_compact
from ml.networks.distillation import guesses, read_labels, view_of
from tests.factories import draw


def pixels(count: int = 4) -> np.ndarray:
    views = [np.asarray(draw(number).resize((SIZE, SIZE))) for number in range(count)]
    return np.stack(views).astype(np.float32) / 127.5 - 1


def test_it_is_compact(tmp_path: Path) -> None:
    network = build_compact()
    assert network.count_params() <= 2_000_000
    assert WEIGHTS.stat().st_size <= 5_000_000
    shapes = {name: tuple(maps.shape) for name, maps in network.output.items()}
    assert shapes == {
        "stage1": (None, 40, 40, 48),
        "stage2": (None, 20, 20, 96),
        "stage3": (None, 10, 10, 160),
        "stage4": (None, 5, 5, 256),
    }


def test_folded_weights_do_the_same(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    network = build_compact(learning=True)
    random = np.random.default_rng(1)
    for layer in network.layers:
        # Gains and biases that do something, as after a training.
        layer.set_weights(
            [
                part if part.ndim > 1 else part + random.normal(0, 0.1, part.shape)
                for part in layer.get_weights()
            ]
        )
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **folded(network))
    assert (tmp_path / "weights.npz").stat().st_size <= 5_000_000
    expected = network(pixels())
    found = load_compact(tmp_path / "weights.npz")(pixels())
    for stage, maps in expected.items():
        scale = float(np.abs(maps).max())
        assert scale > 0.1
        assert np.asarray(found[stage]) == pytest.approx(np.asarray(maps), abs=0.01 * scale)


def test_to_begin_with_its_maps_are_neither_faint_nor_glaring() -> None:
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    noise = random.normal(0, 1, (4, SIZE, SIZE, 3)).astype(np.float32)
    for maps in build_compact(learning=True)(noise).values():
        assert 0.3 < float(np.std(maps)) < 3


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


def save_pictures(folder: Path, count: int) -> list[Path]:
    folder.mkdir(parents=True)
    files = [folder / f"{number:03}.jpg" for number in range(count)]
    for number, file in enumerate(files):
        Image.fromarray(np.asarray(draw(number))).save(file, quality=90)
    return files


def write_labels(file: Path, labels: dict[str, str]) -> Path:
    lines = [f"{image},{label}" for image, label in labels.items()]
    file.write_text("\n".join(["image,label", *lines]) + "\n")
    return file


def test_labels_count_where_the_files_of_a_folder_agree(tmp_path: Path) -> None:
    ours = save_pictures(tmp_path / "art" / "images", 5)
    (other,) = save_pictures(tmp_path / "jewelry", 1)
    first = {"images/000.jpg": "city", "images/001.jpg": "city", "images/002.jpg": "city"}
    one = write_labels(tmp_path / "art" / "a.csv", {**first, "images/004.jpg": "other"})
    second = {**first, "images/001.jpg": "water", "images/004.jpg": "other"}
    two = write_labels(tmp_path / "art" / "b.csv", {**second, "images/003.jpg": "city"})
    assert read_labels([one, two], [*ours, other]) == [["city", "", "city", "", "", None]]
    # One labeller's word counts where there is no other.
    assert read_labels([one], [*ours, other]) == [["city", "city", "city", "", "", None]]
    assert read_labels([], ours) == []


def test_a_pictures_own_label_has_no_part_in_what_its_views_are_taken_for() -> None:
    random = np.random.default_rng(0)
    of = random.permutation([(picture, view) for picture in range(60) for view in range(2)])
    kind = np.where(of[:, 0] % 2 == 0, 1.0, -1.0)[:, None, None, None]
    taught = {
        name: (random.normal(size=(120, side, side, channels)) + kind).astype(np.float16)
        for name, side, channels in (("stage3", 4, 12), ("stage4", 2, 16))
    }
    # The pooled features tell each picture from all others.
    own = np.eye(60)[of[:, 0]] + 0.01 * random.normal(size=(120, 60))
    taught["pooled"] = own.astype(np.float16)
    labels: list[str | None] = [["city", "water"][number % 2] for number in range(50)]
    labels += ["", "", None] * 3 + [None]
    chances = guesses(labels, of, taught, 0)
    assert chances.shape == (120, 2)
    asked = np.array([labels[picture] is not None for picture in of[:, 0]])
    assert chances[asked].sum(axis=1) == pytest.approx(1, abs=1e-5)
    # Nothing is guessed of pictures from elsewhere.
    assert not chances[~asked].any()
    assert (chances[asked].argmax(axis=1) == of[asked, 0] % 2).mean() > 0.9
    # An unlabelled copy of a picture is guessed as it is, by who has not learnt its label.
    rows = np.flatnonzero(of[:, 0] == 4)
    copied = np.concatenate([of, [(60, view) for _, view in of[rows]]])
    with_copy = {name: np.concatenate([maps, maps[rows]]) for name, maps in taught.items()}
    asked_too = guesses([*labels[:4], "water", *labels[5:], ""], copied, with_copy, 0)
    assert (asked_too[120:].argmax(axis=1) == 0).all()
    # One wrong label: what its views are taken for is as before, for it is no part of it.
    wrong = guesses([*labels[:4], "water", *labels[5:]], of, taught, 0)
    assert (wrong[of[:, 0] == 4].argmax(axis=1) == 0).all()


def test_labels_that_match_no_picture_are_told() -> None:
    of = np.array([(picture, 0) for picture in range(20)])
    taught = {
        "stage3": np.ones((20, 4, 4, 12), np.float16),
        "stage4": np.ones((20, 2, 2, 16), np.float16),
        "pooled": np.ones((20, 60), np.float16),
    }
    with pytest.raises(ValueError, match="Two labels of 8 pictures each are needed"):
        guesses([""] * 20, of, taught, 0)


def test_distillation_makes_views_once_and_writes_weights(tmp_path: Path, shared: Path) -> None:
    folder = tmp_path / "pictures"
    files = save_pictures(folder, 32)
    (folder / "032.jpg").write_bytes(files[0].read_bytes()[:200])
    names = {file.name: ["city", "water"][number % 2] for number, file in enumerate(files[:24])}
    labels = write_labels(folder / "labels.csv", names)
    output, work = tmp_path / "weights.npz", tmp_path / "work"
    arguments = [f"{folder}:frame:2", f"--labels={labels}", f"--work={work}", f"--output={output}"]
    try:
        distillation.main([*arguments, "--epochs=1"])
        made = (work / "views.npy").stat().st_mtime_ns
        distillation.main([*arguments, "--epochs=1"])
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert (work / "views.npy").stat().st_mtime_ns == made
    # The broken picture was left out.
    assert len(np.load(work / "views.npy", mmap_mode="r")) == 64
    with np.load(output) as written:
        assert set(written.files) == set(folded(build_compact(learning=True)))
        assert all(np.isfinite(written[name]).all() for name in written.files)
    load_compact(output)


def test_a_folder_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrongs = (f"{tmp_path}:sideways:2", f"{tmp_path / 'none'}:frame:2", f"{tmp_path}:frame:0")
    for wrong in (*wrongs, f"{tmp_path}:frame", str(tmp_path)):
        with pytest.raises(SystemExit):
            distillation.main([wrong])
        assert "is not a folder, its crop" in capsys.readouterr().err


def test_what_nothing_was_guessed_of_teaches_nothing() -> None:
    """Labels far off are unlearnt; of a view without chances there is nothing to unlearn."""
    answer = keras.Variable([[4.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    chances = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], np.float32)
    with tf.GradientTape() as tape:
        lost = distillation._surprise(chances, answer)
    slopes = np.asarray(tape.gradient(lost, answer.value))
    assert np.asarray(lost) == pytest.approx([4.036, 0.0], abs=0.001)
    assert slopes[0] == pytest.approx([0.965, -0.982, 0.018], abs=0.001)
    assert not slopes[1].any()
