# SPDX-License-Identifier: Apache-2.0
"""Inner loops over whole frames, compiled and without the GIL."""

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["look_up"]


@numba.njit(nogil=True, cache=True)
def look_up(table: NDArray[np.float32], codes: NDArray[np.uint16], out: NDArray[np.float32]) -> None:
    """Write ``table[codes]`` to `out`; all one-dimensional, every code inside the table.

    numpy would first turn the codes into 64-bit indices, four times the memory.
    """
    for index in range(codes.shape[0]):
        out[index] = table[codes[index]]
