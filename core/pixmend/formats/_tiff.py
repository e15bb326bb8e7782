# SPDX-License-Identifier: Apache-2.0
"""TIFF: in which strip or tile of the first page each sample lies, and where in it.

Strips and tiles are both called units here: what is packed together.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats._bytesource import ByteSource
from pixmend.formats._tiff_header import TiffDirectory, TiffField, TiffTag, read_directories
from pixmend.model import SampleType

__all__ = ["TiffCompression", "TiffLayout", "TiffPlaces", "parse_tiff"]

_ALL_ROWS = 0xFFFFFFFF
_LARGEST_UNIT = 1 << 40  # bytes; keeps products of header numbers inside 64 bits
_UINT, _FLOAT, _VOID = 1, 3, 4  # values of the tag SampleFormat
_UINTS = {
    8: SampleType.UINT8,
    10: SampleType.UINT10,
    12: SampleType.UINT12,
    14: SampleType.UINT14,
    16: SampleType.UINT16,
    32: SampleType.UINT32,
}
_FLOATS = {16: SampleType.HALF, 32: SampleType.FLOAT}
_FORMAT_NAMES = {
    _UINT: "integers",
    2: "signed integers",
    _FLOAT: "floats",
    _VOID: "integers",
    5: "complex integers",
}


class TiffCompression(IntEnum):
    """The compressions whose strips and tiles can be packed anew without loss."""

    NONE = 1
    LZW = 5
    DEFLATE = 8
    PACKBITS = 32773
    OLD_DEFLATE = 32946
    ZSTD = 50000


# How many bytes one packed byte can stand for at most; a header that promises more lies.
_MOST_EXPANSION: dict[int, int] = {
    TiffCompression.NONE: 1,
    TiffCompression.LZW: 4096,
    TiffCompression.DEFLATE: 1100,
    TiffCompression.OLD_DEFLATE: 1100,
    TiffCompression.PACKBITS: 64,
    TiffCompression.ZSTD: 65536,
}


class TiffPlaces(NamedTuple):
    """Where samples lie: number of the unit, row in it, and how many samples of the row come before.

    All are (N,) int64 ndarrays.
    """

    unit: NDArray[np.int64]
    row: NDArray[np.int64]
    item: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TiffLayout:
    """Where the samples of the first page lie.

    Attributes
    ----------
    byte_order : str
        ``<`` or ``>``, as in `struct`.
    samples_per_pixel : int
        Channels.
    bits : int
        Of a sample; 0 where channels differ.
    sample : SampleType or None
        None where it is none that we know (4 bit, signed, mixed ...).
    sample_text : str
        The same in words, for messages.
    is_void : bool
        True where the file does not say what its samples are; they are taken as integers.
    compression, predictor, photometric, fill_order, orientation : int
        The tags' values.
    is_planar : bool
        True where each channel has its own units.
    is_tiled : bool
    is_reduced : bool
        True where the file calls its first page a smaller copy of another.
    unit_width, unit_height : int
        Pixels of a tile, or of a whole strip; the last strip may have fewer rows.
    offsets : (units,) int64 ndarray
        Where in the file the units begin.
    listed_bytes : (units,) int64 ndarray
        How long the file says that they are; may be empty where they are not compressed.
    offset_field, bytes_field : TiffField or None
        Where in the file these two are written.
    """

    byte_order: str
    width: int
    height: int
    samples_per_pixel: int
    bits: int
    sample: SampleType | None
    sample_text: str
    is_void: bool
    compression: int
    predictor: int
    photometric: int
    fill_order: int
    orientation: int
    is_planar: bool
    is_tiled: bool
    is_reduced: bool
    unit_width: int
    unit_height: int
    offsets: NDArray[np.int64]
    listed_bytes: NDArray[np.int64]
    offset_field: TiffField | None
    bytes_field: TiffField | None

    @property
    def components(self) -> int:
        """Samples of one pixel in one unit."""
        return 1 if self.is_planar else self.samples_per_pixel

    @property
    def units_across(self) -> int:
        """Units side by side."""
        return -(-self.width // self.unit_width)

    @property
    def units_per_plane(self) -> int:
        """Units that make one whole picture, or one channel of it."""
        return self.units_across * -(-self.height // self.unit_height)

    @property
    def unit_count(self) -> int:
        """Units that the picture needs."""
        return self.units_per_plane * (self.samples_per_pixel if self.is_planar else 1)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row of a unit when it is not compressed."""
        return -(-self.unit_width * self.components * self.bits // 8)

    def unit_rows(self, unit: int) -> int:
        """Return how many rows a unit has at least: the last strip of a plane may have fewer than others."""
        if self.is_tiled:
            return self.unit_height
        return min(self.unit_height, self.height - unit % self.units_per_plane * self.unit_height)

    def locate(self, x: NDArray[np.int32], y: NDArray[np.int32], channel: NDArray[np.int16]) -> TiffPlaces:
        """Return in which unit each sample lies, and where in it.

        Parameters
        ----------
        x, y : (N,) int32 ndarray
            Inside the picture.
        channel : (N,) int16 ndarray
            0 to `samples_per_pixel` - 1.
        """
        down, row = np.divmod(y.astype(np.int64), np.int64(self.unit_height))
        across, column = np.divmod(x.astype(np.int64), np.int64(self.unit_width))
        unit, plane = down * self.units_across + across, channel.astype(np.int64)
        if self.is_planar:
            return TiffPlaces(unit + plane * self.units_per_plane, row, column)
        return TiffPlaces(unit, row, column * self.samples_per_pixel + plane)

    @property
    def unpacked_bytes(self) -> NDArray[np.int64]:
        """How many bytes each unit has when it is not compressed."""
        rows = np.full(self.unit_count, self.unit_height, np.int64)
        if not self.is_tiled:
            rows[self.units_per_plane - 1 :: self.units_per_plane] = self.unit_rows(self.units_per_plane - 1)
        return rows * self.row_bytes

    @property
    def stored_bytes(self) -> NDArray[np.int64]:
        """How many bytes each unit has in the file; where they are open, what they need."""
        return self.unpacked_bytes if self.compression == TiffCompression.NONE else self.listed_bytes

    def check_units(self, source: ByteSource) -> None:
        """Check that every unit is in the file, and not too short for what it must hold.

        A unit of no bytes at all (sparse) passes: readers fill it with zeros.

        Raises
        ------
        BadFrameError
            If one is not: nothing of their size needs to be allocated to find out.
        """
        kind, stored = "tile" if self.is_tiled else "strip", self.stored_bytes
        outside = (self.offsets > source.size) | (stored > source.size - self.offsets)
        expansion = _MOST_EXPANSION.get(self.compression, _LARGEST_UNIT)
        short = (self.unpacked_bytes - 64) // expansion > stored
        for wrong, what in (
            (outside, "does not lie in the file as a whole"),
            (short & (stored > 0), "is too short for the rows that it should hold"),
        ):
            if wrong.any():
                raise BadFrameError(f"{kind} {int(wrong.argmax())} {what}", where=source.name)


def parse_tiff(source: ByteSource) -> TiffLayout:
    """Read the first page's directory of a TIFF or BigTIFF file.

    Raises
    ------
    BadFrameError
        If it is not a TIFF header, or a damaged one.
    """
    (directory,) = read_directories(source, first_only=True)
    try:
        return _layout_from(directory)
    except ValueError as exc:
        raise BadFrameError(f"the TIFF header is damaged: {exc}", where=source.name) from exc


def _layout_from(directory: TiffDirectory) -> TiffLayout:
    if not directory.fields.keys() >= {TiffTag.WIDTH, TiffTag.HEIGHT}:
        raise ValueError("it does not say how large the picture is")
    is_tiled = TiffTag.TILE_WIDTH in directory.fields
    # Some old writers list their tiles under the names of strips.
    has_tile_tables = is_tiled and TiffTag.TILE_OFFSETS in directory.fields
    offsets_tag = TiffTag.TILE_OFFSETS if has_tile_tables else TiffTag.STRIP_OFFSETS
    bytes_tag = TiffTag.TILE_BYTES if has_tile_tables else TiffTag.STRIP_BYTES
    bits, sample, sample_text = _sample_of(directory)
    unit_width, unit_height = _unit_size(directory, is_tiled=is_tiled)
    layout = TiffLayout(
        byte_order=directory.byte_order,
        width=directory.value(TiffTag.WIDTH, 0),
        height=directory.value(TiffTag.HEIGHT, 0),
        samples_per_pixel=directory.value(TiffTag.SAMPLES_PER_PIXEL, 1),
        bits=bits,
        sample=sample,
        sample_text=sample_text,
        is_void=_VOID in directory.values(TiffTag.SAMPLE_FORMAT, (_UINT,)),
        compression=directory.value(TiffTag.COMPRESSION, TiffCompression.NONE),
        predictor=directory.value(TiffTag.PREDICTOR, 1),
        photometric=directory.value(TiffTag.PHOTOMETRIC, 1),
        fill_order=directory.value(TiffTag.FILL_ORDER, 1),
        orientation=directory.value(TiffTag.ORIENTATION, 1),
        is_planar=directory.value(TiffTag.PLANAR, 1) == 2,
        is_tiled=is_tiled,
        is_reduced=directory.is_reduced,
        unit_width=unit_width,
        unit_height=unit_height,
        offsets=directory.values(offsets_tag),
        listed_bytes=directory.values(bytes_tag),
        offset_field=directory.fields.get(offsets_tag),
        bytes_field=directory.fields.get(bytes_tag),
    )
    _check_sizes(layout)
    return layout


def _sample_of(directory: TiffDirectory) -> tuple[int, SampleType | None, str]:
    """Return bits (0 where they differ), the type if we know it, and both in words."""
    forms = set(directory.values(TiffTag.SAMPLE_FORMAT, (_UINT,)).tolist())
    sizes = set(directory.values(TiffTag.BITS, (1,)).tolist())
    if len(forms) > 1 or len(sizes) > 1:
        return 0, None, "channels of different sample types"
    form, bits = forms.pop(), sizes.pop()
    known = _FLOATS if form == _FLOAT else _UINTS if form in {_UINT, _VOID} else {}
    return bits, known.get(bits), f"{bits}-bit {_FORMAT_NAMES.get(form, 'samples of an unknown kind')}"


def _unit_size(directory: TiffDirectory, *, is_tiled: bool) -> tuple[int, int]:
    if is_tiled:
        return directory.value(TiffTag.TILE_WIDTH, 0), directory.value(TiffTag.TILE_HEIGHT, 0)
    height = directory.value(TiffTag.HEIGHT, 0)
    return directory.value(TiffTag.WIDTH, 0), min(directory.value(TiffTag.ROWS_PER_STRIP, _ALL_ROWS), height)


def _check_sizes(layout: TiffLayout) -> None:
    """Refuse what cannot be, before anything is counted in arrays."""
    if min(layout.width, layout.height, layout.samples_per_pixel, layout.unit_width, layout.unit_height) < 1:
        raise ValueError(
            f"{layout.width} x {layout.height} pixels of {layout.samples_per_pixel} channels "
            f"in pieces of {layout.unit_width} x {layout.unit_height}"
        )
    if layout.row_bytes * layout.unit_height > _LARGEST_UNIT:
        raise ValueError(f"pieces of {layout.row_bytes * layout.unit_height} bytes")
    is_open = layout.compression == TiffCompression.NONE
    sizes = layout.unit_count if is_open and not len(layout.listed_bytes) else len(layout.listed_bytes)
    if not layout.unit_count == len(layout.offsets) == sizes:
        raise ValueError(
            f"it lists {len(layout.offsets)} {'tiles' if layout.is_tiled else 'strips'} and {sizes} sizes, "
            f"the picture needs {layout.unit_count}"
        )
