# SPDX-License-Identifier: Apache-2.0
"""Inner loops over packed image words, compiled and without the GIL."""

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["unpack_filled10", "unpack_packed"]


@numba.njit(nogil=True, cache=True)
def unpack_filled10(
    words: NDArray[np.uint32], skip: int, shifts: NDArray[np.uint32], out: NDArray[np.uint16]
) -> None:
    """Unpack 10-bit datums, three to a word, into `out` (lines, datums).

    `words` is (lines, words); the first `skip` datums of each line are left out;
    `shifts` are the places of a word's first, second and third datum.
    """
    three = np.uint32(3)
    for line in range(out.shape[0]):
        for index in range(out.shape[1]):
            datum = np.uint32(skip + index)
            word = datum // three
            out[line, index] = (words[line, word] >> shifts[datum - word * three]) & np.uint32(1023)


@numba.njit(nogil=True, cache=True)
def unpack_packed(words: NDArray[np.uint32], skip: int, bits: int, out: NDArray[np.uint16]) -> None:
    """Unpack datums that follow each other without gaps, from the low bits of the words up.

    Arguments as `unpack_filled10`; a datum may begin in one word and end in the next.
    """
    mask = np.uint32((1 << bits) - 1)
    for line in range(out.shape[0]):
        for index in range(out.shape[1]):
            first_bit = (skip + index) * bits
            word, shift = first_bit >> 5, np.uint32(first_bit & 31)
            value = words[line, word] >> shift
            if shift + bits > 32:
                value |= words[line, word + 1] << (np.uint32(32) - shift)
            out[line, index] = value & mask
