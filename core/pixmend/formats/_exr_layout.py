# SPDX-License-Identifier: Apache-2.0
"""OpenEXR: in which chunk of a part, and where in the unpacked chunk, each sample lies. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats._bytesource import ByteSource
from pixmend.formats._exr_attributes import ExrChannel, ExrCompression, ExrWindow
from pixmend.formats._exr_tiles import ExrTiles
from pixmend.model import Channel, Raster

__all__ = ["ExrLayout"]

_Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ExrLayout:
    """Where the samples of one part lie, at full resolution.

    Attributes
    ----------
    number : int
        Of the part, from 0.
    name : str
        Of the part; empty where it has none.
    part_kind : str
        ``scanlineimage``, ``tiledimage``, ``deepscanline`` or ``deeptile``.
    is_multi_part : bool
        True where chunks say to which part they belong; there may be one part all the same.
    compression : ExrCompression
    channels : tuple of ExrChannel
        In file order.
    data_window, display_window : ExrWindow
        As in the header, not in pixel space.
    tiles : ExrTiles or None
    has_preview : bool
        True where the header holds a thumbnail.
    table_offset : int
        Byte of the part's offset table.
    """

    number: int
    name: str
    part_kind: str
    is_multi_part: bool
    compression: ExrCompression
    channels: tuple[ExrChannel, ...]
    data_window: ExrWindow
    display_window: ExrWindow
    tiles: ExrTiles | None
    has_preview: bool
    table_offset: int

    @property
    def is_deep(self) -> bool:
        """True where a pixel may hold any number of samples."""
        return self.part_kind.startswith("deep")

    @property
    def raster(self) -> Raster:
        """The data window in pixel space, whose (0, 0) is the first pixel of the display window."""
        data, display = self.data_window, self.display_window
        return Raster(data.x_min - display.x_min, data.y_min - display.y_min, data.width, data.height)

    @property
    def is_subsampled(self) -> bool:
        """True where a channel does not have a sample in every pixel."""
        return any(each.x_sampling != 1 or each.y_sampling != 1 for each in self.channels)

    @property
    def chunk_size(self) -> tuple[int, int]:
        """Width and height of a chunk; at the right and the bottom it may be smaller."""
        if self.tiles is not None:
            return self.tiles.width, self.tiles.height
        return self.data_window.width, self.compression.lines_per_chunk

    @property
    def chunk_grid(self) -> tuple[int, int]:
        """Columns and rows of chunks at full resolution; they come first in the offset table."""
        (width, height), window = self.chunk_size, self.data_window
        return -(-window.width // width), -(-window.height // height)

    @property
    def chunk_count(self) -> int:
        """Entries of the offset table: the chunks of all levels."""
        if self.tiles is not None:
            return self.tiles.chunk_count(self.data_window.width, self.data_window.height)
        return self.chunk_grid[1]

    @property
    def table_bytes(self) -> int:
        """Size of the offset table."""
        return 8 * self.chunk_count

    @property
    def leader_bytes(self) -> int:
        """Bytes of a chunk before its payload: part, line or tile and level, payload size."""
        return 4 * self.is_multi_part + (16 if self.tiles is not None else 4) + 4

    def box_of(self, chunk: int) -> ExrWindow:
        """Return the pixels that a chunk of full resolution covers."""
        row, column = divmod(chunk, self.chunk_grid[0])
        (width, height), window = self.chunk_size, self.data_window
        left, top = window.x_min + column * width, window.y_min + row * height
        right, bottom = min(left + width - 1, window.x_max), min(top + height - 1, window.y_max)
        return ExrWindow(left, top, right, bottom)

    def place_of(self, chunk: int) -> tuple[int, ...]:
        """Return what the leader of a chunk of full resolution says before the size of its payload."""
        part = (self.number,) if self.is_multi_part else ()
        if self.tiles is None:
            return (*part, self.data_window.y_min + chunk * self.compression.lines_per_chunk)
        row, column = divmod(chunk, self.chunk_grid[0])
        return (*part, column, row, 0, 0)

    def unpacked_bytes(self, chunks: NDArray[np.integer]) -> _Whole:
        """Return the sizes of chunks of full resolution when they are not packed."""
        row, column = np.divmod(chunks.astype(np.int64), self.chunk_grid[0])
        (width, height), window = self.chunk_size, self.data_window
        left, top = window.x_min + column * width, window.y_min + row * height
        right = np.minimum(left + width, window.x_max + 1)
        bottom = np.minimum(top + height, window.y_max + 1)
        lines = _multiples(top[:, None], bottom[:, None], self._columns("y_sampling"))
        return np.asarray((lines * self._line_bytes(left, right)).sum(axis=1))

    def locate(
        self, x: NDArray[np.int32], y: NDArray[np.int32], channel: NDArray[np.integer]
    ) -> tuple[_Whole, _Whole]:
        """Return where samples lie.

        Parameters
        ----------
        x, y : (N,) int32 ndarray
            Pixel space, inside the raster.
        channel : (N,) integer ndarray
            Indices into `channels`.

        Returns
        -------
        chunk : (N,) int64 ndarray
            Index into the part's offset table.
        offset : (N,) int64 ndarray
            Bytes from the begin of the unpacked chunk. A chunk holds its lines from top to
            bottom, a line its channels one after the other; a subsampled channel is only in
            lines, and has only columns, that are multiples of its sampling.

        Raises
        ------
        ValueError
            If a subsampled channel has no sample there.
        """
        across = x.astype(np.int64) + self.display_window.x_min
        down = y.astype(np.int64) + self.display_window.y_min
        self._check_stored(across, down, channel)
        (width, height), window = self.chunk_size, self.data_window
        column, row = (across - window.x_min) // width, (down - window.y_min) // height
        left, top = window.x_min + column * width, window.y_min + row * height
        line_bytes = self._line_bytes(left, np.minimum(left + width, window.x_max + 1))
        y_sampling = self._columns("y_sampling")
        lines = _multiples(top[:, None], down[:, None], y_sampling)  # of each channel, above this one
        before = np.arange(len(self.channels)) < channel[:, None]
        lines += before & (down[:, None] % y_sampling == 0)
        samples = _multiples(left, across, self._columns("x_sampling")[channel])
        offset = (lines * line_bytes).sum(axis=1) + samples * self._columns("sample_bytes")[channel]
        return row * self.chunk_grid[0] + column, offset

    def samples_at(
        self, chunk: int, offsets: _Whole
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
        """Return to which samples bytes of an unpacked chunk belong; the inverse of `locate`.

        Parameters
        ----------
        chunk : int
        offsets : (N,) int64 ndarray
            Any bytes of the chunk, not only the first of a sample.

        Returns
        -------
        x, y : (N,) int32 ndarray
            Pixel space.
        channel : (N,) int16 ndarray
        """
        box = self.box_of(chunk)
        down = np.arange(box.y_min, box.y_max + 1)
        left, right = np.array([box.x_min]), np.array([box.x_max + 1])
        row_bytes = (down[:, None] % self._columns("y_sampling") == 0) * self._line_bytes(left, right)
        stops = row_bytes.cumsum()
        row = np.searchsorted(stops, offsets, side="right")
        line, channel = np.divmod(row, len(self.channels))
        rank = (offsets - (stops - row_bytes.ravel())[row]) // self._columns("sample_bytes")[channel]
        sampling = self._columns("x_sampling")[channel]
        x = (-(-box.x_min // sampling) + rank) * sampling - self.display_window.x_min
        y = down[line] - self.display_window.y_min
        return x.astype(np.int32), y.astype(np.int32), channel.astype(np.int16)

    @property
    def has_picture(self) -> bool:
        """True where a layer has R, G and B, or Y: depth, motion and mattes have not."""
        whole = {each.name for each in self.channels if (each.x_sampling, each.y_sampling) == (1, 1)}
        layers = {name.rpartition(".")[0] for name in whole}
        wanted = (("R", "G", "B"), ("r", "g", "b"), ("Y",))
        return any(
            whole >= {f"{layer}.{letter}" if layer else letter for letter in letters}
            for layer in layers
            for letters in wanted
        )

    def model_channels(self) -> tuple[Channel, ...]:
        """Return the channels in the model's terms."""
        return tuple(
            Channel(each.name, each.sample, (each.x_sampling, each.y_sampling)) for each in self.channels
        )

    def read_offset_table(self, source: ByteSource) -> _Whole:
        """Return the file offset of every chunk of the part, by index.

        Raises
        ------
        BadFrameError
            If the table is not all there, or an offset points out of the file.
        """
        if self.table_offset + self.table_bytes > source.size:
            raise BadFrameError("the file ends inside its offset table", where=source.name)
        table = np.frombuffer(source.read(self.table_offset, self.table_bytes), "<u8")
        first = self.table_offset + self.table_bytes
        bad = np.flatnonzero((table < first) | (table > max(source.size - self.leader_bytes, 0)))
        if bad.size:
            raise BadFrameError(
                f"{bad.size} of {table.size} chunks are missing, the first is chunk {bad[0]}",
                where=source.name,
                hint="this frame was not written to its end; render or copy it again",
            )
        return table.astype(np.int64)

    def _columns(self, field: str) -> _Whole:
        """Return one field of all channels."""
        return np.array([getattr(each, field) for each in self.channels], dtype=np.int64)

    def _line_bytes(self, left: _Whole, stop: _Whole) -> _Whole:
        """Return (N, channels) bytes that one line of a channel needs from column `left` up to `stop`."""
        samples = _multiples(left[:, None], stop[:, None], self._columns("x_sampling"))
        return samples * self._columns("sample_bytes")

    def _check_stored(self, across: _Whole, down: _Whole, channel: NDArray[np.integer]) -> None:
        stored = across % self._columns("x_sampling")[channel] == 0
        stored &= down % self._columns("y_sampling")[channel] == 0
        if not stored.all():
            first = int(np.flatnonzero(~stored)[0])
            place = (
                f"({across[first] - self.display_window.x_min}, {down[first] - self.display_window.y_min})"
            )
            name = self.channels[channel[first]].name
            raise ValueError(f"the subsampled channel {name!r} has no sample at {place}")


def _multiples(first: _Whole, stop: _Whole, step: _Whole) -> _Whole:
    """Count the multiples of `step` from `first` up to, and without, `stop`; any shapes that fit."""
    return -(-stop // step) + (-first // step)
