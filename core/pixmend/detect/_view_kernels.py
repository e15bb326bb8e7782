# SPDX-License-Identifier: Apache-2.0
"""Compiled: views as they are stored, in whole steps, read as floats. All release the GIL and are deterministic.

A stored view is its steps (C, H, W), the frames `seen` (H, W), and how many steps a frame
has per sigma: what n frames see counts times ``1 / (per_sigma * sqrt(n))``.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["match_places", "padded_rows"]

_AT_ONCE = 16  # places, that vector code adds up side by side


@njit(cache=True, nogil=True)
def padded_rows(
    steps: NDArray[np.int16], seen: NDArray[np.integer], per_sigma: int, rows: tuple[int, int], margin: int
) -> NDArray[np.float32]:
    """Return rows [first - margin, stop + margin) of a stored view, as wide a margin at the sides; zero outside."""
    channels, height, width = steps.shape
    first, stop = rows
    result = np.zeros((channels, stop - first + 2 * margin, width + 2 * margin), np.float32)
    unit = np.empty(width, np.float32)
    for y in range(max(first - margin, 0), min(stop + margin, height)):
        own = seen[y]
        for x in range(width):
            unit[x] = _unit(own[x], per_sigma)
        for c in range(channels):
            source, into = steps[c, y], result[c, y - first + margin, margin : width + margin]
            for x in range(width):
                into[x] = np.float32(source[x]) * unit[x]
    return result


@njit(cache=True, nogil=True)
def match_places(
    steps: NDArray[np.int16],
    seen: NDArray[np.integer],
    per_sigma: int,
    weights: NDArray[np.float32],
    places: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Correlate a stored view with weights (K, C, S, S), S odd, at places (N, 2): (N, K).

    The plain version is `pixmend.stats.correlate` of `padded_rows`, looked up at the places.
    """
    count, channels, side, _ = weights.shape
    flat = weights.reshape(count, channels * side * side)
    result = np.empty((len(places), count), np.float32)
    samples = np.zeros((channels * side * side, _AT_ONCE), np.float32)
    total = np.empty(_AT_ONCE, np.float32)
    for first in range(0, len(places), _AT_ONCE):
        some = places[first : first + _AT_ONCE]
        for n in range(len(some)):
            _cut(steps, seen, per_sigma, some[n], samples[:, n])
        for k in range(count):
            total[:] = 0.0
            for tap in range(len(samples)):
                weight, own = flat[k, tap], samples[tap]
                for n in range(_AT_ONCE):
                    total[n] += weight * own[n]
            for n in range(len(some)):
                result[first + n, k] = total[n]
    return result


@njit(cache=True, nogil=True)
def _cut(
    steps: NDArray[np.int16],
    seen: NDArray[np.integer],
    per_sigma: int,
    place: NDArray[np.int64],
    samples: NDArray[np.float32],
) -> None:
    """Put the window about a place into samples (C * S * S,); zero outside the raster."""
    channels, height, width = steps.shape
    side = int(np.sqrt(len(samples) // channels))
    reach = side // 2
    samples[:] = 0.0
    for dy in range(side):
        for dx in range(side):
            y, x = place[0] + dy - reach, place[1] + dx - reach
            if 0 <= y < height and 0 <= x < width:
                unit = _unit(seen[y, x], per_sigma)
                for c in range(channels):
                    samples[(c * side + dy) * side + dx] = np.float32(steps[c, y, x]) * unit


@njit(cache=True, nogil=True)
def _unit(seen: int, per_sigma: int) -> np.float32:
    root = np.sqrt(np.float32(max(seen, 1)))
    unit: np.float32 = np.float32(1.0) / (np.float32(per_sigma) * root)
    return unit
