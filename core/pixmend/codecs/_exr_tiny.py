# SPDX-License-Identifier: Apache-2.0
"""A stack of chunks as one tiny EXR file, by the public interface of the OpenEXR library.

The library reads and writes whole files only. So chunks are unpacked by wrapping them into
a small file that it reads, and packed by writing their lines as a small file out of which
they are lifted.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pixmend.codecs._exr_stack import ChunkBox, ChunkStack, stack_chunks
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import EXR_MAGIC, ByteCursor, ExrChannel, ExrCompression, MemoryBytes
from pixmend.openexr import load_openexr, scratch_file

__all__ = ["TinyFileCodec", "names_for"]

_VERSION, _TILED, _LONG_NAMES = 2, 0x200, 0x400
_NAMES_MATTER = {  # colours are coded in another way than other channels
    ExrCompression.DWAA,
    ExrCompression.DWAB,
    ExrCompression.HTJ2K256,
    ExrCompression.HTJ2K32,
    ExrCompression.LJ2K,
}
_LIBRARY_ERRORS = (OSError, RuntimeError, ValueError, TypeError, MemoryError, SystemError)


@dataclass(frozen=True, slots=True)
class TinyFileCodec:
    """Codes chunks as files of their own; a `ChunkCodec`."""

    compression: ExrCompression
    channels: tuple[ExrChannel, ...]

    def unpack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the chunks of these payloads; BadFrameError if one is damaged."""
        return self._by_stack(chunks, _unpack_stack)

    def pack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the payloads of these chunks."""
        return self._by_stack(chunks, _pack_stack)

    def _by_stack(
        self,
        chunks: Sequence[tuple[ChunkBox, bytes]],
        code: Callable[[ChunkStack, list[bytes | None]], list[bytes]],
    ) -> list[bytes]:
        coded = [b""] * len(chunks)
        for stack, slots in stack_chunks(self.compression, self.channels, [box for box, _ in chunks]):
            stored = code(stack, [None if index is None else chunks[index][1] for index in slots])
            for index, each in zip(slots, stored, strict=True):
                if index is not None:
                    coded[index] = each
        return coded


def names_for(compression: ExrCompression, channels: Sequence[ExrChannel]) -> list[str]:
    """Return what the channels are called: neutral names in file order, unless the codec looks at them.

    Raises
    ------
    UnsupportedError
        If it does, and their order is not the library's.
    """
    if compression not in _NAMES_MATTER:
        return [f"c{index:04d}" for index in range(len(channels))]
    names = [each.name for each in channels]
    if names != sorted(names, key=_stored):
        raise UnsupportedError("the channels are not in alphabetical order")
    return names


def _stored(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _names(stack: ChunkStack) -> list[str]:
    return names_for(stack.compression, stack.channels)


def _unpack_stack(stack: ChunkStack, payloads: list[bytes | None]) -> list[bytes]:
    """Unpack chunks, None for a filler."""
    starts = stack.chunk_starts()
    sizes = np.diff(starts).tolist()
    if b"" in payloads:
        raise BadFrameError("a packed chunk is empty")
    with scratch_file() as path:
        path.write_bytes(_wrapped(stack, _filled(payloads, sizes)))
        try:  # `File` would go on after errors, and print
            opened = load_openexr().InputFile(str(path))
            if stack.is_subsampled:  # `channels` would take them for full ones
                planes = [opened.channel(name) for name in _names(stack)]
            else:
                planes = opened.channels(_names(stack))
            opened.close()
        except _LIBRARY_ERRORS as exc:
            raise BadFrameError(f"a packed chunk cannot be read: {exc}") from exc
    unpacked = stack.join(planes)
    return [unpacked[start:stop] for start, stop in pairwise(starts)]


def _pack_stack(stack: ChunkStack, unpacked: list[bytes | None]) -> list[bytes]:
    """Pack chunks, None for a filler."""
    sizes = np.diff(stack.chunk_starts()).tolist()
    channels = _channels(stack, b"".join(_filled(unpacked, sizes)))
    with scratch_file() as path:
        try:
            load_openexr().File(_header(stack), channels).write(str(path))
        except _LIBRARY_ERRORS as exc:
            raise UnsupportedError(f"chunks of this form cannot be packed: {exc}") from exc
        return _payloads(path.read_bytes(), stack, len(unpacked))


def _filled(chunks: list[bytes | None], sizes: list[int]) -> list[bytes]:
    """Return the chunks, with zeros for fillers: also a payload, of a chunk stored as it is."""
    return [bytes(size) if each is None else each for each, size in zip(chunks, sizes, strict=True)]


def _header(stack: ChunkStack) -> dict[str, object]:
    library = load_openexr()
    window = (np.zeros(2, np.int32), np.array([stack.width - 1, stack.lines - 1], np.int32))
    header: dict[str, object] = {
        "compression": library.Compression(int(stack.compression)),
        "type": library.scanlineimage,
        "dataWindow": window,
        "displayWindow": window,
    }
    if stack.is_tiled:
        tiles = library.TileDescription()
        tiles.xSize, tiles.ySize = stack.width, stack.chunk_lines
        tiles.mode, tiles.roundingMode = library.ONE_LEVEL, library.ROUND_DOWN
        header |= {"type": library.tiledimage, "tiles": tiles}
    return header


def _channels(stack: ChunkStack, unpacked: bytes) -> dict[str, Any]:
    """Return the planes as the library wants them.

    It insists on arrays of the picture's size also for subsampled channels, but then reads
    their samples without gaps from the begin of the array.
    """
    channels = {}
    for name, channel, plane in zip(_names(stack), stack.channels, stack.split(unpacked), strict=True):
        pixels = plane
        if plane.shape != (stack.lines, stack.width):
            pixels = np.zeros((stack.lines, stack.width), plane.dtype)
            pixels.reshape(-1)[: plane.size] = plane.reshape(-1)
        sampling = (channel.x_sampling, channel.y_sampling)
        channels[name] = load_openexr().Channel(name, pixels, *sampling, channel.is_linear)
    return channels


def _wrapped(stack: ChunkStack, payloads: Sequence[bytes]) -> bytes:
    """Return an EXR file that holds just these chunks."""
    head = EXR_MAGIC + struct.pack("<I", _VERSION | _LONG_NAMES | (_TILED if stack.is_tiled else 0))
    window = struct.pack("<4i", 0, 0, stack.width - 1, stack.lines - 1)
    head += _attribute("channels", "chlist", _channel_list(stack))
    head += _attribute("compression", "compression", bytes([stack.compression]))
    head += _attribute("dataWindow", "box2i", window) + _attribute("displayWindow", "box2i", window)
    head += _attribute("lineOrder", "lineOrder", b"\0")
    head += _attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
    head += _attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0))
    head += _attribute("screenWindowWidth", "float", struct.pack("<f", 1))
    if stack.is_tiled:
        head += _attribute("tiles", "tiledesc", struct.pack("<IIB", stack.width, stack.chunk_lines, 0))
    head += b"\0"
    chunks = [_leader(stack, number, payload) + payload for number, payload in enumerate(payloads)]
    sizes = [len(head) + 8 * len(chunks), *(len(each) for each in chunks[:-1])]
    return head + np.cumsum(sizes).astype("<u8").tobytes() + b"".join(chunks)


def _channel_list(stack: ChunkStack) -> bytes:
    """Return the value of the attribute ``channels``."""
    listed = b""
    for name, each in zip(_names(stack), stack.channels, strict=True):
        sampling = (each.x_sampling, each.y_sampling)
        listed += _stored(name)
        listed += struct.pack("<xi?3xii", each.type_code, each.is_linear, *sampling)
    return listed + b"\0"


def _leader(stack: ChunkStack, number: int, payload: bytes) -> bytes:
    """Return what precedes a payload: in a tile its column, row and level, else its first line; its size."""
    place = (0, number, 0, 0) if stack.is_tiled else (number * stack.chunk_lines,)
    return struct.pack(f"<{len(place) + 1}i", *place, len(payload))


def _payloads(written: bytes, stack: ChunkStack, count: int) -> list[bytes]:
    """Return the payloads of a file that the library wrote."""
    cursor = ByteCursor(MemoryBytes(written), "<", len(EXR_MAGIC) + 4)
    while cursor.text(255):  # an attribute's name
        cursor.text(255)  # its type
        cursor.take(*cursor.unpack("i"))
    payloads = []
    for offset in np.frombuffer(written, "<u8", count, cursor.position).tolist():
        start = offset + len(_leader(stack, 0, b""))
        size = int.from_bytes(written[start - 4 : start], "little")
        payloads.append(written[start : start + size])
    return payloads


def _attribute(name: str, kind: str, stored: bytes) -> bytes:
    return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(stored)) + stored
