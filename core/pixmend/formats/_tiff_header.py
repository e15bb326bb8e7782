# SPDX-License-Identifier: Apache-2.0
"""TIFF and BigTIFF: directories and the fields in them, each with its place in the file.

After "TIFF Revision 6.0" (Adobe, 1992) and "The BigTIFF File Format" (libtiff).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats._bytesource import ByteSource

__all__ = ["TIFF_MAGICS", "TiffDirectory", "TiffField", "TiffTag", "read_directories"]

TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TYPE_BYTES |= dict.fromkeys((16, 17, 18), 8)  # BigTIFF: LONG8, SLONG8, IFD8
_UNSIGNED_TYPES = {1, 3, 4, 13, 16, 18}  # BYTE, SHORT, LONG, IFD, LONG8, IFD8
_MOST_TAGS = 4096
_MOST_VALUES = 1 << 24  # more strips than any frame has lines
_MOST_DIRECTORIES = 4096


class TiffTag(IntEnum):
    """The tags that say where samples lie and what they are."""

    NEW_SUBFILE_TYPE = 254
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    STRIP_OFFSETS = 273
    ORIENTATION = 274
    SAMPLES_PER_PIXEL = 277
    ROWS_PER_STRIP = 278
    STRIP_BYTES = 279
    PLANAR = 284
    PREDICTOR = 317
    TILE_WIDTH = 322
    TILE_HEIGHT = 323
    TILE_OFFSETS = 324
    TILE_BYTES = 325
    SUB_DIRECTORIES = 330
    SAMPLE_FORMAT = 339


@dataclass(frozen=True, slots=True)
class TiffField:
    """Where the values of one tag lie: in the entry itself, or where the entry points.

    Attributes
    ----------
    kind : int
        TIFF type of a value (3 is SHORT, 4 LONG, 16 LONG8).
    position : int
        Byte of the file where the first value begins.
    count : int
        Number of values.
    """

    kind: int
    position: int
    count: int

    @property
    def value_bytes(self) -> int:
        """Bytes of one value."""
        return _TYPE_BYTES[self.kind]

    @property
    def stop(self) -> int:
        """The byte after the last value."""
        return self.position + self.count * self.value_bytes


@dataclass(frozen=True, slots=True)
class TiffDirectory:
    """One directory: a page, or a smaller copy of one.

    Attributes
    ----------
    source : ByteSource
    byte_order : str
        ``<`` or ``>``, as in `struct`.
    is_big : bool
    position, stop : int
        First byte, and the one after the pointer to the next directory.
    fields : mapping of int to TiffField
        By tag; tags of unknown types are left out.
    following : int
        Where the next directory begins; 0 where this is the last.
    """

    source: ByteSource
    byte_order: str
    is_big: bool
    position: int
    stop: int
    fields: Mapping[int, TiffField]
    following: int

    def values(self, tag: TiffTag, default: tuple[int, ...] = ()) -> NDArray[np.int64]:
        """Return the values of a tag that holds whole numbers, or the default where it is not there.

        Raises
        ------
        BadFrameError
            If they are not in the file, or of a type that holds no whole numbers.
        """
        field = self.fields.get(tag)
        if field is None:
            return np.array(default, np.int64)
        if field.kind not in _UNSIGNED_TYPES or not 0 < field.count <= _MOST_VALUES:
            raise self._damaged(f"its tag {tag} is none")
        stored = self.source.read(field.position, field.stop - field.position)
        values = np.frombuffer(stored, f"{self.byte_order}u{field.value_bytes}")
        if field.value_bytes == 8 and (values >> np.uint64(63)).any():
            raise self._damaged(f"its tag {tag} points outside of any file")
        return values.astype(np.int64)

    def value(self, tag: TiffTag, default: int) -> int:
        """Return the first value of a tag; errors as `values`."""
        return int(self.values(tag, (default,))[0])

    @property
    def is_reduced(self) -> bool:
        """True where the file calls this page a smaller copy of another."""
        return bool(self.value(TiffTag.NEW_SUBFILE_TYPE, 0) & 1)

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The bytes [begin, end) of the directory and of the values that it points to, as far as they exist."""
        end = self.source.size
        far = [
            (min(each.position, end), min(each.stop, end))
            for each in self.fields.values()
            if not self.position <= each.position < self.stop
        ]
        return [(self.position, self.stop), *far]

    def _damaged(self, what: str) -> BadFrameError:
        return BadFrameError(f"the TIFF header is damaged: {what}", where=self.source.name)


def read_directories(source: ByteSource, *, first_only: bool = False) -> list[TiffDirectory]:
    """Read the directories of a file: the pages in their order, after each page its sub-directories.

    Raises
    ------
    BadFrameError
        If it is not a TIFF file, or a damaged one.
    """
    magic = source.read(0, 4) if source.size >= 8 else b""
    if magic not in TIFF_MAGICS:
        raise BadFrameError("this is not a TIFF file", where=source.name)
    byte_order, is_big = "<" if magic.startswith(b"I") else ">", b"+" in magic
    start, form = (8, "Q") if is_big else (4, "I")
    (position,) = struct.unpack(byte_order + form, source.read(start, 8 if is_big else 4))
    found = [_read_directory(source, byte_order, position, is_big=is_big)]
    if not first_only:
        _follow(found)
    return found


def _follow(found: list[TiffDirectory]) -> None:
    """Add the directories that those found lead to, each once."""
    seen = {found[0].position}
    ahead = _successors(found[0])
    while ahead:
        position = ahead.pop(0)
        first = found[0]
        if position in seen or len(seen) >= _MOST_DIRECTORIES:
            what = "its pages go round in a circle" if position in seen else "it has too many pages"
            raise BadFrameError(f"the TIFF header is damaged: {what}", where=first.source.name)
        seen.add(position)
        found.append(_read_directory(first.source, first.byte_order, position, is_big=first.is_big))
        ahead = _successors(found[-1]) + ahead


def _successors(directory: TiffDirectory) -> list[int]:
    below = directory.values(TiffTag.SUB_DIRECTORIES).tolist()
    return [position for position in (*below, directory.following) if position]


def _read_directory(source: ByteSource, byte_order: str, position: int, *, is_big: bool) -> TiffDirectory:
    count_form, entry_form, pointer = ("Q", "HHQ8s", 8) if is_big else ("H", "HHI4s", 4)
    begin = position + struct.calcsize(f"={count_form}")
    (count,) = struct.unpack(byte_order + count_form, source.read(position, begin - position))
    if not 0 < count <= _MOST_TAGS:
        raise BadFrameError(f"the TIFF header is damaged: it has {count} tags", where=source.name)
    entry_bytes = struct.calcsize(f"={entry_form}")
    end = begin + count * entry_bytes
    entries = struct.iter_unpack(byte_order + entry_form, source.read(begin, end - begin))
    fields: dict[int, TiffField] = {}
    for number, (tag, kind, values, inline) in enumerate(entries):
        at = begin + (number + 1) * entry_bytes - pointer
        if values * _TYPE_BYTES.get(kind, 0) > pointer:
            at = int.from_bytes(inline, "little" if byte_order == "<" else "big")
        if kind in _TYPE_BYTES:
            fields.setdefault(tag, TiffField(kind, at, values))
    stored = source.read(end, pointer)
    following = int.from_bytes(stored, "little" if byte_order == "<" else "big")
    return TiffDirectory(source, byte_order, is_big, position, end + pointer, fields, following)
