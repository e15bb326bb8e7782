# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of the frame statistics. All release the GIL and are deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "accumulate",
    "block_statistics",
    "box_mean",
    "correlate",
    "local_scale",
    "quantise_excess",
    "quantise_level",
]

# Adding and taking away 1.5 * 2**52 rounds a double to the nearest whole number, ties to even, as rint
# does; unlike a call of rint it becomes vector code.
_TO_WHOLE = 6755399441055744.0


@njit(cache=True, nogil=True)
def correlate(padded: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlate a padded stack (C, H + 2r, W + 2r) with weights (K, C, 2r + 1, 2r + 1) -> (K, H, W).

    The plain version: ``out[k] = sum(scipy.ndimage.correlate(stack[c], weights[k, c]) for c)``.
    Rows are summed tap by tap so that the innermost loop is one multiply-add a sample.
    """
    outputs, channels, side, _ = weights.shape
    height = padded.shape[1] - side + 1
    width = padded.shape[2] - side + 1
    result = np.zeros((outputs, height, width), np.float32)
    for k in range(outputs):
        for y in range(height):
            row = result[k, y]
            for c in range(channels):
                for dy in range(side):
                    source = padded[c, y + dy]
                    for dx in range(side):
                        weight = weights[k, c, dy, dx]
                        if weight != 0.0:
                            shifted = source[dx : dx + width]
                            for x in range(width):
                                row[x] += weight * shifted[x]
    return result


@njit(cache=True, nogil=True)
def box_mean(plane: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Mean of each (2 * radius + 1)-square window, windows cut at the borders; (H, W) -> (H, W)."""
    height, width = plane.shape
    result = np.empty((height, width), np.float32)
    columns = np.zeros(width, np.float64)
    for y in range(min(radius, height)):
        for x in range(width):
            columns[x] += plane[y, x]
    for y in range(height):
        if y + radius < height:
            for x in range(width):
                columns[x] += plane[y + radius, x]
        if y - radius - 1 >= 0:
            for x in range(width):
                columns[x] -= plane[y - radius - 1, x]
        rows = min(y + radius, height - 1) - max(y - radius, 0) + 1
        total = 0.0
        for x in range(min(radius, width)):
            total += columns[x]
        for x in range(width):
            if x + radius < width:
                total += columns[x + radius]
            if x - radius - 1 >= 0:
                total -= columns[x - radius - 1]
            across = min(x + radius, width - 1) - max(x - radius, 0) + 1
            result[y, x] = max(total, 0.0) / (rows * across)
    return result


@njit(cache=True, nogil=True)
def local_scale(plane: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Robust local standard deviation of a zero-mean plane, from windows of absolute values.

    Two steps: the mean absolute value, then again with what stands out by more than
    2.5 of it cut down, so that a defect hardly raises its own scale. The factors make
    it 1 for white normal noise.
    """
    size = np.abs(plane)
    first = box_mean(size, radius)
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            ceiling = np.float32(2.5 * 1.2533) * first[y, x]
            size[y, x] = min(size[y, x], ceiling)
    second = box_mean(size, radius)
    return second * np.float32(1.30)


@njit(cache=True, nogil=True)
def block_statistics(
    plane: NDArray[np.float32], is_bad: NDArray[np.bool_], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and plane-removed standard deviation of each whole block of a picture (H, W), row by row.

    A plane is fitted to each block and taken off, so that a slow gradient does not count as
    noise; the divisor is the remaining degrees of freedom. NaN for both where a sample is bad
    or not finite.
    """
    rows, columns = plane.shape[0] // size, plane.shape[1] // size
    mean, sigma = np.empty(rows * columns), np.empty(rows * columns)
    middle, area = (size - 1) / 2, size * size
    slope_norm = area * (area - 1) / 12  # the sum of (x - middle)**2 over a block
    for block in range(rows * columns):
        top, left = block // columns * size, block % columns * size
        total, across, down = 0.0, 0.0, 0.0
        for y in range(size):
            for x in range(size):
                value = np.nan if is_bad[top + y, left + x] else np.float64(plane[top + y, left + x])
                total += value
                down += value * (y - middle)
                across += value * (x - middle)
        if not np.isfinite(total):
            mean[block] = sigma[block] = np.nan
            continue
        level = total / area
        squares = 0.0
        for y in range(size):
            for x in range(size):
                centred = plane[top + y, left + x] - level
                squares += centred * centred
        rest = max(squares - (down * down + across * across) / slope_norm, 0.0)
        mean[block] = level
        sigma[block] = np.sqrt(rest / (area - 3))
    return mean, sigma


@njit(cache=True, nogil=True)
def quantise_excess(
    whitened: NDArray[np.float32], scale: NDArray[np.float32], clip: float, steps: int
) -> NDArray[np.int16]:
    """Return ``rint(clip(whitened / scale, -clip, clip) * steps)`` of planes (H, W), in one pass."""
    height, width = whitened.shape
    result = np.empty((height, width), np.int16)
    low, high, fine = np.float32(-clip), np.float32(clip), np.float32(steps)
    for y in range(height):
        for x in range(width):
            ratio = min(max(whitened[y, x] / scale[y, x], low), high)
            result[y, x] = np.int16((np.float64(ratio * fine) + _TO_WHOLE) - _TO_WHOLE)
    return result


@njit(cache=True, nogil=True)
def quantise_level(plane: NDArray[np.float32], steps: int) -> NDArray[np.int32]:
    """Return ``rint(plane * steps)`` of a finite plane (H, W), in one pass."""
    height, width = plane.shape
    result = np.empty((height, width), np.int32)
    fine = np.float32(steps)
    for y in range(height):
        for x in range(width):
            result[y, x] = np.int32((np.float64(plane[y, x] * fine) + _TO_WHOLE) - _TO_WHOLE)
    return result


@njit(cache=True, nogil=True)
def accumulate(
    excess_sum: NDArray[np.int32],
    level_sum: NDArray[np.int64],
    square_sum: NDArray[np.int64],
    excess: NDArray[np.int16],
    level: NDArray[np.int32],
) -> None:
    """Add one frame's whole numbers, and the squares of its levels, to sums (C, H, W), in one pass."""
    channels, height, width = excess.shape
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                own = np.int64(level[c, y, x])
                excess_sum[c, y, x] += excess[c, y, x]
                level_sum[c, y, x] += own
                square_sum[c, y, x] += own * own
