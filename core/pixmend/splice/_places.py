# SPDX-License-Identifier: Apache-2.0
"""Reading and setting samples whose bits lie openly in some bytes: a file, or an unpacked chunk."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.formats import ByteSource, DatumPlace
from pixmend.splice._edits import ByteEdit, differing_edits

__all__ = ["edits_at", "patched_runs_at", "read_at", "runs_at", "whole_bytes_at"]


def whole_bytes_at(offsets: NDArray[np.int64], sample_bytes: int, byte_order: str) -> list[DatumPlace]:
    """Return the places of samples that fill whole bytes."""
    mask = (1 << 8 * sample_bytes) - 1
    return [DatumPlace(offset, sample_bytes, 1, byte_order, 0, mask) for offset in offsets.tolist()]


def read_at(source: ByteSource, places: Sequence[DatumPlace]) -> NDArray[np.uint32]:
    """Return the bit patterns of samples.

    Raises
    ------
    BadFrameError
        If a place is not in the source.
    """
    bits = (place.value_in(source.read(place.offset, place.size)) for place in places)
    return np.fromiter(bits, np.uint32, len(places))


def runs_at(source: ByteSource, places: Sequence[DatumPlace]) -> dict[int, bytes]:
    """Return the bytes of all places by their offset; what touches or overlaps is one run.

    Raises
    ------
    BadFrameError
        If a place is not in the source.
    """
    return {start: source.read(start, stop - start) for start, stop, _ in _joined_runs(places)}


def patched_runs_at(
    source: ByteSource, places: Sequence[DatumPlace], bits: NDArray[np.uint32]
) -> dict[int, bytes]:
    """Return the same runs with new bit patterns in their places, and no other bit changed.

    Raises
    ------
    BadFrameError
        If a place is not in the source.
    ValueError
        If a bit pattern is too wide for its place.
    """
    values = bits.tolist()
    runs = {}
    for start, stop, members in _joined_runs(places):
        run = bytearray(source.read(start, stop - start))
        for index in members:
            place = places[index]
            here = slice(place.offset - start, place.offset - start + place.size)
            run[here] = place.with_value(bytes(run[here]), values[index])
        runs[start] = bytes(run)
    return runs


def edits_at(source: ByteSource, places: Sequence[DatumPlace], bits: NDArray[np.uint32]) -> list[ByteEdit]:
    """Return the ordered edits that set samples to new bit patterns; none where all stay.

    Errors as `patched_runs_at`.
    """
    patched = patched_runs_at(source, places, bits)
    return [
        edit
        for start, run in patched.items()
        for edit in differing_edits(start, source.read(start, len(run)), run)
    ]


def _joined_runs(places: Sequence[DatumPlace]) -> Iterator[tuple[int, int, list[int]]]:
    """Yield begin, end and the indices of places that touch or overlap, so that each byte is in one run."""
    start = stop = 0
    members: list[int] = []
    for index in sorted(range(len(places)), key=lambda each: places[each].offset):
        place = places[index]
        if members and place.offset > stop:
            yield start, stop, members
            members = []
        start = start if members else place.offset
        stop = max(stop, place.offset + place.size)
        members.append(index)
    if members:
        yield start, stop, members
