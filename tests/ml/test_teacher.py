"""What the student is taught: views of pictures, and what labels they are taken for."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.networks.augmentation import as_by_phone
from ml.networks.compact import SIZE
from ml.networks.teacher import Folder, guesses, make_views, read_labels, view_of
from tests.factories import draw
from tests.ml.training_pictures import save_pictures, write_labels


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


def test_look_alikes_are_guessed_by_who_has_learnt_neither() -> None:
    """Pictures that are there twice, labelled at random: nothing can be known of them."""
    random = np.random.default_rng(3)
    count = 80
    of = np.array([(picture, view) for picture in range(count) for view in range(2)])
    taught = {
        name: random.normal(size=(2 * count, side, side, channels)).astype(np.float16)
        for name, side, channels in (("stage3", 4, 12), ("stage4", 2, 16))
    }
    # Each two that follow on one another look alike, and like no others.
    own = np.eye(count // 2)[of[:, 0] // 2] + 0.01 * random.normal(size=(2 * count, count // 2))
    taught["pooled"] = own.astype(np.float16)
    drawn = random.permutation(["city", "water"] * (count // 4))
    labels = [str(drawn[picture // 2]) for picture in range(count)]
    truth = [["city", "water"].index(labels[picture]) for picture, _ in of]
    assert (guesses(labels, of, taught, 0).argmax(axis=1) == truth).mean() < 0.7


def test_a_label_of_seven_pictures_is_not_guessed() -> None:
    random = np.random.default_rng(0)
    of = np.array([(picture, 0) for picture in range(40)])
    taught = {
        "stage3": random.normal(size=(40, 4, 4, 12)).astype(np.float16),
        "stage4": random.normal(size=(40, 2, 2, 16)).astype(np.float16),
        "pooled": np.eye(40, dtype=np.float16),
    }
    labels = ["city"] * 16 + ["water"] * 16
    assert guesses([*labels, *["animal"] * 7, ""], of, taught, 0).shape == (40, 2)
    assert guesses([*labels, *["animal"] * 8], of, taught, 0).shape == (40, 3)


def test_the_first_view_is_the_whole_picture(tmp_path: Path, shared: Path) -> None:
    files = save_pictures(tmp_path / "pictures", 2)
    make_views([Folder(tmp_path / "pictures", "none", 32)], tmp_path, 0)
    of, views = np.load(tmp_path / "of.npy"), np.load(tmp_path / "views.npy")
    for number, file in enumerate(files):
        whole = np.asarray(Image.open(file).resize((SIZE, SIZE), Image.Resampling.BOX)).astype(int)
        apart = [np.abs(view - whole).mean() for view in views[of[:, 0] == number]]
        (first,) = np.flatnonzero(of[of[:, 0] == number][:, 1] == 0)
        assert apart[first] == min(apart) < 5


def test_labels_that_match_no_picture_are_told() -> None:
    of = np.array([(picture, 0) for picture in range(20)])
    taught = {
        "stage3": np.ones((20, 4, 4, 12), np.float16),
        "stage4": np.ones((20, 2, 2, 16), np.float16),
        "pooled": np.ones((20, 60), np.float16),
    }
    with pytest.raises(ValueError, match="Two labels of 8 pictures each are needed"):
        guesses([""] * 20, of, taught, 0)


def test_views_are_made_anew_where_they_would_be_others(
    tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = save_pictures(tmp_path / "pictures", 4)
    folder, work = Folder(tmp_path / "pictures", "frame", 16), tmp_path / "work"
    work.mkdir()

    def made(seed: int) -> tuple[bytes, str]:
        """Return the views, and what was told of those that were there before."""
        capsys.readouterr()
        make_views([folder], work, seed)
        views = np.load(work / "views.npy", mmap_mode="r")
        assert views.shape == (64, SIZE, SIZE, 3)
        told = [line for line in capsys.readouterr().err.splitlines() if "view " not in line]
        return views.tobytes(), "".join(told)

    first, told = made(0)
    assert not told
    since = (work / "views.npy").stat().st_mtime_ns
    assert made(0) == (first, "")
    assert (work / "views.npy").stat().st_mtime_ns == since
    # Another picture under the same name, in another order.
    files[0].write_bytes(save_pictures(tmp_path / "others", 6)[5].read_bytes())
    second, told = made(1)
    assert told == f"The views in {work} were made of other pictures and seed: they are made anew."
    assert second != first
    # As another version of the code would have left it.
    before = json.loads((work / "views.json").read_text())
    (work / "views.json").write_text(json.dumps({**before, "code": "another"}))
    third, told = made(1)
    assert told == f"The views in {work} were made of other code: they are made anew."
    assert third == second
    # As a run leaves it that is stopped while it makes them.
    (work / "views.json").unlink()
    assert made(1) == (second, f"The views in {work} are not whole: they are made anew.")


def test_too_few_views_are_refused(tmp_path: Path) -> None:
    save_pictures(tmp_path / "pictures", 4)
    with pytest.raises(ValueError, match="12 views of 4 pictures do not suffice: make at least 64"):
        make_views([Folder(tmp_path / "pictures", "frame", 3)], tmp_path, 0)
