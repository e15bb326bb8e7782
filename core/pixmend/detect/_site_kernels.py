# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loop of measuring sites. Releases the GIL and is deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["median_places"]


@njit(cache=True, nogil=True)
def median_places(order: NDArray[np.int64], size: tuple[int, int], reach: int) -> NDArray[np.int64]:
    """Return where the median of the window about each pixel of a plane (H, W) stands: flat positions, (H, W).

    A window has (2 * `reach` + 1) pixels a side, and the plane is mirrored beyond its borders;
    `order` is the plane's ``argsort(axis=None)``. The plain version:
    ``plane.ravel()[result] == scipy.ndimage.median_filter(plane, 2 * reach + 1, mode="reflect")``.

    References
    ----------
    .. [1] T. S. Huang, G. J. Yang, G. Y. Tang, "A fast two-dimensional median filtering
           algorithm", IEEE Transactions on Acoustics, Speech, and Signal Processing 27
           (1979) 13-18; here of ranks, so that it is exact for any numbers.
    """
    height, width = size
    rank = np.empty(height * width, np.int64)
    for index in range(len(order)):
        rank[order[index]] = index
    side = 2 * reach + 1
    half = side * side // 2  # so many are below the median
    rows = np.empty(side, np.int64)
    count = np.zeros(len(order), np.int64)
    result = np.empty((height, width), np.int64)
    middle, below = 0, 0  # a rank, and how many of the window are below it
    for y in range(height):
        for dy in range(side):
            rows[dy] = _mirrored(y + dy - reach, height) * width
        is_first = y == 0
        for step in range(width):
            x = step if y % 2 == 0 else width - 1 - step  # there and back, so that a window moves by one
            if is_first:
                is_first = False
                for dx in range(-reach, reach + 1):
                    below += _count(count, rank, rows, _mirrored(x + dx, width), middle, 1)
            elif step == 0:
                gone, new = _mirrored(y - 1 - reach, height) * width, rows[side - 1]
                for dx in range(-reach, reach + 1):
                    column = _mirrored(x + dx, width)
                    count[rank[gone + column]] -= 1
                    below -= rank[gone + column] < middle
                    count[rank[new + column]] += 1
                    below += rank[new + column] < middle
            else:
                ahead = 1 if y % 2 == 0 else -1
                gone_column = _mirrored(x - ahead * (reach + 1), width)
                below -= _count(count, rank, rows, gone_column, middle, -1)
                below += _count(count, rank, rows, _mirrored(x + ahead * reach, width), middle, 1)
            while below > half:
                middle -= 1
                below -= count[middle]
            while below + count[middle] <= half:
                below += count[middle]
                middle += 1
            result[y, x] = order[middle]
    return result


@njit(cache=True, nogil=True)
def _count(
    count: NDArray[np.int64],
    rank: NDArray[np.int64],
    rows: NDArray[np.int64],
    column: int,
    middle: int,
    by: int,
) -> int:
    """Add `by` to the count of each rank in a column of the window; return how many are below `middle`."""
    below = 0
    for dy in range(len(rows)):
        each = rank[rows[dy] + column]
        count[each] += by
        below += each < middle
    return below


@njit(cache=True, nogil=True)
def _mirrored(place: int, side: int) -> int:
    while place < 0 or place >= side:
        place = -1 - place if place < 0 else 2 * side - 1 - place
    return place
