# SPDX-License-Identifier: Apache-2.0
"""Compiled: how well the pixels around a place in one frame match one photosite's footprint."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pixmend.arrays import MAD_TO_SIGMA

__all__ = ["match_places"]

_CORE_PX = 2  # footprints have 5 x 5 pixels
_REACH_PX = 4  # the rest of 9 x 9 pixels is the background
_SIDE = 2 * _REACH_PX + 1
_AROUND = _SIDE**2 - (2 * _CORE_PX + 1) ** 2
_AROUND_MOMENT = np.float32(_SIDE * 60 - 5 * 10)  # sum of dy squared over the pixels around
_TO_SIGMA = np.float32(MAD_TO_SIGMA)


@njit(cache=True, nogil=True)
def match_places(
    bits: NDArray[np.uint16],
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    places: NDArray[np.int32],
    footprints: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Match footprints at places of one frame.

    Parameters
    ----------
    bits : (H, W, C) uint16 ndarray
        Stored samples; H and W are 9 or more.
    tables : two (C, 65536) float32 ndarray
        Linear level of every code, NaN where it is no number; one sigma of the noise there.
    places : (N, M) int32 ndarray
        y and x first.
    footprints : (K, C, 5, 5) float32 ndarray
        In linear light.

    Returns
    -------
    (N, 3) float32 ndarray
        What the best footprint explains of the excess, and all of the excess: sums of squares,
        in sigma of the background or in its scatter where that is more; which footprint it is.
        0 near what is no number.

    Notes
    -----
    Background is the plane through the pixels around the middle 5 x 5, so that a slope of the
    scene is no excess. Beyond the borders stand pixels of further in.
    """
    channels = bits.shape[2]
    result = np.zeros((len(places), 3), np.float32)
    excess = np.empty(footprints.shape[1:], np.float32)
    unit = np.empty(channels, np.float32)
    for index in range(len(places)):
        y, x = places[index, 0], places[index, 1]
        is_sound = True
        for c in range(channels):
            is_sound &= _excess_at(bits, (tables[0][c], tables[1][c]), (y, x, c), excess[c], unit)
        if is_sound:
            result[index] = _best_match(excess, unit, footprints)
    return result


@njit(cache=True, nogil=True)
def _excess_at(
    bits: NDArray[np.uint16],
    tables: tuple[NDArray[np.float32], NDArray[np.float32]],
    place: tuple[int, int, int],
    excess: NDArray[np.float32],
    unit: NDArray[np.float32],
) -> bool:
    """Give the excess (5, 5) of one channel over its background, and the unit it is in; tell whether all is finite."""
    level_of, sigma_of = tables
    y, x, c = place
    around = np.empty(_AROUND, np.float32)
    codes = np.empty(_AROUND, np.uint16)
    down, across = np.float32(0.0), np.float32(0.0)
    count = 0
    for dy in range(-_REACH_PX, _REACH_PX + 1):
        row = _inside(y + dy, bits.shape[0])
        for dx in range(-_REACH_PX, _REACH_PX + 1):
            code = bits[row, _inside(x + dx, bits.shape[1]), c]
            level = level_of[code]
            if abs(dy) <= _CORE_PX and abs(dx) <= _CORE_PX:
                excess[dy + _CORE_PX, dx + _CORE_PX] = level
            else:
                around[count] = level
                codes[count] = code
                down += dy * level
                across += dx * level
                count += 1
    if not (np.isfinite(down + across) and np.isfinite(excess.sum())):
        return False
    _take_plane(around, excess, down / _AROUND_MOMENT, across / _AROUND_MOMENT)
    background = _middle_of(around)
    code = codes[np.argmax(around == background)]
    unit[c] = max(sigma_of[code], _TO_SIGMA * _middle_of(np.abs(around - background)))
    excess -= background
    excess /= unit[c]
    return True


@njit(cache=True, nogil=True)
def _take_plane(
    around: NDArray[np.float32], excess: NDArray[np.float32], down: np.float32, across: np.float32
) -> None:
    """Take a slope, so much a pixel down and across, out of the pixels around and those in the middle."""
    count = 0
    for dy in range(-_REACH_PX, _REACH_PX + 1):
        for dx in range(-_REACH_PX, _REACH_PX + 1):
            rise = np.float32(dy * down + dx * across)
            if abs(dy) <= _CORE_PX and abs(dx) <= _CORE_PX:
                excess[dy + _CORE_PX, dx + _CORE_PX] -= rise
            else:
                around[count] -= rise
                count += 1


@njit(cache=True, nogil=True)
def _middle_of(values: NDArray[np.float32]) -> np.float32:
    """Return the upper median of a few finite values by counting: vector code, the fastest for so few."""
    half = len(values) // 2
    low, high = np.float32(-np.inf), np.float32(np.inf)
    middle = values[0]
    for value in values:
        if not low < value < high:
            continue
        below, up_to = np.int32(0), np.int32(0)
        for other in values:
            below = np.int32(below + np.int32(other < value))
            up_to = np.int32(up_to + np.int32(other <= value))
        if below > half:
            high = value
        elif up_to <= half:
            low = value
        else:
            middle = value
            break
    return np.float32(middle)


@njit(cache=True, nogil=True)
def _best_match(
    excess: NDArray[np.float32], unit: NDArray[np.float32], footprints: NDArray[np.float32]
) -> NDArray[np.float32]:
    result = np.zeros(3, np.float32)
    for value in excess.flat:
        result[1] += value * value
    for index, footprint in enumerate(footprints):
        inner, norm = np.float32(0.0), np.float32(0.0)
        for c in range(len(unit)):
            for y in range(2 * _CORE_PX + 1):
                for x in range(2 * _CORE_PX + 1):
                    shape = footprint[c, y, x] / unit[c]
                    inner += shape * excess[c, y, x]
                    norm += shape * shape
        if inner * inner / norm > result[0]:
            result[0], result[2] = inner * inner / norm, index
    return result


@njit(cache=True, nogil=True)
def _inside(place: int, size: int) -> int:
    """Return a place inside an axis: beyond its ends stands what is 8 px further in, never the place's own core."""
    if place < 0:
        return place + 2 * _REACH_PX
    return place - 2 * _REACH_PX if place >= size else place
