# SPDX-License-Identifier: Apache-2.0
"""Compiled: what a strip of one frame says, row by row, so that what lies between stays in the cache.

Releases the GIL, deterministic. No fused multiply-add: processors without it would round otherwise,
and parts of a shot must merge to the bit.
"""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pixmend.stats._whiten_kernels import whiten_row

__all__ = ["BUSYNESS_RADIUS_PX", "Limits", "Rings", "Span", "fresh_rings", "measure_band"]

BUSYNESS_RADIUS_PX = 3
"""A window of 7 px: texture is silenced where it is, and only there."""

_RADIUS = BUSYNESS_RADIUS_PX
_SIDE = 2 * _RADIUS + 1
_REACH = 3  # of the whitening window

# Adding and taking away 1.5 * 2**23 rounds a float of up to 2**22 to the nearest whole number, ties to even,
# as rint does; unlike a call of rint it becomes vector code. 2**23 does so with floats of 0 to 2**23.
_TO_WHOLE, _TO_WHOLE_FROM_ZERO = 12582912.0, 8388608.0

Limits: TypeAlias = tuple[float, float, int, float, int]
"""Least busyness; clip in sigma, and steps a sigma; highest level, and steps a sigma."""

Span: TypeAlias = tuple[int, int, int, int]
"""Rows of a frame that enter, from one up to another; rows of the frame; first column of a strip that is wanted."""

Rings: TypeAlias = tuple[
    NDArray[np.float32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]
]
"""Of a strip's last seven rows, (7, C, W): whitened, their sizes, these cut; sums of columns of both, (C, W + 6)."""

_Ring: TypeAlias = tuple[NDArray[np.int32], NDArray[np.int32]]
"""A row that enters windows, where one that leaves them stands, and the sums of their columns."""

_Windows: TypeAlias = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Sums of columns, three more at each end, and what one sample is of the mean of a window."""


def fresh_rings(channels: int, width: int) -> Rings:
    """Return what a strip of some columns begins with."""
    rows, columns = (_SIDE, channels, width), (channels, width + 2 * _RADIUS)
    return (
        np.zeros(rows, np.float32),
        np.zeros(rows, np.int32),
        np.zeros(rows, np.int32),
        np.zeros(columns, np.int32),
        np.zeros(columns, np.int32),
    )


@njit(cache=True, nogil=True)
def measure_band(
    values: NDArray[np.float32],
    taps: NDArray[np.float32],
    span: Span,
    limits: Limits,
    rings: Rings,
    into: tuple[NDArray[np.int16], NDArray[np.int32]],
) -> None:
    """Whiten rows of a strip, divide them by their local busyness, clip and round them to whole numbers.

    Parameters
    ----------
    values : (C, N + 12, W + 6) float32 ndarray
        Finite. From 9 rows above the first that enters to 3 below the last.
    taps : (C, C, 25) float32 ndarray
        As `fold_filters` gives them.
    span : tuple
        As `Span`. The rows of a strip enter in order; 6 more, to let the last ones out. Busyness is
        judged by columns of the strip alone: a wanted one is as in the whole frame where 6
        columns, or the frame's end, lie beside it.
    limits : tuple
        As `Limits`.
    rings : tuple
        As `fresh_rings` gives them for the strip's first rows; they are kept up to date.
    into : two (C, R, M) arrays, int16 and int32
        Get the excess and the level of M columns of all rows that are done: each is when the sixth after it enters.

    Notes
    -----
    Busyness is a robust local standard deviation, from windows of 7 x 7 absolute values that are cut
    at the borders. Two steps: their mean, then again with what stands out by more than 2.5 of it cut
    down, so that a defect hardly raises its own scale. The factors make it 1 for white normal noise.
    Values count in steps of 1/1024 and up to 2000: whole numbers, so that sums that move down row by
    row do not drift.
    """
    start, stop, height, first = span
    white, sizes, cut, size_columns, cut_columns = rings
    excess, level = into
    width = white.shape[2]
    shares = _shares(width)
    for y in range(start, stop):
        middle, done = y - _RADIUS, y - 2 * _RADIUS
        if y < height:
            whiten_row(values, taps, (y - start + 2 * _RADIUS, 0, width), white[y % _SIDE])
        for c in range(len(values)):
            enters = sizes[y % _SIDE, c], size_columns[c, _RADIUS : _RADIUS + width]
            if y < height:
                _enter_sizes(white[y % _SIDE, c], enters)
            else:
                _leave(enters)
            if middle < 0:
                continue
            enters = cut[middle % _SIDE, c], cut_columns[c, _RADIUS : _RADIUS + width]
            if middle < height:
                windows = size_columns[c], shares[_inside(middle, height)]
                _enter_cut(sizes[middle % _SIDE, c], windows, enters)
            else:
                _leave(enters)
            if done >= 0:
                row = min(y - start, done)
                windows = cut_columns[c, first:], shares[_inside(done, height), first:]
                _quantise_excess(white[done % _SIDE, c, first:], windows, limits, excess[c, row])
                _quantise_level(values[c, y - start + _REACH, first + _REACH :], limits, level[c, row])


@njit(cache=True, nogil=True)
def _inside(place: int, side: int) -> int:
    """Count the samples of a window's line about `place` that are inside an axis."""
    return min(place + _RADIUS, side - 1) - max(place - _RADIUS, 0) + 1


@njit(cache=True, nogil=True)
def _shares(width: int) -> NDArray[np.float32]:
    """Return what one sample is of the mean of windows that hold n rows, (n, W): the windows are cut at the sides."""
    shares = np.ones((_SIDE + 1, width), np.float32)
    for down in range(1, _SIDE + 1):
        for x in range(width):
            shares[down, x] = np.float32(1.0) / np.float32(down * _inside(x, width))
    return shares


@njit(cache=True, nogil=True)
def _leave(ring: _Ring) -> None:
    row, columns = ring
    for x in range(len(row)):
        columns[x] -= row[x]
        row[x] = 0


@njit(cache=True, nogil=True)
def _enter_sizes(values: NDArray[np.float32], ring: _Ring) -> None:
    row, columns = ring
    for x in range(len(row)):
        size = np.int32(min(abs(values[x]), np.float32(2000.0)) * np.float32(1024.0))
        columns[x] += size - row[x]
        row[x] = size


@njit(cache=True, nogil=True)
def _enter_cut(sizes: NDArray[np.int32], windows: _Windows, ring: _Ring) -> None:
    row, columns = ring
    sums, share = windows
    for x in range(len(row)):
        most = np.int32(np.float32(2.5 * 1.2533) * (_sum_of_seven(sums, x) * share[x]))
        size = min(sizes[x], most)
        columns[x] += size - row[x]
        row[x] = size


@njit(cache=True, nogil=True, inline="always")
def _sum_of_seven(columns: NDArray[np.int32], x: int) -> np.float32:
    c = columns
    low, high = np.int32(c[x] + c[x + 1]), np.int32(c[x + 2] + c[x + 3])
    rest = np.int32(np.int32(c[x + 4] + c[x + 5]) + c[x + 6])
    return np.float32(np.int32(np.int32(low + high) + rest))


@njit(cache=True, nogil=True, error_model="numpy")  # which asks at no division whether it is by zero
def _quantise_excess(
    whitened: NDArray[np.float32],
    windows: _Windows,
    limits: Limits,
    result: NDArray[np.int16],
) -> None:
    """Give ``rint(clip(whitened / max(busyness, least), -clip, clip) * steps)``."""
    sums, share = windows
    least, clip, steps = np.float32(limits[0]), limits[1], limits[2]
    fine, most, rounding = np.float32(steps), np.float32(clip * steps), np.float32(_TO_WHOLE)
    for x in range(len(result)):
        busyness = (_sum_of_seven(sums, x) * share[x]) * np.float32(1.30 / 1024.0)
        ratio = fine * whitened[x] / max(busyness, least)
        ratio = min(ratio, most)
        ratio = max(ratio, -most)
        result[x] = np.int16(np.int32((ratio + rounding) - rounding))


@njit(cache=True, nogil=True)
def _quantise_level(values: NDArray[np.float32], limits: Limits, result: NDArray[np.int32]) -> None:
    """Give ``rint(clip(values, -most, most) * steps)``; that is within 2**23."""
    most, fine, rounding = np.float32(limits[3]), np.float32(limits[4]), np.float32(_TO_WHOLE_FROM_ZERO)
    for x in range(len(result)):
        size = np.int32((min(abs(values[x]), most) * fine + rounding) - rounding)
        result[x] = size if values[x] >= np.float32(0.0) else -size
