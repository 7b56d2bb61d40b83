"""The student: trained from its pictures by one command, stopped, and taken up again."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from ml.networks import distillation
from ml.networks.compact import build_compact, folded, load_compact
from ml.networks.precision import HALF, has_bfloat16
from ml.networks.teacher import Folder, make_views
from tests.ml.training_pictures import save_pictures, write_labels


class Stopped(Exception):
    """Raised where a run would be stopped."""


@pytest.fixture
def whole_floats() -> Iterator[None]:
    """Leave Keras as it was."""
    yield
    keras.mixed_precision.set_global_policy("float32")


@pytest.mark.usefixtures("whole_floats")
def test_a_stopped_student_goes_on_with_what_it_learnt_from(
    tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, work, output = tmp_path / "pictures", tmp_path / "work", tmp_path / "weights.npz"
    files = save_pictures(folder, 32)
    (folder / "032.jpg").write_bytes(files[0].read_bytes()[:200])
    names = {file.name: ["city", "water"][number % 2] for number, file in enumerate(files[:24])}
    labels = write_labels(folder / "labels.csv", names)
    work.mkdir()
    make_views([Folder(folder, "frame", 2)], work, 0)
    made = (work / "views.npy").stat().st_mtime_ns

    def stop(epoch: int, epochs: int, logs: object) -> None:
        raise Stopped(f"in epoch {epoch} of {epochs}")

    with pytest.raises(Stopped, match="in epoch 1 of 2"):
        distillation.distil(work, [labels], 2, 0, stop)
    # Labels that were corrected: what it learnt from the others does not count.
    write_labels(labels, {**names, files[0].name: "water"})
    capsys.readouterr()
    with pytest.raises(Stopped, match="in epoch 1 of 2"):
        distillation.distil(work, [labels], 2, 0, stop)
    told = f"The student that was stopped in {work} learnt from other labels: it begins anew."
    assert told in capsys.readouterr().err
    arguments = [f"{folder}:frame:2", f"--labels={labels}", f"--work={work}", f"--output={output}"]
    distillation.main([*arguments, "--epochs=2"])
    said = capsys.readouterr().err
    assert "Epoch 2 of 2, loss " in said
    assert "Epoch 1 of 2" not in said
    assert "anew" not in said
    expected = HALF if has_bfloat16() else "float32"
    assert keras.mixed_precision.dtype_policy().name == expected
    assert (work / "views.npy").stat().st_mtime_ns == made
    # The broken picture was left out.
    assert len(np.load(work / "views.npy", mmap_mode="r")) == 64
    with np.load(output) as written:
        assert set(written.files) == set(folded(build_compact(learning=True)))
        assert all(np.isfinite(written[name]).all() for name in written.files)
    load_compact(output)
    # The next run learns by itself.
    assert not (work / "student").exists()


def made_by_hand(work: Path, count: int = 256) -> dict[str, np.ndarray]:
    """Write views of one picture each, and what a teacher might say of them."""
    random = np.random.default_rng(0)
    shapes = {"views": (160, 160, 3), "stage2": (4, 4, 3), "stage3": (4, 4, 5), "stage4": (2, 2, 6)}
    made = {name: random.normal(3, 2, (count, *shape)) for name, shape in shapes.items()}
    made["pooled"] = np.eye(count) + random.normal(0, 0.01, (count, count))
    maps = {name: values.astype(np.float16) for name, values in made.items()}
    maps["views"] = (made["views"] * 20 + 60).clip(0, 255).astype(np.uint8)
    maps["of"] = random.permutation([(number, 0) for number in range(count)])
    for name, values in maps.items():
        np.save(work / f"{name}.npy", values)
    (work / "files.txt").write_text("".join(f"{work}/{number}.jpg\n" for number in range(count)))
    (work / "views.json").write_text("{}")
    return maps


def test_a_lesson_is_the_clean_views_and_half_are_shown_as_by_phone(tmp_path: Path) -> None:
    maps = made_by_hand(tmp_path)
    given = [["city", "water"][number % 2] for number in range(256)]
    lessons = distillation._Lessons(tmp_path, [given], 0)
    clean = maps["views"].astype(np.float32) / 127.5 - 1
    known = {view.tobytes(): row for row, view in enumerate(clean)}
    changed, orders = [], []
    for epoch in (0, 1, 0):
        lessons.begin(epoch)
        shown: list[int] = []
        for number in range(len(lessons)):
            views, lesson = lessons[number]
            found = [known.get(view.tobytes()) for view in views]
            # A batch is a run of them: those that are shown as they are say where it begins.
            first = next(row - place for place, row in enumerate(found) if row is not None)
            rows = list(range(first, first + len(views)))
            assert all(row in (None, at) for at, row in zip(rows, found, strict=True))
            changed += [row is None for row in found]
            shown += rows
            for name in ("stage2", "stage3", "stage4", "pooled"):
                values = maps[name].astype(np.float32)
                mean = values.reshape(-1, values.shape[-1]).mean(axis=0)
                deviation = values.reshape(-1, values.shape[-1]).std(axis=0) + 0.01
                assert lesson[name] == pytest.approx((values[rows] - mean) / deviation, abs=1e-3)
            assert lesson["labels0"] == pytest.approx(lessons.guessed["labels0"][rows])
        assert sorted(shown) == list(range(256))
        orders.append(shown)
    assert 0.4 < np.mean(changed) < 0.6
    # An epoch shows what it showed before, and another one something else.
    assert orders[0] == orders[2] != orders[1]
    assert changed[:256] == changed[512:] != changed[256:512]


@pytest.mark.usefixtures("whole_floats")
def test_a_student_begins_anew_where_anything_it_learns_from_is_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_by_hand(tmp_path)
    # One label is too few to learn from: it stops before its first epoch.
    labels = write_labels(tmp_path / "labels.csv", {f"{n}.jpg": "city" for n in range(256)})
    kept = tmp_path / "student" / "network"

    def told(epochs: int, seed: int) -> str:
        kept.mkdir(parents=True, exist_ok=True)
        with pytest.raises(ValueError, match="Two labels"):
            distillation.distil(tmp_path, [labels], epochs, seed, lambda *_: None)
        return capsys.readouterr().err

    assert "learnt from other views and labels and epochs and seed and code" in told(2, 0)
    assert not kept.exists()
    assert told(2, 0) == ""
    assert kept.exists()
    assert "learnt from other epochs: it begins anew" in told(3, 0)
    assert "learnt from other seed: it" in told(3, 1)
    (tmp_path / "views.json").write_text('{"pictures": "others"}')
    assert "learnt from other views: it" in told(3, 1)
    assert not kept.exists()


def test_far_off_an_error_counts_linearly() -> None:
    """Huber 1964: half of its square up to 2, from there on by its slope of 2."""
    lesson, answer = np.zeros((3, 1)), np.array([[1.0], [2.0], [-5.0]])
    assert np.asarray(distillation._huber(lesson, answer)) == pytest.approx([0.5, 2.0, 8.0])


def test_what_cannot_be_learnt_from_is_refused_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_pictures(tmp_path / "pictures", 2)
    with pytest.raises(SystemExit):
        distillation.main([f"{tmp_path / 'pictures'}:frame:2", f"--work={tmp_path / 'work'}"])
    assert capsys.readouterr().err == "4 views of 2 pictures do not suffice: make at least 64.\n"


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
