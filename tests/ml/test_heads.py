"""Learning labels from vectors, look-alikes kept together where it is measured."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ml.networks.heads import (
    Labelled,
    Views,
    calibration_error,
    labelled,
    learn_labels,
    look_alikes,
    sure_from,
    temperature,
)

NAMES = ["city", "water"]


def vectors(count: int = 40, seed: int = 0) -> NDArray[np.float32]:
    """Return unit vectors around two poles: even rows one, odd rows the other."""
    random = np.random.default_rng(seed)
    poles = np.eye(16)[:2]
    drawn = poles[np.arange(count) % 2] + random.normal(scale=0.1, size=(count, 16))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def labels(count: int = 40) -> dict[int, str]:
    return {number: NAMES[number % 2] for number in range(count)}


def random_hashes(count: int) -> NDArray[np.int64]:
    """Return hashes that all differ in more than six bits."""
    hashes = np.random.default_rng(2).integers(-(2**63), 2**63 - 1, count)
    assert len(set(look_alikes(hashes.tolist()))) == count
    return hashes


def learn(
    used: Sequence[int],
    vectors: NDArray[np.float32],
    labels: Mapping[int, str],
    groups: Mapping[int, int],
    seed: int,
) -> tuple[tuple[str, ...], LogisticRegression | None, dict[str, Any]]:
    pictures = labelled(used, labels, groups)
    head, report = learn_labels(pictures, vectors, seed)
    return pictures.names if isinstance(pictures, Labelled) else (), head, report


def test_it_works() -> None:
    names, head, report = learn(range(40), vectors(), labels(), {}, 0)
    assert names == ("city", "water")
    assert head is not None
    assert report["accuracy"] == 1
    assert report["confusion"]["counts"] == [[20, 0], [0, 20]]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_softmax_of_the_head_is_what_scikit_learn_predicts(count: int) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(60, 16)).astype(np.float32)
    truth = [f"label {number % count}" for number in range(60)]
    names, head, report = learn(range(60), features, dict(enumerate(truth)), {}, 0)
    assert head is not None
    assert len(names) == len(head.coef_) == len(head.intercept_) == count
    # Before its calibration.
    scores = np.exp((features @ head.coef_.T + head.intercept_) * report["temperature"])
    expected = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced", random_state=0)
    expected.fit(features, truth)
    assert list(names) == list(expected.classes_)
    assert scores / scores.sum(axis=1, keepdims=True) == pytest.approx(
        expected.predict_proba(features), abs=1e-4
    )


def test_guesses_are_told_by_picture() -> None:
    ids = range(100, 140)
    given = {100 + number: name for number, name in labels().items()}
    _, _, report = learn(ids, vectors(), given, {}, 0)
    assert report["guesses"] == {str(pk): name for pk, name in given.items()}


def test_how_sure_it_was_of_each_guess_is_told_by_picture() -> None:
    random = np.random.default_rng(4)
    features = np.concatenate([vectors(38), random.normal(size=(2, 16)) / 4]).astype(np.float32)
    _, _, report = learn(range(40), features, labels(), {}, 0)
    sure = report["probabilities"]
    assert set(sure) == set(report["guesses"])
    assert all(0.5 <= one <= 1 for one in sure.values())
    # Of the two that lie nowhere it is less sure than of any other.
    assert {"38", "39"} == set(sorted(sure, key=lambda pk: sure[pk])[:2])
    of_city = [sure[pk] for pk, name in report["guesses"].items() if name == "city"]
    assert report["self_confidence"]["city"] == pytest.approx(np.mean(of_city), abs=0.05)


def test_fewer_labels_are_learnt_from_to_see_what_they_bring() -> None:
    random = np.random.default_rng(5)
    # As many directions that say nothing as there are pictures to learn from at last.
    hard = random.normal(size=(200, 160)).astype(np.float32)
    hard[:, 0] += np.where(np.arange(200) % 2, 2.5, -2.5)
    _, _, report = learn(range(200), hard, labels(200), {}, 0)
    for row, name in enumerate(NAMES):
        curve = report["label_curve"][name]
        assert [count for count, *_ in curve] == [20, 40, 60, 80]
        # The last point is what the confusion matrix says of the label.
        assert curve[-1][1:] == [
            report["confusion"]["right"][row],
            *report["confusion"]["intervals"][row],
        ]
        assert all(low <= share <= high for _, share, low, high in curve)
    first, last = (
        np.mean([curve[point][1] for curve in report["label_curve"].values()]) for point in (0, -1)
    )
    assert first < last


def test_less_is_part_of_more_and_tests_stay() -> None:
    pictures = labelled(range(60), labels(60), {})
    assert isinstance(pictures, Labelled)
    folds = pictures.folds(0)
    some, more = pictures.thinned(folds, 0.25, 0), pictures.thinned(folds, 0.5, 0)
    for (train, test), (few, same), (half, _) in zip(folds, some, more, strict=True):
        assert test.tolist() == same.tolist()
        assert set(few) < set(half) < set(train)
        assert np.bincount(pictures.truth[few]).tolist() == [6, 6]


def test_overconfidence_is_cooled_down() -> None:
    """Where guesses are right as often as not, a head must not be sure of them."""
    random = np.random.default_rng(4)
    features = random.normal(size=(300, 64)).astype(np.float32)
    given = {number: NAMES[random.integers(2)] for number in range(300)}
    _, _, report = learn(range(300), features, given, {}, 0)
    assert report["temperature"] > 3
    assert report["calibration_error"] < 0.1 < report["calibration_error_before"]


def test_temperature_finds_what_logits_were_multiplied_by() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(scale=2, size=(20_000, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (random.random((20_000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    assert temperature(4 * logits, truth) == pytest.approx(4, rel=0.05)
    assert calibration_error(chances, truth) < 0.02


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    # Sure to 0.9 and right half of the time; sure to 0.6 and right always.
    error = calibration_error(probabilities, np.array([0, 1, 1, 1]))
    assert error == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)


def test_it_is_sure_from_where_nine_of_ten_were_right() -> None:
    random = np.random.default_rng(1)
    sure = random.uniform(0.5, 1, 20_000)
    probabilities = np.stack([sure, 1 - sure], axis=1)
    # Right as often as it says.
    truth = (random.random(20_000) > sure).astype(int)
    assert sure_from(probabilities, truth) == pytest.approx(0.9, abs=0.04)
    # Always right, never right, and right only where it is least sure.
    assert sure_from(probabilities, np.zeros(20_000, int)) == pytest.approx(0.5, abs=0.01)
    assert sure_from(probabilities, np.ones(20_000, int)) is None
    assert sure_from(probabilities, (sure > 0.6).astype(int)) is None


@pytest.mark.parametrize(("count", "sure"), [(8, False), (30, False), (40, True)])
def test_a_few_right_guesses_are_no_reason_to_be_sure(count: int, sure: bool) -> None:
    probabilities = np.stack([np.ones(count), np.zeros(count)], axis=1)
    measured = sure_from(probabilities, np.zeros(count, int))
    assert measured == (1.0 if sure else None)


def test_pictures_without_a_label_are_learnt_from() -> None:
    random = np.random.default_rng(3)
    kind = random.integers(0, 2, 1_400)
    x = random.normal(size=(1_400, 60)).astype(np.float32)
    x[:, 0] += 3 * kind
    pictures = labelled(range(40), {row: NAMES[kind[row]] for row in range(40)}, {})
    assert isinstance(pictures, Labelled)
    alone, _ = learn_labels(pictures, x[:40], 0)
    helped, measured = learn_labels(pictures, x[:1_000], 0)
    right = []
    for head in (alone, helped):
        assert head is not None
        right.append((x[1_000:] @ head.coef_.T + head.intercept_).argmax(axis=1) == kind[1_000:])
    assert right[1].mean() > right[0].mean()
    # It is measured with them too, on those with a label only.
    assert measured["label_count"] == 40


def shifted(count: int, taught: bool, seed: int = 0) -> tuple[Labelled, np.ndarray, Views]:
    """Return pictures, whose label one number tells at home, another anywhere, and their views."""
    random = np.random.default_rng(seed)
    kind = np.arange(count) % 2
    x = random.normal(size=(count, 20)).astype(np.float32)
    x[:, 0] += 8 * kind
    x[:, 1] += 3 * kind
    of = np.repeat(np.arange(count), 2)
    elsewhere = (x[of] + random.normal(size=(2 * count, 20)) / 4).astype(np.float32)
    elsewhere[:, 0] = random.normal(size=2 * count) * 4
    pictures = labelled(range(count), {row: NAMES[kind[row]] for row in range(count)}, {})
    assert isinstance(pictures, Labelled)
    return pictures, x, Views(of, np.arange(2 * count) % 2 == 0, elsewhere, taught)


def test_what_is_learnt_as_shown_elsewhere_holds_elsewhere() -> None:
    reports = []
    for taught in (False, True):
        pictures, x, views = shifted(120, taught)
        reports.append(learn_labels(pictures, x, 0, views=views)[1])
    assert reports[0]["elsewhere"]["accuracy"] < reports[1]["elsewhere"]["accuracy"] - 0.1
    assert [report["elsewhere"]["label_count"] for report in reports] == [120, 120]
    assert min(report["accuracy"] for report in reports) > 0.85
    assert learn_labels(pictures, x, 0)[1]["elsewhere"] is None


def test_views_of_a_held_out_picture_are_not_learnt_from() -> None:
    """Labels at random can be learnt by heart from a view of the picture itself."""
    random = np.random.default_rng(4)
    x = random.normal(size=(120, 200)).astype(np.float32)
    names = random.permutation([*NAMES] * 60)
    pictures = labelled(range(120), dict(enumerate(map(str, names))), {})
    assert isinstance(pictures, Labelled)
    of = np.arange(120)
    views = Views(of, np.ones(120, bool), x + 0.01, True)
    _, report = learn_labels(pictures, x, 0, views=views)
    assert report["accuracy"] < 0.65
    assert report["elsewhere"]["accuracy"] < 0.65


def test_labels_at_random_are_not_found() -> None:
    random = np.random.default_rng(0)
    shuffled = dict(zip(range(200), random.permutation([*NAMES] * 100), strict=True))
    _, _, report = learn(range(200), vectors(200), shuffled, {}, 0)
    assert 0.3 < report["accuracy"] < 0.7


def test_shops_are_held_out_in_turn() -> None:
    """What a shop's pictures have in common is no label: learnt from others, it helps nobody."""
    random = np.random.default_rng(7)
    shops = np.arange(120) % 3
    features = vectors(120)
    # In two of the shops the backdrop goes with the label, in the third the other way round.
    sign = np.where(shops == 2, -1, 1) * np.where(np.arange(120) // 3 % 2, 1, -1)
    features[:, 5] += 3 * sign
    features[:, :2] = random.normal(size=(120, 2))
    given = {row: NAMES[row // 3 % 2] for row in range(120)}
    pictures = labelled(range(120), given, {}, dict(enumerate(shops.tolist())))
    assert isinstance(pictures, Labelled)
    _, report = learn_labels(pictures, features, 0)
    held_out = report["other_sources"]
    assert held_out["sources"] == 3
    assert held_out["label_count"] == 120
    assert held_out["accuracy"] < 0.4 < 0.6 < report["accuracy"]


def test_look_alikes_of_a_held_out_shop_are_not_learnt_from() -> None:
    hashes = random_hashes(40)
    hashes[20:] = hashes[:20]
    pictures = labelled(
        range(40), labels(), dict(enumerate(hashes.tolist())), {row: row // 20 for row in range(40)}
    )
    assert isinstance(pictures, Labelled)
    assert pictures.folds_by_source() == []


def test_pictures_of_one_product_are_kept_together() -> None:
    """Three views of each of forty pieces, labelled at random: nothing can be learnt."""
    random = np.random.default_rng(9)
    pieces = np.repeat(random.normal(size=(40, 64)), 3, axis=0)
    views = (pieces + random.normal(scale=0.1, size=pieces.shape)).astype(np.float32)
    names = random.permutation(NAMES * 20)
    given = {row: str(names[row // 3]) for row in range(120)}
    hashes = dict(enumerate(random_hashes(120).tolist()))
    apart = labelled(range(120), given, hashes)
    together = labelled(range(120), given, hashes, None, {row: row // 3 for row in range(120)})
    assert learn_labels(apart, views, 0)[1]["accuracy"] > 0.8
    assert learn_labels(together, views, 0)[1]["accuracy"] < 0.7


def test_one_shop_is_not_held_out() -> None:
    _, _, report = learn(range(40), vectors(), labels(), {}, 0)
    assert report["other_sources"] is None


def test_copies_are_not_learnt_by_heart() -> None:
    # Twenty pictures, each there twice, labelled at random: told apart only by knowing the copy.
    random = np.random.default_rng(1)
    single = random.normal(size=(20, 200)).astype(np.float32)
    doubled = np.repeat(single / np.linalg.norm(single, axis=1, keepdims=True), 2, axis=0)
    given = {number: NAMES[number // 2 % 2] for number in range(40)}
    hashes = {number: int(code) for number, code in enumerate(np.repeat(random_hashes(20), 2))}
    _, _, naive = learn(range(40), doubled, given, {}, 0)
    _, _, grouped = learn(range(40), doubled, given, hashes, 0)
    assert naive["accuracy"] > 0.9
    assert grouped["accuracy"] < 0.8


def test_a_label_of_seven_pictures_is_not_learnt() -> None:
    given = {**labels(32), **dict.fromkeys(range(32, 39), "animal")}
    names, _, report = learn(range(40), vectors(), given, {}, 0)
    assert names == ("city", "water")
    assert report["label_count"] == 32


def test_one_label_is_not_learnt() -> None:
    names, head, report = learn(range(40), vectors(), dict.fromkeys(range(40), "city"), {}, 0)
    assert (names, head) == ((), None)
    assert report["accuracy"] is None
    assert "at least two labels are needed" in report["unlabelled_reason"]


@pytest.mark.parametrize("label", [0, 1])
def test_a_label_of_look_alikes_is_learnt_but_not_measured(label: int) -> None:
    apart = random_hashes(40)
    hashes = {number: 0 if number % 2 == label else int(apart[number]) for number in range(40)}
    names, head, report = learn(range(40), vectors(), labels(), hashes, 0)
    assert names == ("city", "water")
    assert head is not None
    assert report["accuracy"] is None
    assert "look-alikes" in report["unlabelled_reason"]


def test_few_groups_are_measured_in_fewer_folds() -> None:
    far = [0, 0xFFFF, 0xFFFF0000, 0xFFFF00000000]
    hashes = {number: far[number % 4] for number in range(40)}
    _, _, report = learn(range(40), vectors(), labels(), hashes, 0)
    assert report["accuracy"] == 1


def test_look_alikes_by_hand() -> None:
    hashes = [0b0, 0b111111, 0b1111111, -1, -2]
    first, second, third, fourth, fifth = look_alikes(hashes)
    # Six bits apart belong together, and so does what is six bits from one of them.
    assert first == second == third
    assert fourth == fifth != first


def test_seven_bits_apart_are_two_pictures() -> None:
    assert len(set(look_alikes([0, 0b1111111]))) == 2


def test_chains_that_meet_late_are_one_group() -> None:
    # The first and the second have nothing to do with one another but through the third.
    assert len(set(look_alikes([0, 0b111111111111, 0b111111]))) == 1
