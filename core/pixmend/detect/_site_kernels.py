# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of measuring sites. All release the GIL and are deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "excess_over_background",
    "far_from",
    "group_places",
    "loud_places",
    "may_stand_out",
    "median_places",
]


@njit(cache=True, nogil=True)
def loud_places(score: NDArray[np.float32], threshold: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return where a score (H, W), of either sign, reaches its threshold: (N, 2), in reading order."""
    height, width = score.shape
    counts = np.zeros(height, np.int64)
    for y in range(height):
        own, least, count = score[y], threshold[y], np.int32(0)
        for x in range(width):
            count += np.int32(abs(own[x]) >= least[x])
        counts[y] = count
    places = np.empty((counts.sum(), 2), np.int64)
    n = 0
    for y in range(height):
        if counts[y]:
            for x in range(width):
                if abs(score[y, x]) >= threshold[y, x]:
                    places[n, 0], places[n, 1] = y, x
                    n += 1
    return places


@njit(cache=True, nogil=True)
def group_places(places: NDArray[np.int64], width: int, near: int) -> NDArray[np.int64]:
    """Return for each place (N, 2), in reading order, the number of the first of its group.

    Places that are at most `near` steps, down and across, apart are of one group. The plain
    version: ``scipy.ndimage.label`` of what `near` // 2 steps of dilation reach, for an odd `near`.
    """
    root = np.arange(len(places))
    last = np.full((near + 1, width), -1, np.int64)  # who stands there, of the rows just passed
    for n in range(len(places)):
        y, x = places[n]
        for dy in range(near + 1):
            reach = near - dy
            right = x - 1 if dy == 0 else min(x + reach, width - 1)
            for column in range(max(x - reach, 0), right + 1):
                other = last[(y - dy) % (near + 1), column]
                if other >= 0 and places[other, 0] == y - dy:
                    first, second = _root(root, n), _root(root, other)
                    root[max(first, second)] = min(first, second)
        last[y % (near + 1), x] = n
    for n in range(len(places)):
        root[n] = root[root[n]]
    return root


@njit(cache=True, nogil=True)
def _root(root: NDArray[np.int64], n: int) -> int:
    while root[n] != n:
        root[n] = root[root[n]]
        n = root[n]
    return n


@njit(cache=True, nogil=True)
def may_stand_out(
    light: NDArray[np.float32], sigma: NDArray[np.float32], reach: int, amplitude: float
) -> bool:
    """Tell whether any sample of a window (C, h, w), but for its rim, is off more than half of those around.

    By `amplitude` times the least sigma of the channel; `reach` is that of the window around a sample,
    and the width of the rim.
    """
    side = 2 * reach + 1
    half = side * side // 2 + 1
    for c in range(len(light)):
        apart = amplitude * sigma[c].min()
        lowest, highest = light[c].min(), light[c].max()
        for y in range(reach, light.shape[1] - reach):
            for x in range(reach, light.shape[2] - reach):
                low, high = light[c, y, x] - apart, light[c, y, x] + apart
                if low < lowest and high > highest:
                    continue
                below, above = 0, 0
                for dy in range(y - reach, y + reach + 1):
                    for dx in range(x - reach, x + reach + 1):
                        below += light[c, dy, dx] <= low
                        above += light[c, dy, dx] >= high
                if max(below, above) >= half:
                    return True
    return False


@njit(cache=True, nogil=True)
def far_from(pixels: NDArray[np.int64], size: tuple[int, int], reach: int) -> NDArray[np.bool_]:
    """Tell which pixels of a window (H, W) are more than `reach` steps, down or across, from those (N, 2) given.

    The plain version: the rest of ``scipy.ndimage.binary_dilation`` with `reach` iterations.
    """
    result = np.ones(size, np.bool_)
    for n in range(len(pixels)):
        for y in range(max(pixels[n, 0] - reach, 0), min(pixels[n, 0] + reach + 1, size[0])):
            left = reach - abs(y - pixels[n, 0])
            result[y, max(pixels[n, 1] - left, 0) : pixels[n, 1] + left + 1] = False
    return result


@njit(cache=True, nogil=True)
def excess_over_background(
    light: NDArray[np.float64], noise: NDArray[np.float64], is_far: NDArray[np.bool_], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Measure a window of the mean picture against the median about each of its samples.

    Parameters
    ----------
    light, noise : (C, h, w) float64 ndarray
        Finite; noise is above 0 and depends on the light alone.
    is_far : (h, w) bool ndarray
        Where no defect is thought to be.
    reach : int
        Of the median's window.

    Returns
    -------
    excess : (C, h + 2 * reach, w + 2 * reach) float64 ndarray
        In sigma of the background, in a frame of zeros.
    sigma : (C,) float64 ndarray
        The median noise of the background: a median is one of the samples, so its noise is that sample's.
    scatter : (C,) float64 ndarray
        The median magnitude of the excess where it is far; 0 where nothing is.
    """
    channels, height, width = light.shape
    excess = np.zeros((channels, height + 2 * reach, width + 2 * reach))
    sigma, scatter = np.empty(channels), np.zeros(channels)
    unit, far = np.empty(height * width), np.empty(height * width)
    for c in range(channels):
        level, spread = light[c].ravel(), noise[c].ravel()
        places = median_places(np.argsort(level), (height, width), reach)
        count = 0
        for y in range(height):
            for x in range(width):
                own, place = y * width + x, places[y, x]
                unit[own] = spread[place]
                value = (level[own] - level[place]) / unit[own]
                excess[c, y + reach, x + reach] = value
                if is_far[y, x]:
                    far[count] = abs(value)
                    count += 1
        sigma[c] = np.median(unit)
        if count:
            scatter[c] = np.median(far[:count])
    return excess, sigma, scatter


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
