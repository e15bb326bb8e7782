# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loops of recovery, in 32-bit floats. They release the GIL and are deterministic.

A compositor's kernel does the same to a pixel: samples go channel by channel, row by row, from left to right;
every sum is begun at 0, and each product is rounded before it is added.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["matched_weights", "sum_of_products"]


@njit(cache=True, nogil=True)
def matched_weights(precision: NDArray[np.float32], shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``precision @ shape``, (N, N) and (N,), begun at 0, in the order of the samples."""
    weights = np.zeros(len(shape), np.float32)
    for n in range(len(shape)):
        for k in range(len(shape)):
            weights[k] += precision[n, k] * shape[n]
    return weights


@njit(cache=True, nogil=True)
def sum_of_products(first: NDArray[np.float32], second: NDArray[np.float32]) -> np.float32:
    """Return the sum of products of (N,) and (N,), in the order of the samples."""
    total = np.float32(0.0)
    for n in range(len(first)):
        total += first[n] * second[n]
    return total
