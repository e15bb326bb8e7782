# SPDX-License-Identifier: Apache-2.0
"""Inner loops over packed image words, compiled and without the GIL."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["put_datums", "take_datums", "unpack_filled10", "unpack_filled12", "unpack_packed"]

_Places = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@numba.njit(inline="always")
def _word(stored: Any, swap: Any) -> Any:
    """Return a stored 32-bit word in native order; compilers know this as one instruction."""
    if not swap:
        return stored
    low = (stored << np.uint32(24)) | ((stored & np.uint32(0xFF00)) << np.uint32(8))
    return np.uint32(low | ((stored >> np.uint32(8)) & np.uint32(0xFF00)) | (stored >> np.uint32(24)))


@numba.njit(nogil=True, cache=True)
def unpack_filled10(
    words: NDArray[np.uint32],
    pitch: int,
    skip: int,
    shifts: tuple[int, int, int],
    swap: bool,  # noqa: FBT001  (compiled: all by position)
    out: NDArray[np.uint16],
) -> None:
    """Unpack 10-bit datums, three to a word, into `out` (lines, datums).

    `words` are as stored, to be swapped to native order with `swap`, with `pitch` of them
    from line to line; the first `skip` datums (0 to 2) of each line are left out;
    `shifts` are the places of a word's first, second and third datum.
    """
    first, second, third = np.uint32(shifts[0]), np.uint32(shifts[1]), np.uint32(shifts[2])
    ten = np.uint32(1023)
    datums = out.shape[1]
    lead = min((3 - skip) % 3, datums)
    whole = (datums - lead) // 3
    rest = datums - lead - 3 * whole
    for line in range(out.shape[0]):
        row = out[line]
        given = words[line * pitch :]
        for index in range(lead):
            row[index] = (_word(given[0], swap) >> np.uint32(shifts[skip + index])) & ten
        row = row[lead:]
        if skip:
            given = given[1:]
        for index in range(whole):
            word = _word(given[index], swap)
            row[3 * index] = (word >> first) & ten
            row[3 * index + 1] = (word >> second) & ten
            row[3 * index + 2] = (word >> third) & ten
        for index in range(rest):
            row[3 * whole + index] = (_word(given[whole], swap) >> np.uint32(shifts[index])) & ten


@numba.njit(nogil=True, cache=True)
def unpack_packed(
    words: NDArray[np.uint32],
    pitch: int,
    skip_and_bits: tuple[int, int],
    swap: bool,  # noqa: FBT001  (compiled: all by position)
    out: NDArray[np.uint16],
) -> None:
    """Unpack datums that follow each other without gaps, from the low bits of the words up.

    Arguments as `unpack_filled10`, but how many bits to skip, and bits of a datum; a
    datum may begin in one word and end in the next.
    """
    skip, bits = skip_and_bits
    mask, step = np.uint64((1 << bits) - 1), np.uint64(bits)
    for line in range(out.shape[0]):
        row = out[line]
        given = words[line * pitch + (skip >> 5) :]
        left = 32 - (skip & 31)
        held = np.uint64(_word(given[0], swap)) >> np.uint64(skip & 31)
        at = 1
        for index in range(row.shape[0]):
            if left < bits:
                held |= np.uint64(_word(given[at], swap)) << np.uint64(left)
                at += 1
                left += 32
            row[index] = held & mask
            held >>= step
            left -= bits


@numba.njit(nogil=True, cache=True)
def unpack_filled12(
    units: NDArray[np.uint16],
    pitch: int,
    shift: int,
    swap: bool,  # noqa: FBT001  (compiled: all by position)
    out: NDArray[np.uint16],
) -> None:
    """Unpack 12-bit datums, one to a 16-bit unit from bit `shift` up; arguments as `unpack_filled10`."""
    place, twelve, eight = np.uint16(shift), np.uint16(4095), np.uint16(8)
    for line in range(out.shape[0]):
        row = out[line]
        given = units[line * pitch :]
        for index in range(row.shape[0]):
            unit = given[index]
            if swap:
                unit = np.uint16(unit << eight) | np.uint16(unit >> eight)
            row[index] = (unit >> place) & twelve


@numba.njit(nogil=True, cache=True)
def take_datums(
    stored: NDArray[np.uint8],
    at: NDArray[np.int64],
    places: _Places,
    big: bool,  # noqa: FBT001  (compiled: all by position)
    out: NDArray[np.uint32],
) -> None:
    """Write the bit patterns of single samples to `out`; see `DatumPlaces` for the four columns."""
    unit_bytes, units, shift, bits = places
    for index in range(out.shape[0]):
        size, count = np.int64(unit_bytes[index]), np.int64(units[index])
        joined = np.uint64(0)
        for byte in range(size * count):
            joined |= np.uint64(stored[at[index] + byte]) << _bit_of(byte, size, big)
        mask = (np.uint64(1) << np.uint64(bits[index])) - np.uint64(1)
        out[index] = (joined >> np.uint64(shift[index])) & mask


@numba.njit(nogil=True, cache=True)
def put_datums(
    stored: NDArray[np.uint8],
    at: NDArray[np.int64],
    places: _Places,
    big: bool,  # noqa: FBT001  (compiled: all by position)
    values: NDArray[np.uint32],
) -> None:
    """Set the bits of single samples in `stored`; arguments as `take_datums`."""
    unit_bytes, units, shift, bits = places
    for index in range(values.shape[0]):
        size, count = np.int64(unit_bytes[index]), np.int64(units[index])
        mask = (np.uint64(1) << np.uint64(bits[index])) - np.uint64(1)
        own = mask << np.uint64(shift[index])
        new = np.uint64(values[index]) << np.uint64(shift[index])
        for byte in range(size * count):
            bit = _bit_of(byte, size, big)
            kept = np.uint64(stored[at[index] + byte]) & ~(own >> bit)
            stored[at[index] + byte] = np.uint8((kept | (new >> bit)) & np.uint64(0xFF))


@numba.njit(inline="always")
def _bit_of(byte: Any, size: Any, big: Any) -> Any:
    """Return which bit of the joined units the lowest bit of a byte is."""
    unit, within = byte // size, byte % size
    return np.uint64(8 * (unit * size + (size - 1 - within if big else within)))
