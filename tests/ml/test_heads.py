"""Learning labels from vectors, look-alikes kept together where it is measured."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ml.networks.heads import learn_labels, look_alikes

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


def test_it_works() -> None:
    names, head, report = learn_labels(range(40), vectors(), labels(), {}, 0)
    assert names == ("city", "water")
    assert head is not None
    assert report["accuracy"] == 1
    assert report["confusion"]["counts"] == [[20, 0], [0, 20]]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_softmax_of_the_head_is_what_scikit_learn_predicts(count: int) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(60, 16)).astype(np.float32)
    truth = [f"label {number % count}" for number in range(60)]
    names, head, _ = learn_labels(range(60), features, dict(enumerate(truth)), {}, 0)
    assert head is not None
    assert len(names) == len(head.coef_) == len(head.intercept_) == count
    scores = np.exp(features @ head.coef_.T + head.intercept_)
    expected = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced", random_state=0)
    expected.fit(features, truth)
    assert list(names) == list(expected.classes_)
    assert scores / scores.sum(axis=1, keepdims=True) == pytest.approx(
        expected.predict_proba(features), abs=1e-4
    )


def test_labels_at_random_are_not_found() -> None:
    random = np.random.default_rng(0)
    shuffled = dict(zip(range(200), random.permutation([*NAMES] * 100), strict=True))
    _, _, report = learn_labels(range(200), vectors(200), shuffled, {}, 0)
    assert 0.3 < report["accuracy"] < 0.7


def test_copies_are_not_learnt_by_heart() -> None:
    # Twenty pictures, each there twice, labelled at random: told apart only by knowing the copy.
    random = np.random.default_rng(1)
    single = random.normal(size=(20, 200)).astype(np.float32)
    doubled = np.repeat(single / np.linalg.norm(single, axis=1, keepdims=True), 2, axis=0)
    given = {number: NAMES[number // 2 % 2] for number in range(40)}
    hashes = {number: int(code) for number, code in enumerate(np.repeat(random_hashes(20), 2))}
    _, _, naive = learn_labels(range(40), doubled, given, {}, 0)
    _, _, grouped = learn_labels(range(40), doubled, given, hashes, 0)
    assert naive["accuracy"] > 0.9
    assert grouped["accuracy"] < 0.8


def test_a_label_of_seven_pictures_is_not_learnt() -> None:
    given = {**labels(32), **dict.fromkeys(range(32, 39), "animal")}
    names, _, report = learn_labels(range(40), vectors(), given, {}, 0)
    assert names == ("city", "water")
    assert report["label_count"] == 32


def test_one_label_is_not_learnt() -> None:
    names, head, report = learn_labels(
        range(40), vectors(), dict.fromkeys(range(40), "city"), {}, 0
    )
    assert (names, head) == ((), None)
    assert report["accuracy"] is None
    assert "at least two labels are needed" in report["unlabelled_reason"]


@pytest.mark.parametrize("label", [0, 1])
def test_a_label_of_look_alikes_is_learnt_but_not_measured(label: int) -> None:
    apart = random_hashes(40)
    hashes = {number: 0 if number % 2 == label else int(apart[number]) for number in range(40)}
    names, head, report = learn_labels(range(40), vectors(), labels(), hashes, 0)
    assert names == ("city", "water")
    assert head is not None
    assert report["accuracy"] is None
    assert "look-alikes" in report["unlabelled_reason"]


def test_few_groups_are_measured_in_fewer_folds() -> None:
    far = [0, 0xFFFF, 0xFFFF0000, 0xFFFF00000000]
    hashes = {number: far[number % 4] for number in range(40)}
    _, _, report = learn_labels(range(40), vectors(), labels(), hashes, 0)
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
