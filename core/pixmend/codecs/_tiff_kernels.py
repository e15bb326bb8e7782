# SPDX-License-Identifier: Apache-2.0
"""LZW as TIFF has it, packed; compiled and without the GIL.

After section 13 of "TIFF Revision 6.0" (Adobe, 1992). No library offers what is needed here:
to choose when the table of strings is thrown away, which decides the length of the result.
Libraries unpack it.
"""

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["LZW_CODES", "pack_lzw"]

LZW_CODES = 4094
"""The most codes that a table can have; libtiff fills it as far, and then its bytes are ours."""

_CLEAR, _END, _FIRST_FREE, _FIRST_WIDTH = 256, 257, 258, 9
_SLOTS = 1 << 14
_SPREAD = 2654435761  # 2^32 by the golden ratio (Knuth, "Sorting and Searching", 6.4)


@numba.njit(nogil=True, cache=True)
def pack_lzw(unpacked: NDArray[np.uint8], codes: int, packed: NDArray[np.uint8]) -> int:
    """Pack (N,) bytes, N >= 1, and return how long they have become.

    The first table of strings is thrown away when it has `codes` codes, 512 to `LZW_CODES`, all
    later ones when they are full.
    `packed` must have room for 2 N + 16 bytes.
    """
    # A string is the code of its beginning and one more byte. Entries of an earlier epoch are free.
    strings = np.full(_SLOTS, -1, np.int64)
    code_of = np.empty(_SLOTS, np.int64)
    epoch, free, width = 0, _FIRST_FREE, _FIRST_WIDTH
    held, bits, position = np.int64(_CLEAR), _FIRST_WIDTH, 0
    begin = np.int64(unpacked[0])
    for index in range(1, unpacked.size + 1):
        if index < unpacked.size:
            step = begin << 8 | np.int64(unpacked[index])
            slot = (step * _SPREAD >> 7) & (_SLOTS - 1)
            string = epoch << 20 | step
            while strings[slot] != string and strings[slot] >> 20 == epoch:
                slot = (slot + 1) & (_SLOTS - 1)
            if strings[slot] == string:
                begin = code_of[slot]
                continue
            strings[slot], code_of[slot] = string, free
            following = np.int64(unpacked[index])
        else:
            following = np.int64(_END)
        held, bits = held << width | begin, bits + width
        free += 1
        if free == 1 << width:
            width += 1
        if free == codes:
            held, bits = held << width | _CLEAR, bits + width
            epoch, free, width, codes = epoch + 1, _FIRST_FREE, _FIRST_WIDTH, LZW_CODES
        while bits >= 8:
            bits -= 8
            packed[position] = held >> bits & 255
            position += 1
        held &= 255
        begin = following
    held, bits = held << width | begin, bits + width
    while bits > 0:
        bits -= 8
        packed[position] = (held >> bits if bits >= 0 else held << -bits) & 255
        position += 1
    return position
