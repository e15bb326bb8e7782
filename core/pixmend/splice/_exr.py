# SPDX-License-Identifier: Apache-2.0
"""EXR files: chunks with a changed sample are packed anew, all others stay as they are."""

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import (
    ByteSource,
    DatumPlace,
    ExrChunk,
    ExrCompression,
    ExrLayout,
    MemoryBytes,
    ReadOptions,
    find_chunk,
    parse_exr,
)
from pixmend.model import Patch
from pixmend.splice._edits import ByteEdit, differing_edits
from pixmend.splice._exr_codec import ChunkForm, pack_chunk, unpack_chunk
from pixmend.splice._places import patched_runs_at, read_at, whole_bytes_at
from pixmend.splice._plan import Plan

__all__ = ["ExrContainer"]

_HANDLED = {
    ExrCompression.NONE,
    ExrCompression.RLE,
    ExrCompression.ZIPS,
    ExrCompression.ZIP,
    ExrCompression.PIZ,
}


class ExrContainer:
    """A flat single-part scanline EXR of a lossless compression; a `Container`.

    Parameters
    ----------
    source : ByteSource

    Raises
    ------
    BadFrameError
        If the file is damaged.
    UnsupportedError
        If it is tiled, deep, of several parts, subsampled, or of another compression.
    """

    file_format = "exr"
    notices: tuple[str, ...] = ()

    def __init__(self, source: ByteSource, options: ReadOptions, *, exact: bool) -> None:  # noqa: ARG002  owner A
        self._source = source
        self._layout = parse_exr(source)
        _check_handled(self._layout, source.name)
        self._table = self._layout.read_offset_table(source)
        self._file_order = np.append(np.sort(self._table), source.size)
        self._unpacked: dict[int, bytes] = {}
        self.raster = self._layout.raster
        self.channels = self._layout.model_channels()

    def read_bits(self, patch: Patch) -> NDArray[np.uint32]:
        """Return what the file holds where the patch's samples are."""
        bits = np.empty(len(patch), np.uint32)
        for index, rows in self._rows_by_chunk(patch).items():
            places = self._places(patch, rows)
            bits[rows] = read_at(MemoryBytes(self._unpack(index)), places)
        return bits

    def library_bits(self, patch: Patch) -> None:  # noqa: ARG002  frames are read by a library
        """Return None: frames are read by a library, our own addressing is the second reader."""
        return

    def plan(self, patch: Patch) -> Plan:
        """Return the edits of chunks and, where a chunk changes its size, of the offset table."""
        rows_by_chunk = self._rows_by_chunk(patch)
        units = {index: self._patched(index, patch, rows) for index, rows in rows_by_chunk.items()}
        edits: list[ByteEdit] = []
        for index, patched in units.items():
            edits += self._chunk_edits(self._chunk(index), patched)
        edits.sort(key=lambda each: each.offset)
        edits = self._table_edits(edits) + edits
        return Plan(tuple(edits), patch, Patch.empty(patch.frame, patch.channels), units)

    def units(self, patch: Patch) -> dict[int, bytes]:
        """Return the unpacked chunks in which the patch's samples lie."""
        return {index: self._unpack(index) for index in self._rows_by_chunk(patch)}

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the one range from the offset table to the end."""
        return [(self._layout.table_offset, self._source.size)]

    def _rows_by_chunk(self, patch: Patch) -> dict[int, NDArray[np.intp]]:
        """Return which of the patch's samples lie in which chunk."""
        chunks = self._layout.chunk_of(patch.y)
        return {index: np.flatnonzero(chunks == index) for index in np.unique(chunks).tolist()}

    def _places(self, patch: Patch, rows: NDArray[np.intp]) -> list[DatumPlace]:
        """Return where samples of one chunk lie in it when it is unpacked."""
        places = np.empty(len(rows), object)
        for number in np.unique(patch.channel[rows]).tolist():
            mine = patch.channel[rows] == number
            channel = self._layout.channels[number]
            offsets = self._layout.offsets_in_chunk(patch.x[rows[mine]], patch.y[rows[mine]], channel)
            places[mine] = whole_bytes_at(offsets, channel.sample_bytes, "<")
        return list(places)

    def _chunk(self, index: int) -> ExrChunk:
        """Return one chunk, checked: its leader, and that it ends before the next one in the file."""
        offset = int(self._table[index])
        chunk = find_chunk(self._source, self._layout, index, offset)
        following = self._file_order[np.searchsorted(self._file_order, offset, side="right")]
        if chunk.payload_offset + chunk.packed_bytes > following:
            raise BadFrameError(f"chunk {index} runs into the next one", where=self._source.name)
        return chunk

    def _is_packed(self, chunk: ExrChunk) -> bool:
        """Tell packed chunks from those stored as they are, which any compression does when it gains nothing."""
        return chunk.packed_bytes < self._layout.unpacked_bytes(chunk.index)

    def _payload(self, chunk: ExrChunk) -> bytes:
        return self._source.read(chunk.payload_offset, chunk.packed_bytes)

    def _unpack(self, index: int) -> bytes:
        if index not in self._unpacked:
            chunk = self._chunk(index)
            payload = self._payload(chunk)
            if self._is_packed(chunk):
                payload = self._library_unpack(chunk, payload)
            self._unpacked[index] = payload
        return self._unpacked[index]

    def _library_unpack(self, chunk: ExrChunk, payload: bytes) -> bytes:
        if self._layout.compression is ExrCompression.NONE:
            raise BadFrameError(f"chunk {chunk.index} is too short", where=self._source.name)
        try:
            return unpack_chunk(ChunkForm.of(self._layout), payload, chunk.lines)
        except BadFrameError as exc:
            raise BadFrameError(f"chunk {chunk.index} is damaged", where=self._source.name) from exc

    def _patched(self, index: int, patch: Patch, rows: NDArray[np.intp]) -> bytes:
        """Return a chunk, unpacked, with its new samples."""
        patched = bytearray(self._unpack(index))
        runs = patched_runs_at(MemoryBytes(self._unpack(index)), self._places(patch, rows), patch.new[rows])
        for offset, run in runs.items():
            patched[offset : offset + len(run)] = run
        return bytes(patched)

    def _chunk_edits(self, chunk: ExrChunk, patched: bytes) -> list[ByteEdit]:
        unpacked = self._unpack(chunk.index)
        if patched == unpacked:
            return []
        if not self._is_packed(chunk):
            return differing_edits(chunk.payload_offset, unpacked, patched)
        packed = pack_chunk(ChunkForm.of(self._layout), patched, chunk.lines)
        old_size, new_size = (size.to_bytes(4, "little") for size in (chunk.packed_bytes, len(packed)))
        return [ByteEdit(chunk.size_offset, old_size + self._payload(chunk), new_size + packed)]

    def _table_edits(self, edits: list[ByteEdit]) -> list[ByteEdit]:
        """Return the edit of the offset table: a chunk moves by what chunks before it *in the file* grew.

        Chunks need not lie in the order of the table (decreasing and random line order).
        """
        growth = np.array([0, *(each.growth for each in edits)], dtype=np.int64).cumsum()
        edited_at = np.array([each.offset for each in edits], dtype=np.int64)
        moved = self._table + growth[np.searchsorted(edited_at, self._table)]
        changed = np.flatnonzero(moved != self._table)
        if not changed.size:
            return []
        span = slice(changed[0], changed[-1] + 1)
        old, new = (table[span].astype("<u8").tobytes() for table in (self._table, moved))
        return [ByteEdit(self._layout.table_offset + 8 * int(changed[0]), old, new)]


def _check_handled(layout: ExrLayout, where: str) -> None:
    compression = layout.compression
    refusals = (
        (layout.is_multi_part, "this EXR has several parts"),
        (layout.part_kind.startswith("deep"), "this EXR is deep"),
        (layout.part_kind != "scanlineimage", "this EXR is tiled"),
        (layout.is_subsampled, "this EXR has subsampled channels"),
        (compression not in _HANDLED, f"this EXR is compressed with {compression.name}"),
    )
    for refused, what in refusals:
        if refused:
            raise UnsupportedError(
                f"{what}, which cannot be mended yet; the file is left as it was", where=where
            )
