# SPDX-License-Identifier: Apache-2.0
"""Compiled solving of small systems. It releases the GIL, needs no other threads and is deterministic."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["solve_positive"]


@njit(cache=True, nogil=True)
def solve_positive(matrix: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``matrix^-1 right``, (K, N), for a positive definite matrix (K, K) and (K, N).

    Notes
    -----
    By Cholesky's factor, row by row. Linear algebra libraries start threads even for systems as
    small as these; where frames are worked on in threads already, those are in each other's way.
    """
    size, count = right.shape
    factor, solved = matrix.copy(), right.copy()
    for j in range(size):
        pivot = np.sqrt(factor[j, j])
        for k in range(j, size):
            factor[j, k] /= pivot
        for i in range(j + 1, size):
            share = factor[j, i]
            for k in range(i, size):
                factor[i, k] -= share * factor[j, k]
    for j in range(size):
        for n in range(count):
            solved[j, n] /= factor[j, j]
        for i in range(j + 1, size):
            share = factor[j, i]
            for n in range(count):
                solved[i, n] -= share * solved[j, n]
    for j in range(size - 1, -1, -1):
        for i in range(j + 1, size):
            share = factor[j, i]
            for n in range(count):
                solved[j, n] -= share * solved[i, n]
        for n in range(count):
            solved[j, n] /= factor[j, j]
    return solved
