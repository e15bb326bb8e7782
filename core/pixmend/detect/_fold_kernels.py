# SPDX-License-Identifier: Apache-2.0
"""Compiled: correlation with footprints that are the same in both mirrors. Releases the GIL, deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["correlate_folded", "fold"]

_REACH_PX = 2  # of a footprint that can be folded

# Rows and columns from the middle, where one of each ring of samples stands: what a photosite of a Bayer
# mosaic becomes by a linear demosaic has no others.
_RINGS = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
_TILE_PX = 512  # columns whose ring sums stay in the cache


def fold(weights: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return weights (K, C, 5, 5) as one for each ring, (K, C, 6); None where that is not all of them."""
    if weights.shape[2:] != (2 * _REACH_PX + 1,) * 2:
        return None
    rings = np.zeros((len(_RINGS), *weights.shape[2:]), np.float32)
    for ring, (dy, dx) in zip(rings, _RINGS, strict=True):
        ring[np.ix_((2 - dy, 2 + dy), (2 - dx, 2 + dx))] = 1.0
    folded = np.stack([weights[:, :, 2 + dy, 2 + dx] for dy, dx in _RINGS], axis=-1)
    unfolded = np.tensordot(folded, rings, axes=1)
    return np.ascontiguousarray(folded) if np.allclose(unfolded, weights, rtol=1e-5, atol=1e-7) else None


@njit(cache=True, nogil=True)
def correlate_folded(padded: NDArray[np.float32], folded: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlate a padded stack (C, H + 4, W + 4) with weights (K, C, 6), as `fold` gives them -> (K, H, W).

    What has one weight is added first, once for all; the plain version is `pixmend.stats.correlate`
    of the whole weights.
    """
    outputs, channels, count = folded.shape
    height, width = padded.shape[1] - 4, padded.shape[2] - 4
    result = np.empty((outputs, height, width), np.float32)
    rings = np.empty((count, _TILE_PX), np.float32)
    for y in range(height):
        for low in range(0, width, _TILE_PX):
            n = min(_TILE_PX, width - low)
            for c in range(channels):
                _sum_rings(padded[c], (y, low), n, rings)
                for k in range(outputs):
                    _add_rings(rings, folded[k, c], result[k, y, low : low + n], c == 0)
    return result


# One loop a ring: into several arrays at once it would not be vector code.
@njit(cache=True, nogil=True)
def _sum_rings(
    plane: NDArray[np.float32], place: tuple[int, int], n: int, rings: NDArray[np.float32]
) -> None:
    y, low = place
    far_up, up, own = plane[y, low:], plane[y + 1, low:], plane[y + 2, low:]
    down, far_down = plane[y + 3, low:], plane[y + 4, low:]
    rings[0, :n] = own[2 : n + 2]
    _add_pair(own[1:], own[3:], rings[1, :n])
    _add_pair(up[2:], down[2:], rings[2, :n])
    _add_corners(up, down, rings[3, :n])
    _add_pair(own, own[4:], rings[4, :n])
    _add_pair(far_up[2:], far_down[2:], rings[5, :n])


@njit(cache=True, nogil=True)
def _add_pair(first: NDArray[np.float32], second: NDArray[np.float32], result: NDArray[np.float32]) -> None:
    for x in range(len(result)):
        result[x] = first[x] + second[x]


@njit(cache=True, nogil=True)
def _add_corners(up: NDArray[np.float32], down: NDArray[np.float32], result: NDArray[np.float32]) -> None:
    for x in range(len(result)):
        result[x] = (up[x + 1] + up[x + 3]) + (down[x + 1] + down[x + 3])


@njit(cache=True, nogil=True)
def _add_rings(
    rings: NDArray[np.float32],
    weights: NDArray[np.float32],
    result: NDArray[np.float32],
    is_first: bool,  # noqa: FBT001 (numba kernels take no keywords from one another)
) -> None:
    r0, r1, r2, r3, r4, r5 = rings[0], rings[1], rings[2], rings[3], rings[4], rings[5]
    w0, w1, w2, w3, w4, w5 = weights[0], weights[1], weights[2], weights[3], weights[4], weights[5]
    if is_first:
        for x in range(len(result)):
            result[x] = (w0 * r0[x] + w1 * r1[x]) + (w2 * r2[x] + w3 * r3[x]) + (w4 * r4[x] + w5 * r5[x])
    else:
        for x in range(len(result)):
            result[x] += (w0 * r0[x] + w1 * r1[x]) + (w2 * r2[x] + w3 * r3[x]) + (w4 * r4[x] + w5 * r5[x])
