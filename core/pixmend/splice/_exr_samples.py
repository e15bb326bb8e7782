# SPDX-License-Identifier: Apache-2.0
"""The bytes of a patch's samples in the unpacked chunks of an EXR part, all at once. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

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
    """

    count: int
    chunk: NDArray[np.int64]
    at: NDArray[np.int64]
    home: NDArray[np.int64]

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
        return cls(len(patch), chunk[order], at[order], np.flatnonzero(stored)[order])

    @property
    def chunks(self) -> NDArray[np.int64]:
        """Indices of the chunks in which samples lie, ordered."""
        return np.unique(self.chunk)

    def take(self, unpacked: Mapping[int, bytes]) -> NDArray[np.uint8]:
        """Return what stands in the chunks at each byte, (B,)."""
        taken = np.empty(len(self.at), np.uint8)
        for index, here in self._by_chunk():
            taken[here] = np.frombuffer(unpacked[index], np.uint8)[self.at[here]]
        return taken

    def put(self, unpacked: bytes, index: int, new: NDArray[np.uint8]) -> bytes:
        """Return one chunk with new bytes, of all B the ones that are in it."""
        here = slice(*np.searchsorted(self.chunk, [index, index + 1]).tolist())
        patched = np.frombuffer(unpacked, np.uint8).copy()
        patched[self.at[here]] = new[here]
        return patched.tobytes()

    def as_bits(self, stored: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return the bit patterns of the samples, (N,), from their (B,) bytes."""
        bits = np.zeros(_WIDEST * self.count, np.uint8)
        bits[self.home] = stored
        return bits.view("<u4").astype(np.uint32)

    def as_bytes(self, bits: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Return the (B,) bytes of the samples' bit patterns; the inverse of `as_bits`."""
        return bits.astype("<u4").view(np.uint8)[self.home]

    def _by_chunk(self) -> Iterator[tuple[int, slice]]:
        starts = np.flatnonzero(np.diff(self.chunk, prepend=-1)).tolist()
        for start, stop in pairwise([*starts, len(self.chunk)]):
            yield int(self.chunk[start]), slice(start, stop)
