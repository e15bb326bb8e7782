# SPDX-License-Identifier: Apache-2.0
"""Unpacking by OpenEXRCore's C functions, which the OpenEXR wheel happens to export.

The Python interface holds the GIL while it unpacks, so that frames wait for each other; this
does not, and is 15 to 60 % faster. It is not promised to anyone: the structures are written
down by hand after the public headers (openexr_decode.h, openexr_chunkio.h, openexr_context.h,
version 3.5). So it is used only with that version, and only after it has unpacked a known
chunk of the same channels and compression to the same bytes as the public interface.
Packing is left to the public interface: it does not hold the GIL, and is as fast.
"""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import lcm
from typing import Any, ClassVar

import numpy as np

from pixmend.codecs._exr_stack import LARGEST_SAMPLING, ChunkBox, ChunkStack, unpacked_bytes
from pixmend.codecs._exr_tiny import TYPE_CODES, TinyFileCodec, load_openexr, names_for
from pixmend.errors import BadFrameError, FrameError
from pixmend.formats import ExrChannel, ExrCompression
from pixmend.model import SampleType

__all__ = ["CoreCodec", "core_agrees"]

_KNOWN_VERSION = "3.5."
_SPARE = 64  # zeros after a payload: a damaged one must not make the library read too far


class _Box(ctypes.Structure):
    _fields_: ClassVar = [(name, ctypes.c_int32) for name in ("x_min", "y_min", "x_max", "y_max")]


class _Centre(ctypes.Structure):
    _fields_: ClassVar = [("x", ctypes.c_float), ("y", ctypes.c_float)]


class _Chunk(ctypes.Structure):
    """``exr_chunk_info_t``."""

    _fields_: ClassVar = [
        *((name, ctypes.c_int32) for name in ("index", "x", "y", "height", "width")),
        *((name, ctypes.c_uint8) for name in ("level_x", "level_y", "kind", "compression")),
        *((name, ctypes.c_uint64) for name in ("data_offset", "packed_size", "unpacked_size")),
        *((name, ctypes.c_uint64) for name in ("sample_table_offset", "sample_table_size")),
    ]


class _Decoding(ctypes.Structure):
    """The begin of ``exr_decode_pipeline_t``, and room for its rest."""

    _fields_: ClassVar = [
        ("size", ctypes.c_size_t),
        ("channels", ctypes.c_void_p),
        ("channel_count", ctypes.c_int16),
        ("flags", ctypes.c_uint16),
        ("part", ctypes.c_int),
        ("context", ctypes.c_void_p),
        ("chunk", _Chunk),
        ("lines_skipped", ctypes.c_int32),
        ("lines_ignored", ctypes.c_int32),
        ("unpacked_bytes", ctypes.c_uint64),
        ("user_data", ctypes.c_void_p),
        ("packed", ctypes.c_void_p),
        ("packed_room", ctypes.c_size_t),
        ("unpacked", ctypes.c_void_p),
        ("unpacked_room", ctypes.c_size_t),
        ("rest", ctypes.c_uint8 * 2048),
    ]


_ErrorHandler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)


class _Settings(ctypes.Structure):
    """``exr_context_initializer_t``."""

    _fields_: ClassVar = [
        ("size", ctypes.c_size_t),
        ("on_error", _ErrorHandler),
        *((f"function_{index}", ctypes.c_void_p) for index in range(7)),
        *((name, ctypes.c_int) for name in ("width_limit", "height_limit", "tile_width", "tile_height")),
        ("zip_level", ctypes.c_int),
        ("dwa_quality", ctypes.c_float),
        ("flags", ctypes.c_int),
        ("spare", ctypes.c_uint8 * 4),
    ]


# The library's own handler prints; the result of a function says enough.
_say_nothing = _ErrorHandler(lambda _context, _code, _message: None)

_HANDLE, _INT, _POINTER = ctypes.c_void_p, ctypes.c_int, ctypes.POINTER
_FUNCTIONS = {
    "exr_start_temporary_context": (_POINTER(_HANDLE), ctypes.c_char_p, _POINTER(_Settings)),
    "exr_finish": (_POINTER(_HANDLE),),
    "exr_set_longname_support": (_HANDLE, _INT),
    "exr_initialize_required_attr": (
        *(_HANDLE, _INT, _POINTER(_Box), _POINTER(_Box), ctypes.c_float, _POINTER(_Centre)),
        *(ctypes.c_float, _INT, _INT),
    ),
    "exr_add_channel": (_HANDLE, _INT, ctypes.c_char_p, _INT, _INT, ctypes.c_int32, ctypes.c_int32),
    "exr_set_tile_descriptor": (_HANDLE, _INT, ctypes.c_uint32, ctypes.c_uint32, _INT, _INT),
    "exr_chunk_default_initialize": (_HANDLE, _INT, _POINTER(_Box), _INT, _INT, _POINTER(_Chunk)),
    "exr_decoding_initialize": (_HANDLE, _INT, _POINTER(_Chunk), _POINTER(_Decoding)),
    "exr_uncompress_chunk": (_POINTER(_Decoding),),
    "exr_decoding_destroy": (_HANDLE, _POINTER(_Decoding)),
}


@dataclass(frozen=True, slots=True)
class CoreCodec:
    """Unpacks by the C functions, packs by tiny files; a `ChunkCodec`."""

    compression: ExrCompression
    channels: tuple[ExrChannel, ...]

    def unpack(self, chunks: Sequence[tuple[ChunkBox, bytes]]) -> list[bytes]:
        """Return the chunks of these payloads; BadFrameError if one is damaged."""
        return [self._unpack(box, payload) for box, payload in chunks]

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
                _call("exr_uncompress_chunk", decoding)
            finally:  # ours, the library must not free them
                decoding.packed = decoding.unpacked = None
                decoding.unpacked_room = 0
        return unpacked[:size].tobytes()

    @contextmanager
    def _context(self, box: ChunkBox) -> Iterator[ctypes.c_void_p]:
        """Yield the library's idea of a file that has just this chunk."""
        context = ctypes.c_void_p()
        settings = _Settings(
            size=ctypes.sizeof(_Settings), on_error=_say_nothing, zip_level=-2, dwa_quality=-1.0
        )
        _call("exr_start_temporary_context", context, b"chunk", settings)
        try:
            self._describe(context, box)
            yield context
        finally:
            _call("exr_finish", context)

    def _describe(self, context: ctypes.c_void_p, box: ChunkBox) -> None:
        _call("exr_set_longname_support", context, 1)
        window = _window(box)
        _call(
            "exr_initialize_required_attr",
            *(context, 0, window, window, 1.0, _Centre(0, 0), 1.0, 0, int(self.compression)),
        )
        for name, each in zip(names_for(self.compression, self.channels), self.channels, strict=True):
            stored_name = name.encode("utf-8", "surrogateescape")
            sampling = (each.x_sampling, each.y_sampling)
            _call(
                "exr_add_channel",
                *(context, 0, stored_name, TYPE_CODES[each.sample], each.is_linear, *sampling),
            )
        if box.height > self.compression.lines_per_chunk:
            _call("exr_set_tile_descriptor", context, 0, box.width, box.height, 0, 0)


@contextmanager
def _decoding(context: ctypes.c_void_p, box: ChunkBox) -> Iterator[_Decoding]:
    """Yield what the library needs to know to unpack the one chunk of a context."""
    chunk, decoding = _Chunk(), _Decoding()
    _call("exr_chunk_default_initialize", context, 0, _window(box), 0, 0, chunk)
    _call("exr_decoding_initialize", context, 0, chunk, decoding)
    try:
        yield decoding
    finally:
        _call("exr_decoding_destroy", context, decoding)


def _window(box: ChunkBox) -> _Box:
    return _Box(box.x, box.y, box.x + box.width - 1, box.y + box.height - 1)


@cache
def _library() -> Any:
    """Return the wheel's C functions; AttributeError or OSError where it does not export them."""
    library = ctypes.CDLL(load_openexr().__file__)
    for name, arguments in _FUNCTIONS.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, ctypes.c_int
    return library


def _call(name: str, *arguments: Any) -> None:
    """Call a C function, structures by reference."""
    result = getattr(_library(), name)(*arguments)
    if result:
        raise BadFrameError(f"a packed chunk cannot be read: {name} says {result}")


@cache
def core_agrees(compression: ExrCompression, channels: tuple[ExrChannel, ...]) -> bool:
    """Tell whether the C functions unpack a known chunk of such channels as the public interface does."""
    sampling = max(max(each.x_sampling, each.y_sampling) for each in channels)
    if sampling > LARGEST_SAMPLING or not load_openexr().__version__.startswith(_KNOWN_VERSION):
        return False
    public = TinyFileCodec(compression, channels)
    box, known = _known_chunk(compression, channels)
    try:
        (payload,) = public.pack([(box, known)])
        return len(payload) < len(known) and (
            CoreCodec(compression, channels).unpack([(box, payload)]) == public.unpack([(box, payload)])
        )
    except (FrameError, AttributeError, OSError):  # AttributeError: this build exports no such function
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
