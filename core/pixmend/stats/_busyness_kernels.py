# SPDX-License-Identifier: Apache-2.0
"""Compiled: how busy a whitened plane is about each sample. Releases the GIL, deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["local_scale"]

_GROUP = 7  # columns that are summed at once, so that the innermost loop is vector code


@njit(cache=True, nogil=True)
def local_scale(plane: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Robust local standard deviation of a finite zero-mean plane (H, W), from windows of absolute values.

    Two steps: the mean absolute value of the (2 * `radius` + 1)-square window, cut at the
    borders, then again with what stands out by more than 2.5 of it cut down, so that a
    defect hardly raises its own scale. The factors make it 1 for white normal noise.
    Values count in steps of 1/1024 and up to 2000: whole numbers, so that sums that move
    down row by row do not drift. (H, W) float32.
    """
    height, width = plane.shape
    side = 2 * radius + 1
    across = np.empty(width, np.float32)
    for x in range(width):
        across[x] = min(x + radius, width - 1) - max(x - radius, 0) + 1
    sizes, cut = np.zeros((side, width), np.int32), np.zeros((side, width), np.int32)  # the last rows
    wide = width + 2 * radius
    size_columns, cut_columns = np.zeros(wide, np.int32), np.zeros(wide, np.int32)  # and their sums
    sums, mean = np.empty(width, np.int32), np.empty(width, np.float32)
    result = np.empty((height, width), np.float32)
    for y in range(height + 2 * radius):
        new = sizes[y % side]
        _leave(new, size_columns[radius:])
        if y < height:
            _enter_sizes(plane[y], new, size_columns[radius:])
        middle = y - radius
        if middle < 0:
            continue
        new = cut[middle % side]
        _leave(new, cut_columns[radius:])
        if middle < height:
            _mean_of_columns(size_columns, across, _rows(middle, radius, height), sums, mean)
            _enter_cut(sizes[middle % side], mean, new, cut_columns[radius:])
        done = middle - radius
        if done >= 0:
            row = result[done]
            _mean_of_columns(cut_columns, across, _rows(done, radius, height), sums, row)
            for x in range(width):
                row[x] *= np.float32(1.30 / 1024.0)
    return result


@njit(cache=True, nogil=True)
def _rows(y: int, radius: int, height: int) -> np.float32:
    return np.float32(min(y + radius, height - 1) - max(y - radius, 0) + 1)


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
def _mean_of_columns(
    columns: NDArray[np.int32],
    across: NDArray[np.float32],
    down: np.float32,
    sums: NDArray[np.int32],
    result: NDArray[np.float32],
) -> None:
    """Give the mean of each window by the sums of its columns; `sums` is room for its own."""
    width = len(result)
    side = len(columns) - width + 1
    sums[:] = 0
    for first in range(0, side - _GROUP + 1, _GROUP):
        c = columns[first:]
        for x in range(width):
            sums[x] += ((c[x] + c[x + 1]) + (c[x + 2] + c[x + 3])) + ((c[x + 4] + c[x + 5]) + c[x + 6])
    for shift in range(side // _GROUP * _GROUP, side):
        c = columns[shift:]
        for x in range(width):
            sums[x] += c[x]
    for x in range(width):
        result[x] = np.float32(sums[x]) / (down * across[x])
