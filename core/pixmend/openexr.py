# SPDX-License-Identifier: Apache-2.0
"""The OpenEXR library, loaded once, and the C functions (OpenEXRCore) that its wheel happens to export.

The Python interface holds the GIL while it unpacks, so that frames wait for each other; the C
functions do not, and need less time. They are not promised to anyone: the structures are
written down by hand after the public headers (openexr_coding.h, openexr_decode.h,
openexr_chunkio.h, openexr_context.h, version 3.5). So who calls them asks `has_core` first, and
then reads something known by them and by the public interface: only if both agree they are used.
"""

import contextlib
import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pixmend.errors import TemporaryError

__all__ = [
    "Box",
    "Centre",
    "Chunk",
    "CodedChannel",
    "Decoding",
    "call_core",
    "has_core",
    "load_openexr",
    "reading_settings",
    "scratch_file",
]

_KNOWN_VERSION = "3.5."
_SILENT_HEADERS, _NO_GUESSED_CHUNKS = 2, 4


class Box(ctypes.Structure):
    """``exr_attr_box2i_t``: first and last pixel, both inside."""

    _fields_: ClassVar = [(name, ctypes.c_int32) for name in ("x_min", "y_min", "x_max", "y_max")]


class Centre(ctypes.Structure):
    """``exr_attr_v2f_t``."""

    _fields_: ClassVar = [("x", ctypes.c_float), ("y", ctypes.c_float)]


class Chunk(ctypes.Structure):
    """``exr_chunk_info_t``; of a tile, x and y are its column and row."""

    _fields_: ClassVar = [
        *((name, ctypes.c_int32) for name in ("index", "x", "y", "height", "width")),
        *((name, ctypes.c_uint8) for name in ("level_x", "level_y", "kind", "compression")),
        *((name, ctypes.c_uint64) for name in ("data_offset", "packed_size", "unpacked_size")),
        *((name, ctypes.c_uint64) for name in ("sample_table_offset", "sample_table_size")),
    ]


class CodedChannel(ctypes.Structure):
    """``exr_coding_channel_info_t``: a channel of a chunk, and where the caller wants it; strides in bytes."""

    _fields_: ClassVar = [
        ("name", ctypes.c_char_p),
        *((name, ctypes.c_int32) for name in ("height", "width", "x_sampling", "y_sampling")),
        ("is_linear", ctypes.c_uint8),
        ("sample_bytes", ctypes.c_int8),
        ("type_code", ctypes.c_uint16),
        ("wanted_sample_bytes", ctypes.c_int16),
        ("wanted_type_code", ctypes.c_uint16),
        *((name, ctypes.c_int32) for name in ("pixel_stride", "line_stride")),
        ("target", ctypes.c_void_p),
    ]


class Decoding(ctypes.Structure):
    """The begin of ``exr_decode_pipeline_t``, and room for its rest."""

    _fields_: ClassVar = [
        ("size", ctypes.c_size_t),
        ("channels", ctypes.POINTER(CodedChannel)),
        ("channel_count", ctypes.c_int16),
        ("flags", ctypes.c_uint16),
        ("part", ctypes.c_int),
        ("context", ctypes.c_void_p),
        ("chunk", Chunk),
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

_HANDLE, _INT, _TO = ctypes.c_void_p, ctypes.c_int, ctypes.POINTER
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "exr_start_temporary_context": (_TO(_HANDLE), ctypes.c_char_p, _TO(_Settings)),
    "exr_start_read": (_TO(_HANDLE), ctypes.c_char_p, _TO(_Settings)),
    "exr_finish": (_TO(_HANDLE),),
    "exr_set_longname_support": (_HANDLE, _INT),
    "exr_initialize_required_attr": (
        *(_HANDLE, _INT, _TO(Box), _TO(Box), ctypes.c_float, _TO(Centre)),
        *(ctypes.c_float, _INT, _INT),
    ),
    "exr_add_channel": (_HANDLE, _INT, ctypes.c_char_p, _INT, _INT, ctypes.c_int32, ctypes.c_int32),
    "exr_set_tile_descriptor": (_HANDLE, _INT, ctypes.c_uint32, ctypes.c_uint32, _INT, _INT),
    "exr_chunk_default_initialize": (_HANDLE, _INT, _TO(Box), _INT, _INT, _TO(Chunk)),
    "exr_get_count": (_HANDLE, _TO(_INT)),
    "exr_get_storage": (_HANDLE, _INT, _TO(_INT)),
    "exr_get_compression": (_HANDLE, _INT, _TO(_INT)),
    "exr_get_data_window": (_HANDLE, _INT, _TO(Box)),
    "exr_get_tile_sizes": (_HANDLE, _INT, _INT, _INT, _TO(ctypes.c_int32), _TO(ctypes.c_int32)),
    "exr_read_scanline_chunk_info": (_HANDLE, _INT, _INT, _TO(Chunk)),
    "exr_read_tile_chunk_info": (_HANDLE, _INT, _INT, _INT, _INT, _INT, _TO(Chunk)),
    "exr_read_chunk": (_HANDLE, _INT, _TO(Chunk), ctypes.c_void_p),
    "exr_decoding_initialize": (_HANDLE, _INT, _TO(Chunk), _TO(Decoding)),
    "exr_decoding_update": (_HANDLE, _INT, _TO(Chunk), _TO(Decoding)),
    "exr_decoding_choose_default_routines": (_HANDLE, _INT, _TO(Decoding)),
    "exr_decoding_run": (_HANDLE, _INT, _TO(Decoding)),
    "exr_uncompress_chunk": (_TO(Decoding),),
    "exr_decoding_destroy": (_HANDLE, _TO(Decoding)),
}


@cache
def load_openexr() -> Any:
    """Return the OpenEXR module; it codes in the calling thread."""
    import OpenEXR  # noqa: PLC0415  (slow to load, and needed only for EXR)

    OpenEXR.set_global_thread_count(0)
    return OpenEXR


@cache
def has_core() -> bool:
    """Tell whether this is a build of the version that the structures are of, and exports its C functions."""
    if not load_openexr().__version__.startswith(_KNOWN_VERSION):
        return False
    try:
        return bool(_core())
    except (AttributeError, OSError):  # AttributeError: no such function
        return False


def call_core(name: str, *arguments: Any) -> None:
    """Call a C function without the GIL, structures by reference.

    Raises
    ------
    RuntimeError
        If it refuses.
    """
    if code := _core()[name](*arguments):
        described: bytes = _core()["exr_get_default_error_message"](code)
        raise RuntimeError(f"{described.decode(errors='replace')} ({name} says {code})")


def reading_settings() -> ctypes.Structure:
    """Return the settings of a context: nothing is printed, and no lost chunk is guessed at."""
    return _Settings(
        size=ctypes.sizeof(_Settings),
        on_error=_say_nothing,
        zip_level=-2,
        dwa_quality=-1.0,
        flags=_SILENT_HEADERS | _NO_GUESSED_CHUNKS,
    )


@cache
def _core() -> dict[str, Any]:
    """Return the C functions by name; AttributeError or OSError where they are not exported."""
    library = ctypes.CDLL(load_openexr().__file__)
    functions = {}
    for name, arguments in _FUNCTIONS.items():
        functions[name] = function = getattr(library, name)
        function.argtypes, function.restype = arguments, ctypes.c_int
    describe = library.exr_get_default_error_message
    describe.argtypes, describe.restype = (ctypes.c_int,), ctypes.c_char_p
    return functions | {"exr_get_default_error_message": describe}


@contextlib.contextmanager
def scratch_file() -> Iterator[Path]:
    """Yield a path for a tiny file: in memory on Linux, in the temporary folder elsewhere.

    Raises
    ------
    TemporaryError
        If none can be made.
    """
    try:
        if sys.platform == "linux" and Path("/proc/self/fd").is_dir():
            descriptor = os.memfd_create("pixmend chunks")
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
