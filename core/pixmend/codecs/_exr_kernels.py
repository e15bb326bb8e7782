# SPDX-License-Identifier: Apache-2.0
"""How ZIP chunks of EXR files order their bytes; compiled and without the GIL.

After "OpenEXR File Layout" (openexr.com): the low bytes of all 16-bit words stand before the
high ones, each as its difference to the byte before plus 128, modulo 256. Samples have 16 or
32 bits, so a chunk has an even number of bytes.
"""

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["join_differences", "split_differences"]


@numba.njit(nogil=True, cache=True)
def split_differences(words: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return (2 N,) bytes in the order in which they are deflated, of (N,) little-endian words."""
    count = words.size
    split = np.empty(2 * count, np.uint8)
    if count:
        split[0] = words[0]
        split[count] = (words[0] >> 8) - words[count - 1] + 128
    for index in range(1, count):
        difference = words[index] - words[index - 1]
        split[index] = difference + 128
    for index in range(1, count):
        split[count + index] = (words[index] >> 8) - (words[index - 1] >> 8) + 128
    return split


@numba.njit(nogil=True, cache=True)
def join_differences(split: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the words; the inverse of `split_differences`."""
    count = split.size // 2
    words = np.empty(count, np.uint16)
    low, high = 128, 128
    for index in range(count):  # the high bytes go on where the low ones end
        high += split[index] - 128
    for index in range(count):
        low += split[index] - 128
        high += split[count + index] - 128
        words[index] = (low & 0xFF) | ((high & 0xFF) << 8)
    return words
