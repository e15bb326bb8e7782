# SPDX-License-Identifier: Apache-2.0
"""EXR files: chunks with a changed sample are packed anew, all others stay as they are."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pixmend.containers._edits import ByteEdit
from pixmend.containers._exr_collateral import moved_samples
from pixmend.containers._exr_packing import ChunkPacker, PatchedChunk, StoredChunk, chunk_box, is_lossy
from pixmend.containers._exr_samples import SampleBytes
from pixmend.containers._plan import Plan
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import (
    ByteSource,
    ExrChunk,
    ExrCompression,
    ExrFile,
    ExrLayout,
    ReadOptions,
    parse_exr_file,
    read_chunks,
)
from pixmend.model import Patch

__all__ = ["ExrContainer"]


class ExrContainer:
    """One flat part of an EXR; a `Container`.

    Parameters
    ----------
    source : ByteSource
    options : ReadOptions
        Says which part; else it is the first flat one with a picture.
    exact : bool
        Store chunks as they are where a lossy codec would change more than the patch.

    Raises
    ------
    BadFrameError
        If the file is damaged, or was not written to its end.
    UnsupportedError
        If the part is deep, or something about it is not known.
    UsageError
        If there is no such part.
    """

    file_format = "exr"

    def __init__(self, source: ByteSource, options: ReadOptions, *, exact: bool) -> None:
        self._source = source
        file = parse_exr_file(source)
        self._layout = file.part(options.part, source.name)
        tables = file.read_offset_tables(source)
        self._tables = {part.table_offset: table for part, table in zip(file.parts, tables, strict=True)}
        self._tables_offset = file.tables_offset
        self._file_order = np.append(np.sort(np.concatenate(tables)), source.size)
        self._packer = ChunkPacker(self._layout, exact=exact)
        self._chunks: dict[int, ExrChunk] = {}
        self._unpacked: dict[int, bytes] = {}
        self.raster = self._layout.raster
        self.channels = self._layout.model_channels()
        self.notices = _notices(file, self._layout, exact=exact)

    def read_bits(self, patch: Patch) -> NDArray[np.uint32]:
        """Return what the file holds where the patch's samples are."""
        places = SampleBytes.of(self._layout, patch)
        return places.as_bits(places.take(self._unpack(places.chunks)))

    def library_bits(self, patch: Patch) -> None:  # noqa: ARG002  frames are read by a library
        """Return None: frames are read by a library, our own addressing is the second reader."""
        return

    def plan(self, patch: Patch) -> Plan:
        """Return the edits of chunks and, where a chunk changes its size, of the offset tables."""
        places = SampleBytes.of(self._layout, patch)
        before = self._unpack(places.chunks)
        old, new = places.take(before), places.as_bytes(patch.new)
        touched = np.unique(places.chunk[old != new]).tolist()
        patched = places.put(before, new, touched) if touched else {}
        stored = self._store(
            patched, {index: places.at[here][(old != new)[here]] for index, here in places.spans.items()}
        )
        edits = self._edits_in_place(places, old, new)
        for index, each in stored.items():
            if each.moved.size:  # else what was asked for is lost in the codec
                edits += _chunk_edits(self._chunks[index], each.payload)
        edits.sort(key=lambda each: each.offset)
        edits = self._table_edits(edits) + edits
        after = {**before, **patched, **{index: each.unpacked for index, each in stored.items()}}
        if not is_lossy(self._layout):
            return Plan(tuple(edits), patch, Patch.empty(patch.frame, patch.channels), after)
        moved = {index: each.moved for index, each in stored.items()}
        decoded = {index: each.payload for index, each in stored.items()}
        return Plan(tuple(edits), *moved_samples(self._layout, patch, (before, after), moved), after, decoded)

    def units(self, patch: Patch) -> dict[int, bytes]:
        """Return the unpacked chunks in which the patch's samples lie."""
        return self._unpack(SampleBytes.of(self._layout, patch).chunks)

    def holds(self, plan: Plan) -> bool:
        """Tell whether the file has the chunks that a plan promised.

        Lossless chunks are unpacked: only that shows that they were packed well. What a lossy one
        unpacks to was asked of the library for the plan; the same bytes unpack to the same, so it is
        enough that the file's table leads to just these. Any others are unpacked all the same.
        """
        indices = SampleBytes.of(self._layout, plan.stored).chunks
        return self._unpack(indices, plan) == plan.units

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the one range from the first offset table to the end."""
        return [(self._tables_offset, self._source.size)]

    def _unpack(self, indices: NDArray[np.int64], known: Plan | None = None) -> dict[int, bytes]:
        """Return chunks, unpacked; what is not yet known is read and unpacked in one go."""
        decoded = {} if known is None else known.decoded
        new = np.array([index for index in indices.tolist() if index not in self._unpacked], np.int64)
        for chunk in self._read(new):
            self._chunks[chunk.index] = chunk
            if not chunk.is_packed:
                self._unpacked[chunk.index] = chunk.payload
            elif known is not None and decoded.get(chunk.index) == chunk.payload:
                self._unpacked[chunk.index] = known.units[chunk.index]
        packed = [index for index in new.tolist() if index not in self._unpacked]
        self._unpacked.update(zip(packed, self._library_unpack(packed), strict=True))
        return {index: self._unpacked[index] for index in indices.tolist()}

    def _read(self, indices: NDArray[np.int64]) -> list[ExrChunk]:
        """Return chunks, checked: their leaders, and that each ends before the next one in the file."""
        starts = self._tables[self._layout.table_offset][indices]
        ends = self._file_order[np.searchsorted(self._file_order, starts, side="right")]
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return read_chunks(self._source, self._layout, indices, spans)

    def _library_unpack(self, indices: Sequence[int]) -> list[bytes]:
        payloads = [(chunk_box(self._layout, index), self._chunks[index].payload) for index in indices]
        try:
            return self._packer.codec.unpack(payloads)
        except BadFrameError as exc:
            raise self._damaged(indices) from exc
        except UnsupportedError as exc:
            raise UnsupportedError(exc.what, where=self._source.name) from exc

    def _damaged(self, indices: Sequence[int]) -> BadFrameError:
        """Return the error that names the chunk that is damaged."""
        for index in indices:
            try:
                self._packer.codec.unpack([(chunk_box(self._layout, index), self._chunks[index].payload)])
            except BadFrameError:
                return BadFrameError(f"chunk {index} is damaged", where=self._source.name)
        return BadFrameError(f"one of {len(indices)} chunks is damaged", where=self._source.name)

    def _edits_in_place(
        self, places: SampleBytes, old: NDArray[np.uint8], new: NDArray[np.uint8]
    ) -> list[ByteEdit]:
        """Return the edits of chunks that are not packed: their bytes stand openly in the file."""
        indices = places.chunks
        chunks = [self._chunks[index] for index in indices.tolist()]
        starts = np.array([-1 if each.is_packed else each.payload_offset for each in chunks])
        start = starts[np.searchsorted(indices, places.chunk)]
        changed = np.flatnonzero((start >= 0) & (old != new))
        changed = changed[np.argsort((start + places.at)[changed])]
        at = (start + places.at)[changed]
        bounds = [0, *(np.flatnonzero(np.diff(at) != 1) + 1).tolist(), len(at)]
        old_bytes, new_bytes = old[changed].tobytes(), new[changed].tobytes()
        return [
            ByteEdit(int(at[first]), old_bytes[first:stop], new_bytes[first:stop])
            for first, stop in pairwise(bounds)
            if first < stop
        ]

    def _store(
        self, patched: Mapping[int, bytes], changed: Mapping[int, NDArray[np.int64]]
    ) -> dict[int, StoredChunk]:
        """Return what to write for those of the patched chunks that are packed."""
        chunks = [
            PatchedChunk(index, self._chunks[index].payload, self._unpacked[index], each, changed[index])
            for index, each in patched.items()
            if self._chunks[index].is_packed
        ]
        return {chunk.index: stored for chunk, stored in zip(chunks, self._packer.store(chunks), strict=True)}

    def _table_edits(self, edits: Sequence[ByteEdit]) -> list[ByteEdit]:
        """Return the edits of the offset tables of all parts.

        A chunk moves by what chunks before it *in the file* grew; they need not lie in the
        order of the table (decreasing and random line order), nor part after part.
        """
        growth = np.array([0, *(each.growth for each in edits)], dtype=np.int64).cumsum()
        edited_at = np.array([each.offset for each in edits], dtype=np.int64)
        table_edits = []
        for table_offset, table in self._tables.items():
            moved = table + growth[np.searchsorted(edited_at, table)]
            changed = np.flatnonzero(moved != table)
            if changed.size:
                span = slice(changed[0], changed[-1] + 1)
                old, new = (each[span].astype("<u8").tobytes() for each in (table, moved))
                table_edits.append(ByteEdit(table_offset + 8 * int(changed[0]), old, new))
        return table_edits


def _chunk_edits(chunk: ExrChunk, payload: bytes) -> list[ByteEdit]:
    """Return the edits of a packed chunk; the size is one of its own, so that no payload is copied."""
    old_size, new_size = (size.to_bytes(4, "little") for size in (chunk.packed_bytes, len(payload)))
    edits = [ByteEdit(chunk.payload_offset, chunk.payload, payload)]
    if new_size != old_size:
        edits.insert(0, ByteEdit(chunk.size_offset, old_size, new_size))
    return edits


def _notices(file: ExrFile, layout: ExrLayout, *, exact: bool) -> tuple[str, ...]:
    is_dwa = layout.compression in {ExrCompression.DWAA, ExrCompression.DWAB}
    named = f"part {layout.number}" + (f" ({layout.name!r})" if layout.name else "")
    sayings = (
        (len(file.parts) > 1, f"only {named} of the {len(file.parts)} parts of this EXR is mended"),
        (
            layout.tiles is not None and layout.tiles.has_levels,
            "only full resolution is mended: the smaller levels of this EXR keep the defects",
        ),
        (layout.has_preview, "the preview thumbnail of this EXR keeps the defects"),
        (
            layout.is_subsampled,
            "chroma of this EXR is stored in fewer pixels and not searched: it keeps what it shows of the defects",
        ),
        (
            exact and is_dwa,
            f"exact samples are stored raw in {layout.compression.name} files, which ffmpeg misreads",
        ),
        (
            layout.compression is ExrCompression.LJ2K,
            "chunks of this lossy HTJ2K file are stored raw where they are mended: it grows",
        ),
    )
    return tuple(saying for applies, saying in sayings if applies)
