# SPDX-License-Identifier: Apache-2.0
"""Compiled: whole pictures from light to the sigma scale and back. Releases the GIL, deterministic."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Curves", "first_nodes", "light_and_sigma", "light_to_planes"]

_BINS = 4096  # of the values that occur; they tell where in the table to begin to look
_SHORT_BITS = 16  # of a float the upper ones: sign, exponent and 7 more


@njit(cache=True, nogil=True, error_model="numpy")
def light_and_sigma(
    plane: NDArray[np.float32],
    curve: tuple[NDArray[np.float64], NDArray[np.float64]],
    coefficients: NDArray[np.float64],
    light: NDArray[np.float32],
    sigma: NDArray[np.float32],
) -> None:
    """Give the linear light of a finite plane (H, W) on the sigma scale, and the noise there.

    `curve` is the values, strictly rising, and their levels, two or more of each; `coefficients` (3,)
    are the noise variance's. `light` and `sigma` (H, W) are filled. To the bit the plain version:
    ``numpy.interp(plane, *curve)`` and `NoiseModel.sigma` of that.
    """
    values, levels = curve
    low, high = np.float64(plane.min()), np.float64(plane.max())
    bins = _BINS / max(high - low, 1e-30)
    begin = np.empty(_BINS + 1, np.int64)
    for index in range(_BINS + 1):
        begin[index] = np.searchsorted(values, low + index / bins, side="right") - 1
    slopes = (levels[1:] - levels[:-1]) / (values[1:] - values[:-1])
    c0, c1, c2 = coefficients
    last = len(values) - 1
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            value = np.float64(plane[y, x])
            place = begin[min(int((value - low) * bins), _BINS)]
            while place < last and values[place + 1] <= value:
                place += 1
            while place >= 0 and values[place] > value:
                place -= 1
            if place < 0:
                level = levels[0]
            elif place == last:
                level = levels[last]
            else:
                level = slopes[place] * (value - values[place]) + levels[place]
            lit = max(level, 0.0)
            light[y, x] = level
            sigma[y, x] = np.sqrt(c0 + c1 * lit + c2 * (lit * lit))


class Curves(NamedTuple):
    """Rising curves, one a channel, straight between nodes, as `light_to_planes` takes them.

    Attributes
    ----------
    levels : (M + 1,) float64 ndarray
        Of the nodes, strictly rising, and infinity.
    values, slopes : (C, M) float64 ndarray
        At the nodes, and from each on; none from the last one.
    first : (65536,) int32 ndarray
        For the upper 16 bits of every float the first node that may be the one below it.
    steps : int
        How many nodes further it may be.
    """

    levels: NDArray[np.float64]
    values: NDArray[np.float64]
    slopes: NDArray[np.float64]
    first: NDArray[np.int32]
    steps: int


def first_nodes(levels: NDArray[np.float64]) -> tuple[NDArray[np.int32], int]:
    """Return `first` and `steps` of curves through nodes at `levels` (M,), which rise strictly."""
    short = np.arange(1 << _SHORT_BITS, dtype=np.uint32) << _SHORT_BITS
    ends = np.stack([short, short | ((1 << _SHORT_BITS) - 1)]).view(np.float32)
    ends[~np.isfinite(ends)] = 0.0  # are not looked up
    near = np.clip(np.searchsorted(levels, ends, side="right") - 1, 0, len(levels) - 1)
    return near.min(axis=0).astype(np.int32), int(np.ptp(near, axis=0).max())


@njit(cache=True, nogil=True)
def light_to_planes(
    light: NDArray[np.float32],
    curves: Curves,
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    planes: NDArray[np.float32],
) -> None:
    """Put rows and columns of light (H, W, C), `places`, on the sigma scale: planes (C, rows, columns).

    NaN and Inf become NaN. To the bit the plain version:
    ``numpy.interp(light[rows][:, columns, c], levels, values[c])``.
    """
    rows, columns = places
    own = np.empty(len(columns), np.float32)
    for y in range(len(rows)):
        for c in range(len(planes)):
            for x in range(len(columns)):
                own[x] = light[rows[y], columns[x], c]
            _row_to_values(own, (curves.values[c], curves.slopes[c]), curves, planes[c, y])


@njit(cache=True, nogil=True)
def _row_to_values(
    light: NDArray[np.float32],
    curve: tuple[NDArray[np.float64], NDArray[np.float64]],
    curves: Curves,
    row: NDArray[np.float32],
) -> None:
    """Put a row of light on the scale. No step depends on what it is: guessing wrong costs more than looking twice."""
    values, slopes = curve
    levels, first = curves.levels, curves.first
    low, high = levels[0], levels[len(values) - 1]
    bits = light.view(np.uint32)
    for x in range(len(row)):
        level = max(min(np.float64(light[x]), high), low)
        place = first[bits[x] >> np.uint32(_SHORT_BITS)]
        for _ in range(curves.steps):
            place += levels[place + 1] <= level
        value = np.float32(slopes[place] * (level - levels[place]) + values[place])
        row[x] = value if abs(light[x]) < np.float32(np.inf) else np.float32(np.nan)
