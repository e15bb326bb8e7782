# SPDX-License-Identifier: Apache-2.0
"""Compiled: the bytes of an inflated ZIP chunk to samples. Releases the GIL.

After "OpenEXR File Layout" (openexr.com): the low bytes of all 16-bit words stand before the high
ones, each as its difference to the byte before plus 128, modulo 256; the words are line by line,
channel by channel. The library adds them up byte by byte, a quarter of what it needs for a frame.
"""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["place_words"]

_LOWER, _HIGHEST = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080)  # bits of each byte
_EACH = np.uint64(0x0101010101010101)
_ONE, _TWO, _FOUR, _SEVEN = np.uint64(8), np.uint64(16), np.uint64(32), np.uint64(56)  # bytes, in bits


_Three: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@njit(nogil=True, cache=True)
def place_words(
    packed: NDArray[np.uint64],
    planes: NDArray[np.int64],
    box: tuple[int, int, int],
    samples: NDArray[np.uint16],
) -> None:
    """Put the wanted channels of a chunk of whole lines where they belong.

    Parameters
    ----------
    packed : (N,) uint64 ndarray
        The inflated bytes, eight and eight, the first the lowest; they are changed. What is beyond
        the chunk's last byte does not matter.
    planes : (K,) int64 ndarray
        Which of the chunk's channels are wanted, in the order in which they are.
    box : (int, int, int)
        How many channels and how many lines the chunk has, and the row of `samples` of its first.
    samples : (H, W, K) uint16 ndarray
    """
    channels, lines, top = box
    wanted, width = len(planes), samples.shape[1]
    _add_up(packed)
    low = packed.view(np.uint8)
    high = low[channels * lines * width :]
    for y in range(lines):
        row = samples[top + y].ravel()
        starts = (y * channels + planes) * width
        if wanted == 3:
            a, b, c = starts[0], starts[1], starts[2]
            _place_three((low[a:], low[b:], low[c:]), (high[a:], high[b:], high[c:]), row, width)
            continue
        for k in range(wanted):
            own_low, own_high = low[starts[k] :], high[starts[k] :]
            for x in range(width):
                row[wanted * x + k] = np.uint16(own_low[x]) | (np.uint16(own_high[x]) << np.uint16(8))


@njit(nogil=True, cache=True)
def _place_three(low: _Three, high: _Three, row: NDArray[np.uint16], width: int) -> None:
    """Put three channels side by side: by constants, so that it becomes vector code."""
    low_a, low_b, low_c = low
    high_a, high_b, high_c = high
    for x in range(width):
        row[3 * x] = np.uint16(low_a[x]) | (np.uint16(high_a[x]) << np.uint16(8))
        row[3 * x + 1] = np.uint16(low_b[x]) | (np.uint16(high_b[x]) << np.uint16(8))
        row[3 * x + 2] = np.uint16(low_c[x]) | (np.uint16(high_c[x]) << np.uint16(8))


@njit(nogil=True, cache=True)
def _add_up(packed: NDArray[np.uint64]) -> None:
    """Make of differences, plus 128, what they are differences of: each byte the sum of those up to it, modulo 256.

    The first counts as it stands. Eight at a time: what is carried from byte to byte inside a number is kept apart.
    """
    for index in range(len(packed)):  # vector code
        sums = packed[index] ^ _HIGHEST  # less 128
        sums = _plus(sums, sums << _ONE)
        sums = _plus(sums, sums << _TWO)
        packed[index] = _plus(sums, sums << _FOUR)
    before = np.uint64(128)
    for index in range(len(packed)):
        sums = packed[index]
        packed[index] = _plus(sums, before * _EACH)
        before = (before + (sums >> _SEVEN)) & np.uint64(255)


@njit(nogil=True, cache=True, inline="always")
def _plus(one: np.uint64, other: np.uint64) -> np.uint64:
    """Add byte by byte, modulo 256."""
    return ((one & _LOWER) + (other & _LOWER)) ^ ((one ^ other) & _HIGHEST)
