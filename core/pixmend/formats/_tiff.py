# SPDX-License-Identifier: Apache-2.0
"""TIFF: where the samples of the first page lie, when its strips are not compressed.

After "TIFF Revision 6.0" (Adobe, 1992) and "The BigTIFF File Format" (libtiff).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats._bytesource import ByteCursor, ByteSource
from pixmend.model import SampleType

__all__ = ["TIFF_MAGICS", "TiffLayout", "parse_tiff"]

TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class _Tag(IntEnum):
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    STRIP_OFFSETS = 273
    SAMPLES_PER_PIXEL = 277
    ROWS_PER_STRIP = 278
    STRIP_BYTES = 279
    PLANAR = 284
    TILE_WIDTH = 322
    SAMPLE_FORMAT = 339


_DEFAULTS: Mapping[_Tag, tuple[int, ...]] = {
    _Tag.BITS: (1,),
    _Tag.COMPRESSION: (1,),
    _Tag.PHOTOMETRIC: (1,),
    _Tag.FILL_ORDER: (1,),
    _Tag.STRIP_OFFSETS: (),
    _Tag.STRIP_BYTES: (),
    _Tag.SAMPLES_PER_PIXEL: (1,),
    _Tag.ROWS_PER_STRIP: (0xFFFFFFFF,),  # all rows in one strip
    _Tag.PLANAR: (1,),
    _Tag.TILE_WIDTH: (0,),
    _Tag.SAMPLE_FORMAT: (1,),
}
_INTEGER_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}  # BYTE, SHORT, LONG, LONG8
_SAMPLE_TYPES = {
    (1, 8): SampleType.UINT8,
    (1, 16): SampleType.UINT16,
    (1, 32): SampleType.UINT32,
    (3, 16): SampleType.HALF,
    (3, 32): SampleType.FLOAT,
}
_MOST_TAGS = 4096
_MOST_VALUES = 1 << 24  # more strips than any frame has lines


@dataclass(frozen=True, slots=True)
class TiffLayout:
    """Where the samples of the first page lie.

    Attributes
    ----------
    byte_order : str
        ``<`` or ``>``, as in `struct`.
    samples_per_pixel : int
        Channels.
    sample : SampleType or None
        None where it is none that we know (4 bit, signed, mixed ...).
    compression, photometric, fill_order : int
        The tags' values.
    is_planar : bool
        True where each channel has its own strips.
    is_tiled : bool
        True where there are tiles and no strips; then no sample can be located.
    rows_per_strip : int
    strip_offsets, strip_bytes : tuple of int
        Where in the file the strips lie; empty where it is tiled.
    """

    byte_order: str
    width: int
    height: int
    samples_per_pixel: int
    sample: SampleType | None
    compression: int
    photometric: int
    fill_order: int
    is_planar: bool
    is_tiled: bool
    rows_per_strip: int
    strip_offsets: tuple[int, ...]
    strip_bytes: tuple[int, ...]

    @property
    def strips_per_plane(self) -> int:
        """Strips from the top to the bottom of the picture."""
        return -(-self.height // self.rows_per_strip)

    def strip_size(self, strip: int, sample_bytes: int) -> int:
        """Return how many bytes strip `strip` must have when it is not compressed."""
        row = (strip % self.strips_per_plane) * self.rows_per_strip
        rows = min(self.rows_per_strip, self.height - row)
        return rows * self.width * sample_bytes * (1 if self.is_planar else self.samples_per_pixel)

    def offsets_in_file(
        self, x: NDArray[np.int32], y: NDArray[np.int32], channel: NDArray[np.int16]
    ) -> NDArray[np.int64]:
        """Return the byte of the file where each sample begins.

        Parameters
        ----------
        x, y : (N,) int32 ndarray
            Inside the picture.
        channel : (N,) int16 ndarray
            0 to `samples_per_pixel` - 1.

        Raises
        ------
        ValueError
            If the samples' type is not known.
        """
        if self.sample is None:
            raise ValueError("samples of an unknown type have no place")
        strip, row = np.divmod(y.astype(np.int64), self.rows_per_strip)
        position = row * self.width + x
        if self.is_planar:
            strip = strip + channel.astype(np.int64) * self.strips_per_plane
        else:
            position = position * self.samples_per_pixel + channel
        starts = np.asarray(self.strip_offsets, dtype=np.int64)
        return starts[strip] + position * (self.sample.bits // 8)

    def check_strips(self, source: ByteSource) -> None:
        """Check that every strip is there, whole, and shares no byte with another.

        Raises
        ------
        BadFrameError
            If one is not.
        """
        planes = self.samples_per_pixel if self.is_planar else 1
        count = self.strips_per_plane * planes
        if len(self.strip_offsets) != count:
            raise BadFrameError(
                f"the TIFF header lists {len(self.strip_offsets)} strips, the picture needs {count}",
                where=source.name,
            )
        sample_bytes = 0 if self.sample is None else self.sample.bits // 8
        last_end = 8
        for offset, strip in sorted(zip(self.strip_offsets, range(count), strict=True)):
            end = offset + self.strip_size(strip, sample_bytes)
            if offset < last_end or end > source.size:
                raise BadFrameError(f"strip {strip} does not lie in the file as a whole", where=source.name)
            last_end = end


def parse_tiff(source: ByteSource) -> TiffLayout:
    """Read the first page's directory of a TIFF or BigTIFF file.

    Raises
    ------
    BadFrameError
        If it is not a TIFF header, or a damaged one.
    """
    magic = source.read(0, 4) if source.size >= 8 else b""
    if magic not in TIFF_MAGICS:
        raise BadFrameError("this is not a TIFF file", where=source.name)
    cursor = ByteCursor(source, "<" if magic.startswith(b"I") else ">")
    tags = _read_directory(cursor, is_big=b"+" in magic)
    try:
        return _layout_from(tags, cursor.byte_order)
    except (IndexError, ValueError) as exc:
        raise BadFrameError(f"the TIFF header is damaged: {exc}", where=source.name) from exc


def _read_directory(cursor: ByteCursor, *, is_big: bool) -> dict[_Tag, tuple[int, ...]]:
    """Return the values of the first directory's tags that matter."""
    cursor.position = 8 if is_big else 4
    (cursor.position,) = cursor.unpack("Q" if is_big else "I")
    (count,) = cursor.unpack("Q" if is_big else "H")
    if not 0 < count <= _MOST_TAGS:
        raise BadFrameError(f"the TIFF header has {count} tags", where=cursor.source.name)
    known = {each.value for each in _Tag}
    tags: dict[_Tag, tuple[int, ...]] = {}
    for _ in range(count):
        tag, kind, values = cursor.unpack("HHQ" if is_big else "HHI")
        here = cursor.position
        if tag in known and kind in _INTEGER_TYPES:
            tags[_Tag(tag)] = _read_values(cursor, f"{values}{_INTEGER_TYPES[kind]}", is_big=is_big)
        cursor.position = here + (8 if is_big else 4)
    return tags


def _read_values(cursor: ByteCursor, form: str, *, is_big: bool) -> tuple[int, ...]:
    """Read a tag's values: in the entry itself where they fit, else where it points."""
    if int(form[:-1]) > _MOST_VALUES:
        raise BadFrameError("the TIFF header is damaged: a tag has no end", where=cursor.source.name)
    if struct.calcsize(f"={form}") > (8 if is_big else 4):
        (cursor.position,) = cursor.unpack("Q" if is_big else "I")
    return cursor.unpack(form)


def _layout_from(tags: Mapping[_Tag, tuple[int, ...]], byte_order: str) -> TiffLayout:
    def values(tag: _Tag) -> tuple[int, ...]:
        return tags[tag] if tag in tags else _DEFAULTS[tag]

    if _Tag.WIDTH not in tags or _Tag.HEIGHT not in tags:
        raise ValueError("it does not say how large the picture is")
    width, height, channels = tags[_Tag.WIDTH][0], tags[_Tag.HEIGHT][0], values(_Tag.SAMPLES_PER_PIXEL)[0]
    rows = min(values(_Tag.ROWS_PER_STRIP)[0], height)
    if min(width, height, channels, rows) < 1:
        raise ValueError(f"{width} x {height} pixels of {channels} channels, {rows} rows a strip")
    forms, bits = set(values(_Tag.SAMPLE_FORMAT)), set(values(_Tag.BITS))
    is_uniform = len(forms) == 1 and len(bits) == 1
    return TiffLayout(
        byte_order=byte_order,
        width=width,
        height=height,
        samples_per_pixel=channels,
        sample=_SAMPLE_TYPES.get((forms.pop(), bits.pop())) if is_uniform else None,
        compression=values(_Tag.COMPRESSION)[0],
        photometric=values(_Tag.PHOTOMETRIC)[0],
        fill_order=values(_Tag.FILL_ORDER)[0],
        is_planar=values(_Tag.PLANAR)[0] == 2,
        is_tiled=values(_Tag.TILE_WIDTH)[0] != 0,
        rows_per_strip=rows,
        strip_offsets=values(_Tag.STRIP_OFFSETS),
        strip_bytes=values(_Tag.STRIP_BYTES),
    )
