# SPDX-License-Identifier: Apache-2.0
"""OpenEXR: single chunks, as they lie in the file; nothing they say of themselves is believed unchecked."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats._bytesource import ByteSource
from pixmend.formats._exr_attributes import ExrCompression
from pixmend.formats._exr_layout import ExrLayout

__all__ = ["ExrChunk", "read_chunks"]

_READ_AT_ONCE = 1 << 16  # bytes of a payload that come with the leader; copying more costs more than a read
# How many times larger than its payload a chunk can be at most, where the codec has a limit:
# 128 bytes for a run's two; Deflate's 1032, of which PXR24 makes up to 4/3; 32 for a flat block's three.
_LARGEST_GAIN = {
    ExrCompression.NONE: 1,
    ExrCompression.RLE: 64,
    ExrCompression.ZIPS: 1032,
    ExrCompression.ZIP: 1032,
    ExrCompression.PXR24: 1376,
    ExrCompression.B44: 11,
    ExrCompression.B44A: 11,
}


@dataclass(frozen=True, slots=True)
class ExrChunk:
    """A chunk as it lies in the file.

    Attributes
    ----------
    index : int
        Its place in the offset table, wherever it lies in the file.
    offset : int
        Byte of its leader.
    payload_offset : int
        Byte where the payload begins; its size stands in the four bytes before.
    payload : bytes
    unpacked_bytes : int
        Size of the payload when it is not packed.
    """

    index: int
    offset: int
    payload_offset: int
    payload: bytes
    unpacked_bytes: int

    @property
    def packed_bytes(self) -> int:
        """Size of the payload."""
        return len(self.payload)

    @property
    def size_offset(self) -> int:
        """Byte where the payload size stands."""
        return self.payload_offset - 4

    @property
    def is_packed(self) -> bool:
        """Tell packed chunks from those stored as they are, which any compression does when it gains nothing."""
        return self.packed_bytes < self.unpacked_bytes


def read_chunks(
    source: ByteSource, layout: ExrLayout, indices: NDArray[np.integer], spans: Iterable[tuple[int, int]]
) -> list[ExrChunk]:
    """Read and check chunks of full resolution.

    Parameters
    ----------
    indices : (N,) integer ndarray
        The chunks' places in the offset table.
    spans : iterable of (int, int)
        For each, the byte where it begins as the table says, and the one where something else does.

    Raises
    ------
    BadFrameError
        If a leader is of another chunk, or a payload's size cannot be.
    """
    sizes = layout.unpacked_bytes(indices).tolist()
    return [
        _read_chunk(source, layout, (index, unpacked), span)
        for index, unpacked, span in zip(indices.tolist(), sizes, spans, strict=True)
    ]


def _read_chunk(
    source: ByteSource, layout: ExrLayout, chunk: tuple[int, int], span: tuple[int, int]
) -> ExrChunk:
    (index, unpacked), (offset, end) = chunk, span
    leader = layout.leader_bytes
    room = min(end, source.size) - offset - leader
    if room < 0:
        raise BadFrameError(f"chunk {index} runs into the next one", where=source.name)
    ahead = min(room, unpacked)
    stored = source.read(offset, leader + (ahead if ahead <= _READ_AT_ONCE else 0))
    *place, packed_bytes = struct.unpack_from(f"<{leader // 4}i", stored)
    _check_place(layout, index, tuple(place), source.name)
    least = -(-unpacked // _LARGEST_GAIN.get(layout.compression, unpacked or 1))
    if not least <= packed_bytes <= unpacked or offset + leader + packed_bytes > source.size:
        raise BadFrameError(f"chunk {index} is said to have {packed_bytes} bytes", where=source.name)
    if packed_bytes > room:
        raise BadFrameError(f"chunk {index} runs into the next one", where=source.name)
    if ahead <= _READ_AT_ONCE:
        payload = stored[leader : leader + packed_bytes]
    else:
        payload = source.read(offset + leader, packed_bytes)
    return ExrChunk(index, offset, offset + leader, payload, unpacked)


def _check_place(layout: ExrLayout, index: int, found: tuple[int, ...], where: str) -> None:
    expected = layout.place_of(index)
    if found == expected:
        return
    if layout.is_multi_part and found[0] != expected[0]:
        raise BadFrameError(f"chunk {index} is of part {found[0]}, not of {expected[0]}", where=where)
    if layout.tiles is None:
        raise BadFrameError(f"chunk {index} begins at line {found[-1]}, not at {expected[-1]}", where=where)
    raise BadFrameError(f"chunk {index} is tile {found[-4:]}, not {expected[-4:]}", where=where)
