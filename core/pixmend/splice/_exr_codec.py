# SPDX-License-Identifier: Apache-2.0
"""Packing and unpacking chunks of EXR files, all that are touched in a frame in one call.

What a chunk's bytes are depends on nothing but its samples: not on its line numbers (unless
subsampled channels begin elsewhere), nor on the names of the channels (except for DWA).
"""

import contextlib
import os
import struct
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import OpenEXR

from pixmend.errors import BadFrameError, TemporaryError
from pixmend.formats import (
    EXR_MAGIC,
    ExrChannel,
    ExrCompression,
    ExrLayout,
    MemoryBytes,
    find_chunk,
    parse_exr,
)
from pixmend.model import SampleType
from pixmend.splice._exr_stack import ChunkBox
from pixmend.splice._exr_tiny import TinyFileCodec

__all__ = ["ChunkBox", "ChunkCodec", "ChunkForm", "codec_for", "pack_chunk", "unpack_chunk"]

_TYPE_CODES = {SampleType.UINT32: 0, SampleType.HALF: 1, SampleType.FLOAT: 2}


class ChunkCodec(Protocol):
    """Packs and unpacks flat chunks, scanline blocks or tiles, of one part.

    Unpacked is OpenEXR's own layout: little endian, lines from top to bottom, in each line the
    channels in file order; a channel with y_sampling s has samples only in lines with
    y % s == 0, and with x_sampling s only at x % s == 0.
    """

    def unpack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the chunks of these payloads, all of which are packed: smaller than unpacked.

        Raises
        ------
        BadFrameError
            If one is damaged; without a name of the file, the caller knows it.
        """
        ...

    def pack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the payloads of these chunks: as they are where packing makes them no smaller.

        Raises
        ------
        UnsupportedError
            If the library cannot pack chunks of this form.
        """
        ...


def codec_for(compression: ExrCompression, channels: tuple[ExrChannel, ...]) -> ChunkCodec:
    """Return the codec for the chunks of a part.

    Parameters
    ----------
    compression : ExrCompression
    channels : tuple of ExrChannel
        In file order.
    """
    return TinyFileCodec(compression, channels)


@dataclass(frozen=True, slots=True)
class ChunkForm:
    """What the chunks of one part have in common.

    Attributes
    ----------
    compression : ExrCompression
    width : int
        Pixels in a line.
    samples : tuple of SampleType
        One for each channel, in file order.
    """

    compression: ExrCompression
    width: int
    samples: tuple[SampleType, ...]

    @classmethod
    def of(cls, layout: ExrLayout) -> "ChunkForm":
        """Return the form of a file's chunks."""
        return cls(
            layout.compression,
            layout.data_window.width,
            tuple(each.sample for each in layout.channels),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Neutral names in alphabetical order, so that the file's own cannot disturb the library."""
        return tuple(f"c{index:04d}" for index in range(len(self.samples)))

    def columns(self) -> Iterator[tuple[str, SampleType, slice]]:
        """Yield each channel's name, type and place among the bytes of a line."""
        start = 0
        for name, sample in zip(self.names, self.samples, strict=True):
            stop = start + self.width * sample.dtype.itemsize
            yield name, sample, slice(start, stop)
            start = stop


def unpack_chunk(form: ChunkForm, packed: bytes, lines: int) -> bytes:
    """Unpack the payload of one chunk.

    Returns
    -------
    unpacked : bytes
        Lines from top to bottom, in each the channels one after the other, little endian.

    Raises
    ------
    BadFrameError
        If the library cannot unpack it; without a name of the file, the caller knows it.
    """
    with _scratch_file() as path:
        path.write_bytes(_wrapped(form, packed, lines))
        try:  # OpenEXR.File would go on after errors, and print
            opened = OpenEXR.InputFile(str(path))
            stored = opened.channels(list(form.names))
            opened.close()
        except (OSError, RuntimeError, ValueError, TypeError, MemoryError) as exc:
            raise BadFrameError(f"a packed chunk cannot be read: {exc}") from exc
    rows = [np.frombuffer(plane, np.uint8).reshape(lines, -1) for plane in stored]
    return np.concatenate(rows, axis=1).tobytes()


def pack_chunk(form: ChunkForm, unpacked: bytes, lines: int) -> bytes:
    """Pack one chunk; the inverse of `unpack_chunk`, with this library's compressor.

    Where packing does not make it smaller, the chunk is returned as it is: so the format wants it.
    """
    rows = np.frombuffer(unpacked, np.uint8).reshape(lines, -1)
    planes = {
        name: np.ascontiguousarray(rows[:, place]).view(sample.dtype)
        for name, sample, place in form.columns()
    }
    header = {
        "compression": OpenEXR.Compression(int(form.compression)),
        "type": OpenEXR.scanlineimage,
    }
    with _scratch_file() as path:
        OpenEXR.File(header, planes).write(str(path))
        tiny = MemoryBytes(path.read_bytes(), name="a packed chunk")
    layout = parse_exr(tiny)
    chunk = find_chunk(tiny, layout, 0, int(layout.read_offset_table(tiny)[0]))
    return tiny.read(chunk.payload_offset, chunk.packed_bytes)


def _wrapped(form: ChunkForm, packed: bytes, lines: int) -> bytes:
    """Return a one-chunk EXR file around `packed`."""
    channels = b"".join(
        name.encode() + struct.pack("<xiB3xii", _TYPE_CODES[sample], 0, 1, 1)
        for name, sample in zip(form.names, form.samples, strict=True)
    )
    window = struct.pack("<4i", 0, 0, form.width - 1, lines - 1)
    head = EXR_MAGIC + struct.pack("<I", 2)
    head += _attribute("channels", "chlist", channels + b"\0")
    head += _attribute("compression", "compression", bytes([form.compression]))
    head += _attribute("dataWindow", "box2i", window) + _attribute("displayWindow", "box2i", window)
    head += _attribute("lineOrder", "lineOrder", b"\0")
    head += _attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
    head += _attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0))
    head += _attribute("screenWindowWidth", "float", struct.pack("<f", 1)) + b"\0"
    return head + struct.pack("<Qii", len(head) + 8, 0, len(packed)) + packed


def _attribute(name: str, kind: str, stored: bytes) -> bytes:
    return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(stored)) + stored


@contextlib.contextmanager
def _scratch_file() -> Iterator[Path]:
    """Yield a path for a tiny file: in memory on Linux, in the temporary folder elsewhere."""
    try:
        if sys.platform == "linux" and Path("/proc/self/fd").is_dir():
            descriptor = os.memfd_create("pixmend chunk")
            path = Path(f"/proc/self/fd/{descriptor}")
        else:
            descriptor, name = tempfile.mkstemp(prefix="pixmend", suffix=".exr")
            path = Path(name)
    except OSError as exc:
        raise TemporaryError(f"no scratch file can be made: {exc}") from exc
    try:
        yield path
    finally:
        os.close(descriptor)
        if path.parent != Path("/proc/self/fd"):
            path.unlink(missing_ok=True)
