# SPDX-License-Identifier: Apache-2.0
"""Rows of one part of an EXR by OpenEXRCore's C functions: the GIL is free, and no byte is copied twice.

The library opens the file, reads its header and finds the chunks by itself; the layout that
was parsed here is only compared with what it says. So this stays a second reader of what
`containers` addresses.
"""

import ctypes
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.formats import ExrCompression, ExrLayout
from pixmend.frames._exr_portable import RowReader, sample_dtype
from pixmend.frames._exr_zip_kernels import place_words
from pixmend.frames._frame import Rows
from pixmend.frames._libraries import decoding
from pixmend.model import SampleType
from pixmend.openexr import Box, Chunk, CodedChannel, Decoding, call_core, reading_settings

__all__ = ["open_core"]

_SCANLINES, _TILES = 0, 1
_Placed = tuple[int, Chunk]  # with the column of its first pixel, from that of the data window


@contextmanager
def open_core(path: Path, layout: ExrLayout, channels: Sequence[str]) -> Iterator[RowReader]:
    """Open a part as `open_exr_rows` says; it has no subsampled channel, and none is asked for twice."""
    context = ctypes.c_void_p()
    with decoding(path):
        call_core("exr_start_read", context, str(path).encode(), reading_settings())
        try:
            _check_part(context, layout)
            kind = _ZipPipeline if _is_quick_zip(layout) else _Pipeline
            pipeline = kind(context, layout, channels)
            try:
                yield _CoreRows(context, layout, pipeline).read
            finally:
                pipeline.close()
        finally:
            call_core("exr_finish", context)


def _check_part(context: ctypes.c_void_p, layout: ExrLayout) -> None:
    """Compare what two readers make of a header; RuntimeError where they disagree."""
    parts, storage, compression, window = ctypes.c_int(), ctypes.c_int(), ctypes.c_int(), Box()
    call_core("exr_get_count", context, parts)
    if layout.number >= parts.value:
        raise RuntimeError("two readers disagree on the number of parts")
    call_core("exr_get_storage", context, layout.number, storage)
    call_core("exr_get_compression", context, layout.number, compression)
    call_core("exr_get_data_window", context, layout.number, window)
    ours = layout.data_window
    if (
        storage.value != (_SCANLINES if layout.tiles is None else _TILES)
        or compression.value != layout.compression
        or (window.x_min, window.y_min, window.x_max, window.y_max)
        != (ours.x_min, ours.y_min, ours.x_max, ours.y_max)
    ):
        raise RuntimeError("two readers disagree on this part")


class _Pipeline:
    """Unpacks chunk after chunk of one part, each into the place that it is given."""

    def __init__(self, context: ctypes.c_void_p, layout: ExrLayout, channels: Sequence[str]) -> None:
        self._context, self._part = context, layout.number
        self._types = {each.name: each.type_code for each in layout.channels}
        self._names = channels
        self.channel_count = len(channels)
        self.dtype = sample_dtype(layout, channels)
        self.pixel_bytes = self.dtype.itemsize * len(channels)
        self.line_bytes = self.pixel_bytes * layout.data_window.width
        self._decoding: Decoding | None = None
        self._targets: list[CodedChannel] = []

    def unpack(self, chunk: Chunk, samples: NDArray[Any], row: int, left: int) -> None:
        """Write the wanted channels of a chunk, its first pixel at this place of (rows, width, channels) samples."""
        address = samples.ctypes.data + row * self.line_bytes + left * self.pixel_bytes
        if self._decoding is None:
            decoding = Decoding()
            call_core("exr_decoding_initialize", self._context, self._part, chunk, decoding)
            self._decoding = decoding
            self._targets = self._find_targets(decoding)
            self._aim(address)
            call_core("exr_decoding_choose_default_routines", self._context, self._part, decoding)
        else:
            call_core("exr_decoding_update", self._context, self._part, chunk, self._decoding)
            self._aim(address)
        call_core("exr_decoding_run", self._context, self._part, self._decoding)

    def close(self) -> None:
        """Free what the library allocated."""
        self._targets = []
        if self._decoding is not None:
            call_core("exr_decoding_destroy", self._context, self._decoding)
            self._decoding = None

    def _find_targets(self, decoding: Decoding) -> list[CodedChannel]:
        """Return the library's wanted channels, with the strides of our arrays."""
        known = {each.name: each for each in decoding.channels[: decoding.channel_count]}
        targets = []
        for name in self._names:
            found = known.get(name.encode("utf-8", "surrogateescape"))
            if (
                found is None
                or (found.type_code, found.sample_bytes) != (self._types[name], self.dtype.itemsize)
                or (found.x_sampling, found.y_sampling) != (1, 1)
            ):
                raise RuntimeError(f"two readers disagree on channel {name!r}")
            found.wanted_sample_bytes, found.wanted_type_code = found.sample_bytes, found.type_code
            found.pixel_stride, found.line_stride = self.pixel_bytes, self.line_bytes
            targets.append(found)
        return targets

    def _aim(self, address: int) -> None:
        for each in self._targets:
            each.target = address
            address += self.dtype.itemsize


def _is_quick_zip(layout: ExrLayout) -> bool:
    """Tell whether a part is what `_ZipPipeline` unpacks."""
    return (
        layout.compression is ExrCompression.ZIP
        and layout.tiles is None
        and all(each.sample is SampleType.HALF for each in layout.channels)
        and sys.byteorder == "little"
    )


class _ZipPipeline(_Pipeline):
    """Unpacks chunks of ZIP: the library finds and reads them, another one inflates them, and we put the bytes together.

    OpenEXR does that byte by byte. Measured on 4096x2160 RGB half, one thread: 0.12 s a frame
    where the library by itself needs 0.14. ZIPS has chunks of one line, where calls weigh more.
    """

    def __init__(self, context: ctypes.c_void_p, layout: ExrLayout, channels: Sequence[str]) -> None:
        import imagecodecs  # noqa: PLC0415  (slow to load, and needed for few files)

        super().__init__(context, layout, channels)
        names = [each.name for each in layout.channels]
        self._planes = np.array([names.index(each) for each in channels])
        self._channels = len(names)
        self._inflate: Any = imagecodecs.deflate_decode
        self._packed, self._inflated = np.empty(0, np.uint8), np.empty(0, np.uint64)

    def unpack(self, chunk: Chunk, samples: NDArray[Any], row: int, left: int) -> None:
        """As `_Pipeline.unpack` says; the library does it with the first, for it checks the channels, and with what is not packed."""
        size = 2 * self._channels * chunk.height * chunk.width
        if self._decoding is None or chunk.packed_size >= size or chunk.unpacked_size != size:
            super().unpack(chunk, samples, row, left)
            return
        if self._packed.size < size:
            self._packed, self._inflated = np.empty(size, np.uint8), np.zeros(-(-size // 8), np.uint64)
        call_core("exr_read_chunk", self._context, self._part, chunk, self._packed.ctypes.data)
        inflated = self._inflate(self._packed[: chunk.packed_size], out=self._inflated.view(np.uint8)[:size])
        if len(inflated) != size:
            raise RuntimeError(f"a packed chunk has {len(inflated)} bytes, not {size}")
        box = (self._channels, chunk.height, row)
        place_words(self._inflated, self._planes, box, samples.view(np.uint16))


class _CoreRows:
    """Reads rows of a part: chunks that are wanted whole go right where they belong."""

    def __init__(self, context: ctypes.c_void_p, layout: ExrLayout, pipeline: _Pipeline) -> None:
        self._context, self._part, self._pipeline = context, layout.number, pipeline
        self._window = layout.data_window
        self._find = self._find_lines if layout.tiles is None else self._find_tiles
        self._tile = (ctypes.c_int32(), ctypes.c_int32())
        if layout.tiles is not None:
            call_core("exr_get_tile_sizes", context, layout.number, 0, 0, *self._tile)
        self._spare = self._make(0)

    def read(self, rows: Rows) -> NDArray[Any]:
        """Return (rows, width, channels) samples."""
        first, stop = int(rows[0]), int(rows[1])  # an address made of NumPy's integers is none
        samples = self._make(stop - first)
        row = first
        while row < stop:
            begin, end, chunks = self._find(row)
            if first <= begin and end <= stop:
                self._unpack(chunks, samples, begin - first)
            else:
                kept = slice(max(begin, first), min(end, stop))
                unpacked = self._unpack_aside(chunks, end - begin)
                samples[kept.start - first : kept.stop - first] = unpacked[
                    kept.start - begin : kept.stop - begin
                ]
            row = end
        return samples

    def _unpack_aside(self, chunks: list[_Placed], lines: int) -> NDArray[Any]:
        if len(self._spare) < lines:
            self._spare = self._make(lines)
        self._unpack(chunks, self._spare, 0)
        return self._spare

    def _unpack(self, chunks: list[_Placed], samples: NDArray[Any], row: int) -> None:
        for left, chunk in chunks:
            self._pipeline.unpack(chunk, samples, row, left)

    def _make(self, lines: int) -> NDArray[Any]:
        shape = (lines, self._window.width, self._pipeline.channel_count)
        return np.empty(shape, self._pipeline.dtype)

    def _find_lines(self, row: int) -> tuple[int, int, list[_Placed]]:
        """Return the first row of the chunk that holds this one, the row after its last, and the chunk."""
        chunk = Chunk()
        call_core("exr_read_scanline_chunk_info", self._context, self._part, self._window.y_min + row, chunk)
        begin = chunk.y - self._window.y_min
        end = begin + chunk.height
        if not 0 <= begin <= row < end <= self._window.height or chunk.width != self._window.width:
            raise RuntimeError("a chunk has not the lines that it should have")
        return begin, end, [(0, chunk)]

    def _find_tiles(self, row: int) -> tuple[int, int, list[_Placed]]:
        """Return the same of a row of tiles."""
        width, height = (each.value for each in self._tile)
        begin = row // height * height
        end = min(begin + height, self._window.height)
        chunks = []
        for left in range(0, self._window.width, width):
            chunk = Chunk()
            place = (left // width, row // height, 0, 0)
            call_core("exr_read_tile_chunk_info", self._context, self._part, *place, chunk)
            if (chunk.width, chunk.height) != (min(width, self._window.width - left), end - begin):
                raise RuntimeError("a tile has not the size that it should have")
            chunks.append((left, chunk))
        return begin, end, chunks
