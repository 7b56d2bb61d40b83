"""The salon: pieces packed around the anchor by rank, compact and balanced."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommendations.layout.pieces import (
    COMFORTABLE_HEIGHT_CM,
    GAP_CM,
    GOLDEN,
    NEIGHBOUR_GAP_CM,
    Piece,
    Rect,
    ranked,
)

_BEAM = 16
_BRANCH = 8


# Arrays of boxes hold the sides first (left, top, right, bottom), the boxes of a group next and the
# groups last: NumPy reduces along a first axis many times as fast as along a short last one.


def salon(pieces: Sequence[Piece]) -> list[Rect]:
    """Search with a beam of n groups of k boxes, (4, k, n)."""
    anchor = pieces[0]
    reach = math.sqrt(sum(piece.width_cm * piece.height_cm for piece in pieces))
    half = np.array([anchor.width_cm, anchor.height_cm]) / 2
    groups = np.concatenate([-half, half])[:, None, None]
    spent = np.zeros(1)
    for rank, piece in enumerate(pieces[1:], start=1):
        parents, new = _candidates(groups, piece)
        stays, shape = _costs(groups[..., parents], new, rank, reach)
        grown = np.concatenate([groups[..., parents], new[:, None]], axis=1)
        total = spent[parents] + stays
        chosen = _distinct(grown, parents, total + shape)
        groups, spent = grown[..., chosen], total[chosen]
    return ranked(pieces, groups[..., 0].T.tolist())


def _candidates(
    groups: NDArray[np.float64], piece: Piece
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return places (4, m) for a piece that touch a group at the gap and crowd none of it.

    With each place comes the index (m,) of its group. Places are tried flush with, centred on the
    gaps beside, and one gap away from the edges of every box.
    """
    spots, clear, touch, shared = [], [], [], []
    for low, high, side in ((0, 2, piece.width_cm), (1, 3, piece.height_cm)):
        start, end = groups[low], groups[high]
        on_gaps = np.concatenate([start - GAP_CM / 2, end + GAP_CM / 2]) - side / 2
        beyond = np.concatenate([start - GAP_CM - side, end + GAP_CM])
        spot = np.concatenate([beyond, start, end - side, on_gaps])
        apart = np.maximum(start[:, None] - spot - side, spot - end[:, None])
        spots.append(spot)
        clear.append(apart >= GAP_CM - 1e-6)
        touch.append(np.abs(apart - GAP_CM) < 1e-6)
        shared.append(-apart >= 0.4 * np.minimum(side, end - start)[:, None])
    free = (clear[0][:, :, None] | clear[1][:, None]).all(axis=0)
    group, across, along = np.nonzero(free.transpose(2, 0, 1))
    beside = touch[0][:, across, group] & shared[1][:, along, group]
    above = shared[0][:, across, group] & touch[1][:, along, group]
    near = (beside | above).any(axis=0)
    group = group[near]
    x, y = spots[0][across[near], group], spots[1][along[near], group]
    # Whole tenths of a millimetre: pieces of equal size offer the same place many times over.
    keys = np.rint(np.stack([x, y]) * 100).astype(np.int64) + (1 << 20)
    once = np.unique((group << 42) + (keys[0] << 21) + keys[1], return_index=True)[1]
    group, x, y = group[once], x[once], y[once]
    return group, np.stack([x, y, x + piece.width_cm, y + piece.height_cm])


def _costs(
    boxes: NDArray[np.float64], new: NDArray[np.float64], rank: int, reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each place (4, m) in its group (4, k, m) what stays and what the shape costs.

    Stays: distance from the anchor by rank; facing edges that are almost but not quite at the gap;
    a neighbour of the same height on the same line, which would make a row of the salon.
    Shape, so far: empty area, anchor off the middle, proportion off the golden section, height.
    """
    lefts, tops, rights, bottoms = boxes
    left, top, right, bottom = new
    across = np.maximum(lefts - right, left - rights)
    along = np.maximum(tops - bottom, top - bottoms)
    facing = np.where(along < 0, across, np.where(across < 0, along, 0.0))
    uneven = ((facing > NEIGHBOUR_GAP_CM[1]) & (facing < 25.0)).sum(axis=0)
    level = (np.abs(top - tops) < 1) & (np.abs(bottom - bottoms) < 1)
    twins = (level & (across < 2 * GAP_CM)).sum(axis=0)
    stays = (
        (0.4 + 1 / (1 + rank))
        * (((left + right) / 2) ** 2 / GOLDEN + ((top + bottom) / 2) ** 2)
        / reach**2
        + 0.06 * uneven
        + 0.18 * twins
    )

    low_x, low_y = np.minimum(left, lefts.min(axis=0)), np.minimum(top, tops.min(axis=0))
    high_x, high_y = np.maximum(right, rights.max(axis=0)), np.maximum(bottom, bottoms.max(axis=0))
    width, height = high_x - low_x, high_y - low_y
    covered = ((rights - lefts) * (bottoms - tops)).sum(axis=0) + (right - left) * (bottom - top)
    shape = (
        2.4 * (1 - covered / (width * height))
        + np.abs(low_x + high_x) / 2 / width
        + np.abs(low_y + high_y) / 2 / height
        + 0.6 * np.log(width / height / GOLDEN) ** 2
        + 8.0 * np.maximum(0.0, height / COMFORTABLE_HEIGHT_CM - 1)
    )
    return stays, shape


def _distinct(
    groups: NDArray[np.float64], parents: NDArray[np.intp], costs: NDArray[np.float64]
) -> list[int]:
    """Choose the cheapest groups: few of one parent, and of one outline and its mirrors only one.

    Outlines are told apart by moments that neither mirroring nor the order of the boxes changes.
    """
    sides = groups[2:] - groups[:2]
    centres = (groups[:2] + groups[2:]) / 2
    area = sides[0] * sides[1]
    moments = np.stack(
        [
            *np.abs((area * centres).sum(axis=1)),
            *(sides[0] * centres**2).sum(axis=1),
            np.abs((area * centres[0] * centres[1]).sum(axis=0)),
        ],
        axis=1,
    )
    outlines = np.round(moments / moments.max(), 7) + 0.0
    chosen: list[int] = []
    seen: set[bytes] = set()
    children: Counter[int] = Counter()
    for index in np.argsort(np.round(costs, 6), kind="stable").tolist():
        outline, parent = outlines[index].tobytes(), int(parents[index])
        if outline not in seen and children[parent] < _BRANCH:
            chosen.append(index)
            if len(chosen) == _BEAM:
                break
            seen.add(outline)
            children[parent] += 1
    return chosen
