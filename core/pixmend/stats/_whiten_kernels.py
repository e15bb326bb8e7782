# SPDX-License-Identifier: Apache-2.0
"""Compiled: whitening by filters that are the same turned by half. Releases the GIL, deterministic."""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["fold_filters", "whiten_planes", "whiten_row"]

_SIDE, _HALF = 7, 25  # of a window's 49 taps those up to the middle one; the rest are the same again

_Place: TypeAlias = tuple[int, int, int]
_Pair: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]


def fold_filters(filters: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what is different of filters (K, C, 7, 7) that are the same turned by half: (K, C, 25).

    Raises
    ------
    ValueError
        If they are not.
    """
    if filters.shape[2:] != (_SIDE, _SIDE) or not np.array_equal(filters, filters[:, :, ::-1, ::-1]):
        raise ValueError(f"filters {filters.shape} that are not 7 x 7, or not the same turned by half")
    return np.ascontiguousarray(filters.reshape(*filters.shape[:2], -1)[:, :, :_HALF])


@njit(cache=True, nogil=True)
def whiten_planes(padded: NDArray[np.float32], taps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the whitened picture (K, H, W) of a padded stack (C, H + 6, W + 6), in rows of `whiten_row`."""
    height, width = padded.shape[1] - _SIDE + 1, padded.shape[2] - _SIDE + 1
    result = np.empty((len(taps), height, width), np.float32)
    rows = np.empty((len(taps), width), np.float32)
    for y in range(height):
        whiten_row(padded, taps, (y, 0, width), rows)
        result[:, y] = rows
    return result


@njit(cache=True, nogil=True)
def whiten_row(
    padded: NDArray[np.float32], taps: NDArray[np.float32], place: _Place, result: NDArray[np.float32]
) -> None:
    """Whiten one row of a padded stack (C, H + 6, W + 6).

    Parameters
    ----------
    taps : (K, C, 25) float32 ndarray
        As `fold_filters` gives them.
    place : (int, int, int)
        Row, first column, and how many columns.
    result : (K, n or more) float32 ndarray
        Gets them.

    Notes
    -----
    What lies opposite of the middle is added first: that is half the products. Three results at a
    time, so that a sum serves all three; each is added up in the same order as one by itself.
    """
    y, low, n = place
    outputs, channels, _ = taps.shape
    for k in range(outputs):
        result[k, :n] = 0.0
    thirds = outputs // 3 * 3
    for c in range(channels):
        middle = padded[c, y + 3, low:]
        for k in range(0, thirds, 3):
            for dy in range(3):
                pair = padded[c, y + dy, low:], padded[c, y + 6 - dy, low:]
                _add_rows_to_three(pair, taps[k : k + 3, c, 7 * dy :], n, result[k : k + 3])
            _add_middle_to_three(middle, taps[k : k + 3, c, 21:], n, result[k : k + 3])
        for k in range(thirds, outputs):
            for dy in range(3):
                pair = padded[c, y + dy, low:], padded[c, y + 6 - dy, low:]
                _add_rows(pair, taps[k, c, 7 * dy :], n, result[k])
            _add_middle(middle, taps[k, c, 21:], n, result[k])


@njit(cache=True, nogil=True)
def _add_rows_to_three(pair: _Pair, taps: NDArray[np.float32], n: int, result: NDArray[np.float32]) -> None:
    """Add what two opposite rows of the window give to three rows of results."""
    up, down = pair
    a, b, d = taps[0], taps[1], taps[2]
    a0, a1, a2, a3, a4, a5, a6 = a[0], a[1], a[2], a[3], a[4], a[5], a[6]
    b0, b1, b2, b3, b4, b5, b6 = b[0], b[1], b[2], b[3], b[4], b[5], b[6]
    d0, d1, d2, d3, d4, d5, d6 = d[0], d[1], d[2], d[3], d[4], d[5], d[6]
    of_a, of_b, of_d = result[0], result[1], result[2]
    for x in range(n):
        s0, s1, s2 = up[x] + down[x + 6], up[x + 1] + down[x + 5], up[x + 2] + down[x + 4]
        s3 = up[x + 3] + down[x + 3]
        s4, s5, s6 = up[x + 4] + down[x + 2], up[x + 5] + down[x + 1], up[x + 6] + down[x]
        of_a[x] += (a0 * s0 + a1 * s1) + (a2 * s2 + a3 * s3) + (a4 * s4 + a5 * s5) + a6 * s6
        of_b[x] += (b0 * s0 + b1 * s1) + (b2 * s2 + b3 * s3) + (b4 * s4 + b5 * s5) + b6 * s6
        of_d[x] += (d0 * s0 + d1 * s1) + (d2 * s2 + d3 * s3) + (d4 * s4 + d5 * s5) + d6 * s6


@njit(cache=True, nogil=True)
def _add_middle_to_three(
    row: NDArray[np.float32], taps: NDArray[np.float32], n: int, result: NDArray[np.float32]
) -> None:
    """Add what the window's middle row gives to three rows of results."""
    a, b, d = taps[0], taps[1], taps[2]
    a0, a1, a2, a3 = a[0], a[1], a[2], a[3]
    b0, b1, b2, b3 = b[0], b[1], b[2], b[3]
    d0, d1, d2, d3 = d[0], d[1], d[2], d[3]
    of_a, of_b, of_d = result[0], result[1], result[2]
    for x in range(n):
        s0, s1, s2, s3 = row[x] + row[x + 6], row[x + 1] + row[x + 5], row[x + 2] + row[x + 4], row[x + 3]
        of_a[x] += (a0 * s0 + a1 * s1) + (a2 * s2 + a3 * s3)
        of_b[x] += (b0 * s0 + b1 * s1) + (b2 * s2 + b3 * s3)
        of_d[x] += (d0 * s0 + d1 * s1) + (d2 * s2 + d3 * s3)


@njit(cache=True, nogil=True)
def _add_rows(pair: _Pair, taps: NDArray[np.float32], n: int, result: NDArray[np.float32]) -> None:
    """Do for one row of results what `_add_rows_to_three` does, in its order."""
    up, down = pair
    a0, a1, a2, a3, a4, a5, a6 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5], taps[6]
    for x in range(n):
        s0, s1, s2 = up[x] + down[x + 6], up[x + 1] + down[x + 5], up[x + 2] + down[x + 4]
        s3 = up[x + 3] + down[x + 3]
        s4, s5, s6 = up[x + 4] + down[x + 2], up[x + 5] + down[x + 1], up[x + 6] + down[x]
        result[x] += (a0 * s0 + a1 * s1) + (a2 * s2 + a3 * s3) + (a4 * s4 + a5 * s5) + a6 * s6


@njit(cache=True, nogil=True)
def _add_middle(
    row: NDArray[np.float32], taps: NDArray[np.float32], n: int, result: NDArray[np.float32]
) -> None:
    """Do for one row of results what `_add_middle_to_three` does."""
    a0, a1, a2, a3 = taps[0], taps[1], taps[2], taps[3]
    for x in range(n):
        s0, s1, s2, s3 = row[x] + row[x + 6], row[x + 1] + row[x + 5], row[x + 2] + row[x + 4], row[x + 3]
        result[x] += (a0 * s0 + a1 * s1) + (a2 * s2 + a3 * s3)
