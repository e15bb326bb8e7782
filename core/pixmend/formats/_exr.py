# SPDX-License-Identifier: Apache-2.0
"""OpenEXR: in which chunk, and where in the unpacked chunk, each sample lies.

After "OpenEXR File Layout" (openexr.com, version 2 of the format). The header of any file is
read as far as its first part, so that what is not handled can be named; samples are
located in flat scanline parts. A tiled or multi-part file would add a second kind of
chunk rectangle to `ExrLayout`, and nothing to the rest.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats._bytesource import ByteCursor, ByteSource
from pixmend.model import Channel, Raster, SampleType

__all__ = [
    "EXR_MAGIC",
    "ExrChannel",
    "ExrChunk",
    "ExrCompression",
    "ExrLayout",
    "ExrWindow",
    "find_chunk",
    "parse_exr",
]

EXR_MAGIC = b"\x76\x2f\x31\x01"

_TILED, _LONG_NAMES, _DEEP, _MULTI_PART = 0x200, 0x400, 0x800, 0x1000
_LEADER = 8  # bytes of a scanline chunk before its payload: y and payload size
_SAMPLES = (SampleType.UINT32, SampleType.HALF, SampleType.FLOAT)
_LARGEST_CHUNK = (1 << 31) - 1  # its size is an int32 in the file


class ExrCompression(IntEnum):
    """How chunks are packed; the value is what stands in the header."""

    NONE = 0
    RLE = 1
    ZIPS = 2
    ZIP = 3
    PIZ = 4
    PXR24 = 5
    B44 = 6
    B44A = 7
    DWAA = 8
    DWAB = 9
    HTJ2K256 = 10
    HTJ2K32 = 11
    LJ2K = 12
    ZSTD = 13

    @property
    def lines_per_chunk(self) -> int:
        """How many lines of the data window are packed together."""
        return _LINES_PER_CHUNK[self.value]


_LINES_PER_CHUNK = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256, 256, 32, 256, 1)


@dataclass(frozen=True, slots=True)
class ExrChannel:
    """One channel of a part, in file order (alphabetical)."""

    name: str
    sample: SampleType
    x_sampling: int = 1
    y_sampling: int = 1
    is_linear: bool = False  # as perceived; B44 codes such halves in another way

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample."""
        return self.sample.bits // 8


@dataclass(frozen=True, slots=True)
class ExrWindow:
    """A rectangle of the header: first and last pixel, both inside."""

    x_min: int
    y_min: int
    x_max: int
    y_max: int

    @property
    def width(self) -> int:
        """Pixels in a line."""
        return self.x_max - self.x_min + 1

    @property
    def height(self) -> int:
        """Lines."""
        return self.y_max - self.y_min + 1


@dataclass(frozen=True, slots=True)
class ExrChunk:
    """A chunk as it lies in the file.

    Attributes
    ----------
    index : int
        Its place in the offset table: 0 is at the top, wherever it lies in the file.
    offset : int
        Byte of its leader.
    packed_bytes : int
        Size of its payload.
    lines : int
        Lines that it holds.
    """

    index: int
    offset: int
    packed_bytes: int
    lines: int

    @property
    def payload_offset(self) -> int:
        """Byte where the payload begins."""
        return self.offset + _LEADER

    @property
    def size_offset(self) -> int:
        """Byte where the payload size stands."""
        return self.offset + 4


@dataclass(frozen=True, slots=True)
class ExrLayout:
    """Where the samples of the first part lie.

    Attributes
    ----------
    part_kind : str
        ``scanlineimage``, ``tiledimage``, ``deepscanline`` or ``deeptile``.
    is_multi_part : bool
        True where more than one part may follow.
    compression : ExrCompression
    channels : tuple of ExrChannel
        In file order.
    data_window, display_window : ExrWindow
        As in the header, not in pixel space.
    table_offset : int
        Byte of the offset table; all before it is header. Valid in single-part files only.
    """

    part_kind: str
    is_multi_part: bool
    compression: ExrCompression
    channels: tuple[ExrChannel, ...]
    data_window: ExrWindow
    display_window: ExrWindow
    table_offset: int

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
    def pixel_bytes(self) -> int:
        """Bytes of all channels of one pixel, unpacked."""
        return sum(each.sample_bytes for each in self.channels)

    @property
    def line_bytes(self) -> int:
        """Bytes of one line, unpacked."""
        return self.pixel_bytes * self.data_window.width

    @property
    def chunk_count(self) -> int:
        """Entries of the offset table."""
        return -(-self.data_window.height // self.compression.lines_per_chunk)

    @property
    def table_bytes(self) -> int:
        """Size of the offset table."""
        return 8 * self.chunk_count

    def lines_in(self, chunk: int) -> int:
        """Return how many lines chunk `chunk` holds; the last may be shorter."""
        lines = self.compression.lines_per_chunk
        return min(lines, self.data_window.height - chunk * lines)

    def unpacked_bytes(self, chunk: int) -> int:
        """Return the size of chunk `chunk` when it is not packed."""
        return self.lines_in(chunk) * self.line_bytes

    def chunk_of(self, y: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the index of the chunk that holds each line; `y` in pixel space."""
        return (y.astype(np.int64) - self.raster.y) // self.compression.lines_per_chunk

    def offsets_in_chunk(
        self, x: NDArray[np.int32], y: NDArray[np.int32], channel: ExrChannel
    ) -> NDArray[np.int64]:
        """Return where samples of one channel begin in their unpacked chunks.

        Parameters
        ----------
        x, y : (N,) int32 ndarray
            Pixel space, inside the raster.
        channel : ExrChannel
            One of `channels`.

        Returns
        -------
        offsets : (N,) int64 ndarray
            Bytes from the begin of the unpacked chunk. A chunk holds its lines from top
            to bottom, a line its channels one after the other.
        """
        raster = self.raster
        line = (y.astype(np.int64) - raster.y) % self.compression.lines_per_chunk
        before = self.channels[: self.channels.index(channel)]
        channel_start = raster.width * sum(each.sample_bytes for each in before)
        column = (x.astype(np.int64) - raster.x) * channel.sample_bytes
        return line * self.line_bytes + channel_start + column

    def channel_named(self, name: str) -> ExrChannel | None:
        """Return the channel with this name, None if there is none."""
        return next((each for each in self.channels if each.name == name), None)

    def model_channels(self) -> tuple[Channel, ...]:
        """Return the channels in the model's terms."""
        return tuple(Channel(each.name, each.sample) for each in self.channels)

    def read_offset_table(self, source: ByteSource) -> NDArray[np.int64]:
        """Return the file offset of every chunk, by index.

        Raises
        ------
        BadFrameError
            If the table is not all there, or an offset points out of the file.
        """
        if self.table_offset + self.table_bytes > source.size:
            raise BadFrameError("the file ends inside its offset table", where=source.name)
        table = np.frombuffer(source.read(self.table_offset, self.table_bytes), "<u8")
        first = self.table_offset + self.table_bytes
        bad = np.flatnonzero((table < first) | (table > source.size - _LEADER))
        if bad.size:
            raise BadFrameError(
                f"{bad.size} of {table.size} chunks are missing, the first is chunk {bad[0]}",
                where=source.name,
                hint="this frame was not written to its end; render or copy it again",
            )
        return table.astype(np.int64)


def parse_exr(source: ByteSource) -> ExrLayout:
    """Read the header of an EXR file as far as its first part.

    Raises
    ------
    BadFrameError
        If it is not an EXR header, or a damaged one.
    UnsupportedError
        If the version of the format or the compression is not known.
    """
    cursor = ByteCursor(source, "<")
    if source.size < len(EXR_MAGIC) or cursor.take(4) != EXR_MAGIC:
        raise BadFrameError("this is not an OpenEXR file", where=source.name)
    (version,) = cursor.unpack("I")
    if version & 0xFF != 2:
        raise UnsupportedError(
            f"this is version {version & 0xFF} of the OpenEXR format, only 2 is known", where=source.name
        )
    attributes = _read_attributes(cursor)
    try:
        return _layout_from(attributes, version, cursor)
    except (ValueError, IndexError, struct.error) as exc:
        raise BadFrameError(f"the EXR header is damaged: {exc}", where=source.name) from exc


def find_chunk(source: ByteSource, layout: ExrLayout, index: int, offset: int) -> ExrChunk:
    """Read and check the leader of one chunk.

    Parameters
    ----------
    index : int
        The chunk's place in the offset table.
    offset : int
        What the table says.

    Raises
    ------
    BadFrameError
        If the leader is of other lines, or the payload's size cannot be.
    """
    y, packed_bytes = struct.unpack("<ii", source.read(offset, _LEADER))
    expected_y = layout.data_window.y_min + index * layout.compression.lines_per_chunk
    if y != expected_y:
        raise BadFrameError(f"chunk {index} begins at line {y}, not at {expected_y}", where=source.name)
    unpacked = layout.unpacked_bytes(index)
    if not 0 < packed_bytes <= unpacked or offset + _LEADER + packed_bytes > source.size:
        raise BadFrameError(f"chunk {index} is said to have {packed_bytes} bytes", where=source.name)
    return ExrChunk(index, offset, packed_bytes, layout.lines_in(index))


def _read_attributes(cursor: ByteCursor) -> dict[str, bytes]:
    """Return the raw values of one header, by name; the cursor ends after its zero byte."""
    attributes: dict[str, bytes] = {}
    while name := cursor.text(255):
        cursor.text(255)  # the type: each attribute that we read has only one
        (length,) = cursor.unpack("i")
        attributes[name] = cursor.take(length)
    return attributes


def _layout_from(attributes: Mapping[str, bytes], version: int, cursor: ByteCursor) -> ExrLayout:
    missing = {"channels", "compression", "dataWindow", "displayWindow"} - attributes.keys()
    if missing:
        raise ValueError(f"it has no {', '.join(sorted(missing))}")
    compression = attributes["compression"][0]
    if compression not in list(ExrCompression):
        raise UnsupportedError(f"the EXR compression {compression} is not known", where=cursor.source.name)
    layout = ExrLayout(
        part_kind=_part_kind(attributes, version),
        is_multi_part=bool(version & _MULTI_PART),
        compression=ExrCompression(compression),
        channels=_channels_from(attributes["channels"]),
        data_window=_window_from(attributes["dataWindow"]),
        display_window=_window_from(attributes["displayWindow"]),
        table_offset=cursor.position,
    )
    if layout.compression.lines_per_chunk * layout.line_bytes > _LARGEST_CHUNK:
        raise ValueError("its lines are longer than the format allows")
    return layout


def _part_kind(attributes: Mapping[str, bytes], version: int) -> str:
    """Read the kind from the flags; in multi-part and deep files only the attribute tells."""
    if version & (_MULTI_PART | _DEEP) and "type" in attributes:
        return attributes["type"].rstrip(b"\0").decode("ascii", "replace")
    if version & _DEEP:
        return "deepscanline"
    return "tiledimage" if version & _TILED else "scanlineimage"


def _window_from(stored: bytes) -> ExrWindow:
    window = ExrWindow(*struct.unpack("<4i", stored))
    if window.width < 1 or window.height < 1:
        raise ValueError(f"the window {window.x_min} {window.y_min} {window.x_max} {window.y_max} is empty")
    return window


def _channels_from(stored: bytes) -> tuple[ExrChannel, ...]:
    """Each is a name, type, flag and three spare bytes, and the sampling in x and y."""
    channels = []
    position = 0
    while stored[position] != 0:
        end = stored.index(b"\0", position)
        kind, is_linear, x_sampling, y_sampling = struct.unpack_from("<i?3xii", stored, end + 1)
        if not 0 <= kind < len(_SAMPLES) or x_sampling < 1 or y_sampling < 1:
            raise ValueError("a channel has a type or sampling that cannot be")
        name = stored[position:end].decode("utf-8", "surrogateescape")
        channels.append(ExrChannel(name, _SAMPLES[kind], x_sampling, y_sampling, is_linear))
        position = end + 17
    if not channels or len({each.name for each in channels}) < len(channels):
        raise ValueError("it names no channel, or one twice")
    return tuple(channels)
