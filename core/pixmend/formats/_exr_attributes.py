# SPDX-License-Identifier: Apache-2.0
"""OpenEXR: the attributes of a header, and what the ones that we read say.

After "OpenEXR File Layout" (openexr.com, version 2 of the format). Attributes that are
not needed, known or not, are stepped over and never read.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from pixmend.formats._bytesource import ByteCursor
from pixmend.formats._exr_tiles import ExrTiles
from pixmend.model import SampleType

__all__ = [
    "ExrChannel",
    "ExrCompression",
    "ExrWindow",
    "channels_from",
    "integer_from",
    "read_attributes",
    "text_from",
    "tiles_from",
    "window_from",
]

_SAMPLES = (SampleType.UINT32, SampleType.HALF, SampleType.FLOAT)
_LONGEST_NAME = 255
_LARGEST_VALUE = 1 << 20  # of an attribute that is read: 25 000 channels
_FARTHEST = (1 << 30) - 1  # OpenEXR's own limit; so places relative to another window are int32 too
_MOST_CHANNELS = (1 << 15) - 1  # a patch numbers them by int16
_WANTED = {
    "channels",
    "chunkCount",
    "compression",
    "dataWindow",
    "displayWindow",
    "name",
    "tiles",
    "type",
}


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
        """How many lines of the data window are packed together, where it is not cut into tiles."""
        return _LINES_PER_CHUNK[self.value]


_LINES_PER_CHUNK = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256, 256, 32, 256, 1)


@dataclass(frozen=True, slots=True)
class ExrChannel:
    """One channel of a part, in file order (alphabetical).

    Attributes
    ----------
    name : str
    sample : SampleType
    x_sampling, y_sampling : int
        Samples are stored where both coordinates of the data window are multiples of these.
    is_linear : bool
        What the header says of its perception; B44 codes such halves in another way.
    """

    name: str
    sample: SampleType
    x_sampling: int = 1
    y_sampling: int = 1
    is_linear: bool = False

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample."""
        return self.sample.bits // 8

    @property
    def type_code(self) -> int:
        """What stands in the header for the sample type."""
        return _SAMPLES.index(self.sample)


@dataclass(frozen=True, slots=True)
class ExrWindow:
    """A rectangle in the coordinates of the header: first and last pixel, both inside."""

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


def read_attributes(cursor: ByteCursor) -> dict[str, bytes]:
    """Read one header; the cursor ends after its zero byte.

    Returns
    -------
    attributes : dict
        The stored values of those that `formats` reads, and nothing (``b""``) for all others.

    Raises
    ------
    BadFrameError
        If the file ends inside the header.
    ValueError
        If a size cannot be.
    """
    attributes: dict[str, bytes] = {}
    while name := cursor.text(_LONGEST_NAME):
        cursor.text(_LONGEST_NAME)  # the type: each attribute that we read has only one
        (length,) = cursor.unpack("i")
        if length < 0 or cursor.position + length > cursor.source.size:
            raise ValueError(f"its attribute {name!r} is said to have {length} bytes")
        if name in _WANTED:
            attributes[name] = _value(cursor, name, length)
        else:
            attributes[name] = b""
            cursor.position += length
    return attributes


def _value(cursor: ByteCursor, name: str, length: int) -> bytes:
    if length > _LARGEST_VALUE:
        raise ValueError(f"its attribute {name!r} has {length} bytes, more than it can need")
    return cursor.take(length)


def integer_from(stored: bytes) -> int:
    """Return the value of an ``int``; struct.error where it is none."""
    (value,) = struct.unpack("<i", stored)
    return int(value)


def text_from(stored: bytes) -> str:
    """Return the value of a ``string``; some writers end it with zero bytes."""
    return stored.rstrip(b"\0").decode("utf-8", "surrogateescape")


def window_from(stored: bytes) -> ExrWindow:
    """Return the value of a ``box2i``; ValueError where it is empty, or farther off than OpenEXR allows."""
    corners = struct.unpack("<4i", stored)
    window = ExrWindow(*corners)
    if window.width < 1 or window.height < 1:
        raise ValueError(f"the window {' '.join(map(str, corners))} is empty")
    if max(map(abs, corners)) >= _FARTHEST:
        raise ValueError(f"the window {' '.join(map(str, corners))} is too far off")
    return window


def tiles_from(stored: bytes) -> ExrTiles:
    """Return the value of a ``tiledesc``; ValueError where it cannot be."""
    width, height, mode = struct.unpack("<IIB", stored)
    return ExrTiles(width, height, mode & 15, rounds_up=_flag(mode >> 4))


def channels_from(stored: bytes) -> tuple[ExrChannel, ...]:
    """Return the value of a ``chlist``.

    Each is a name, type, flag and three spare bytes, and the sampling in x and y.

    Raises
    ------
    ValueError, IndexError, struct.error
        If it is damaged.
    """
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
    if len(channels) > _MOST_CHANNELS:
        raise ValueError(f"it names {len(channels)} channels")
    return tuple(channels)


def _flag(value: int) -> bool:
    if value not in {0, 1}:
        raise ValueError("its tiles have a rounding that is not known")
    return value == 1
