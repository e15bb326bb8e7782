# SPDX-License-Identifier: Apache-2.0
"""The bytes of a patch's samples in the unpacked chunks of an EXR part, all at once. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.formats import ExrLayout
from pixmend.model import Patch

__all__ = ["SampleBytes"]

_WIDEST = 4  # bytes of a sample


@dataclass(frozen=True, slots=True, eq=False)
class SampleBytes:
    """Every byte of N samples, ordered by chunk, and by place within it.

    Attributes
    ----------
    count : int
        Samples, N.
    chunk : (B,) int64 ndarray
        Index of the chunk that each byte is in.
    at : (B,) int64 ndarray
        Where in the unpacked chunk.
    home : (B,) int64 ndarray
        Which byte of which sample it is: four times the number of the sample, plus the
        number of the byte, the lowest being 0.
    spans : dict of int to slice
        By index, in order, which of the bytes are in each chunk.
    """

    count: int
    chunk: NDArray[np.int64]
    at: NDArray[np.int64]
    home: NDArray[np.int64]
    spans: dict[int, slice]

    @classmethod
    def of(cls, layout: ExrLayout, patch: Patch) -> "SampleBytes":
        """Return the bytes of a patch's samples; ValueError where a subsampled channel has none."""
        chunk, offset = layout.locate(patch.x, patch.y, patch.channel)
        widths = np.array([each.sample_bytes for each in layout.channels])[patch.channel]
        byte = np.arange(_WIDEST)
        stored = byte < widths[:, None]
        chunk = np.broadcast_to(chunk[:, None], stored.shape)[stored]
        at = (offset[:, None] + byte)[stored]
        order = np.lexsort((at, chunk))
        chunk = chunk[order]
        return cls(len(patch), chunk, at[order], np.flatnonzero(stored)[order], _spans(chunk))

    @property
    def chunks(self) -> NDArray[np.int64]:
        """Indices of the chunks in which samples lie, ordered."""
        return np.fromiter(self.spans, np.int64, len(self.spans))

    def take(self, unpacked: Mapping[int, bytes]) -> NDArray[np.uint8]:
        """Return what stands in the chunks at each byte, (B,)."""
        taken = np.empty(len(self.at), np.uint8)
        for index, here in self.spans.items():
            taken[here] = np.frombuffer(unpacked[index], np.uint8)[self.at[here]]
        return taken

    def put(
        self, unpacked: Mapping[int, bytes], new: NDArray[np.uint8], indices: Sequence[int]
    ) -> dict[int, bytes]:
        """Return some of the chunks with their new bytes, out of (B,)."""
        breaks = (np.diff(self.at) != 1) | (np.diff(self.chunk) != 0)
        firsts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
        runs: dict[int, list[tuple[int, bytes]]] = {index: [] for index in self.spans}
        placed, stops = new.tobytes(), [*firsts[1:].tolist(), len(new)]
        columns = (self.chunk[firsts].tolist(), self.at[firsts].tolist(), firsts.tolist(), stops)
        for index, start, first, stop in zip(*columns, strict=True):
            runs[index].append((start, placed[first:stop]))
        return {index: _with_runs(unpacked[index], runs[index]) for index in indices}

    def as_bits(self, stored: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return the bit patterns of the samples, (N,), from their (B,) bytes."""
        bits = np.zeros(_WIDEST * self.count, np.uint8)
        bits[self.home] = stored
        return bits.view("<u4").astype(np.uint32)

    def as_bytes(self, bits: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Return the (B,) bytes of the samples' bit patterns; the inverse of `as_bits`."""
        return bits.astype("<u4").view(np.uint8)[self.home]


def _with_runs(stored: bytes, runs: Sequence[tuple[int, bytes]]) -> bytes:
    """Return bytes with ordered runs in their places."""
    around, done = memoryview(stored), 0
    pieces: list[bytes | memoryview] = []
    for start, run in runs:
        pieces += [around[done:start], run]
        done = start + len(run)
    return b"".join([*pieces, around[done:]])


def _spans(chunk: NDArray[np.int64]) -> dict[int, slice]:
    starts = np.flatnonzero(np.diff(chunk, prepend=-1))
    stops = [*starts[1:].tolist(), len(chunk)]
    return {
        index: slice(start, stop)
        for index, start, stop in zip(chunk[starts].tolist(), starts.tolist(), stops, strict=False)
    }
