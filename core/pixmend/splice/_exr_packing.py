# SPDX-License-Identifier: Apache-2.0
"""How the patched chunks of an EXR part are stored again, and what they will then hold.

Lossless codecs pack what was asked for. Lossy ones are asked again what they made of
it: only the samples of the same block may move, and with `exact` none. A chunk may
always be stored as it is, whatever the compression; that is exact, and larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pixmend.errors import UnsupportedError
from pixmend.formats import ExrCompression, ExrLayout
from pixmend.model import SampleType
from pixmend.splice._exr_codec import ChunkBox, ChunkCodec, codec_for

__all__ = ["ChunkPacker", "PatchedChunk", "StoredChunk", "chunk_box", "is_lossy"]

_LOSSY = {
    ExrCompression.B44,
    ExrCompression.B44A,
    ExrCompression.DWAA,
    ExrCompression.DWAB,
    ExrCompression.LJ2K,
}
# What packing these anew would change is the whole chunk.
_NEVER_PACKED = {ExrCompression.DWAA, ExrCompression.DWAB, ExrCompression.LJ2K}


@dataclass(frozen=True, slots=True)
class PatchedChunk:
    """A packed chunk of the file, and how it should be.

    Attributes
    ----------
    box : ChunkBox
    payload : bytes
        As the file holds it, packed.
    patched : bytes
        Unpacked, with the new samples.
    """

    box: ChunkBox
    payload: bytes
    patched: bytes


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """What to write for a chunk: its payload, and what that unpacks to."""

    payload: bytes
    unpacked: bytes


def chunk_box(layout: ExrLayout, index: int) -> ChunkBox:
    """Return the pixels of a chunk in the codec's terms."""
    box = layout.box_of(index)
    return ChunkBox(box.x_min, box.y_min, box.width, box.height)


def is_lossy(layout: ExrLayout) -> bool:
    """Tell whether packing may change samples; PXR24 cuts only floats, to 24 bits."""
    if layout.compression is ExrCompression.PXR24:
        return any(each.sample is SampleType.FLOAT for each in layout.channels)
    return layout.compression in _LOSSY


class ChunkPacker:
    """Stores the patched chunks of one part.

    Parameters
    ----------
    layout : ExrLayout
    exact : bool
        Store chunks as they are where the codec would not give back what it was given.
    """

    def __init__(self, layout: ExrLayout, *, exact: bool) -> None:
        self._compression = layout.compression
        self._is_lossy = is_lossy(layout)
        self._exact = exact
        self.codec: ChunkCodec = codec_for(layout.compression, layout.channels)

    def store(self, chunks: Sequence[PatchedChunk]) -> list[StoredChunk]:
        """Return what to write for each chunk."""
        payloads = self._pack(chunks)
        if not self._is_lossy:
            return [
                StoredChunk(payload, each.patched) for payload, each in zip(payloads, chunks, strict=True)
            ]
        held = self._unpack(chunks, payloads)
        return [
            StoredChunk(each.patched, each.patched)
            if self._exact and unpacked != each.patched
            else StoredChunk(payload, unpacked)
            for payload, unpacked, each in zip(payloads, held, chunks, strict=True)
        ]

    def _pack(self, chunks: Sequence[PatchedChunk]) -> list[bytes]:
        if self._compression in _NEVER_PACKED:
            return [each.patched for each in chunks]
        try:
            return self.codec.pack([(each.box, each.patched) for each in chunks])
        except UnsupportedError:  # chunks of a form that the library reads, and does not write
            return [each.patched for each in chunks]

    def _unpack(self, chunks: Sequence[PatchedChunk], payloads: Sequence[bytes]) -> list[bytes]:
        """Return what payloads hold, as any reader will see it."""
        packed = [number for number, each in enumerate(chunks) if len(payloads[number]) < len(each.patched)]
        unpacked = self.codec.unpack([(chunks[number].box, payloads[number]) for number in packed])
        held = [each.patched for each in chunks]
        for number, each in zip(packed, unpacked, strict=True):
            held[number] = each
        return held
