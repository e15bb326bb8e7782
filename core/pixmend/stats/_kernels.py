# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of the frame statistics. All release the GIL and are deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["box_mean", "correlate", "local_scale"]


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
