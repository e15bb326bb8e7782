# SPDX-License-Identifier: Apache-2.0
"""Reading and setting samples whose bits lie openly in some bytes: a file, or an unpacked chunk."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.containers._edits import ByteEdit
from pixmend.formats import ByteSource, DatumPlaces

__all__ = ["HeldRuns", "hold_runs", "read_at"]

_NEAR = 4096  # runs that lie nearer than this are read in one go: a page is read anyway


def read_at(source: ByteSource, places: DatumPlaces) -> NDArray[np.uint32]:
    """Return the bit patterns of samples.

    Raises
    ------
    BadFrameError
        If a place is not in the source.
    """
    return hold_runs(source, places).values()


@dataclass(frozen=True, slots=True, eq=False)
class HeldRuns:
    """The bytes of places, read: what touches or overlaps is one run, so that each byte is in one run.

    Attributes
    ----------
    places : DatumPlaces
    starts : (R,) int64 ndarray
        Where in the source each run begins, in order.
    begins : (R + 1,) int64 ndarray
        Where in `stored` each run begins, and the end of the last.
    at : (N,) int64 ndarray
        Where in `stored` each place begins.
    stored : (M,) uint8 ndarray
        The runs, one behind the other.
    """

    places: DatumPlaces
    starts: NDArray[np.int64]
    begins: NDArray[np.int64]
    at: NDArray[np.int64]
    stored: NDArray[np.uint8]

    def values(self) -> NDArray[np.uint32]:
        """Return the bit patterns of the samples."""
        return self.places.values_in(self.stored, self.at)

    def with_values(self, bits: NDArray[np.uint32]) -> "HeldRuns":
        """Return the same with other bit patterns; ValueError if one is too wide for its place."""
        changed = self.stored.copy()
        self.places.put_values(changed, self.at, bits)
        return HeldRuns(self.places, self.starts, self.begins, self.at, changed)

    def runs(self) -> dict[int, bytes]:
        """Return the bytes of each run by its offset in the source."""
        stored, begins = self.stored.tobytes(), self.begins.tolist()
        return {
            start: stored[begins[run] : begins[run + 1]] for run, start in enumerate(self.starts.tolist())
        }

    def edits_to(self, changed: "HeldRuns") -> list[ByteEdit]:
        """Return one edit for each run of bytes in which `changed` differs, in order."""
        differs = np.flatnonzero(self.stored != changed.stored)
        run = np.searchsorted(self.begins, differs, side="right") - 1
        offset = differs + (self.starts - self.begins[:-1])[run]
        begins = np.flatnonzero(np.diff(offset, prepend=-2) != 1)
        lengths = np.diff(begins, append=len(differs))
        old, new = self.stored.tobytes(), changed.stored.tobytes()
        spans = zip(offset[begins].tolist(), differs[begins].tolist(), lengths.tolist(), strict=True)
        return [ByteEdit(where, old[at : at + size], new[at : at + size]) for where, at, size in spans]


def hold_runs(source: ByteSource, places: DatumPlaces) -> HeldRuns:
    """Read the bytes of places, in as few reads as pay.

    Raises
    ------
    BadFrameError
        If a place is not in the source.
    """
    order = np.argsort(places.offset, kind="stable")
    first = places.offset[order]
    stops = np.maximum.accumulate(first + places.size[order])
    opens = np.flatnonzero(np.append(True, first[1:] > stops[:-1])[: len(first)])
    starts = first[opens]
    ends = stops[np.append(opens[1:], len(first))[: len(opens)] - 1]
    begins = np.concatenate([[0], np.cumsum(ends - starts)])
    run = np.searchsorted(starts, places.offset, side="right") - 1
    at = places.offset - starts[run] + begins[run]
    stored = np.frombuffer(b"".join(_read_runs(source, starts, ends)), np.uint8)
    return HeldRuns(places, starts, begins, at, stored)


def _read_runs(source: ByteSource, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Iterator[bytes]:
    """Yield the bytes of ordered runs; near ones come from one read."""
    opens = np.flatnonzero(np.append(True, starts[1:] - ends[:-1] > _NEAR)[: len(starts)])
    lasts = np.append(opens[1:], len(starts))[: len(opens)] - 1
    runs = list(zip(starts.tolist(), ends.tolist(), strict=True))
    for first, last in zip(opens.tolist(), lasts.tolist(), strict=True):
        base = runs[first][0]
        held = source.read(base, runs[last][1] - base)
        if first == last:
            yield held
        else:
            yield from (held[start - base : end - base] for start, end in runs[first : last + 1])
