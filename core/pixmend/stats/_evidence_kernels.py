# SPDX-License-Identifier: Apache-2.0
"""Compiled: what a strip of one frame says, row by row, so that all it needs stays in the cache.

Releases the GIL, deterministic. No fused multiply-add: processors without it would round otherwise,
and parts of a shot must merge to the bit.
"""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pixmend.stats._whiten_kernels import whiten_row

__all__ = ["BUSYNESS_RADIUS_PX", "measure_strip"]

BUSYNESS_RADIUS_PX = 3
"""A window of 7 px: texture is silenced where it is, and only there."""

_RADIUS = BUSYNESS_RADIUS_PX
_SIDE = 2 * _RADIUS + 1
_BLOCK = 512  # columns at a time
_REACH = 3  # of the whitening window

# Adding and taking away 1.5 * 2**52 rounds a double to the nearest whole number, ties to even, as rint
# does; unlike a call of rint it becomes vector code. A float of up to 2**22 likewise.
_TO_WHOLE, _TO_WHOLE_FLOAT = 6755399441055744.0, 12582912.0

Limits: TypeAlias = tuple[float, float, int, float, int]
"""Least busyness; clip in sigma, and steps a sigma; highest level, and steps a sigma."""


@njit(cache=True, nogil=True)
def measure_strip(
    values: NDArray[np.float32],
    taps: NDArray[np.float32],
    first: int,
    limits: Limits,
    into: tuple[NDArray[np.int16], NDArray[np.int32]],
) -> None:
    """Whiten a strip, divide it by its local busyness, clip it and round it to whole numbers.

    Parameters
    ----------
    values : (C, H + 6, W + 6) float32 ndarray
        Finite.
    taps : (C, C, 25) float32 ndarray
        As `fold_filters` gives them.
    first : int
        First of the H rows that is wanted. Busyness is judged by rows of the strip alone: a wanted
        row is as in the whole frame where 6 rows, or the frame's end, lie beside it.
    limits : tuple
        As `Limits`.
    into : two (C, R, W) arrays, int16 and int32
        Get the excess and the level of R rows.

    Notes
    -----
    Busyness is a robust local standard deviation, from windows of 7 x 7 absolute values that are cut
    at the borders. Two steps: their mean, then again with what stands out by more than 2.5 of it cut
    down, so that a defect hardly raises its own scale. The factors make it 1 for white normal noise.
    Values count in steps of 1/1024 and up to 2000: whole numbers, so that sums that move down row by
    row do not drift.
    """
    excess, level = into
    channels, height, width = len(values), values.shape[1] - 2 * _REACH, values.shape[2] - 2 * _REACH
    stop = first + excess.shape[1]
    most = min(_BLOCK + 4 * _RADIUS, width)
    white = np.empty((_SIDE, channels, most), np.float32)  # the last rows
    sizes, cut = np.empty((channels, _SIDE, most), np.int32), np.empty((channels, _SIDE, most), np.int32)
    wide = most + 2 * _RADIUS
    size_columns, cut_columns = np.empty((channels, wide), np.int32), np.empty((channels, wide), np.int32)
    sums, mean, across = np.empty(most, np.int32), np.empty(most, np.float32), np.empty(most, np.float32)
    for left in range(0, width, _BLOCK):
        right = min(left + _BLOCK, width)
        low, high = max(left - 2 * _RADIUS, 0), min(right + 2 * _RADIUS, width)
        n = high - low
        for x in range(n):
            across[x] = _inside(low + x, width)
        sizes[:] = 0
        cut[:] = 0
        size_columns[:] = 0
        cut_columns[:] = 0
        for y in range(min(height, stop + 2 * _RADIUS) + 2 * _RADIUS):
            if y < height:
                whiten_row(values, taps, (y, low, n), white[y % _SIDE])
            middle, done = y - _RADIUS, y - 2 * _RADIUS
            for c in range(channels):
                row, columns = sizes[c, y % _SIDE, :n], size_columns[c, _RADIUS : _RADIUS + n]
                _leave(row, columns)
                if y < height:
                    _enter_sizes(white[y % _SIDE, c, :n], row, columns)
                if middle < 0:
                    continue
                row, columns = cut[c, middle % _SIDE, :n], cut_columns[c, _RADIUS : _RADIUS + n]
                _leave(row, columns)
                if middle < height:
                    _mean_of_windows(size_columns[c], across, _inside(middle, height), (n, sums, mean))
                    _enter_cut(sizes[c, middle % _SIDE, :n], mean, row, columns)
                if first <= done < stop:
                    _mean_of_windows(cut_columns[c], across, _inside(done, height), (n, sums, mean))
                    own = white[done % _SIDE, c, left - low :]
                    _quantise_excess(own, mean[left - low :], limits, excess[c, done - first, left:right])
                    own = values[c, done + _REACH, left + _REACH :]
                    _quantise_level(own, limits, level[c, done - first, left:right])


@njit(cache=True, nogil=True)
def _inside(place: int, side: int) -> np.float32:
    """Count the samples of a window's line about `place` that are inside an axis."""
    return np.float32(min(place + _RADIUS, side - 1) - max(place - _RADIUS, 0) + 1)


@njit(cache=True, nogil=True)
def _leave(row: NDArray[np.int32], columns: NDArray[np.int32]) -> None:
    for x in range(len(row)):
        columns[x] -= row[x]
        row[x] = 0


@njit(cache=True, nogil=True)
def _enter_sizes(values: NDArray[np.float32], row: NDArray[np.int32], columns: NDArray[np.int32]) -> None:
    for x in range(len(row)):
        size = np.int32(min(abs(values[x]), np.float32(2000.0)) * np.float32(1024.0))
        row[x] = size
        columns[x] += size


@njit(cache=True, nogil=True)
def _enter_cut(
    sizes: NDArray[np.int32], mean: NDArray[np.float32], row: NDArray[np.int32], columns: NDArray[np.int32]
) -> None:
    for x in range(len(row)):
        size = min(sizes[x], np.int32(np.float32(2.5 * 1.2533) * mean[x]))
        row[x] = size
        columns[x] += size


@njit(cache=True, nogil=True, error_model="numpy")  # which asks at no division whether it is by zero
def _mean_of_windows(
    columns: NDArray[np.int32],
    across: NDArray[np.float32],
    down: np.float32,
    into: tuple[int, NDArray[np.int32], NDArray[np.float32]],
) -> None:
    """Give the means of n windows by the sums of their columns; beside n and the means there is room for sums."""
    n, sums, mean = into
    c = columns
    for x in range(n):
        sums[x] = ((c[x] + c[x + 1]) + (c[x + 2] + c[x + 3])) + ((c[x + 4] + c[x + 5]) + c[x + 6])
    for x in range(n):
        mean[x] = np.float32(sums[x]) / (down * across[x])


@njit(cache=True, nogil=True, error_model="numpy")
def _quantise_excess(
    whitened: NDArray[np.float32], mean: NDArray[np.float32], limits: Limits, result: NDArray[np.int16]
) -> None:
    """Give ``rint(clip(whitened / max(busyness, least), -clip, clip) * steps)``."""
    least, clip, steps = np.float32(limits[0]), limits[1], limits[2]
    fine, most, rounding = np.float32(steps), np.float32(clip * steps), np.float32(_TO_WHOLE_FLOAT)
    for x in range(len(result)):
        busyness = mean[x] * np.float32(1.30 / 1024.0)
        ratio = fine * whitened[x] / max(busyness, least)
        ratio = min(ratio, most)
        ratio = max(ratio, -most)
        result[x] = np.int16(np.int32((ratio + rounding) - rounding))


@njit(cache=True, nogil=True)
def _quantise_level(values: NDArray[np.float32], limits: Limits, result: NDArray[np.int32]) -> None:
    """Give ``rint(clip(values, -most, most) * steps)``."""
    high, fine = np.float32(limits[3]), np.float32(limits[4])
    for x in range(len(result)):
        value = values[x]
        value = min(value, high)
        value = max(value, -high)
        result[x] = np.int32((np.float64(value * fine) + _TO_WHOLE) - _TO_WHOLE)
