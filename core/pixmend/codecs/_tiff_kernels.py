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
_SLOT_BITS = 14
_LAST_SLOT = np.uint32((1 << _SLOT_BITS) - 1)
_NOTHING = np.uint32(0xFFFFFFFF)  # no string begins with the code 4095
_SPREAD = np.uint32(2654435761)  # 2^32 by the golden ratio (Knuth, "Sorting and Searching", 6.4)
_TO_SLOT, _TO_STRING, _BYTE = np.uint32(32 - _SLOT_BITS), np.uint32(12), np.uint32(8)
_CODE = np.uint32((1 << 12) - 1)


@numba.njit(nogil=True, cache=True)
def pack_lzw(
    unpacked: NDArray[np.uint8],
    codes: int,
    packed: NDArray[np.uint8],
    tables: NDArray[np.int64],
    first: int,
) -> tuple[int, int]:
    """Pack (N,) bytes, N >= 1, from one of the tables of strings on.

    Parameters
    ----------
    unpacked : ndarray
    codes : int
        The table that it begins with is thrown away when it has so many codes, 512 to
        `LZW_CODES`, all later ones when they are full.
    packed : ndarray
        With room for 2 N + 16 bytes, and with all that stands before the table.
    tables : ndarray, shape (N // 254 + 2, 2)
        For each table the byte of `unpacked` and the bit of `packed` at which it begins;
        filled for those that follow.
    first : int
        The table to begin with; before table 0 stands only a code that says so.

    Returns
    -------
    length : int
        Of all that is packed, in bytes.
    count : int
        Tables.
    """
    # A string is the code of its beginning and one more byte; with its own code they fill 32 bits.
    strings = np.full(1 << _SLOT_BITS, _NOTHING, np.uint32)
    free, width, count = _FIRST_FREE, _FIRST_WIDTH, first + 1
    start, bit = tables[first]
    position, bits = bit // 8, bit % 8
    held = np.uint64(packed[position]) >> np.uint64(8 - bits)
    begin = np.uint32(unpacked[start])
    for index in range(start + 1, unpacked.size + 1):
        if index < unpacked.size:
            following = np.uint32(unpacked[index])
            string = begin << _BYTE | following
            slot = np.uint32(string * _SPREAD) >> _TO_SLOT
            entry = strings[slot]
            while entry >> _TO_STRING != string and entry != _NOTHING:
                slot = (slot + np.uint32(1)) & _LAST_SLOT
                entry = strings[slot]
            if entry != _NOTHING:
                begin = entry & _CODE
                continue
            strings[slot] = string << _TO_STRING | np.uint32(free)
        else:
            following = np.uint32(_END)
        held, bits = held << np.uint64(width) | np.uint64(begin), bits + width
        free += 1
        if free == 1 << width:
            width += 1
        if free == codes:
            held, bits = held << np.uint64(width) | np.uint64(_CLEAR), bits + width
            free, width, codes = _FIRST_FREE, _FIRST_WIDTH, LZW_CODES
            strings[:] = _NOTHING
            if index < unpacked.size:
                tables[count] = index, 8 * position + bits
                count += 1
        if bits >= 32:  # four bytes at once: how many are full is hard to foresee for a processor
            bits -= 32
            whole = held >> np.uint64(bits)
            packed[position] = whole >> np.uint64(24)
            packed[position + 1] = whole >> np.uint64(16)
            packed[position + 2] = whole >> np.uint64(8)
            packed[position + 3] = whole
            position += 4
        begin = following
    held, bits = held << np.uint64(width) | np.uint64(begin), bits + width
    while bits > 0:
        bits -= 8
        packed[position] = held >> np.uint64(bits) if bits >= 0 else held << np.uint64(-bits)
        position += 1
    return position, count
