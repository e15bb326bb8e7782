# SPDX-License-Identifier: Apache-2.0
"""Where a repair lies, and the sound places around it that it is compared with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pixmend.arrays import mirrored
from pixmend.audit._measures import MARGIN_PX, Measures, measures_of

__all__ = ["LEAST_PLACES", "Piece", "RepairSite", "plan_site"]

LEAST_PLACES = 12
"""Sound places without which nothing can be said."""

_MOST_PLACES = 64
_PIECE_PX = 9  # longer repairs (lines) are looked at in pieces
_MOST_PIECES = 6
_REACH_ROWS = 12  # rows cost reading, columns nothing
_REACH_COLUMNS = 96
_LEAST_STEP_PX = 4


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A piece of a repair, and sound places for the same piece.

    Attributes
    ----------
    rows, columns : (R,), (Q,) int ndarray
        Array positions of the region that is looked at; what lies outside of the frame is
        mirrored and never used.
    places : (S + 1, 2) int ndarray
        Row and column in the region of the first sample of each window: the repair's own,
        then those of the sound places.
    measures : Measures
        What is measured in each window.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    places: NDArray[np.intp]
    measures: Measures

    def windows(self, region: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the samples that are used of each window, (S + 1, D), of the region (C, R, Q)."""
        side = self.measures.shape[1:]
        cut = sliding_window_view(region, side, axis=(1, 2))[:, self.places[:, 0], self.places[:, 1]]
        return np.moveaxis(cut, 1, 0).reshape(len(self.places), -1)[:, self.measures.used].astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class RepairSite:
    """Where a repair is looked at: one piece, of a line several."""

    pieces: tuple[Piece, ...]


def plan_site(
    mended: NDArray[np.intp], spoiled: NDArray[np.intp], shape: tuple[int, int, int]
) -> RepairSite | None:
    """Choose where a repair is looked at, and sound places to compare it with.

    Parameters
    ----------
    mended : (N, 3) int ndarray
        (channel, y, x) array positions of the samples of one repair, inside the frame.
    spoiled : (M, 3) int ndarray
        Those of all defects of the map, this one among them.
    shape : (int, int, int)
        C, H, W of the frame.

    Returns
    -------
    RepairSite or None
        None where there are too few sound places around.

    Notes
    -----
    Places lie an even number of rows and columns away, so that they lie on photosites
    of the same colour, the nearest first; they hold no spoiled sample.
    """
    if not len(mended):
        return None
    pieces = [_plan_piece(mended, spoiled, rect, shape) for rect in _rectangles(mended)]
    planned = tuple(each for each in pieces if each is not None)
    return RepairSite(planned) if planned else None


_Rectangle = tuple[int, int, int, int]
"""Rows [top, bottom), columns [left, right)."""


def _rectangles(mended: NDArray[np.intp]) -> Iterator[_Rectangle]:
    """Yield the pieces of a repair: all of a small one, some of a long one."""
    (top, left), (bottom, right) = mended[:, 1:].min(axis=0), mended[:, 1:].max(axis=0) + 1
    down, across = (_starts(*each) for each in ((int(top), int(bottom)), (int(left), int(right))))
    starts = [(row, column) for row in down for column in across]
    for index in np.unique(np.linspace(0, len(starts) - 1, _MOST_PIECES).round().astype(int)):
        row, column = starts[index]
        yield row, min(row + _PIECE_PX, int(bottom)), column, min(column + _PIECE_PX, int(right))


def _starts(first: int, stop: int) -> Sequence[int]:
    return range(first, max(stop - _PIECE_PX, first) + 1, _PIECE_PX) if stop > first else (first,)


def _plan_piece(
    mended: NDArray[np.intp], spoiled: NDArray[np.intp], rect: _Rectangle, shape: tuple[int, int, int]
) -> Piece | None:
    channels, height, width = shape
    top, bottom, left, right = rect
    size = (channels, bottom - top + 2 * MARGIN_PX, right - left + 2 * MARGIN_PX)
    first = (top - MARGIN_PX - _REACH_ROWS, left - MARGIN_PX - _REACH_COLUMNS)
    region = (channels, size[1] + 2 * _REACH_ROWS, size[2] + 2 * _REACH_COLUMNS)
    rows, columns = (np.arange(start, start + side) for start, side in zip(first, region[1:], strict=True))
    is_out = _marked(spoiled, first, region)
    is_out[:, (rows < 0) | (rows >= height)] = True
    is_out[:, :, (columns < 0) | (columns >= width)] = True
    own = np.s_[:, _REACH_ROWS : _REACH_ROWS + size[1], _REACH_COLUMNS : _REACH_COLUMNS + size[2]]
    inside = _marked(mended, first, region)[own]
    inside[:, :MARGIN_PX] = inside[:, -MARGIN_PX:] = False
    inside[:, :, :MARGIN_PX] = inside[:, :, -MARGIN_PX:] = False
    if not inside.any() or is_out[own].all():
        return None
    measures = measures_of(inside, ~is_out[own])
    places = _sound_places(is_out, measures)
    if len(places) < LEAST_PLACES:
        return None
    at = np.concatenate([[(_REACH_ROWS, _REACH_COLUMNS)], places])
    return Piece(mirrored(rows, height), mirrored(columns, width), at, measures)


def _marked(
    samples: NDArray[np.intp], first: tuple[int, int], region: tuple[int, int, int]
) -> NDArray[np.bool_]:
    """Return which samples of a region are among those at (channel, y, x)."""
    marked = np.zeros(region, bool)
    local = samples - np.array([0, *first])
    local = local[((local >= 0) & (local < region)).all(axis=1)]
    marked[tuple(local.T)] = True
    return marked


def _sound_places(is_out: NDArray[np.bool_], measures: Measures) -> NDArray[np.intp]:
    """Return where the windows of sound places begin, the nearest first, (S, 2)."""
    size = measures.shape
    step = max(_LEAST_STEP_PX, (max(size[1:]) - 2 * MARGIN_PX + 1) // 2 * 2)
    places = np.array(
        [(row, column) for row in _around(_REACH_ROWS, step) for column in _around(_REACH_COLUMNS, step)]
    )
    out = sliding_window_view(is_out, size[1:], axis=(1, 2))[:, places[:, 0], places[:, 1]]
    is_sound = ~np.moveaxis(out, 1, 0).reshape(len(places), -1)[:, measures.used].any(axis=1)
    sound = places[is_sound]
    distance = np.square(sound - (_REACH_ROWS, _REACH_COLUMNS)).sum(axis=1)
    return np.asarray(sound[np.argsort(distance, kind="stable")][:_MOST_PLACES])


def _around(reach: int, step: int) -> range:
    return range(reach % step, 2 * reach + 1, step)
