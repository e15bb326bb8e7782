# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of the frame statistics. All release the GIL and are deterministic."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "accumulate",
    "correlate",
    "look_up",
    "take_out_what_is_not_finite",
]


def correlate(padded: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlate a padded stack (C, H + 2r, W + 2r) with weights (K, C, 2r + 1, 2r + 1) -> (K, H, W).

    The plain version: ``out[k] = sum(scipy.ndimage.correlate(stack[c], weights[k, c]) for c)``.
    """
    side = weights.shape[-1]
    spare = -side % 7
    taps, source = (_with_columns(each, spare) if spare else each for each in (weights, padded))
    result = np.zeros((len(weights), padded.shape[1] - side + 1, padded.shape[2] - side + 1), np.float32)
    source, taps = (np.ascontiguousarray(each, np.float32) for each in (source, taps))
    thirds = len(weights) // 3 * 3 if taps.shape[-1] == 7 else 0
    _add_taps_of_three(source, taps[:thirds], result[:thirds])
    _add_taps(source, taps[thirds:], result[thirds:])
    return result


def _with_columns(values: NDArray[Any], spare: int) -> NDArray[np.float32]:
    """Return `values` with so many columns of zeros at their end; `np.pad` takes as long as a small correlation."""
    wider = np.zeros((*values.shape[:-1], values.shape[-1] + spare), np.float32)
    wider[..., :-spare] = values
    return wider


# No fused multiply-add: processors without it would round otherwise, and parts of a shot must merge to the bit.
@njit(cache=True, nogil=True)
def _add_taps(padded: NDArray[np.float32], weights: NDArray[np.float32], result: NDArray[np.float32]) -> None:
    """Add up a correlation row by row, seven taps at a time, so that the innermost loop is vector code."""
    outputs, channels, side, taps = weights.shape
    width = result.shape[2]
    for y in range(result.shape[1]):
        for k in range(outputs):
            row = result[k, y]
            for c in range(channels):
                for dy in range(side):
                    for first in range(0, taps, 7):
                        source = padded[c, y + dy, first:]
                        tap = weights[k, c, dy, first:]
                        w0, w1, w2, w3, w4, w5, w6 = tap[0], tap[1], tap[2], tap[3], tap[4], tap[5], tap[6]
                        for x in range(width):
                            row[x] += (
                                (w0 * source[x] + w1 * source[x + 1])
                                + (w2 * source[x + 2] + w3 * source[x + 3])
                                + (w4 * source[x + 4] + w5 * source[x + 5])
                                + w6 * source[x + 6]
                            )


@njit(cache=True, nogil=True)
def _add_taps_of_three(
    padded: NDArray[np.float32], weights: NDArray[np.float32], result: NDArray[np.float32]
) -> None:
    """Do so for windows of up to 7 pixels and three correlations at a time: a sample is fetched once for all three."""
    outputs, channels, side, _ = weights.shape
    width = result.shape[2]
    for y in range(result.shape[1]):
        for k in range(0, outputs, 3):
            row_a, row_b, row_c = result[k, y], result[k + 1, y], result[k + 2, y]
            for c in range(channels):
                for dy in range(side):
                    source = padded[c, y + dy]
                    a, b, d = weights[k, c, dy], weights[k + 1, c, dy], weights[k + 2, c, dy]
                    a0, a1, a2, a3, a4, a5, a6 = a[0], a[1], a[2], a[3], a[4], a[5], a[6]
                    b0, b1, b2, b3, b4, b5, b6 = b[0], b[1], b[2], b[3], b[4], b[5], b[6]
                    d0, d1, d2, d3, d4, d5, d6 = d[0], d[1], d[2], d[3], d[4], d[5], d[6]
                    for x in range(width):
                        s0, s1, s2, s3 = source[x], source[x + 1], source[x + 2], source[x + 3]
                        s4, s5, s6 = source[x + 4], source[x + 5], source[x + 6]
                        row_a[x] += (a0 * s0 + a1 * s1) + (a2 * s2 + a3 * s3) + (a4 * s4 + a5 * s5) + a6 * s6
                        row_b[x] += (b0 * s0 + b1 * s1) + (b2 * s2 + b3 * s3) + (b4 * s4 + b5 * s5) + b6 * s6
                        row_c[x] += (d0 * s0 + d1 * s1) + (d2 * s2 + d3 * s3) + (d4 * s4 + d5 * s5) + d6 * s6


@njit(cache=True, nogil=True)
def accumulate(
    sums: tuple[NDArray[np.int16], NDArray[np.int32], NDArray[np.int16]],
    on_grid: tuple[NDArray[np.int64], NDArray[np.int64], int],
    place: tuple[int, int],
    band: tuple[NDArray[np.int16], NDArray[np.int32], NDArray[np.bool_]],
) -> None:
    """Add whole numbers, (C, h, w) twice and (h, w), to their sums from row and column `place` on, in one pass.

    At every so many pixels down and across, the last of `on_grid`, the second and its square are
    added to sums of their own, (C, H / that, W / that). The sums are whole pools: of a part of
    them it would not be known that its rows are without gaps.
    """
    (top, left), (excess, level, seen) = place, band
    channels, height, width = excess.shape
    for y in range(height):
        seen_sum = sums[2][top + y, left : left + width]
        for x in range(width):
            seen_sum[x] += seen[y, x]
    for c in range(channels):
        for y in range(height):
            excess_sum = sums[0][c, top + y, left : left + width]
            level_sum = sums[1][c, top + y, left : left + width]
            for x in range(width):
                excess_sum[x] += excess[c, y, x]
                level_sum[x] += level[c, y, x]
            if (top + y) % on_grid[2] == 0:
                _add_on_grid(level[c, y], left, (on_grid[0][c], on_grid[1][c], on_grid[2]), top + y)


@njit(cache=True, nogil=True)
def _add_on_grid(
    level: NDArray[np.int32], left: int, on_grid: tuple[NDArray[np.int64], NDArray[np.int64], int], y: int
) -> None:
    """Add what of a row lies on the grid, and its square."""
    step = on_grid[2]
    level_sum, square_sum = on_grid[0][y // step], on_grid[1][y // step]
    for x in range(-left % step, len(level), step):
        value, place = np.int64(level[x]), (left + x) // step
        level_sum[place] += value
        square_sum[place] += value * value


@njit(cache=True, nogil=True)
def look_up(
    codes: NDArray[np.unsignedinteger],
    tables: NDArray[np.float32],
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    result: NDArray[np.float32],
) -> None:
    """Put ``tables[c, codes[rows][:, columns, c]]`` into planes (C, rows, columns); `places` are these.

    Columns that follow each other are looked up at one go.
    """
    rows, columns = places
    start = 0
    while start < len(columns):
        stop = start + 1
        while stop < len(columns) and columns[stop] == columns[stop - 1] + 1:
            stop += 1
        for y in range(len(rows)):
            source = codes[rows[y], columns[start] : columns[start] + stop - start]
            for c in range(len(tables)):
                table, row = tables[c], result[c, y, start:stop]
                for x in range(stop - start):
                    row[x] = table[source[x, c]]
        start = stop


@njit(cache=True, nogil=True)
def take_out_what_is_not_finite(planes: NDArray[np.float32], is_bad: NDArray[np.bool_]) -> bool:
    """Put 0 where planes (C, H, W) are not finite, mark in `is_bad` (H, W) where any is; tell whether any was."""
    found = False
    for c in range(len(planes)):
        for y in range(planes.shape[1]):
            row, count = planes[c, y], np.int32(0)
            for x in range(len(row)):  # counting is vector code
                count += np.int32(not abs(row[x]) < np.float32(np.inf))
            if count:
                found = True
                for x in range(len(row)):
                    if not abs(row[x]) < np.float32(np.inf):
                        row[x] = np.float32(0.0)
                        is_bad[y, x] = True
    return found
