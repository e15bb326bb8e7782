# SPDX-License-Identifier: Apache-2.0
"""Unpacking by OpenEXRCore's C functions, without a file and without the GIL.

15 to 60 % faster than the public interface, but promised to no one (see `pixmend.openexr`). So they
are used only after they have unpacked a known chunk of the same channels and compression to the
same bytes as the public interface. Packing is left to that one: it does not hold the GIL, and
is as fast.
"""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import lcm

import numpy as np

from pixmend.codecs._exr_stack import LARGEST_SAMPLING, ChunkBox, ChunkStack, unpacked_bytes
from pixmend.codecs._exr_tiny import TinyFileCodec, names_for
from pixmend.errors import BadFrameError, FrameError
from pixmend.formats import ExrChannel, ExrCompression
from pixmend.model import SampleType
from pixmend.openexr import Box, Centre, Chunk, Decoding, call_core, has_core, reading_settings

__all__ = ["CoreCodec", "core_agrees"]

_SPARE = 64  # zeros after a payload: a damaged one must not make the library read too far


@dataclass(frozen=True, slots=True)
class CoreCodec:
    """Unpacks by the C functions, packs by tiny files; a `ChunkCodec`."""

    compression: ExrCompression
    channels: tuple[ExrChannel, ...]

    def unpack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the chunks of these payloads; BadFrameError if one is damaged."""
        try:
            return [self._unpack(box, payload) for box, payload in chunks]
        except RuntimeError as exc:
            raise BadFrameError(f"a packed chunk cannot be read: {exc}") from exc

    def pack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the payloads of these chunks."""
        return TinyFileCodec(self.compression, self.channels).pack(chunks)

    def _unpack(self, box: ChunkBox, payload: bytes) -> bytes:
        with self._context(box) as context, _decoding(context, box) as decoding:
            size = unpacked_bytes(box, self.channels)
            if decoding.chunk.unpacked_size != size or decoding.channel_count != len(self.channels):
                raise BadFrameError("the library takes a chunk for another one")
            if not 0 < len(payload) < size:  # it would do nothing, and say that all is well
                raise BadFrameError(f"a packed chunk has {len(payload)} bytes")
            packed = np.frombuffer(payload + bytes(_SPARE), np.uint8)
            unpacked = np.zeros(size + _SPARE, np.uint8)
            decoding.packed, decoding.chunk.packed_size = packed.ctypes.data, len(payload)
            decoding.unpacked, decoding.unpacked_room = unpacked.ctypes.data, size
            try:
                call_core("exr_uncompress_chunk", decoding)
            finally:  # ours, the library must not free them
                decoding.packed = decoding.unpacked = None
                decoding.unpacked_room = 0
        return unpacked[:size].tobytes()

    @contextmanager
    def _context(self, box: ChunkBox) -> Iterator[ctypes.c_void_p]:
        """Yield the library's idea of a file that has just this chunk."""
        context = ctypes.c_void_p()
        call_core("exr_start_temporary_context", context, b"chunk", reading_settings())
        try:
            self._describe(context, box)
            yield context
        finally:
            call_core("exr_finish", context)

    def _describe(self, context: ctypes.c_void_p, box: ChunkBox) -> None:
        call_core("exr_set_longname_support", context, 1)
        window = _window(box)
        call_core(
            "exr_initialize_required_attr",
            *(context, 0, window, window, 1.0, Centre(0, 0), 1.0, 0, int(self.compression)),
        )
        for name, each in zip(names_for(self.compression, self.channels), self.channels, strict=True):
            stored_name = name.encode("utf-8", "surrogateescape")
            sampling = (each.x_sampling, each.y_sampling)
            call_core(
                "exr_add_channel",
                *(context, 0, stored_name, each.type_code, each.is_linear, *sampling),
            )
        if box.height > self.compression.lines_per_chunk:
            call_core("exr_set_tile_descriptor", context, 0, box.width, box.height, 0, 0)


@contextmanager
def _decoding(context: ctypes.c_void_p, box: ChunkBox) -> Iterator[Decoding]:
    """Yield what the library needs to know to unpack the one chunk of a context."""
    chunk, decoding = Chunk(), Decoding()
    call_core("exr_chunk_default_initialize", context, 0, _window(box), 0, 0, chunk)
    call_core("exr_decoding_initialize", context, 0, chunk, decoding)
    try:
        yield decoding
    finally:
        call_core("exr_decoding_destroy", context, decoding)


def _window(box: ChunkBox) -> Box:
    return Box(box.x, box.y, box.x + box.width - 1, box.y + box.height - 1)


@cache
def core_agrees(compression: ExrCompression, channels: tuple[ExrChannel, ...]) -> bool:
    """Tell whether the C functions unpack a known chunk of such channels as the public interface does."""
    sampling = max(max(each.x_sampling, each.y_sampling) for each in channels)
    if sampling > LARGEST_SAMPLING or not has_core():
        return False
    public = TinyFileCodec(compression, channels)
    box, known = _known_chunk(compression, channels)
    try:
        (payload,) = public.pack([(box, known)])
        return len(payload) < len(known) and (
            CoreCodec(compression, channels).unpack([(box, payload)]) == public.unpack([(box, payload)])
        )
    except FrameError:
        return False


def _known_chunk(compression: ExrCompression, channels: tuple[ExrChannel, ...]) -> tuple[ChunkBox, bytes]:
    """Return a chunk that any codec makes smaller: steps, and in places noise."""
    width = 256 * lcm(*(each.x_sampling for each in channels))
    full = compression.lines_per_chunk
    stack = ChunkStack(compression, channels, width, lcm(full, *(each.y_sampling for each in channels)), full)
    noise = np.random.default_rng(0)
    planes = []
    for each in channels:
        index = np.arange(stack.lines // each.y_sampling * (width // each.x_sampling))
        level = index // 16 % 64 + np.where(index % 64 < 8, noise.integers(0, 4, index.size), 0)
        planes.append(
            (level if each.sample is SampleType.UINT32 else level / 64).astype(each.sample.dtype).tobytes()
        )
    return ChunkBox(0, 0, width, full), stack.join(planes)[: stack.chunk_starts()[1]]
