"""What learns: measured on what it has not seen, stopped, killed, and taken up again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ml.networks.art import learn_block5, learn_top
from ml.networks.heads import Labelled, labelled
from ml.networks.jewelry import learn_types
from ml.networks.lessons import Batches, Learnt, Lesson, as_floats, predicted
from ml.networks.training import (
    Folders,
    Progress,
    Stopped,
    TrainedEncoder,
    _Steps,
    train_encoder,
)
from tests.factories import draw

COUNT = 120


def known(truth: NDArray[np.int64]) -> Labelled:
    pictures = labelled(range(len(truth)), {n: f"label{one}" for n, one in enumerate(truth)}, {})
    assert isinstance(pictures, Labelled)
    return pictures


def lesson(truth: NDArray[np.int64], epochs: int, **given: Any) -> Lesson:
    return Lesson(
        labelled=known(truth),
        epochs=epochs,
        seed=0,
        **{"on_epoch": lambda *_: None, "values": {}, **given},
    )


def right(learnt: Learnt, truth: NDArray[np.int64]) -> float:
    assert learnt.unseen is not None
    return float((learnt.unseen.argmax(axis=1) == truth).mean())


def features(truth: NDArray[np.int64], signal: float) -> dict[str, NDArray[np.float16]]:
    random = np.random.default_rng(0)
    means = np.eye(3)[truth] @ random.normal(size=(3, 200))
    return {"base": (signal * means + random.normal(size=(len(truth), 200))).astype(np.float16)}


def test_a_top_learns_what_can_be_learnt() -> None:
    keras.utils.set_random_seed(0)
    truth = np.arange(COUNT) % 3
    learnt = learn_top(lesson(truth, 10, values=features(truth, 1.0)))
    assert learnt.history["loss"][-1] < learnt.history["loss"][0] / 2
    assert right(learnt, truth) > 0.9


def test_a_top_is_measured_on_what_it_has_not_seen() -> None:
    """Labels without a reason can be learnt by heart, and not guessed."""
    keras.utils.set_random_seed(0)
    truth = np.random.default_rng(1).integers(0, 3, COUNT)
    given = features(truth, 0.0)
    learnt = learn_top(lesson(truth, 20, values=given))
    assert learnt.logits is not None
    pixels = keras.Input((8,))
    ready = {"base": keras.Input((200,))}
    by_heart = keras.Model([pixels, ready["base"]], learnt.logits(pixels, ready))
    said = by_heart.predict([np.zeros((COUNT, 8)), given["base"].astype(np.float32)], verbose=0)
    assert (said.argmax(axis=1) == truth).mean() > 0.9
    assert right(learnt, truth) < 0.5


def small_block() -> keras.Model:
    given = keras.Input((200,), name="below")
    maps = keras.layers.Reshape((5, 5, 8))(given)
    maps = keras.layers.Conv2D(16, 3, padding="same", activation="relu", name="conv")(maps)
    return keras.Model(given, keras.layers.Flatten()(maps), name="block5")


@pytest.mark.parametrize(("signal", "least", "most"), [(1.0, 0.9, 1.0), (0.0, 0.1, 0.55)])
def test_a_last_block_learns_with_its_top_and_is_measured_on_what_it_has_not_seen(
    signal: float, least: float, most: float, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    truth = np.random.default_rng(1).integers(0, 3, COUNT)
    values = {"below": features(truth, signal)["base"]}
    told: list[str] = []
    given = lesson(
        truth,
        10,
        values=values,
        kept=tmp_path / "kept",
        tell=lambda share, text: told.append(f"{share:.2f} {text}"),
    )
    built = [small_block()]
    learnt = learn_block5(given, lambda: built[0])
    assert least <= right(learnt, truth) <= most
    # Progress only ever grows; the block is tuned for a fifth of the epochs.
    assert told == sorted(told)
    assert told[:2] == ["0.10 Tuning the last block", "0.20 Tuning the last block"]
    assert told[-1].startswith("1.00 Measuring, 5 of 5")
    # The graph does what its pictures were given.
    start = keras.Input((200,))
    graph = keras.Model(start, learnt.features(None, {"below": start}))
    found = graph.predict_on_batch(values["below"].astype(np.float32))["dense"]
    assert found == pytest.approx(learnt.values["dense"], abs=1e-4)
    # A second call goes on from what is kept: nothing is learnt again.
    told.clear()
    again = learn_block5(given, lambda: built[0])
    assert not told
    assert again.values["dense"] == pytest.approx(learnt.values["dense"], abs=1e-4)
    assert again.unseen == pytest.approx(learnt.unseen)


def test_types_are_measured_on_what_they_have_not_seen() -> None:
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(2)
    coarse = random.integers(0, 2, (40, 4, 4, 3), dtype=np.uint8) * np.uint8(255)
    squares = coarse.repeat(8, axis=1).repeat(8, axis=2)
    truth = random.permutation(np.arange(40) % 2)
    learnt = learn_types(lesson(truth, 40, squares=squares))
    assert learnt.logits is not None
    pixels = keras.Input((32, 32, 3))
    by_heart = keras.Model(pixels, learnt.logits(pixels, {}))
    assert (predicted(by_heart, squares).argmax(axis=1) == truth).mean() > 0.9
    assert right(learnt, truth) < 0.75


class Killed(BaseException):
    """Raised where a process would be killed."""


def train(
    backbone: str, folders: Folders, stop_at: Callable[[Progress], bool] = lambda progress: False
) -> tuple[TrainedEncoder, list[Progress]]:
    """Train on drawn pictures; killed once ``stop_at`` says so."""
    pictures = [np.asarray(draw(number)) for number in range(16)]
    told: list[Progress] = []

    def on_progress(progress: Progress) -> None:
        told.append(progress)
        if stop_at(progress):
            raise Killed

    trained = train_encoder(
        range(16),
        pictures.__getitem__,
        {number: ["abstract", "water"][number % 2] for number in range(16)},
        department="art",
        backbone=backbone,
        epochs=4,
        folders=folders,
        on_progress=on_progress,
    )
    return trained, told


def epochs(told: list[Progress]) -> list[int]:
    return [one.epoch for one in told if one.loss is not None]


def test_a_killed_training_goes_on_from_its_last_epoch(tmp_path: Path) -> None:
    folders = Folders(kept=tmp_path / "kept", logs=tmp_path / "logs")
    with pytest.raises(Killed):
        train("autoencoder", folders, lambda progress: progress.epoch == 2)
    trained, told = train("autoencoder", folders)
    assert epochs(told) == [3, 4]
    # The curve is that of all of it.
    assert len(trained.metrics["history"]["loss"]) == 4
    assert len(trained.metrics["history"]["val_loss"]) == 4
    logged = {tag for file in tmp_path.glob("logs/*/*") for tag in scalars(file)}
    assert "epoch_loss" in logged


def scalars(file: Path) -> set[str]:
    """Return the names of what TensorBoard would draw of a log."""
    log = EventAccumulator(str(file))
    log.Reload()
    return {*log.Tags()["scalars"], *log.Tags()["tensors"]}


def test_what_is_measured_and_learnt_is_not_done_again(tmp_path: Path) -> None:
    """Killed while it learnt the shapes: classifier, folds and first shape are there already."""
    folders = Folders(kept=tmp_path / "kept")
    with pytest.raises(Killed):
        train("types", folders, lambda progress: "shapes of water" in progress.text)
    trained, told = train("types", folders)
    assert epochs(told) == []
    texts = {one.text for one in told}
    assert "Learning the shapes of water" in texts
    assert not [text for text in texts if "Measuring" in text or "abstract" in text]
    assert len(trained.metrics["history"]["loss"]) == 4
    assert trained.metrics["accuracy"] is not None


def test_one_that_is_killed_while_it_keeps_an_epoch_goes_on_from_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = keras.Model.save_weights

    def save_half(network: keras.Model, file: Path, **options: Any) -> None:
        save(network, file, **options)
        if network.optimizer.iterations == 3:
            whole = Path(file).read_bytes()
            Path(file).write_bytes(whole[: len(whole) // 2])
            raise Killed

    folders = Folders(kept=tmp_path / "kept")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(keras.Model, "save_weights", save_half)
        train("autoencoder", folders)
    trained, told = train("autoencoder", folders)
    assert epochs(told) == [3, 4]
    assert len(trained.metrics["history"]["loss"]) == 4


@pytest.mark.parametrize("file", ["network/network.weights.h5", "network/history.json"])
def test_what_is_damaged_is_begun_anew(tmp_path: Path, file: str) -> None:
    folders = Folders(kept=tmp_path / "kept")
    with pytest.raises(Killed):
        train("autoencoder", folders, lambda progress: progress.epoch == 2)
    whole = (tmp_path / "kept" / file).read_bytes()
    (tmp_path / "kept" / file).write_bytes(whole[: len(whole) // 2])
    trained, told = train("autoencoder", folders)
    assert epochs(told) == [1, 2, 3, 4]
    assert len(trained.metrics["history"]["loss"]) == 4


@pytest.mark.parametrize("text", ["Measuring, 2 of 5", "Learning the shapes of water"])
def test_a_training_stops_within_a_stage(text: str) -> None:
    pictures = [np.asarray(draw(number)) for number in range(16)]
    told: list[str] = []
    with pytest.raises(Stopped):
        train_encoder(
            range(16),
            pictures.__getitem__,
            {number: ["abstract", "water"][number % 2] for number in range(16)},
            department="art",
            backbone="types",
            epochs=3,
            on_progress=lambda progress: told.append(progress.text),
            should_stop=lambda: text in told,
        )
    assert told.count(text) == 1


@pytest.mark.parametrize("no_number", [np.inf, np.nan])
def test_a_training_that_diverged_is_refused_in_words(no_number: float) -> None:
    told: list[Progress] = []
    steps = _Steps(4, told.append, lambda: False)
    truth = np.arange(COUNT) % 3
    values = features(truth, 1.0)
    values["base"][5] = no_number
    with pytest.raises(ValueError, match="The training diverged in epoch 1"):
        learn_top(lesson(truth, 4, values=values, on_epoch=steps.epoch))
    assert not told


def test_batches_show_every_row_once_an_epoch() -> None:
    given = np.arange(100, dtype=np.float16)[:, None]
    batches = Batches(given, np.arange(10, 90), 0)
    orders = []
    for epoch in (0, 1, 0):
        batches.begin(epoch)
        shown = np.concatenate([batches[number][0] for number in range(len(batches))])
        orders.append(shown[:, 0].tolist())
        assert sorted(orders[-1]) == list(range(10, 90))
        assert orders[-1] != list(range(10, 90))
    # It depends on the epoch, and on nothing before.
    assert orders[0] == orders[2] != orders[1]


def test_batches_of_another_seed_come_in_another_order() -> None:
    given = np.arange(100, dtype=np.float16)[:, None]
    first, second = (Batches(given, np.arange(100), seed) for seed in (0, 1))
    assert first[0][0].tolist() != second[0][0].tolist()


def test_rare_labels_weigh_as_much_as_common_ones_among_what_is_learnt_from() -> None:
    truth = np.array([0] * 60 + [1] * 40)
    # Of the rows to learn from, ten of fifty have the second label.
    batches = Batches(np.arange(100.0)[:, None], np.arange(20, 70), 0, truth)
    weights: dict[int, set[float]] = {0: set(), 1: set()}
    count = 0
    for number in range(len(batches)):
        for row, label, weight in zip(*batches[number], strict=True):
            assert truth[int(row[0])] == label
            weights[int(label)].add(round(float(weight), 6))
            count += 1
    assert count == 50
    assert weights == {0: {0.625}, 1: {2.5}}


def test_mirrored_batches_are_the_same_again() -> None:
    given = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)
    first, second = (Batches(given, np.arange(40), 0, mirrored=True) for _ in range(2))
    assert np.array_equal(first[1][0], second[1][0])
    assert np.array_equal(first[0][0], second[0][0])
    plain = Batches(given, np.arange(40), 0)[0][0]
    mirrored = [not np.array_equal(*pair) for pair in zip(first[0][0], plain, strict=True)]
    assert 4 < sum(mirrored) < 28


class Watched(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """A network that notes the rows of each batch that it learns from."""

    def train_step(self, data: Any) -> Any:
        self.seen.append(np.asarray(data[0])[:, 0].tolist())
        return super().train_step(data)


def learn_watched(folder: Path | None, stop_after: int = 0) -> Watched:
    """Train for four epochs of three batches; killed once ``stop_after`` epochs are done."""
    keras.utils.set_random_seed(0)
    given = np.stack([np.arange(80), np.arange(80) % 7], axis=1).astype(np.float32)
    start = keras.Input((2,))
    network = Watched(start, keras.layers.Dense(2)(start))
    network.seen = []
    network.compile(optimizer="adam", loss="mse", run_eagerly=True)

    def on_epoch(epoch: int, *_: object) -> None:
        if epoch == stop_after:
            raise Killed

    own = lesson(np.arange(COUNT) % 3, 4, kept=folder, on_epoch=on_epoch)
    try:
        own.fit(network, Batches(given, np.arange(80), 0))
    except Killed:
        assert stop_after
    return network


def test_a_training_that_goes_on_sees_and_learns_what_it_would_have(tmp_path: Path) -> None:
    whole = learn_watched(None)
    first, rest = learn_watched(tmp_path, 2), learn_watched(tmp_path)
    assert len(first.seen) == len(rest.seen) == 6
    assert first.seen + rest.seen == whole.seen
    epochs = [np.concatenate(whole.seen[start : start + 3]).tolist() for start in (0, 3, 6, 9)]
    assert [sorted(one) for one in epochs] == [list(range(80))] * 4
    assert len({tuple(one) for one in epochs}) == 4
    for own, wanted in zip(rest.get_weights(), whole.get_weights(), strict=True):
        assert own == pytest.approx(wanted, abs=1e-6)


def test_pictures_become_rgb_from_0_to_1_and_features_stay() -> None:
    assert as_floats(np.array([0, 255], np.uint8)).tolist() == [0, 1]
    assert as_floats(np.array([0, 255], np.float16)).tolist() == [0, 255]
