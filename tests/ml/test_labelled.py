"""Which labelled pictures are learnt from, and which are kept apart where it is measured."""

import numpy as np
import pytest

from ml.networks.heads import (
    Labelled,
    _unlabelled,
    labelled,
    learn_labels,
    look_alikes,
    temperature,
)

NAMES = ["city", "water"]


def taken(labels: dict[int, str], **given: dict[int, int]) -> Labelled:
    pictures = labelled(range(max(labels) + 1), labels, given.pop("groups", {}), **given)
    assert isinstance(pictures, Labelled)
    return pictures


def test_a_label_is_learnt_from_eight_pictures_on() -> None:
    given = {row: NAMES[row % 2] for row in range(32)}
    assert taken({**given, **dict.fromkeys(range(32, 39), "animal")}).names == ("city", "water")
    eight = taken({**given, **dict.fromkeys(range(32, 40), "animal")})
    assert eight.names == ("animal", "city", "water")
    assert eight.rows.tolist() == list(range(40))
    assert [eight.names[one] for one in eight.truth[[0, 1, 32]]] == ["city", "water", "animal"]


def test_pieces_whose_pictures_look_alike_are_kept_together() -> None:
    """Two views of each piece, of which one may look like another piece's."""
    apart = np.random.default_rng(2).integers(-(2**63), 2**63 - 1, 40)
    assert len(set(look_alikes(apart.tolist()))) == 40
    # The second view of piece 0 is the first one of piece 1, whose second is that of piece 2.
    apart[2], apart[4] = apart[1], apart[3]
    groups = dict(enumerate(map(int, apart)))
    pieces = {row: row // 2 for row in range(40)}
    pictures = taken(
        {row: NAMES[row // 2 % 2] for row in range(40)}, groups=groups, products=pieces
    )
    assert len(set(pictures.twins[:6])) == 1
    assert len(set(pictures.twins)) == 18
    for train, test in pictures.folds(0):
        assert not set(pictures.twins[train]) & set(pictures.twins[test])
        assert sorted([*train, *test]) == list(range(40))


def test_a_shop_of_seven_pictures_is_not_held_out() -> None:
    random = np.random.default_rng(0)
    for few, shops in ((7, 2), (8, 3)):
        count = 40 + few
        shown = {row: min(row // 20, 2) for row in range(count)}
        pictures = taken({row: NAMES[row % 2] for row in range(count)}, sources=shown)
        assert len(pictures.folds_by_source()) == shops
        x = random.normal(size=(count, 8)).astype(np.float32)
        held_out = learn_labels(pictures, x, 0)[1]["other_sources"]
        assert (held_out["sources"], held_out["label_count"]) == (shops, 20 * 2 + few * (few > 7))


def test_a_large_shop_among_small_ones_is_not_held_out() -> None:
    """What it would be measured against is one shop: that is none of several."""
    pictures = taken(
        {row: NAMES[row % 2] for row in range(40)}, sources={row: row // 33 for row in range(40)}
    )
    assert len(pictures.folds_by_source()) == 1
    x = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    assert learn_labels(pictures, x, 0)[1]["other_sources"] is None


def test_what_the_other_shops_do_not_have_is_taken_for_what_they_have() -> None:
    """A label of one shop cannot be found there by who learnt from the others."""
    names = [*NAMES * 20, *["animal"] * 10, *NAMES * 5]
    pictures = taken(dict(enumerate(names)), sources={row: row // 20 for row in range(60)})
    x = np.eye(3)[pictures.truth].astype(np.float32)
    x += np.random.default_rng(0).normal(scale=0.1, size=x.shape).astype(np.float32)
    confusion = learn_labels(pictures, x, 0)[1]["other_sources"]["confusion"]
    assert confusion["labels"] == ["animal", "city", "water"]
    assert [row[0] for row in confusion["counts"]] == [0, 0, 0]
    assert [row[row_number] for row_number, row in enumerate(confusion["counts"])] == [0, 25, 25]


def test_of_many_pictures_without_a_label_some_of_everywhere_are_learnt_from() -> None:
    pictures = taken({row: NAMES[row % 2] for row in range(40)})
    vectors = np.arange(9_040, dtype=np.float32)[:, None]
    some = _unlabelled(pictures, vectors)[:, 0]
    assert 1_000 < len(some) <= 2_000
    assert some.min() == 40
    assert some.max() > 9_000
    assert set(np.diff(some)) == {5}
    assert _unlabelled(pictures, vectors[:100])[:, 0].tolist() == list(range(40, 100))


@pytest.mark.parametrize("count", [2, 3])
def test_a_head_is_as_sure_of_new_pictures_as_it_is_right(count: int) -> None:
    random = np.random.default_rng(6)
    truth = random.integers(0, count, 4_400)
    x = np.eye(8)[truth] + random.normal(scale=0.8, size=(4_400, 8))
    pictures = taken({row: f"label {truth[row]}" for row in range(400)})
    head, _ = learn_labels(pictures, x[:400].astype(np.float32), 0)
    assert head is not None
    said = x[400:] @ head.coef_.T + head.intercept_
    assert temperature(said, truth[400:]) == pytest.approx(1, abs=0.3)
