# SPDX-License-Identifier: Apache-2.0
"""Inner loops over the AC tokens of DWA, compiled and without the GIL.

A token is a half-float coefficient, or 0xFFnn for nn zeros (0xFF00: to the end of the block).
A block has coefficients 1 to 63 in zigzag order; its tokens end where the last is reached.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from pixmend.codecs._huffman_kernels import Tables, code_at, peek, signed

__all__ = ["FAST_BITS", "block_starts", "fast_steps", "walk_blocks"]

FAST_BITS = 14
_END = np.uint32(1 << 12)  # in a fast step: its last token ends the block, wherever it is


@numba.njit(nogil=True, cache=True, inline="always")
def _advance(token: int) -> int:
    """Return how many coefficients a token stands for."""
    if token & 0xFF00 != 0xFF00:
        return 1
    return token & 255 or 64


@numba.njit(nogil=True, cache=True)
def block_starts(tokens: NDArray[np.uint16], starts: NDArray[np.int64]) -> bool:
    """Fill in where each block's tokens start; tell if the last block ends with the tokens."""
    at = 0
    for block in range(len(starts) - 1):
        starts[block] = at
        coefficient = 1
        while coefficient < 64:
            if at >= len(tokens):
                return False
            coefficient += _advance(signed(tokens[at]))
            at += 1
    starts[-1] = at
    return at == len(tokens)


@numba.njit(nogil=True, cache=True)
def fast_steps(lookup: NDArray[np.uint32], slow: tuple[int, int], steps: NDArray[np.uint32]) -> None:
    """Fill in how far several tokens at once lead, by the next `FAST_BITS` bits.

    A step is (last symbol << 16 | end << 12 | coefficients << 5 | bits), 0 where even one token is too long
    or one of the two `slow` symbols, which are looked at one by one.
    """
    for pattern in range(len(steps)):
        bits, coefficients, last, end = 0, 0, 0, False
        while not end:
            entry = lookup[(pattern << bits) & (len(steps) - 1)]
            length, symbol = signed(entry & np.uint32(63)), signed(entry >> np.uint32(6))
            if length == 0 or bits + length > FAST_BITS or symbol == slow[0] or symbol == slow[1]:
                break
            bits, last = bits + length, symbol
            end = symbol == 0xFF00
            if not end:
                coefficients += _advance(symbol)
            if coefficients > 126:
                end = True
        if bits and coefficients <= 126:
            steps[pattern] = np.uint32(last << 16 | coefficients << 5 | bits) | (
                _END if end else np.uint32(0)
            )


@numba.njit(nogil=True, cache=True, inline="always")
def _record(cut: NDArray[np.int64], bits: tuple[int, int], repeats: tuple[int, int], token: int) -> None:
    cut[0], cut[1] = bits
    cut[2], cut[3] = repeats
    cut[4] = token


@numba.njit(nogil=True, cache=True, inline="always")
def _hurry(
    words: NDArray[np.uint64],
    stop: int,
    steps: NDArray[np.uint32],
    place: tuple[int, int, int, int],
    bound: int,
) -> tuple[int, int, int, int]:
    """Walk by fast steps up to block `bound`, a slow token, or the last bit.

    `place` and what is returned are (bit, block, coefficient, last token).
    """
    position, block, coefficient, last = place
    while block < bound and position < stop:
        step = steps[peek(words, position) >> np.uint64(64 - FAST_BITS)]
        goal = coefficient + signed(step >> np.uint32(5) & np.uint32(127))
        ends = step & _END != 0
        if step == 0 or goal > 64 or (goal == 64 and ends):
            break
        position += signed(step & np.uint32(31))
        last, coefficient = signed(step >> np.uint32(16)), goal
        if ends or goal == 64:
            block, coefficient = block + 1, 1
    return position, block, coefficient, last


@numba.njit(nogil=True, cache=True)
def walk_blocks(
    words: NDArray[np.uint64],
    stop: int,
    tables: Tables,
    steps: NDArray[np.uint32],
    slow: tuple[int, int],
    bounds: NDArray[np.int64],
    tokens: NDArray[np.uint16],
    cuts: NDArray[np.int64],
    rare_at: NDArray[np.int64],
) -> int:
    """Walk over Huffman-coded blocks; return how often the rare symbol occurs, or -1 for damage.

    Parameters
    ----------
    words : ndarray
        The data.
    stop : int
        Its bits.
    tables : tuple
        As in `decode`, for `FAST_BITS` bits.
    steps : ndarray
        From `fast_steps`.
    slow : tuple of int
        The symbol of runs, and the rare one whose places are wanted.
    bounds : ndarray
        Numbers of blocks whose starts are wanted, rising; the last is how many blocks there are.
    tokens : ndarray, shape (bounds, 64)
        Filled with the tokens of these blocks; [:, 63] is their number.
    cuts : ndarray, shape (bounds, 5)
        Filled for the start of each: the bit up to which all is before it, the bit from which all is
        behind it, how often the token between the two (one run) stands before it and behind it, and that
        token. The two bits are the same where no run is cut.
    rare_at : ndarray
        Filled with the bits at which the rare symbol begins.
    """
    position, block, coefficient, last, rare = 0, 0, 1, -1, 0
    reached, inside, fresh = (
        0,
        False,
        False,
    )  # bounds reached; within the last of them; a run may come to its cut
    while True:
        if not inside:
            place = (position, block, coefficient, last)
            position, block, coefficient, last = _hurry(words, stop, steps, place, bounds[reached])
            if block == bounds[reached]:
                _record(cuts[reached], (position, position), (0, 0), last)
                reached, inside, fresh = reached + 1, True, True
        if position >= stop:
            break
        length, symbol = code_at(words, position, tables)
        if length == 59:
            return -1
        before, repeats = position, 1
        position += length
        if symbol == slow[0]:
            if last < 0:
                return -1
            repeats = signed(peek(words, position) >> np.uint64(56))
            position += 8
            if fresh:
                _record(cuts[reached - 1], (before, position), (0, repeats), last)
        else:
            if symbol == slow[1]:
                rare_at[rare] = before
                rare += 1
            last, before = symbol, position
        fresh = False
        for repeat in range(repeats):
            if inside and not _append(tokens[reached - 1], last):
                return -1
            coefficient += _advance(last)
            if coefficient < 64:
                continue
            if reached == len(bounds):
                return -1
            block, coefficient, inside = block + 1, 1, False
            if block == bounds[reached]:
                rest = repeats - repeat - 1
                kept = repeat + 1 if rest else 0
                _record(cuts[reached], (before if rest else position, position), (kept, rest), last)
                reached, inside, fresh = reached + 1, True, rest == 0
    return rare if reached == len(bounds) and coefficient == 1 and position == stop else -1


@numba.njit(nogil=True, cache=True, inline="always")
def _append(tokens: NDArray[np.uint16], token: int) -> bool:
    """Append to the tokens of a block, whose number is the last element; tell if there was room."""
    count = tokens[63]
    if count == 63:
        return False
    tokens[count] = token
    tokens[63] = count + 1
    return True
