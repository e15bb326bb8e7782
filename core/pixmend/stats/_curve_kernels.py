# SPDX-License-Identifier: Apache-2.0
"""Compiled: whole pictures from the sigma scale back to light. Releases the GIL, deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["light_and_sigma"]

_BINS = 4096  # of the values that occur; they tell where in the table to begin to look


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
