"""Which vectors tell most, and which look alike; how many more labels are advised. No database."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.advice import advise, expected_recall
from ml.choosing import farthest_first, look_alikes, most_telling, nearest_known

Numbers = NDArray[np.float32]


def at(*degrees: float) -> Numbers:
    """Return unit vectors in a plane."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def ones(count: int) -> Numbers:
    return np.ones(count, np.float32)


def test_the_farthest_comes_first_then_the_farthest_from_both() -> None:
    vectors = at(10, 170, 100, 160)
    distances = nearest_known(vectors, at(0))
    assert distances == pytest.approx(1 - np.cos(np.radians([10, 170, 100, 160])), abs=1e-6)
    assert farthest_first(vectors, ones(4), distances, 4) == [1, 2, 0, 3]


def test_weights_bring_forward() -> None:
    vectors, distances = at(30, 90), ones(2)
    assert farthest_first(vectors, np.array([0.2, 0.3], np.float32), distances, 1) == [1]
    assert farthest_first(vectors, np.array([0.4, 0.3], np.float32), distances, 1) == [0]


def test_all_are_chosen_once_however_alike() -> None:
    assert sorted(farthest_first(at(5, 5, 5), ones(3), ones(3), 9)) == [0, 1, 2]


def test_it_is_told_what_was_chosen_for_its_distance() -> None:
    vectors, known = at(20, 22, 90), at(0)
    unsure = np.array([0.7, 0.3, 0.05], np.float32)
    assert most_telling(vectors, unsure, known, 2) == [(2, True), (0, False)]
    assert most_telling(vectors, unsure, known, 1, far=1.1) == [(2, False)]
    assert most_telling(at()[:0], ones(0), known, 3) == []


def test_groups_hold_what_is_near_on_average() -> None:
    vectors = at(0, 90, 4, 94, 2, 40)
    assert [sorted(group) for group in look_alikes(vectors, 0.05)] == [[0, 2, 4], [5], [1, 3]]
    assert [sorted(group) for group in look_alikes(vectors, 2.0)] == [[0, 1, 2, 3, 4, 5]]
    assert len(look_alikes(vectors, 0.0)) == 6
    assert look_alikes(at(3), 0.1) == [[0]]
    assert look_alikes(at()[:0], 0.1) == []


def test_many_groups_start_with_the_largest() -> None:
    random = np.random.default_rng(0)
    groups = look_alikes(at(*random.uniform(0, 120, 200)), 0.002)
    assert len(groups) > 10
    assert len(groups[0]) == max(map(len, groups))
    assert sorted(row for group in groups for row in group) == list(range(200))


def curve(*points: tuple[int, float], width: float = 0.1) -> list[list[float]]:
    return [[count, recall, recall - width / 2, recall + width / 2] for count, recall in points]


def test_recall_is_expected_along_a_power_of_the_number_of_labels() -> None:
    points = [(n, 1 - 2 * n**-0.4, 1 - 2 * n**-0.4, 1 - 2 * n**-0.4) for n in (20, 40, 60, 80)]
    assert expected_recall(points, 160) == pytest.approx(1 - 2 * 160**-0.4)


def test_a_curve_that_falls_is_not_expected_to_go_on_falling() -> None:
    points = [(20, 0.8, 0.75, 0.85), (80, 0.7, 0.65, 0.75)]
    assert expected_recall(points, 1000) == pytest.approx(expected_recall(points, 20))


def test_no_curve_is_expected_to_rise_faster_than_any() -> None:
    points = [(20, 0.2, 0.19, 0.21), (40, 0.9, 0.89, 0.91)]
    missed = 1 - expected_recall(points, 40)
    assert 1 - expected_recall(points, 160) == pytest.approx(missed / 2)


def test_more_labels_are_advised_where_they_help() -> None:
    rising = curve((13, 0.45), (26, 0.55), (39, 0.60), (52, 0.64))
    advice = advise("botanical", 65, rising)
    assert advice.text == (
        "About 30 more botanical would bring the share found from 66\u00a0% to 70\u00a0%."
    )
    assert advice.labelled == 65
    assert advice.curve[-1] == pytest.approx((52, 0.64, 0.59, 0.69))


@pytest.mark.parametrize(
    ("labelled", "points", "text"),
    [
        (0, [], "Too few to say: a label is learnt from 8 pictures on. Label 8 more water."),
        (30, [], "Not measured: train a new version, which learns water from 30 pictures."),
        (
            12,
            curve(
                (
                    3,
                    0.4,
                ),
                (10, 0.5),
                width=0.5,
            ),
            "Too few to say: the model finds somewhere from 25\u00a0% to 75\u00a0% of water. "
            "Label about 20 more.",
        ),
        (
            50,
            curve((40, 0.8)),
            "The model finds 80\u00a0% of water (75\u00a0% to 85\u00a0%); what more labels bring "
            "was not measured.",
        ),
        (
            100,
            curve((20, 0.9), (80, 0.9)),
            "More labels would hardly help: the model finds about 90\u00a0% of water, with "
            "twice as many labels 90\u00a0%.",
        ),
    ],
)
def test_what_is_said_where_no_number_can_be(
    labelled: int, points: list[list[float]], text: str
) -> None:
    assert advise("water", labelled, points).text == text
