"""Pictures are looked at once: what a network says of them is kept, and never mixed up."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from ml.networks import looking
from ml.networks.looking import FeatureCache, look_at, read_ahead
from ml.networks.pixels import Pixels
from ml.networks.training import Folders, TrainedEncoder, train_encoder
from tests.factories import draw

SHA = {pk: f"{pk:02x}" * 32 for pk in range(100)}


def network(seed: int = 0) -> keras.Model:
    """Return a small network with two outputs of 3 and 2 numbers."""
    keras.utils.set_random_seed(seed)
    picture = keras.Input((8, 8, 3), dtype="uint8")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(picture))
    outputs = {"one": keras.layers.Dense(3)(flat), "two": keras.layers.Dense(2)(flat)}
    return keras.Model(picture, outputs)


def square(pk: int) -> Pixels:
    return np.random.default_rng(pk).integers(0, 256, (8, 8, 3), dtype=np.uint8)


def noted(read: list[int]) -> Callable[[int], Pixels]:
    """Return ``square``, with a note of what was read."""

    def read_one(pk: int) -> Pixels:
        read.append(pk)
        return square(pk)

    return read_one


def never(pk: int) -> Pixels:
    raise AssertionError(f"picture {pk} was read again")


def test_it_works() -> None:
    seen = network()
    used, values = look_at(range(70), square, seen)
    assert used == list(range(70))
    expected = seen.predict(np.stack([square(pk) for pk in range(70)]), verbose=0)
    for name, numbers in (("one", 3), ("two", 2)):
        assert values[name].shape == (70, numbers)
        assert values[name] == pytest.approx(expected[name], abs=2e-3)


def test_what_was_seen_is_not_read_again(tmp_path: Path) -> None:
    seen = network()
    _, before = look_at(range(40), square, seen, FeatureCache(tmp_path, seen, "art", SHA))
    again = FeatureCache(tmp_path, network(), "art", SHA)
    used, after = look_at(range(40), never, seen, again)
    assert used == list(range(40))
    assert {name: part.tobytes() for name, part in after.items()} == {
        name: part.tobytes() for name, part in before.items()
    }
    read: list[int] = []
    used, values = look_at(range(30, 50), noted(read), seen, again)
    assert sorted(read) == list(range(40, 50))
    assert values["one"][:10].tobytes() == before["one"][30:40].tobytes()


def test_other_weights_and_other_pictures_are_looked_at_anew(tmp_path: Path) -> None:
    first, second = network(1), network(2)
    look_at(range(3), square, first, FeatureCache(tmp_path, first, "art", SHA))
    _, values = look_at(range(3), square, second, FeatureCache(tmp_path, second, "art", SHA))
    expected = second.predict(np.stack([square(pk) for pk in range(3)]), verbose=0)
    assert values["one"] == pytest.approx(expected["one"], abs=2e-3)
    changed = dict.fromkeys(range(3), "f" * 64)
    cache = FeatureCache(tmp_path, second, "art", changed)
    assert cache.get(0) is None


def test_what_nobody_needs_is_dropped(tmp_path: Path) -> None:
    first, second = network(1), network(2)
    for name in ("art", "jewelry"):
        look_at(range(4), square, first, FeatureCache(tmp_path, first, name, SHA))
    look_at(range(2), square, second, FeatureCache(tmp_path, second, "art", {0: SHA[0], 1: SHA[1]}))
    left = sorted(path.relative_to(tmp_path).parts[0] for path in tmp_path.glob("*/*/*.npy"))
    assert [name.split("-")[0] for name in left] == ["art"] * 2 + ["jewelry"] * 4


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-4]),
        lambda path: path.write_bytes(b"no array at all, but long enough to be one" * 9),
        lambda path: np.save(path, np.zeros(7, np.float16)),
        lambda path: np.save(path, np.zeros(5, np.float64)),
        lambda path: path.unlink(),
    ],
    ids=["empty", "cut", "text", "longer", "double", "gone"],
)
def test_a_broken_file_is_made_anew(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    seen = network()
    _, before = look_at(range(2), square, seen, FeatureCache(tmp_path, seen, "art", SHA))
    (path,) = tmp_path.glob(f"*/*/{SHA[1]}.npy")
    spoil(path)
    cache = FeatureCache(tmp_path, seen, "art", SHA)
    _, after = look_at(range(2), square, seen, cache)
    assert after["two"].tobytes() == before["two"].tobytes()
    assert cache.get(1) is not None


@pytest.mark.parametrize("broken", [{0}, {31, 32}, set(range(32)), set(range(64, 70))])
def test_what_cannot_be_read_is_left_out(broken: set[int]) -> None:
    def load(pk: int) -> Pixels | None:
        return None if pk in broken else square(pk)

    used, values = look_at(range(70), load, network())
    assert used == [pk for pk in range(70) if pk not in broken]
    assert len(values["one"]) == len(used)
    assert values["one"][-1] == pytest.approx(look_at([used[-1]], square, network())[1]["one"][0])


def test_nothing_readable_gives_nothing() -> None:
    used, values = look_at([], square, network())
    assert used == []
    assert values["one"].shape == (0, 3)


def test_reading_stays_one_batch_ahead() -> None:
    read: list[int] = []
    batches = read_ahead(range(200), noted(read))
    first = next(batches)
    assert [pk for pk, _ in first] == list(range(looking.BATCH))
    next(batches)
    assert max(read) < 3 * looking.BATCH


def test_a_training_from_the_cache_is_the_same(tmp_path: Path, shared: Path) -> None:
    pictures = {pk: np.asarray(draw(pk)) for pk in range(16)}

    def train(load: Callable[[int], Pixels]) -> TrainedEncoder:
        return train_encoder(
            range(16),
            load,
            {pk: ["abstract", "water"][pk % 2] for pk in range(16)},
            department="art",
            backbone="mobilenet_v2",
            sha256=SHA,
            folders=Folders(cache=tmp_path),
        )

    first, again = train(pictures.__getitem__), train(never)
    assert again.metrics == first.metrics
    one, other = (t.encoder().encode([pictures[3]]) for t in (first, again))
    assert one.vectors == pytest.approx(other.vectors, abs=1e-6)
