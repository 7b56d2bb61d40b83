import math
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.layout import (
    ARRANGEMENTS,
    CENTRE_LINE_CM,
    COMFORTABLE_HEIGHT_CM,
    MARGIN_CM,
    MAX_MATCHES,
    SIDE_MARGIN_CM,
    WALL_HEIGHT_CM,
    Layout,
    Piece,
    Rect,
    arrange,
    arrange_all,
    borders,
    frame_outer_size,
    print_size,
)

NEAR = 1e-6
SIDES = st.one_of(st.sampled_from([21.0, 30.0, 40.0, 54.0, 64.0]), st.floats(5, 120))
ANY_SIDE = st.one_of(SIDES, st.floats(0.5, 400))
arrangements = st.sampled_from(ARRANGEMENTS)


def pieces(
    side: st.SearchStrategy[float], most: int = MAX_MATCHES
) -> st.SearchStrategy[list[Piece]]:
    sizes = st.lists(st.tuples(side, side), min_size=1, max_size=most + 1)
    return sizes.map(lambda pairs: [Piece(key, *pair) for key, pair in enumerate(pairs)])


def euclidean_gap(one: Rect, two: Rect) -> float:
    across = max(two.left - one.right, one.left - two.right, 0.0)
    along = max(two.top - one.bottom, one.top - two.bottom, 0.0)
    return math.hypot(across, along)


def reached(layout: Layout) -> set[int]:
    """Return the hangings that hang together with the anchor by gaps of 5 to 8 cm."""
    rects = [hanging.rect for hanging in layout.hangings]
    found, todo = {0}, [0]
    while todo:
        here = rects[todo.pop()]
        for index, rect in enumerate(rects):
            if index not in found and 5 - NEAR <= euclidean_gap(here, rect) <= 8 + NEAR:
                found.add(index)
                todo.append(index)
    return found


@settings(max_examples=60, deadline=None)
@given(pieces(ANY_SIDE), arrangements)
def test_every_wall_keeps_the_rules_of_hanging(group: list[Piece], arrangement: str) -> None:
    layout = arrange(group[0], group[1:], arrangement)
    wall = Rect(0, 0, layout.width_cm, layout.height_cm)

    assert [hanging.piece for hanging in layout.hangings] == group
    assert layout.anchor.piece == group[0]
    for one, two in combinations(layout.hangings, 2):
        assert not one.rect.overlaps(two.rect)
        assert euclidean_gap(one.rect, two.rect) >= 5
    assert reached(layout) == set(range(len(group)))
    for hanging in layout.hangings:
        assert hanging.rect.expanded(MARGIN_CM - NEAR).inside(wall)
        assert hanging.x_cm >= SIDE_MARGIN_CM - NEAR
        assert hanging.rect.right <= layout.width_cm - SIDE_MARGIN_CM + NEAR


@settings(max_examples=60, deadline=None)
@given(pieces(ANY_SIDE), arrangements)
def test_centre_line_is_at_eye_level_where_the_group_allows(
    group: list[Piece], arrangement: str
) -> None:
    layout = arrange(group[0], group[1:], arrangement)
    bounds = layout.group
    if bounds.height <= COMFORTABLE_HEIGHT_CM:
        assert 145 <= layout.centre_line_cm <= 150
        assert layout.height_cm == WALL_HEIGHT_CM
    elif bounds.height <= WALL_HEIGHT_CM - 2 * MARGIN_CM:
        assert bounds.top == pytest.approx(MARGIN_CM)
        assert layout.height_cm == WALL_HEIGHT_CM
    else:
        assert layout.height_cm == pytest.approx(bounds.height + 2 * MARGIN_CM)
    assert bounds.centre[0] == pytest.approx(layout.width_cm / 2)


@settings(max_examples=40, deadline=None)
@given(pieces(SIDES))
def test_row_hangs_every_piece_on_one_line_and_alternates_sides(group: list[Piece]) -> None:
    layout = arrange(group[0], group[1:], "row")
    anchor_x, line = layout.anchor.rect.centre
    for rank, hanging in enumerate(layout.hangings[1:], start=1):
        x, y = hanging.rect.centre
        assert y == pytest.approx(line)
        assert (x > anchor_x) == (rank % 2 == 1)
    in_order = sorted(layout.hangings, key=lambda hanging: hanging.x_cm)
    for one, two in pairwise(in_order):
        assert 5 <= one.rect.gap_to(two.rect) <= 8


@settings(max_examples=40, deadline=None)
@given(st.tuples(SIDES, SIDES), st.integers(1, MAX_MATCHES), st.sampled_from(["grid", "salon"]))
def test_of_pieces_of_one_size_the_better_rank_hangs_nearer(
    size: tuple[float, float], count: int, arrangement: str
) -> None:
    group = [Piece(key, *size) for key in range(count + 1)]
    layout = arrange(group[0], group[1:], arrangement)
    anchor = layout.anchor.rect
    distances = [hanging.rect.distance_to(anchor) for hanging in layout.hangings[1:]]
    assert all(a <= b + 1e-5 for a, b in pairwise(distances))


@settings(max_examples=40, deadline=None)
@given(pieces(SIDES), arrangements, st.randoms(use_true_random=False))
def test_same_pieces_hang_the_same_whatever_their_keys(
    group: list[Piece], arrangement: str, random: object
) -> None:
    first = arrange(group[0], group[1:], arrangement)
    renamed = [Piece(f"p{piece.key}", *piece.size) for piece in group]
    second = arrange(renamed[0], renamed[1:], arrangement)
    assert [hanging.rect for hanging in first.hangings] == [h.rect for h in second.hangings]
    assert first == arrange(group[0], group[1:], arrangement)


def test_mixed_sizes_make_two_rows_with_even_gaps_along_one_line() -> None:
    sizes = [(54, 64), (64, 54), (64, 54), (44, 54), (54, 64), (64, 54), (64, 76), (54, 44)]
    group = [Piece(key, *size) for key, size in enumerate(sizes)]
    layout = arrange(group[0], group[1:], "grid")
    upper_edge = min(hanging.rect.bottom for hanging in layout.hangings)
    upper = [h.rect for h in layout.hangings if h.y_cm < upper_edge]
    lower = [h.rect for h in layout.hangings if h.y_cm >= upper_edge]
    assert len({round(rect.bottom, 6) for rect in upper}) == 1
    assert len({round(rect.top, 6) for rect in lower}) == 1
    assert 5 <= lower[0].top - upper[0].bottom <= 8
    for row in (upper, lower):
        assert len(row) >= 3
        for one, two in pairwise(sorted(row, key=lambda rect: rect.left)):
            assert 5 <= two.left - one.right <= 8


@pytest.mark.parametrize("count", [3, 5, 7, 8])
def test_equal_pieces_make_a_grid_that_mirrors(count: int) -> None:
    group = [Piece(key, 54, 64) for key in range(count + 1)]
    layout = arrange(group[0], group[1:], "grid")
    middle = layout.width_cm / 2
    places = {(round(h.rect.centre[0] - middle, 3), round(h.y_cm, 3)) for h in layout.hangings}
    assert places == {(round(-x, 3) + 0.0, y) for x, y in places}
    assert len({y for _x, y in places}) > 1


def test_nine_equal_pieces_have_the_anchor_in_the_very_middle_of_the_grid() -> None:
    group = [Piece(key, 54, 64) for key in range(9)]
    layout = arrange(group[0], group[1:], "grid")
    assert layout.anchor.rect.centre == pytest.approx(layout.group.centre)


def test_salon_does_not_fall_into_a_row() -> None:
    group = [Piece(key, 54, 64) for key in range(7)]
    layout = arrange(group[0], group[1:], "salon")
    assert layout.group.height > 1.5 * 64
    assert layout.group.width < 5 * 64


def test_arrange_all_returns_one_wall_for_each_arrangement() -> None:
    group = [Piece(key, 50, 40) for key in range(6)]
    layouts = arrange_all(group[0], group[1:])
    assert tuple(layout.arrangement for layout in layouts) == ARRANGEMENTS
    assert len({tuple(h.rect for h in layout.hangings) for layout in layouts}) == 3


def test_lone_piece_hangs_in_the_middle_at_eye_level() -> None:
    for layout in arrange_all(Piece("mine", 50, 70), []):
        x, y = layout.anchor.rect.centre
        assert x == pytest.approx(layout.width_cm / 2)
        assert layout.height_cm - y == pytest.approx(CENTRE_LINE_CM)


def test_wall_grows_around_a_piece_taller_than_itself() -> None:
    for layout in arrange_all(Piece("mine", 100, 390), [Piece(1, 40, 50)]):
        assert layout.height_cm == pytest.approx(430)


@pytest.mark.parametrize("side", [0, -1, math.nan, math.inf, -math.inf, 400.1])
def test_piece_refuses_a_side_that_cannot_be(side: float) -> None:
    with pytest.raises(ValueError, match=str(side).replace(".", r"\.")):
        Piece("a", side, 40)
    with pytest.raises(ValueError, match=str(side).replace(".", r"\.")):
        Piece("a", 40, side)


def test_unknown_arrangement_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'spiral'"):
        arrange(Piece(0, 40, 50), [], "spiral")


def test_ninth_match_is_refused() -> None:
    with pytest.raises(ValueError, match="not 9"):
        arrange(Piece(0, 40, 50), [Piece(key, 40, 50) for key in range(1, 10)], "row")


class TestRect:
    box = Rect(10, 20, 30, 40)

    def test_methods_return_new_values(self) -> None:
        assert self.box.moved(1, 2) == Rect(11, 22, 30, 40)
        assert self.box.expanded(5) == Rect(5, 15, 40, 50)
        assert self.box.expanded(-5) == Rect(15, 25, 20, 30)
        assert (self.box.right, self.box.bottom, self.box.centre) == (40, 60, (25, 40))
        assert self.box == Rect(10, 20, 30, 40)

    def test_touching_is_not_overlapping(self) -> None:
        assert not self.box.overlaps(self.box.moved(30, 0))
        assert self.box.overlaps(self.box.moved(29.9, 0))
        assert self.box.gap_to(self.box.moved(37, 3)) == 7

    def test_inside_includes_the_edge(self) -> None:
        assert self.box.inside(self.box)
        assert self.box.inside(self.box.expanded(0.1))
        assert not self.box.inside(self.box.moved(0.1, 0))

    def test_around_holds_all(self) -> None:
        assert Rect.around([self.box, Rect(0, 30, 5, 100)]) == Rect(0, 20, 40, 110)


class TestPrintSize:
    def test_product_size_wins(self) -> None:
        assert print_size(40, 50, 0.8) == (40, 50)

    def test_sides_in_the_wrong_order_are_swapped(self) -> None:
        assert print_size(30, 40, 4 / 3) == (40, 30)
        assert print_size(40, 30, 0.75) == (30, 40)
        assert print_size(30, 40, 1.0) == (30, 40)

    def test_missing_side_follows_the_picture(self) -> None:
        assert print_size(40, None, 0.8) == pytest.approx((40, 50))
        assert print_size(None, 50, 0.8) == pytest.approx((40, 50))

    def test_no_size_takes_the_default_long_side(self) -> None:
        assert print_size(None, None, 2.0) == pytest.approx((50, 25))
        assert print_size(None, None, 0.5, default_long_side_cm=60) == pytest.approx((30, 60))

    @settings(deadline=None)
    @given(st.none() | st.floats(1e-3, 1e6), st.none() | st.floats(1e-3, 1e6), st.floats(1e-6, 1e6))
    def test_result_can_always_be_framed_and_hung(
        self, width: float | None, height: float | None, aspect: float
    ) -> None:
        size = print_size(width, height, aspect)
        assert all(8 - NEAR <= side <= 160 + NEAR for side in size)
        Piece("framed", *frame_outer_size(*size))

    @pytest.mark.parametrize("bad", [0, -3, math.nan, math.inf])
    def test_impossible_numbers_are_refused(self, bad: float) -> None:
        for arguments in ((bad, 40, 1.0), (40, bad, 1.0), (None, None, bad)):
            with pytest.raises(ValueError, match=str(bad)):
                print_size(*arguments)


@settings(deadline=None)
@given(st.floats(0.5, 380), st.floats(0.5, 380))
def test_borders_give_back_the_print_inside_its_frame(width: float, height: float) -> None:
    outer = frame_outer_size(width, height)
    frame, mat = borders(*outer)
    assert frame > 0
    assert mat > 0
    assert outer[0] - 2 * (frame + mat) == pytest.approx(width, rel=1e-6)
    assert outer[1] - 2 * (frame + mat) == pytest.approx(height, rel=1e-6)


def test_frame_of_an_ordinary_print() -> None:
    width, height = frame_outer_size(40, 50)
    assert (width - 40) == pytest.approx(height - 50)
    assert 12 < width - 40 < 18
