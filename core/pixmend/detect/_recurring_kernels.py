# SPDX-License-Identifier: Apache-2.0
"""Compiled: places that stand for those near them. Releases the GIL, deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["stand_for"]


@njit(cache=True, nogil=True)
def stand_for(
    places: NDArray[np.int64], stride: int, order: NDArray[np.int64], reach: int
) -> NDArray[np.int64]:
    """Return for each place (N,) which one stands for it: an index.

    In `order`, each that none stands for yet stands for all such within `reach`, down and across.
    Places are y * `stride` + x, ascending, each there once; x is less than `stride` - 2 * `reach`.
    """
    standing = np.full(len(places), -1, np.int64)
    for best in order:
        if standing[best] >= 0:
            continue
        for dy in range(-reach, reach + 1):
            first = places[best] + dy * stride - reach
            n = np.searchsorted(places, first)
            while n < len(places) and places[n] <= first + 2 * reach:
                if standing[n] < 0:
                    standing[n] = best
                n += 1
    return standing
