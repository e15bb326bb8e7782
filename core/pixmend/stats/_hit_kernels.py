# SPDX-License-Identifier: Apache-2.0
"""Compiled: samples of one frame that stand out of the pairs of samples around them."""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["NOTHING", "ODDEST", "quantise", "standing_out"]

ODDEST = 8_000
"""Largest magnitude in a table: twice the difference of two such still is an int16."""

NOTHING = -ODDEST - 1
"""What stands in a table for a sample that is no number."""

_ThreeRows: TypeAlias = tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]
_Place: TypeAlias = tuple[int, int, int]
"""Row, channel, and column of a ring's first sample."""

_RING_PX = 2  # the ring is the rim of 5 x 5 pixels: what one photosite spreads there is weak
_INWARD_PX = 4  # beyond the border stands what is so far further in: no sample is in its own ring
_ROWS = 5
_TO_WHOLE = (
    8388608.0  # adding and taking away 2**23 rounds floats of 0 to that to whole numbers, as rint does
)
_PATCH_INWARD_PX = 8  # the same for what is kept of the surroundings: never the place's own pixels
_AT_ONCE = 8  # samples are asked whether any of them stands out: a byte each of one number


@njit(cache=True, nogil=True)
def standing_out(
    bits: NDArray[np.uint16],
    table: NDArray[np.int16],
    least: int,
    found: NDArray[np.int32],
    codes: NDArray[np.uint16],
) -> int:
    """Find the samples that stand out of the samples of their channel 2 px away, whatever way one looks.

    Parameters
    ----------
    bits : (H, W, C) uint16 ndarray
        Stored samples; H and W are 9 or more.
    table : (C, 65536) int16 ndarray
        Value of every code, within `ODDEST`, or `NOTHING`.
    least : int
        A sample must stand out by more than half of this: above the mean of each pair of
        opposite samples (across, down, and both diagonals), or below, by so much and an
        eighth of what the 16 samples around span.
    found : (N, 5) int32 ndarray
        Gets y, x, channel, twice by how much, negative where too dark, and what the 16 samples
        span; in order of y, channel, x.
    codes : (N, 5, 5, C) uint16 ndarray
        Gets the samples around each: they are in the cache now, and would not be later.

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
    rows = np.empty((_ROWS, channels, width + 2 * _RING_PX), np.int16)
    stands = np.zeros(-(-width // _AT_ONCE) * _AT_ONCE, np.uint8)
    limit = np.int16(min(least, np.iinfo(np.int16).max))
    count = 0
    for y in range(-_RING_PX, height + _RING_PX):
        _take_row(bits, table, y, rows[(y + _RING_PX) % _ROWS])
        middle = y - _RING_PX
        if middle < 0:
            continue
        for c in range(channels):
            of_pairs = rows[middle % _ROWS, c], rows[(middle + 2) % _ROWS, c], rows[(middle + 4) % _ROWS, c]
            _stand_out_of_pairs(of_pairs, limit, stands[:width])
            first = count
            count = _collect(rows, stands, (middle, c, least), (found, count))
            for index in range(first, min(count, len(found))):
                _take_patch(bits, index, found, codes)
    return count


@njit(cache=True, nogil=True)
def _take_row(bits: NDArray[np.uint16], table: NDArray[np.int16], y: int, row: NDArray[np.int16]) -> None:
    """Look up one row and 2 px more on each side; `row` is (C, W + 4)."""
    height, width, channels = bits.shape
    source = bits[_inside(y, height, _INWARD_PX)]
    for c in range(channels):
        own = row[c]
        values = table[c]
        for x in range(width):
            own[x + _RING_PX] = values[source[x, c]]
        for x in range(_RING_PX):
            own[x] = own[x + _INWARD_PX]
            own[width + _RING_PX + x] = own[width + _RING_PX + x - _INWARD_PX]


@njit(cache=True, nogil=True)
def _take_patch(
    bits: NDArray[np.uint16], index: int, found: NDArray[np.int32], codes: NDArray[np.uint16]
) -> None:
    """Copy the samples of the 5 x 5 pixels about one of the places found."""
    height, width, channels = bits.shape
    for dy in range(_ROWS):
        y = np.uint64(_inside(found[index, 0] + dy - _RING_PX, height, _PATCH_INWARD_PX))
        for dx in range(_ROWS):
            x = np.uint64(_inside(found[index, 1] + dx - _RING_PX, width, _PATCH_INWARD_PX))
            for c in range(channels):
                codes[index, dy, dx, c] = bits[y, x, c]  # by unsigned places: none counts from the end


@njit(cache=True, nogil=True)
def _inside(place: int, size: int, inward: int) -> int:
    """Return a place inside an axis."""
    if place < 0:
        return place + inward
    return place - inward if place >= size else place


@njit(cache=True, nogil=True)
def _stand_out_of_pairs(rows: _ThreeRows, limit: np.int16, stands: NDArray[np.uint8]) -> None:
    """Mark which samples stand out of all four pairs 2 px away, on opposite sides, by more than half of `limit`.

    And by an eighth of what the ring spans: it spans half of what the pairs do, or more.
    """
    above, own, below = rows
    for x in range(len(stands)):
        across, down = np.int16(own[x] + own[x + 4]), np.int16(above[x + 2] + below[x + 2])
        falling, rising = np.int16(above[x] + below[x + 4]), np.int16(below[x] + above[x + 4])
        most, least = max(across, down, falling, rising), min(across, down, falling, rising)
        twice = np.int16(own[x + 2] + own[x + 2])
        spans = np.int16(np.int16(most - least) >> 3)
        stands[x] = np.int16(max(np.int16(twice - most), np.int16(least - twice)) - spans) > limit


@njit(cache=True, nogil=True)
def _collect(
    rows: NDArray[np.int16],
    stands: NDArray[np.uint8],
    asked: tuple[int, int, int],
    into: tuple[NDArray[np.int32], int],
) -> int:
    """Add the peaks of one row of one channel to what was found; return how many there are then.

    `rows` (5, C, W + 4) is all rows around it, in places of their own; `asked` the row, the channel
    and `least`. What the ring spans is asked of those few that stand out of the pairs.
    """
    found, count = into
    y, c, least = asked
    own = rows[(y + _RING_PX) % _ROWS, c]
    eights = stands.view(np.uint64)
    for eight in range(len(eights)):
        if eights[eight] == 0:
            continue
        for x in range(_AT_ONCE * eight, _AT_ONCE * eight + _AT_ONCE):
            if stands[x] == 0:
                continue
            place = y, c, x
            sign = 1 if 2 * own[x + 2] > own[x] + own[x + 4] else -1
            if not _is_peak(rows, place, sign):
                continue
            span = _span_of_ring(rows, place)
            gap = _beyond_pairs(rows, place, sign) - (span >> 2)
            if gap <= least:
                continue
            if count < len(found):
                found[count, 0] = y
                found[count, 1] = x
                found[count, 2] = c
                found[count, 3] = sign * gap
                found[count, 4] = span
            count += 1
    return count


@njit(cache=True, nogil=True)
def _beyond_pairs(rows: NDArray[np.int16], place: _Place, sign: int) -> int:
    """Return by how much, doubled, a sample stands out of all pairs."""
    y, c, x = place
    above, own, below = y % _ROWS, (y + 2) % _ROWS, (y + 4) % _ROWS
    twice = 2 * sign * rows[own, c, x + 2]
    gap = twice - sign * (rows[own, c, x] + rows[own, c, x + 4])
    gap = min(gap, twice - sign * (rows[above, c, x + 2] + rows[below, c, x + 2]))
    gap = min(gap, twice - sign * (rows[above, c, x] + rows[below, c, x + 4]))
    return int(min(gap, twice - sign * (rows[below, c, x] + rows[above, c, x + 4])))


@njit(cache=True, nogil=True)
def _span_of_ring(rows: NDArray[np.int16], place: _Place) -> int:
    """Return what the 16 samples at the rim of 5 x 5 span."""
    y, c, x = place
    highest = lowest = rows[y % _ROWS, c, x]
    for dy in (0, 4):
        for dx in range(_ROWS):
            value = rows[(y + dy) % _ROWS, c, x + dx]
            highest, lowest = max(highest, value), min(lowest, value)
    for dy in (1, 2, 3):
        left, right = rows[(y + dy) % _ROWS, c, x], rows[(y + dy) % _ROWS, c, x + 4]
        highest, lowest = max(highest, left, right), min(lowest, left, right)
    return int(highest) - int(lowest)


@njit(cache=True, nogil=True)
def _is_peak(rows: NDArray[np.int16], place: _Place, sign: int) -> bool:
    """Tell whether a sample that stands out is the first of the oddest of its 3 x 3 pixels."""
    y, c, x = place
    up, own, down = (y + 1) % _ROWS, (y + 2) % _ROWS, (y + 3) % _ROWS
    oddest = sign * rows[own, c, x + 2]
    before = max(
        sign * rows[up, c, x + 1],
        sign * rows[up, c, x + 2],
        sign * rows[up, c, x + 3],
        sign * rows[own, c, x + 1],
    )
    after = max(
        sign * rows[own, c, x + 3],
        sign * rows[down, c, x + 1],
        sign * rows[down, c, x + 2],
        sign * rows[down, c, x + 3],
    )
    return bool(before < oddest and after <= oddest)


@njit(cache=True, nogil=True)
def quantise(values: NDArray[np.float32], steps: int, result: NDArray[np.int16]) -> None:
    """Put planes (C, H, W) into samples (H, W, C): ``rint(clip(values * steps, -ODDEST, ODDEST))``, NaN as `NOTHING`."""
    most, fine, rounding = np.float32(ODDEST), np.float32(steps), np.float32(_TO_WHOLE)
    for y in range(values.shape[1]):
        samples = result[y]
        for c in range(len(values)):
            row = values[c, y]
            for x in range(len(row)):
                size = (min(abs(row[x]) * fine, most) + rounding) - rounding
                whole = np.int16(np.copysign(size, row[x])) if abs(row[x]) < np.float32(np.inf) else NOTHING
                samples[x, c] = whole
