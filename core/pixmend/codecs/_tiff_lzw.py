# SPDX-License-Identifier: Apache-2.0
"""LZW as TIFF has it, packed so that it fits where it came from. Pure."""

import numpy as np
from numpy.typing import NDArray

from pixmend.codecs._tiff_kernels import LZW_CODES, pack_lzw

__all__ = ["pack_fitting"]

_BEGIN = (128, 0)  # the code that begins a table, and the bit up to which it is written
_BEGIN_BITS = 9
_SHORTEST_TABLE = 254  # bytes
# What is tried one after the other: at which share of its tables one is thrown away early, and how early.
_TRIES = [
    (share, codes)
    for codes in (600, 700, 800)  # the sooner, the less it costs by itself (measured on noise)
    for share in (0.75, 0.5, 0.875, 0.25, 0.625, 0.375, 0.125, 0.0)
]


def pack_fitting(unpacked: NDArray[np.uint8], room: int) -> bytes:
    """Return (N,) bytes, N >= 1, packed: into `room` bytes where that was found, else the shortest.

    First as libtiff packs, to the byte. A table of strings that is thrown away earlier shifts all
    later ones, and so makes what follows a little longer or shorter, by chance; what makes it
    shorter is kept, and the next try begins with it. Only what is behind is packed again.
    """
    packed, tried = np.empty((2, 2 * unpacked.size + 16), np.uint8)
    tables = np.zeros((unpacked.size // _SHORTEST_TABLE + 2, 2), np.int64)
    packed[:2], tables[0] = _BEGIN, (0, _BEGIN_BITS)
    length, count = pack_lzw(unpacked, LZW_CODES, packed, tables, 0)
    for share, codes in _TRIES:
        if length <= room:
            break
        first, others = int(share * count), tables.copy()
        kept = int(tables[first, 1]) // 8 + 1
        tried[:kept] = packed[:kept]
        its_length, its_count = pack_lzw(unpacked, codes, tried, others, first)
        if its_length < length:
            packed, tried = tried, packed
            length, count, tables = its_length, its_count, others
    return packed[:length].tobytes()
