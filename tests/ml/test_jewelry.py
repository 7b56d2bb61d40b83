"""The jewelry seed's networks: pairs found and cut in two, types told, a shape for each type."""

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from ml.networks.encoder import load_artifact
from ml.networks.jewelry import build_classifier, piece_boxes, pieces_of, with_pieces
from ml.networks.lessons import predicted
from ml.networks.pixels import Pixels
from ml.networks.training import Progress, train_encoder


def ground(size: int = 100, shade: int = 245) -> Pixels:
    return np.full((size, size, 3), shade, np.uint8)


def hoop(square: Pixels, x: int, y: int, radius: int) -> None:
    cv2.circle(square, (x, y), radius, (160, 120, 40), 4)


def drop(square: Pixels, x: int, y: int, height: int) -> None:
    cv2.ellipse(square, (x, y), (height // 4, height // 2), 0, 0, 360, (90, 90, 110), -1)


def test_a_pair_is_cut_in_two() -> None:
    square = ground()
    drop(square, 28, 50, 60)
    drop(square, 72, 46, 60)
    left, right = piece_boxes(square)
    assert left == pytest.approx((13, 20, 31, 61), abs=4)
    assert right == pytest.approx((57, 16, 31, 61), abs=4)
    pieces = pieces_of(square)
    assert [piece.shape for piece in pieces] == [(100, 100, 3)] * 2
    assert all(piece.dtype == np.uint8 for piece in pieces)
    # Each alone in the middle, on its ground.
    for piece in pieces:
        assert piece[50, 50].tolist() == pytest.approx([90, 90, 110], abs=10)
        assert (piece[:, :8] > 230).all()


def test_two_boxes_of_the_same_size_stay_two() -> None:
    """The seed looked boxes up by their size, and took equal ones for one."""
    square = ground()
    hoop(square, 25, 50, 20)
    hoop(square, 75, 50, 20)
    left, right = piece_boxes(square)
    assert left[2:] == right[2:]
    assert left[0] + left[2] < right[0]
    first, second = pieces_of(square)
    assert np.abs(first.astype(int) - second).mean() < 3


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_outlines_are_no_pair(count: int) -> None:
    square = ground()
    if count:
        hoop(square, 50, 50, 30)
    assert len(piece_boxes(square)) == count
    assert pieces_of(square) == []


def test_a_speck_beside_a_piece_is_no_second_one() -> None:
    square = ground()
    drop(square, 30, 50, 70)
    cv2.circle(square, (80, 20), 1, (0, 0, 0), -1)
    cv2.circle(square, (80, 80), 6, (0, 0, 0), -1)
    assert len(piece_boxes(square)) == 1


def test_a_stone_within_a_ring_is_no_second_one() -> None:
    square = ground()
    hoop(square, 50, 50, 40)
    cv2.circle(square, (50, 50), 28, (40, 40, 90), -1)
    assert len(piece_boxes(square)) == 1


def test_of_three_the_two_largest_are_the_pair() -> None:
    square = ground(200)
    for x, height in ((40, 120), (100, 60), (160, 118)):
        drop(square, x, 100, height)
    assert [box[0] for box in piece_boxes(square)] == pytest.approx([10, 130], abs=5)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_plain_picture_has_no_piece(shade: int) -> None:
    assert piece_boxes(ground(shade=shade)) == []
    assert pieces_of(ground(1, shade)) == []


def test_noise_is_cut_without_failing() -> None:
    for seed in range(20):
        noise = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        for left, top, width, height in piece_boxes(noise):
            assert 0 <= left < left + width <= 64
            assert 0 <= top < top + height <= 64
        assert len(pieces_of(noise)) in (0, 2)


def drawn(number: int) -> Pixels:
    """Return a hoop pair for even numbers, a chain for odd ones."""
    random = np.random.default_rng(number)
    square = ground()
    x, y, size = (int(random.integers(*limits)) for limits in ((24, 30), (42, 58), (12, 20)))
    if number % 2:
        cv2.ellipse(square, (50, y - 10), (40, size * 2), 0, 0, 180, (200, 170, 60), 3)
    else:
        hoop(square, x, y, size)
        hoop(square, 100 - x, y, size)
    return square


def test_a_classifier_learns_what_can_be_learnt() -> None:
    keras.utils.set_random_seed(0)
    squares = np.stack([drawn(number) for number in range(60)])
    truth = np.arange(60) % 2
    classifier = build_classifier(2)
    history = classifier.fit(with_pieces(squares[:40], truth[:40], 0), epochs=20, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert (predicted(classifier, squares[40:]).argmax(axis=1) == truth[40:]).mean() > 0.9


def test_a_pair_is_shown_whole_and_in_pieces() -> None:
    squares = np.stack([drawn(number) for number in range(4)])
    batches = with_pieces(squares, np.array([0, 1, 0, 1]), 0)
    assert len(batches) == 1
    given, truth, weights = batches[0]
    # Two pairs of hoops are four pieces more.
    assert given.shape == (8, 100, 100, 3)
    assert sorted(truth) == [0] * 6 + [1] * 2
    # Rare labels weigh as much as common ones.
    assert weights[truth == 0].sum() == pytest.approx(weights[truth == 1].sum())


@pytest.mark.parametrize("labels", [2, 3])
def test_each_type_has_a_shape_of_its_own(labels: int, tmp_path: Path) -> None:
    """A new type needs a label and pictures, no code."""
    names = ["earrings", "necklaces", "brooches"][:labels]

    def picture(number: int) -> Pixels:
        if number % labels == 2:
            square = ground()
            cv2.rectangle(square, (30, 20 + number // 3), (70, 80), (30, 140, 60), -1)
            return square
        return drawn(2 * (number // labels) + number % labels)

    count = 16 * labels
    told: list[Progress] = []
    trained = train_encoder(
        range(count),
        picture,
        {number: names[number % labels] for number in range(count)},
        department="jewelry",
        backbone="types",
        epochs=10,
        on_progress=told.append,
    )
    assert set(trained.label_names) == set(names)
    assert [one.done for one in told] == sorted(one.done for one in told)
    texts = [one.text for one in told]
    assert texts.index("Measuring, 5 of 5") < texts.index(f"Learning the shapes of {names[0]}")
    pictures = [picture(number) for number in range(count)]
    encoding = trained.encoder().encode(pictures)
    assert encoding.probabilities is not None
    assert encoding.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    likeliest = encoding.probabilities.argmax(axis=1)
    truth = [trained.label_names.index(names[number % labels]) for number in range(count)]
    assert (likeliest == truth).mean() > 0.9
    # Too few to be sure of two or three, all right.
    sure = trained.metrics["sure_from"]
    assert sure is None or 0 < sure <= 1
    sha256 = trained.save(tmp_path / "model", metrics={})
    again = load_artifact(tmp_path / "model", expected_sha256=sha256).encode(pictures)
    assert again.vectors == pytest.approx(encoding.vectors, abs=1e-5)
    assert again.probabilities == pytest.approx(encoding.probabilities, abs=1e-5)
