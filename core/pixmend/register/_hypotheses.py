# SPDX-License-Identifier: Apache-2.0
"""Placements worth a look: those that bring together one or two defects of each map.

A hypothesis is a row (scale_x, scale_y, offset_x, offset_y). How many there are is part
of the answer: the more that were tried, the less each says.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pixmend.model import Raster
from pixmend.register._points import Constellation

__all__ = ["Hypotheses", "from_rasters", "offsets", "scales", "stretches"]

_FLIPS = tuple(product((1.0, -1.0), (1.0, -1.0)))
_MOST_SCALE, _LEAST_SCALE = 3.1, 0.29  # 3 and 0.3, and a little for the doubt of two points
_MOST_STRETCH = 2.05  # 2x anamorphic, and a little for what the raster rounds
_BASELINE = 0.05  # of the diagonal: two points nearer to each other say little about scale
_VOTE_PX = 4.0  # where the corner of a raster lands, by two hypotheses that are one
_TRIED = 50


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """Placements of one form.

    Attributes
    ----------
    rows : (M, 4) float64 ndarray
        The best of them: scale_x, scale_y, offset_x, offset_y.
    count : int
        How many there were.
    pairs_used : int
        Defects that it takes to make one; they agree with it by themselves.
    least_pairs : int
        Defects that it must bring together to be believed at all.
    is_stretched, is_scaled : bool
        Whether x and y have scales of their own; whether there is a scale at all.
    """

    rows: NDArray[np.float64]
    count: int
    pairs_used: int
    least_pairs: int
    is_scaled: bool = False
    is_stretched: bool = False


def from_rasters(here: Raster, there: Raster) -> Hypotheses:
    """Return what the rasters alone suggest: nothing moved, resized as a whole, cropped in the middle; flipped."""
    middle_here, middle_there = _middle(here), _middle(there)
    resized = np.array((there.width / here.width, there.height / here.height))
    rows = {(1.0, 1.0, 0.0, 0.0): None}
    for size, flip in product((np.ones(2), resized), _FLIPS):
        scale = size * flip
        rows[(*scale, *(middle_there - scale * middle_here))] = None
    return Hypotheses(np.array(list(rows)), len(rows), pairs_used=0, least_pairs=2)


def offsets(here: Constellation, there: Constellation) -> Hypotheses:
    """Return the offsets, with and without flips, that bring one point of each together."""
    found = []
    for flip in _FLIPS:
        moves = (there.points[None, :, :] - here.points[:, None, :] * flip).reshape(-1, 2)
        found.append(np.column_stack([np.broadcast_to(flip, moves.shape), moves]))
    rows = np.concatenate(found)
    return Hypotheses(
        _most_wanted(rows, here.raster, is_scaled=False), len(rows), pairs_used=1, least_pairs=3
    )


def scales(here: Constellation, there: Constellation) -> Hypotheses:
    """Return the placements of one scale that bring two points of each together."""
    rows = _from_two_pairs(here, there, most_stretch=1.0)
    size = np.sqrt(np.abs(rows[:, 0] * rows[:, 1]))[:, None]
    rows = np.column_stack([np.sign(rows[:, :2]) * size, rows[:, 2:]])
    best = _most_wanted(rows, here.raster, is_scaled=True)
    return Hypotheses(best, len(rows), pairs_used=2, least_pairs=4, is_scaled=True)


def stretches(here: Constellation, there: Constellation) -> Hypotheses:
    """Return the placements of two scales (desqueezed plates) that bring two points of each together."""
    rows = _from_two_pairs(here, there, most_stretch=_MOST_STRETCH)
    best = _most_wanted(rows, here.raster, is_scaled=True)
    return Hypotheses(best, len(rows), pairs_used=2, least_pairs=5, is_scaled=True, is_stretched=True)


def _from_two_pairs(here: Constellation, there: Constellation, *, most_stretch: float) -> NDArray[np.float64]:
    """Return (M, 4) placements by two points each, whose two scales differ by a factor of `most_stretch` at most."""
    first, second = np.triu_indices(len(here), 1)
    span = here.points[second] - here.points[first]
    diagonal = np.hypot(here.raster.width, here.raster.height)
    is_long = (np.abs(span).min(axis=1) > 1.0) & (np.hypot(*span.T) > _BASELINE * diagonal)
    first, span = first[is_long], span[is_long]
    one, other = np.nonzero(~np.eye(len(there), dtype=np.bool_))
    span_there = there.points[other] - there.points[one]
    is_long = np.abs(span_there).min(axis=1) > 1.0
    one, span_there = one[is_long], span_there[is_long]
    # The slopes of two spans tell the ratio of the scales before any scale is computed.
    slope, doubt = _slope(span)
    slope_there, doubt_there = _slope(span_there)
    stretch = np.abs(slope[:, None] - slope_there[None, :])
    row, column = np.nonzero(
        stretch < np.float32(np.log(most_stretch)) + doubt[:, None] + doubt_there[None, :]
    )
    scale = span_there[column] / span[row]
    size = np.abs(scale)
    is_usual = ((size > _LEAST_SCALE) & (size < _MOST_SCALE)).all(axis=1)
    row, column, scale = row[is_usual], column[is_usual], scale[is_usual]
    return np.column_stack([scale, there.points[one[column]] - scale * here.points[first[row]]])


def _slope(span: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the logarithm of |dy / dx|, and how far a pixel of doubt in each place moves it."""
    size = np.abs(span)
    doubt = np.minimum(2.0 / size.min(axis=1), 0.05)
    return np.log(size[:, 1] / size[:, 0]).astype(np.float32), doubt.astype(np.float32)


def _most_wanted(rows: NDArray[np.float64], raster: Raster, *, is_scaled: bool) -> NDArray[np.float64]:
    """Return the hypotheses that most others repeat, seen by where they put corners of the raster."""
    if len(rows) <= _TRIED:
        return rows
    low = np.array((raster.x, raster.y))
    high = low + np.array((raster.width, raster.height))
    corners = rows[:, :2] * low + rows[:, 2:]
    if is_scaled:
        corners = np.concatenate([corners, rows[:, :2] * high + rows[:, 2:]], axis=1)
    reach = _VOTE_PX * np.maximum(1.0, np.abs(rows[:, :2]).max(axis=1))
    votes = cKDTree(corners).query_ball_point(corners, reach, p=np.inf, return_length=True)
    return rows[np.argsort(-votes, kind="stable")[:_TRIED]]


def _middle(raster: Raster) -> NDArray[np.float64]:
    return np.array((raster.x + (raster.width - 1) / 2, raster.y + (raster.height - 1) / 2))
