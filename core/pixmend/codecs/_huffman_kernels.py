# SPDX-License-Identifier: Apache-2.0
"""Inner loops of the Huffman coder, compiled and without the GIL.

Bits are addressed by their number in big-endian 64-bit words, so that no loop carries a
half-used byte along: `peek` shows the 64 bits from any position on.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Tables",
    "code_at",
    "code_depths",
    "copy_bits",
    "decode",
    "encode",
    "pack_lengths",
    "peek",
    "signed",
    "unpack_lengths",
]

Tables = tuple[NDArray[np.uint32], int, NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32]]

_ONE_RUN, _LONG_RUN = 59, 63  # what stands for 2 to 5, and for 6 to 261 symbols without a code
_SHORTEST_LONG = 6
_LONGEST_LONG = 261


@numba.njit(nogil=True, cache=True, inline="always")
def signed(value: np.unsignedinteger[Any]) -> int:
    """Return an unsigned number as a signed one: mixed, numba would make both of them floats."""
    return int(np.int64(value))


@numba.njit(nogil=True, cache=True, inline="always")
def peek(words: NDArray[np.uint64], position: int) -> np.uint64:
    """Return the 64 bits from `position` on; `words` has one word more than there are bits in."""
    word, shift = position >> 6, np.uint64(position & 63)
    rest = (words[word + 1] >> np.uint64(1)) >> (np.uint64(63) - shift)
    return np.uint64((words[word] << shift) | rest)


@numba.njit(nogil=True, cache=True, inline="always")
def _put(words: NDArray[np.uint64], position: int, value: np.uint64, bits: int) -> int:
    """Set `bits` bits (1 to 63) of zeroed `words` and return the position behind them."""
    justified = value << np.uint64(64 - bits)
    word, shift = position >> 6, np.uint64(position & 63)
    words[word] |= justified >> shift
    if (position & 63) + bits > 64:
        words[word + 1] |= justified << (np.uint64(64) - shift)
    return position + bits


@numba.njit(nogil=True, cache=True)
def unpack_lengths(words: NDArray[np.uint64], span: tuple[int, int, int], lengths: NDArray[np.uint8]) -> int:
    """Read the table of code lengths; return the bit behind it, or -1 where it is damaged.

    `span` is (first symbol, last symbol, bits that may be read).
    """
    symbol, last, limit = span
    position = 0
    while symbol <= last:
        if position + 14 > limit + 8:
            return -1
        head = signed(peek(words, position) >> np.uint64(50))  # 6 bits of length, 8 bits of run
        length = head >> 8
        position += 6
        if length < _ONE_RUN:
            lengths[symbol] = length
            symbol += 1
        elif length < _LONG_RUN:
            symbol += length - _ONE_RUN + 2
        else:
            symbol += (head & 255) + _SHORTEST_LONG
            position += 8
    return position if symbol == last + 1 and position <= limit else -1


@numba.njit(nogil=True, cache=True)
def pack_lengths(lengths: NDArray[np.uint8], first: int, last: int, words: NDArray[np.uint64]) -> int:
    """Write the table of code lengths from symbol `first` to `last`; return its bits."""
    position, symbol = 0, first
    while symbol <= last:
        if lengths[symbol]:
            position = _put(words, position, np.uint64(lengths[symbol]), 6)
            symbol += 1
            continue
        run = 1
        while symbol + run <= last and run < _LONGEST_LONG and lengths[symbol + run] == 0:
            run += 1
        if run >= _SHORTEST_LONG:
            position = _put(words, position, np.uint64((_LONG_RUN << 8) + run - _SHORTEST_LONG), 14)
        else:
            position = _put(words, position, np.uint64(_ONE_RUN + run - 2 if run > 1 else 0), 6)
        symbol += run
    return position


@numba.njit(nogil=True, cache=True)
def code_depths(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the code length of each of two or more symbols, whose weights rise.

    Two queues (van Leeuwen 1976): leaves in order, and joined nodes, which come out in order by themselves.
    """
    leaves = len(weights)
    total = np.empty(2 * leaves - 1, np.int64)
    total[:leaves] = weights
    parent = np.zeros(2 * leaves - 1, np.int64)
    leaf, joined = 0, leaves
    for node in range(leaves, 2 * leaves - 1):
        weight = 0
        for _ in range(2):
            if leaf < leaves and (joined >= node or total[leaf] <= total[joined]):
                lightest, leaf = leaf, leaf + 1
            else:
                lightest, joined = joined, joined + 1
            weight += total[lightest]
            parent[lightest] = node
        total[node] = weight
    depth = np.zeros(2 * leaves - 1, np.int64)
    for node in range(2 * leaves - 3, -1, -1):
        depth[node] = depth[parent[node]] + 1
    return depth[:leaves]


@numba.njit(nogil=True, cache=True, inline="always")
def code_at(words: NDArray[np.uint64], position: int, tables: Tables) -> tuple[int, int]:
    """Return the length and the symbol of the code at a bit; length 59 if there is none."""
    lookup, lookup_bits, bases, offsets, symbols = tables
    bits = peek(words, position)
    entry = lookup[bits >> np.uint64(64 - lookup_bits)]
    length, symbol = signed(entry & np.uint32(63)), signed(entry >> np.uint32(6))
    if length == 0:
        length = lookup_bits + 1
        while length < 59 and (bits >> np.uint64(64 - length)) < bases[length]:
            length += 1
        if length < 59:
            place = offsets[length] + signed((bits >> np.uint64(64 - length)) - bases[length])
            if place < len(symbols):
                symbol = signed(symbols[place])
            else:
                length = 59
    return length, symbol


@numba.njit(nogil=True, cache=True)
def decode(
    words: NDArray[np.uint64], stop: int, tables: Tables, run_symbol: int, out: NDArray[np.uint16]
) -> bool:
    """Decode the bits up to `stop` into `out`; tell if they filled it to the last symbol.

    `tables` are a lookup by the next bits (symbol << 6 | length, or 0 for longer codes), how many bits
    that is, the lowest code of each length, its place in the symbols, and these, the shorter first.
    """
    position, filled, count = 0, 0, len(out)
    while position < stop:
        length, symbol = code_at(words, position, tables)
        if length == 59:
            return False
        position += length
        if symbol != run_symbol:
            if filled >= count:
                return False
            out[filled] = symbol
            filled += 1
            continue
        run = signed(peek(words, position) >> np.uint64(56))
        position += 8
        if filled == 0 or filled + run > count:
            return False
        for _ in range(run):
            out[filled] = out[filled - 1]
            filled += 1
    return filled == count and position == stop


@numba.njit(nogil=True, cache=True)
def encode(
    symbols: NDArray[np.uint16],
    codes: NDArray[np.uint64],
    lengths: NDArray[np.uint8],
    run_symbol: int,
    words: NDArray[np.uint64],
    position: int,
) -> int:
    """Encode `symbols` into zeroed `words` from bit `position` on; return the bit behind.

    Runs are told by `run_symbol` where that is shorter.
    """
    index = 0
    while index < len(symbols):
        symbol = symbols[index]
        repeats = 0
        while repeats < 255 and index + repeats + 1 < len(symbols) and symbols[index + repeats + 1] == symbol:
            repeats += 1
        length = signed(lengths[symbol])
        position = _put(words, position, codes[symbol], length)
        if repeats and length + signed(lengths[run_symbol]) + 8 < length * repeats:
            position = _put(words, position, codes[run_symbol], signed(lengths[run_symbol]))
            position = _put(words, position, np.uint64(repeats), 8)
        else:
            for _ in range(repeats):
                position = _put(words, position, codes[symbol], length)
        index += repeats + 1
    return position


@numba.njit(nogil=True, cache=True)
def copy_bits(
    source: NDArray[np.uint64], span: tuple[int, int], words: NDArray[np.uint64], position: int
) -> int:
    """Copy the bits of `span` (first, behind the last) to zeroed `words` from `position` on; return the bit behind."""
    at, stop = span
    while at < stop and position & 63:  # up to a whole word of the target
        bits = min(64 - (position & 63), stop - at)
        position = _put(words, position, peek(source, at) >> np.uint64(64 - bits), bits)
        at += bits
    while at + 64 <= stop:
        words[position >> 6] = peek(source, at)
        at, position = at + 64, position + 64
    if at < stop:
        position = _put(words, position, peek(source, at) >> np.uint64(64 - (stop - at)), stop - at)
    return position
