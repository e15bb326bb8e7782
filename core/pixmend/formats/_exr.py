# SPDX-License-Identifier: Apache-2.0
"""OpenEXR: the headers of a file, and the layout of each of its parts.

After "OpenEXR File Layout" (openexr.com, version 2 of the format): the headers, one offset
table for each part, then the chunks of all parts in any order. All sizes are checked
before anything is read or made by them.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, UnsupportedError, UsageError
from pixmend.formats._bytesource import ByteCursor, ByteSource
from pixmend.formats._exr_attributes import (
    ExrCompression,
    channels_from,
    integer_from,
    read_attributes,
    text_from,
    tiles_from,
    window_from,
)
from pixmend.formats._exr_layout import ExrLayout

__all__ = ["EXR_MAGIC", "ExrFile", "parse_exr", "parse_exr_file"]

EXR_MAGIC = b"\x76\x2f\x31\x01"

_TILED, _LONG_NAMES, _DEEP, _MULTI_PART = 0x200, 0x400, 0x800, 0x1000
_KNOWN_FLAGS = _TILED | _LONG_NAMES | _DEEP | _MULTI_PART
_KINDS = {"scanlineimage", "tiledimage", "deepscanline", "deeptile"}
_TILED_KINDS = {"tiledimage", "deeptile"}
_NEEDED = {"channels", "compression", "dataWindow", "displayWindow"}
_MOST_PARTS = 10_000
_LARGEST_CHUNK = (1 << 31) - 1  # its size is an int32 in the file


@dataclass(frozen=True, slots=True)
class ExrFile:
    """What the headers of an EXR file say.

    Attributes
    ----------
    parts : tuple of ExrLayout
        At least one, in the order of the file.
    """

    parts: tuple[ExrLayout, ...]

    @property
    def tables_offset(self) -> int:
        """Byte of the first offset table; all before it is header."""
        return self.parts[0].table_offset

    @property
    def chunks_offset(self) -> int:
        """Byte after the last offset table, where chunks begin."""
        return self.parts[-1].table_offset + self.parts[-1].table_bytes

    def read_offset_tables(self, source: ByteSource) -> list[NDArray[np.int64]]:
        """Return the offset table of each part.

        Raises
        ------
        BadFrameError
            If one is not all there, or an offset points out of the chunks.
        """
        tables = [each.read_offset_table(source) for each in self.parts]
        for part, table in zip(self.parts, tables, strict=True):
            if (table < self.chunks_offset).any():
                raise BadFrameError(
                    f"a chunk of part {part.number} begins inside the offset tables", where=source.name
                )
        return tables

    def part(self, chosen: str | None, where: str) -> ExrLayout:
        """Return one part.

        Parameters
        ----------
        chosen : str or None
            Its name, or its number from 0; None is the first flat one with a picture, else the
            first flat one.
        where : str
            What errors call the file.

        Raises
        ------
        UsageError
            If there is no such part.
        UnsupportedError
            If it is deep, or all are.
        """
        if chosen is None:
            flat = [each for each in self.parts if not each.is_deep]
            found = [each for each in flat if each.has_picture] or flat or list(self.parts)
        else:
            found = [each for each in self.parts if each.name == chosen]
            found += [each for each in self.parts if str(each.number) == chosen]
        if not found:
            known = ", ".join(repr(each.name or str(each.number)) for each in self.parts)
            raise UsageError(f"this EXR has no part {chosen!r}", where=where, hint=f"it has: {known}")
        if found[0].is_deep:
            raise UnsupportedError(
                f"this is a deep EXR ({found[0].part_kind}), which is not handled; it is left as it was",
                where=where,
            )
        return found[0]


def parse_exr(source: ByteSource, part: str | None = None) -> ExrLayout:
    """Read the headers of an EXR file and return the layout of one part.

    Parameters
    ----------
    source : ByteSource
    part : str, optional
        Name or number; else the first flat one with a picture.

    Raises
    ------
    UsageError
        If there is no such part.
    BadFrameError, UnsupportedError
        As `parse_exr_file`; also if the part is deep.
    """
    return parse_exr_file(source).part(part, source.name)


def parse_exr_file(source: ByteSource) -> ExrFile:
    """Read the headers of an EXR file.

    Raises
    ------
    BadFrameError
        If it is not an EXR header, or a damaged one.
    UnsupportedError
        If the version of the format, the compression or the kind of a part is not known.
    """
    cursor = ByteCursor(_HeadFirst(source), "<")
    if source.size < len(EXR_MAGIC) or cursor.take(4) != EXR_MAGIC:
        raise BadFrameError("this is not an OpenEXR file", where=source.name)
    (version,) = cursor.unpack("I")
    if version & 0xFF != 2 or version & ~(0xFF | _KNOWN_FLAGS):
        raise UnsupportedError(
            f"this is version {version & 0xFF} (flags {version >> 8:#x}) of the OpenEXR format, "
            "only 2 is known",
            where=source.name,
        )
    try:
        headers = _read_headers(cursor, multi_part=bool(version & _MULTI_PART))
        return ExrFile(_layouts(headers, version, cursor))
    except (ValueError, IndexError, struct.error) as exc:
        raise BadFrameError(f"the EXR header is damaged: {exc}", where=source.name) from exc


class _HeadFirst:
    """A source whose first bytes are read at once: headers are many short fields."""

    def __init__(self, source: ByteSource) -> None:
        self.name = source.name
        self.size = source.size
        self._source = source
        self._head = source.read(0, min(source.size, 1 << 13))

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes; BadFrameError where the file does not hold them."""
        if 0 <= offset <= offset + length <= len(self._head):
            return self._head[offset : offset + length]
        return self._source.read(offset, length)


def _read_headers(cursor: ByteCursor, *, multi_part: bool) -> list[dict[str, bytes]]:
    """Return the attributes of each part; the cursor ends at the first offset table."""
    headers = [read_attributes(cursor)]
    while multi_part and (following := read_attributes(cursor)):
        headers.append(following)
        if len(headers) > _MOST_PARTS:
            raise ValueError(f"it has more than {_MOST_PARTS} parts")
    return headers


def _layouts(headers: list[dict[str, bytes]], version: int, cursor: ByteCursor) -> tuple[ExrLayout, ...]:
    layouts: list[ExrLayout] = []
    table_offset = cursor.position
    for number, attributes in enumerate(headers):
        layout = _layout_from(number, attributes, version, (table_offset, cursor.source.name))
        table_offset += layout.table_bytes
        layouts.append(layout)
    return tuple(layouts)


def _layout_from(
    number: int, attributes: Mapping[str, bytes], version: int, table: tuple[int, str]
) -> ExrLayout:
    table_offset, where = table
    kind = _part_kind(attributes, version)
    if kind not in _KINDS:
        raise UnsupportedError(f"part {number} of this EXR is of the unknown kind {kind!r}", where=where)
    needed = _NEEDED | {"tiles"} if kind in _TILED_KINDS else _NEEDED
    if missing := needed - attributes.keys():
        raise ValueError(f"it has no {', '.join(sorted(missing))}")
    layout = ExrLayout(
        number=number,
        name=text_from(attributes.get("name", b"")),
        part_kind=kind,
        is_multi_part=bool(version & _MULTI_PART),
        compression=_compression(attributes["compression"][0], where),
        channels=channels_from(attributes["channels"]),
        data_window=window_from(attributes["dataWindow"]),
        display_window=window_from(attributes["displayWindow"]),
        tiles=tiles_from(attributes["tiles"]) if kind in _TILED_KINDS else None,
        has_preview="preview" in attributes,
        table_offset=table_offset,
    )
    _check_sizes(layout, attributes)
    return layout


def _compression(code: int, where: str) -> ExrCompression:
    if code not in list(ExrCompression):
        raise UnsupportedError(f"the EXR compression {code} is not known", where=where)
    return ExrCompression(code)


def _check_sizes(layout: ExrLayout, attributes: Mapping[str, bytes]) -> None:
    box = layout.box_of(0)
    pixel_bytes = sum(each.sample_bytes for each in layout.channels)
    if box.width * box.height * pixel_bytes > _LARGEST_CHUNK:
        raise ValueError("its chunks are larger than the format allows")
    if layout.is_subsampled:
        _check_sampling(layout)
    if "chunkCount" in attributes and integer_from(attributes["chunkCount"]) != layout.chunk_count:
        raise ValueError(
            f"it says {integer_from(attributes['chunkCount'])} chunks where there must be {layout.chunk_count}"
        )


def _check_sampling(layout: ExrLayout) -> None:
    window = layout.data_window
    across, down = (window.x_min, window.width), (window.y_min, window.height)
    fits = all(
        not any(size % each.x_sampling for size in across)
        and not any(size % each.y_sampling for size in down)
        for each in layout.channels
    )
    if not fits:
        raise ValueError("subsampled channels do not fit its data window")
    if layout.tiles is not None or layout.is_deep:
        raise ValueError(f"it has subsampled channels, which a {layout.part_kind} cannot have")


def _part_kind(attributes: Mapping[str, bytes], version: int) -> str:
    """Read the kind from the flags; in multi-part and deep files only the attribute tells."""
    if version & (_MULTI_PART | _DEEP) and "type" in attributes:
        return text_from(attributes["type"])
    if version & _MULTI_PART:
        raise ValueError("a part does not say of what kind it is")
    if version & _DEEP:
        return "deepscanline"
    return "tiledimage" if version & _TILED else "scanlineimage"
