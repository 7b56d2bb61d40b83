"""Learning labels from vectors, look-alikes kept together where it is measured."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ml.networks.heads import (
    Labelled,
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
    assert sure_from(probabilities, np.ones(20_000, int)) == 1
    assert sure_from(probabilities, (sure > 0.6).astype(int)) == 1


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
