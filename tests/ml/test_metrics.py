"""Measures against scikit-learn and against what a hand can compute."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from ml.networks.metrics import companions_report, label_report, rank_measures, wilson_interval

NAMES = ["abstract", "city", "water"]


def directions(*degrees: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    radians = np.deg2rad(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def test_it_works() -> None:
    random = np.random.default_rng(0)
    truth = [str(name) for name in random.choice(NAMES, 60)]
    guesses = [str(name) for name in random.choice(NAMES, 60)]
    report = label_report(truth, guesses, NAMES)
    assert report["accuracy"] == pytest.approx(accuracy_score(truth, guesses))
    assert report["macro_f1"] == pytest.approx(f1_score(truth, guesses, average="macro"))
    expected = confusion_matrix(truth, guesses, labels=NAMES).tolist()
    assert report["confusion"]["labels"] == NAMES
    assert report["confusion"]["counts"] == expected
    for row, (right, (low, high)) in enumerate(
        zip(report["confusion"]["right"], report["confusion"]["intervals"], strict=True)
    ):
        assert right == expected[row][row] / sum(expected[row])
        assert (low, high) == wilson_interval(expected[row][row], sum(expected[row]))
    assert report["label_count"] == 60


def test_four_pictures_by_hand() -> None:
    report = label_report(
        ["city", "city", "city", "water"], ["city", "city", "water", "water"], NAMES
    )
    assert report["accuracy"] == 0.75
    # City: precision 1, recall 2/3; water: precision 1/2, recall 1; nobody asked for abstract.
    assert report["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert report["confusion"]["counts"] == [[0, 0, 0], [0, 2, 1], [0, 0, 1]]


def test_a_label_never_guessed_counts_as_nought() -> None:
    report = label_report(["city", "water"], ["city", "city"], NAMES)
    assert report["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


@pytest.mark.parametrize(("truth", "guesses"), [([], []), (["city"], []), (["city"], NAMES)])
def test_lists_that_do_not_fit_are_refused(truth: list[str], guesses: list[str]) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        label_report(truth, guesses, NAMES)


@pytest.mark.parametrize(
    ("right", "count", "interval"),
    [(8, 10, (0.4902, 0.9433)), (0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (0, 0, (0, 1))],
)
def test_wilson_by_hand(right: int, count: int, interval: tuple[float, float]) -> None:
    assert wilson_interval(right, count) == pytest.approx(interval, abs=1e-4)


def test_the_interval_lies_around_the_share() -> None:
    report = label_report(["city"] * 9 + ["water"], ["city"] * 10, NAMES)
    low, high = report["accuracy_interval"]
    assert 0 < low < report["accuracy"] < high < 1


def test_companions_by_hand() -> None:
    # Of 0 the companion (20 degrees) comes after 10; of 20 the companion comes after 10 as well.
    report = companions_report([("s", 0), ("s", 2)], directions(0, 10, 20, 90))
    assert report == {"hit_at_3": 1, "hit_at_10": 1, "mrr": 0.5, "companion_count": 2}


def test_the_nearest_companion_counts() -> None:
    report = companions_report([("s", 0), ("s", 1), ("s", 2)], directions(0, 5, 170, 20))
    # 0 and 5 have each other; before 170's nearest companion, 5, comes only 20.
    assert report["mrr"] == pytest.approx((1 + 1 + 1 / 2) / 3)


def test_series_are_apart() -> None:
    report = companions_report([("s", 0), ("s", 1), ("t", 2), ("t", 3)], directions(0, 80, 1, 81))
    # The other series' pictures come before one's own companion: ranks 2, 3, 3, 2.
    assert report["hit_at_3"] == 1
    assert report["mrr"] == pytest.approx((1 / 2 + 1 / 3 + 1 / 3 + 1 / 2) / 4)


def test_ties_count_against_us() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6], [0.8, 0.6], [0.8, -0.6]], np.float32)
    report = companions_report([("s", 0), ("s", 1)], vectors)
    # Four pictures are as near to the first as its companion, which counts as the last of them.
    # To the second, its twin (row 3) is nearer than the first.
    assert report["hit_at_3"] == 0.5
    assert report["mrr"] == pytest.approx((1 / 4 + 1 / 2) / 2)


def test_a_gallery_of_one_vector_earns_nothing() -> None:
    report = companions_report([("s", 0), ("s", 1)], np.full((20, 4), 0.5, np.float32))
    assert (report["hit_at_3"], report["hit_at_10"], report["mrr"]) == (0, 0, 1 / 19)


def test_a_picture_alone_in_its_series_is_left_out() -> None:
    report = companions_report([("s", 0), ("s", 1), ("alone", 2)], directions(0, 5, 9))
    assert report["companion_count"] == 2


def test_a_picture_is_not_its_own_companion() -> None:
    report = companions_report([("s", 0), ("s", 0)], directions(0, 5))
    assert report["companion_count"] == 0


def test_nothing_to_rank() -> None:
    assert rank_measures([]) == {"hit_at_3": None, "hit_at_10": None, "mrr": None}


def test_ranks_by_hand() -> None:
    measures = rank_measures([1, 3, 4, 10, 11])
    assert measures["hit_at_3"] == 2 / 5
    assert measures["hit_at_10"] == 4 / 5
    assert measures["mrr"] == pytest.approx((1 + 1 / 3 + 1 / 4 + 1 / 10 + 1 / 11) / 5)
