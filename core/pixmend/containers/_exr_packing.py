# SPDX-License-Identifier: Apache-2.0
"""How the patched chunks of an EXR part are stored again, and what they will then hold.

Lossless codecs pack what was asked for. Of lossy ones only the blocks with a changed sample
are coded anew, and the library is asked what they became: nothing outside these blocks may
move, nothing inside them far, and with `exact` nothing but what was asked for. Where it does,
the chunk is stored as it is, which any compression allows; that is to the bit, and larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.codecs import ChunkBox, ChunkCodec, DwaChunk, codec_for, graft
from pixmend.containers._exr_collateral import blocks_at, differing_bytes
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import ExrCompression, ExrLayout
from pixmend.model import SampleType

__all__ = ["ChunkPacker", "PatchedChunk", "StoredChunk", "chunk_box", "is_lossy"]

# Width and height, in samples, of the blocks that lossy codecs code apart.
_BLOCKS = {
    ExrCompression.PXR24: 1,
    ExrCompression.B44: 4,
    ExrCompression.B44A: 4,
    ExrCompression.DWAA: 8,
    ExrCompression.DWAB: 8,
    ExrCompression.LJ2K: 1,  # all of the chunk hangs together: it is always stored as it is
}


# How far a sample may be from what it should be: a share of its value, or of this value where it
# is darker. B44 keeps 6 bits of the range of a block, so a lone light among darks comes out wrong.
_SHARES = {
    ExrCompression.B44: 0.05,
    ExrCompression.B44A: 0.05,
    ExrCompression.DWAA: 0.02,
    ExrCompression.DWAB: 0.02,
}
_DARKEST = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class PatchedChunk:
    """A packed chunk of the file, and how it should be.

    Attributes
    ----------
    index : int
        In the offset table.
    payload : bytes
        As the file holds it, packed.
    unpacked, patched : bytes
        The same unpacked, and with the new samples.
    changed : (N,) int64 ndarray
        In which bytes these two differ.
    """

    index: int
    payload: bytes
    unpacked: bytes
    patched: bytes
    changed: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class StoredChunk:
    """What to write for a chunk.

    Attributes
    ----------
    payload : bytes
    unpacked : bytes
        What it unpacks to.
    moved : (N,) int64 ndarray
        The bytes of that which are not as they were.
    """

    payload: bytes
    unpacked: bytes
    moved: NDArray[np.int64]


def chunk_box(layout: ExrLayout, index: int) -> ChunkBox:
    """Return the pixels of a chunk in the codec's terms."""
    box = layout.box_of(index)
    return ChunkBox(box.x_min, box.y_min, box.width, box.height)


def is_lossy(layout: ExrLayout) -> bool:
    """Tell whether packing may change samples; PXR24 cuts only floats, to 24 bits."""
    if layout.compression is ExrCompression.PXR24:
        return any(each.sample is SampleType.FLOAT for each in layout.channels)
    return layout.compression in _BLOCKS


class ChunkPacker:
    """Stores the patched chunks of one part.

    Parameters
    ----------
    layout : ExrLayout
    exact : bool
        Store chunks as they are where the codec would not give back what it was given.
    """

    def __init__(self, layout: ExrLayout, *, exact: bool) -> None:
        self._layout = layout
        self._exact = exact
        self.codec: ChunkCodec = codec_for(layout.compression, layout.channels)

    def store(self, chunks: Sequence[PatchedChunk]) -> list[StoredChunk]:
        """Return what to write for each chunk."""
        payloads = self._pack(chunks)
        if not is_lossy(self._layout):
            pairs = zip(payloads, chunks, strict=True)
            return [StoredChunk(payload, each.patched, each.changed) for payload, each in pairs]
        held = self._unpack(chunks, payloads)
        return [self._checked(*each) for each in zip(chunks, payloads, held, strict=True)]

    def _pack(self, chunks: Sequence[PatchedChunk]) -> list[bytes]:
        if self._layout.compression is ExrCompression.LJ2K:
            return [each.patched for each in chunks]
        if self._layout.compression in {ExrCompression.DWAA, ExrCompression.DWAB}:
            return [self._grafted(each) for each in chunks]
        try:
            return self.codec.pack([(self._box(each), each.patched) for each in chunks])
        except UnsupportedError:  # chunks of a form that the library reads, and does not write
            return [each.patched for each in chunks]

    def _grafted(self, chunk: PatchedChunk) -> bytes:
        whole = DwaChunk(self._box(chunk), chunk.payload, chunk.unpacked, chunk.patched)
        try:
            (payload,) = graft(self._layout.channels, [whole])
        except UnsupportedError:
            return chunk.patched
        return payload

    def _unpack(self, chunks: Sequence[PatchedChunk], payloads: Sequence[bytes]) -> list[bytes | None]:
        """Return what payloads hold, as any reader will see it; None for one that none will."""
        held: list[bytes | None] = [each.patched for each in chunks]
        packed = [number for number, each in enumerate(chunks) if len(payloads[number]) < len(each.patched)]
        coded = [(self._box(chunks[number]), payloads[number]) for number in packed]
        try:
            unpacked: Sequence[bytes | None] = self.codec.unpack(coded)
        except BadFrameError:
            unpacked = [self._unpack_one(*each) for each in coded]
        for number, each in zip(packed, unpacked, strict=True):
            held[number] = each
        return held

    def _unpack_one(self, box: ChunkBox, payload: bytes) -> bytes | None:
        try:
            return self.codec.unpack([(box, payload)])[0]
        except BadFrameError:
            return None

    def _checked(self, chunk: PatchedChunk, payload: bytes, held: bytes | None) -> StoredChunk:
        """Return a chunk as the lossy codec made it, where that may stand."""
        as_it_is = StoredChunk(chunk.patched, chunk.patched, chunk.changed)
        if held is None or (self._exact and held != chunk.patched):
            return as_it_is
        moved = differing_bytes(chunk.unpacked, held)
        if not self._is_near(chunk, held, moved):
            return as_it_is
        block = _BLOCKS[self._layout.compression]
        asked_blocks, moved_blocks = (
            blocks_at(self._layout, chunk.index, each, block) for each in (chunk.changed, moved)
        )
        return StoredChunk(payload, held, moved) if np.isin(moved_blocks, asked_blocks).all() else as_it_is

    def _is_near(self, chunk: PatchedChunk, held: bytes, moved: NDArray[np.int64]) -> bool:
        """Tell whether every sample that is not as it was is near to what it should be."""
        share = _SHARES.get(self._layout.compression)
        if share is None:
            return True
        x, y, number = self._layout.samples_at(chunk.index, moved)
        _, offsets = self._layout.locate(x, y, number)
        for index in np.unique(number).tolist():
            mine, sample = offsets[number == index], self._layout.channels[index].sample
            meant, found = (_samples_at(each, mine, sample) for each in (chunk.patched, held))
            if not _all_near(meant, found, share):
                return False
        return True

    def _box(self, chunk: PatchedChunk) -> ChunkBox:
        return chunk_box(self._layout, chunk.index)


def _samples_at(unpacked: bytes, offsets: NDArray[np.int64], sample: SampleType) -> NDArray[np.float64]:
    size = sample.dtype.itemsize
    places = offsets[:, None] + np.arange(size)
    stored = np.frombuffer(unpacked, np.uint8)[places].view(sample.dtype.newbyteorder("<"))
    return np.asarray(stored.ravel(), np.float64)


def _all_near(meant: NDArray[np.float64], found: NDArray[np.float64], share: float) -> bool:
    """Compare samples; what is not finite must be the same."""
    finite = np.isfinite(meant) & np.isfinite(found)
    limit = share * np.maximum(np.abs(meant[finite]), _DARKEST)
    near = np.abs(found[finite] - meant[finite]) <= limit
    return bool(near.all()) and np.array_equal(meant[~finite], found[~finite], equal_nan=True)
