# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of the noise model. They release the GIL and are deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["block_statistics"]

_BlockStatistics = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]


@njit(cache=True, nogil=True)
def block_statistics(plane: NDArray[np.float32], is_bad: NDArray[np.bool_], size: int) -> _BlockStatistics:
    """Look at each whole block of a picture (H, W), row by row.

    Returns
    -------
    mean : (N,) float64 ndarray
    sigma : (N,) float64 ndarray
        Standard deviation less a plane, so that a slow gradient does not count; the
        divisor is the remaining degrees of freedom. Not less than rounding to codes is.
    fine : (N,) float64 ndarray
        Root mean square of second differences along both axes, 1 for white noise of sigma 1; likewise.
    is_clipped : (N,) bool ndarray
        True where samples pile up at the block's lowest or highest value.

    Notes
    -----
    NaN where a sample is bad or not finite.
    """
    rows, columns = plane.shape[0] // size, plane.shape[1] // size
    mean, sigma, fine = np.empty(rows * columns), np.empty(rows * columns), np.empty(rows * columns)
    is_clipped = np.zeros(rows * columns, np.bool_)
    for index in range(rows * columns):
        top, left = index // columns * size, index % columns * size
        block = plane[top : top + size, left : left + size]
        level, roughness = _level_and_roughness(block)
        if not np.isfinite(level) or is_bad[top : top + size, left : left + size].any():
            mean[index] = sigma[index] = fine[index] = np.nan
            continue
        low_step, low_piles_up = _low_end(block, np.float32(1.0))
        high_step, high_piles_up = _low_end(block, np.float32(-1.0))
        rounding = min(low_step, high_step) / np.sqrt(12.0)
        mean[index], sigma[index] = level, max(roughness, rounding)
        fine[index] = max(_fine_roughness(block), rounding)
        is_clipped[index] = low_piles_up or high_piles_up
    return mean, sigma, fine, is_clipped


@njit(cache=True, nogil=True)
def _level_and_roughness(block: NDArray[np.float32]) -> tuple[float, float]:
    size = block.shape[0]
    middle, area = (size - 1) / 2, size * size
    slope_norm = area * (area - 1) / 12  # the sum of (x - middle)**2 over a block
    total, across, down = 0.0, 0.0, 0.0
    for y in range(size):
        for x in range(size):
            value = np.float64(block[y, x])
            total += value
            down += value * (y - middle)
            across += value * (x - middle)
    level = total / area
    squares = 0.0
    for y in range(size):
        for x in range(size):
            centred = block[y, x] - level
            squares += centred * centred
    rest = max(squares - (down * down + across * across) / slope_norm, 0.0)
    return level, np.sqrt(rest / (area - 3))


@njit(cache=True, nogil=True)
def _fine_roughness(block: NDArray[np.float32]) -> float:
    size = block.shape[0]
    squares = 0.0
    for y in range(1, size - 1):
        above, here, below = block[y - 1], block[y], block[y + 1]
        for x in range(1, size - 1):
            corners = np.float64(above[x - 1]) + above[x + 1] + below[x - 1] + below[x + 1]
            sides = np.float64(above[x]) + here[x - 1] + here[x + 1] + below[x]
            bent = 4.0 * here[x] - 2.0 * sides + corners
            squares += bent * bent
    return float(np.sqrt(squares / 36.0) / (size - 2))  # 36 is the sum of the squared weights


@njit(cache=True, nogil=True)
def _low_end(block: NDArray[np.float32], sign: np.float32) -> tuple[float, bool]:
    """Look at the two lowest values of ``sign * block``.

    Returns
    -------
    step : float
        Between them, 0 if there is one value only. Where noise is as small as the steps
        of the codes it is such a step, else far smaller than the noise.
    piles_up : bool
        True if the lowest is there thrice or more, and twice as often as the next: the
        tails of noise get thinner outwards, however coarse its steps; only a clip piles up.
    """
    lowest, second = np.float32(np.inf), np.float32(np.inf)
    count, next_count = 0, 0
    for y in range(block.shape[0]):
        for x in range(block.shape[1]):
            value = sign * block[y, x]
            if value > second:
                continue
            if value < lowest:
                second, next_count = lowest, count
                lowest, count = value, 1
            elif value == lowest:
                count += 1
            elif value < second:
                second, next_count = value, 1
            else:
                next_count += 1
    step = np.float64(second) - lowest if next_count else 0.0
    return step, count >= 3 and count > 2 * next_count
