# SPDX-License-Identifier: Apache-2.0
"""Compiled: samples of one frame that stand out of the pairs of samples around them."""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["NOTHING", "ODDEST", "standing_out"]

ODDEST = 8_000
"""Largest magnitude in a table: twice the difference of two such still is an int16."""

NOTHING = -ODDEST - 1
"""What stands in a table for a sample that is no number."""

_ThreeRows: TypeAlias = tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]
_TwoRows: TypeAlias = tuple[NDArray[np.int16], NDArray[np.int16]]

_RING_PX = 2  # the ring is the rim of 5 x 5 pixels: what one photosite spreads there is weak
_INWARD_PX = 4  # beyond the border stands what is so far further in: no sample is in its own ring
_ROWS = 5
_CHUNK = 128  # samples that are asked at once whether any of them stands out


@njit(cache=True, nogil=True)
def standing_out(
    bits: NDArray[np.uint16], table: NDArray[np.int16], least: int, found: NDArray[np.int32]
) -> int:
    """Find the samples that stand out of the samples of their channel 2 px away, whatever way one looks.

    Parameters
    ----------
    bits : (H, W, C) uint16 ndarray
        Stored samples; H and W are 5 or more.
    table : (C, 65536) int16 ndarray
        Value of every code, within `ODDEST`, or `NOTHING`.
    least : int
        A sample must stand out by more than half of this: above the mean of each pair of
        opposite samples (across, down, and both diagonals), or below, by so much and an
        eighth of what the 16 samples around span.
    found : (N, 5) int32 ndarray
        Gets y, x, channel, twice by how much, negative where too dark, and what the 16 samples
        span; in order of y, channel, x.

    Returns
    -------
    int
        How many there are; what is beyond N is counted only.

    Notes
    -----
    A slope or an edge of the scene is as high as a pair beside it in one direction at least.
    Samples must peak among the nearest 8. Beyond the borders stand samples of further in. Of
    neighbours that are equal the first counts.
    """
    height, width, channels = bits.shape
    wide = width + 2 * _RING_PX
    rows = np.empty((_ROWS, channels, wide), np.int16)
    highest = np.empty((_ROWS, channels, width), np.int16)
    lowest = np.empty((_ROWS, channels, width), np.int16)
    most, least_sum = np.empty(width, np.int16), np.empty(width, np.int16)
    span, gap = np.empty(width, np.int16), np.empty(width, np.int16)
    count = 0
    for y in range(-_RING_PX, height + _RING_PX):
        slot = (y + _RING_PX) % _ROWS
        _take_row(bits, table, y, rows[slot])
        for c in range(channels):
            _ends_of_five(rows[slot, c], highest[slot, c], lowest[slot, c])
        middle = y - _RING_PX
        if middle < 0:
            continue
        for c in range(channels):
            near = (
                rows[(middle + 1) % _ROWS, c],
                rows[(middle + 2) % _ROWS, c],
                rows[(middle + 3) % _ROWS, c],
            )
            above, below = middle % _ROWS, slot
            upper, lower = (highest[above, c], highest[below, c]), (lowest[above, c], lowest[below, c])
            _span_of_ring(near, upper, lower, span)
            _ends_of_pairs((rows[above, c], near[1], rows[below, c]), most, least_sum)
            _gap_to_pairs(near[1], (most, least_sum), span, gap)
            count = _collect(near, (gap, span), (middle, c), least, (found, count))
    return count


@njit(cache=True, nogil=True)
def _take_row(bits: NDArray[np.uint16], table: NDArray[np.int16], y: int, row: NDArray[np.int16]) -> None:
    """Look up one row and 2 px more on each side; `row` is (C, W + 4)."""
    height, width, channels = bits.shape
    source = bits[_inside(y, height)]
    for c in range(channels):
        own = row[c]
        values = table[c]
        for x in range(width):
            own[x + _RING_PX] = values[source[x, c]]
        for x in range(_RING_PX):
            own[x] = own[x + _INWARD_PX]
            own[width + _RING_PX + x] = own[width + _RING_PX + x - _INWARD_PX]


@njit(cache=True, nogil=True)
def _inside(place: int, size: int) -> int:
    if place < 0:
        return place + _INWARD_PX
    return place - _INWARD_PX if place >= size else place


@njit(cache=True, nogil=True)
def _ends_of_five(row: NDArray[np.int16], highest: NDArray[np.int16], lowest: NDArray[np.int16]) -> None:
    """Give the largest and the smallest of each five samples in a row."""
    for x in range(len(highest)):
        highest[x] = max(row[x], row[x + 1], row[x + 2], row[x + 3], row[x + 4])
        lowest[x] = min(row[x], row[x + 1], row[x + 2], row[x + 3], row[x + 4])


@njit(cache=True, nogil=True)
def _span_of_ring(near: _ThreeRows, highest: _TwoRows, lowest: _TwoRows, span: NDArray[np.int16]) -> None:
    """Give what the ring around each sample of a row spans; the rows are those next to it, then 2 px away."""
    above, own, below = near
    for x in range(len(span)):
        top = max(above[x], own[x], below[x], above[x + 4], own[x + 4], below[x + 4])
        top = max(top, highest[0][x], highest[1][x])
        floor = min(above[x], own[x], below[x], above[x + 4], own[x + 4], below[x + 4])
        floor = min(floor, lowest[0][x], lowest[1][x])
        span[x] = top - floor


@njit(cache=True, nogil=True)
def _ends_of_pairs(rows: _ThreeRows, most: NDArray[np.int16], least: NDArray[np.int16]) -> None:
    """Give the largest and the smallest sum of the pairs of samples 2 px away on opposite sides of each sample."""
    above, own, below = rows
    for x in range(len(most)):
        across, down = np.int16(own[x] + own[x + 4]), np.int16(above[x + 2] + below[x + 2])
        falling, rising = np.int16(above[x] + below[x + 4]), np.int16(below[x] + above[x + 4])
        most[x] = max(across, down, falling, rising)
        least[x] = min(across, down, falling, rising)


@njit(cache=True, nogil=True)
def _gap_to_pairs(
    own: NDArray[np.int16], pairs: _TwoRows, span: NDArray[np.int16], gap: NDArray[np.int16]
) -> None:
    """Give by how much, doubled, each sample of a row stands out of every pair; less a quarter of the span."""
    most, least = pairs
    for x in range(len(gap)):
        twice = np.int16(own[x + 2] + own[x + 2])
        beyond = max(np.int16(twice - most[x]), np.int16(least[x] - twice))
        gap[x] = beyond - (span[x] >> 2)


@njit(cache=True, nogil=True)
def _collect(
    near: _ThreeRows,
    gap_and_span: _TwoRows,
    place: tuple[int, int],
    least: int,
    into: tuple[NDArray[np.int32], int],
) -> int:
    """Add the peaks of one row of one channel to what was found; return how many there are then."""
    found, count = into
    gap, span = gap_and_span
    y, c = place
    for start in range(0, len(gap), _CHUNK):
        stop = min(start + _CHUNK, len(gap))
        most = gap[start]
        for x in range(start, stop):
            most = max(most, gap[x])
        if most <= least:
            continue
        for x in range(start, stop):
            if gap[x] <= least:
                continue
            sign = 1 if 2 * near[1][x + 2] > near[1][x] + near[1][x + 4] else -1
            if _is_peak(near, x + _RING_PX, sign):
                if count < len(found):
                    found[count, 0] = y
                    found[count, 1] = x
                    found[count, 2] = c
                    found[count, 3] = sign * gap[x]
                    found[count, 4] = span[x]
                count += 1
    return count


@njit(cache=True, nogil=True)
def _is_peak(near: _ThreeRows, x: int, sign: int) -> bool:
    """Tell whether a sample that stands out is the first of the oddest of its 3 x 3 pixels."""
    above, own, below = near
    value = sign * own[x]
    for dx in range(-1, 2):
        if sign * above[x + dx] >= value or sign * below[x + dx] > value:
            return False
    return bool(sign * own[x - 1] < value and sign * own[x + 1] <= value)
