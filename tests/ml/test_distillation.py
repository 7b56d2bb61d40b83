"""The student: trained from its pictures by one command, stopped, and taken up again."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from ml.networks import distillation
from ml.networks.compact import build_compact, folded, load_compact
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
    assert (work / "views.npy").stat().st_mtime_ns == made
    # The broken picture was left out.
    assert len(np.load(work / "views.npy", mmap_mode="r")) == 64
    with np.load(output) as written:
        assert set(written.files) == set(folded(build_compact(learning=True)))
        assert all(np.isfinite(written[name]).all() for name in written.files)
    load_compact(output)
    # The next run learns by itself.
    assert not (work / "student").exists()


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
