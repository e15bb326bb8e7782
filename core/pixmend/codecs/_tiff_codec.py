# SPDX-License-Identifier: Apache-2.0
"""One strip or tile of a TIFF: unpacked to samples, and packed again by the codecs of imagecodecs and ISA-L."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import imagecodecs
import numpy as np
from isal.igzip_lib import COMP_ZLIB, MEM_LEVEL_MEDIUM, compress
from numpy.typing import NDArray

from pixmend.codecs._tiff_lzw import pack_fitting
from pixmend.errors import BadFrameError
from pixmend.formats import TiffCompression, TiffLayout

__all__ = ["TiffUnitForm", "pack_unit", "unpack_unit"]

_HORIZONTAL, _FLOATING = 2, 3  # predictors


@dataclass(frozen=True, slots=True)
class TiffUnitForm:
    """How strips or tiles are packed.

    Attributes
    ----------
    compression : TiffCompression
        Any but NONE.
    predictor : int
        1, 2 or 3; without effect where PackBits is used.
    stored : str
        dtype of a sample as it is packed, with its byte order; unsigned.
    width, components : int
        Pixels of a row, and samples of a pixel.
    """

    compression: TiffCompression
    predictor: int
    stored: str
    width: int
    components: int

    @classmethod
    def of(cls, layout: TiffLayout) -> "TiffUnitForm":
        """Return the form of a layout's units; ValueError where the compression is none that we know."""
        return cls(
            TiffCompression(layout.compression),
            layout.predictor,
            f"{layout.byte_order}u{layout.bits // 8}",
            layout.unit_width,
            layout.components,
        )

    @property
    def row_bytes(self) -> int:
        """Bytes of one row when it is not packed."""
        return self.width * self.components * np.dtype(self.stored).itemsize


def unpack_unit(form: TiffUnitForm, packed: bytes, rows: tuple[int, int]) -> NDArray[np.unsignedinteger]:
    """Return the bit patterns of a strip's or tile's samples.

    Parameters
    ----------
    rows : (int, int)
        How many rows it must have, and how many it may have: some writers fill up the
        last strip.

    Returns
    -------
    samples : (rows, width, components) ndarray
        Unsigned, in the byte order of this machine; as many rows as are stored.

    Raises
    ------
    BadFrameError
        If it is damaged. The caller knows where it lies.
    """
    try:
        unpacked = _decode(form.compression, packed, form.row_bytes * rows[1])
        found, rest = divmod(len(unpacked), form.row_bytes)
        if rest or not rows[0] <= found <= rows[1]:
            raise BadFrameError(f"{len(unpacked)} bytes where {rows[0]} rows were expected")
        return _undo_prediction(form, unpacked)
    except (RuntimeError, ValueError, MemoryError) as exc:
        raise BadFrameError("it cannot be unpacked") from exc


def pack_unit(form: TiffUnitForm, samples: NDArray[np.unsignedinteger], room: int) -> bytes:
    """Return samples packed; tighter than usual where that makes them fit into `room` bytes.

    Where nothing fits, the shortest of what was tried is returned.
    """
    predicted = _predict(form, samples)
    if form.compression is TiffCompression.LZW:
        return pack_fitting(predicted.reshape(-1), room)
    pack, settings = _PACKERS[form.compression]
    shortest = pack(predicted, settings[0])
    for setting in settings[1:]:
        if len(shortest) <= room:
            break
        shortest = min(shortest, pack(predicted, setting), key=len)
    return shortest


def _decode(compression: TiffCompression, packed: bytes, most: int) -> bytes:
    """Unpack; RuntimeError of imagecodecs where the data is damaged or longer than `most` bytes."""
    if compression is TiffCompression.LZW:
        unpacked = bytes(imagecodecs.lzw_decode(packed, out=most + 1))  # it would just stop at the end
        if len(unpacked) > most:
            raise ValueError("there is more data than rows")
        return unpacked
    decode = {
        TiffCompression.PACKBITS: imagecodecs.packbits_decode,
        TiffCompression.ZSTD: imagecodecs.zstd_decode,
    }.get(compression, imagecodecs.deflate_decode)
    return bytes(decode(packed, out=most))


def _packbits(rows: NDArray[np.uint8], _: int) -> bytes:
    return bytes(imagecodecs.packbits_encode(rows, axis=-1))  # no run goes on from row to row


def _deflate(rows: NDArray[np.uint8], level: int) -> bytes:
    if level <= _ISAL:
        return compress(rows, level, COMP_ZLIB, MEM_LEVEL_MEDIUM)
    return bytes(imagecodecs.deflate_encode(rows.tobytes(), level))


def _zstd(rows: NDArray[np.uint8], level: int) -> bytes:
    return bytes(imagecodecs.zstd_encode(rows.tobytes(), level))


# Each takes (rows, bytes of a row) and one of the settings, which are tried in this order until
# the result fits. Deflate: up to 3 the levels of ISA-L, which is much quicker and on noise tighter
# than libdeflate, whose levels the others are.
_ISAL = 3
_PACKERS: Mapping[TiffCompression, tuple[Callable[[NDArray[np.uint8], int], bytes], tuple[int, ...]]] = {
    TiffCompression.DEFLATE: (_deflate, (_ISAL, 6, 10, 12)),
    TiffCompression.OLD_DEFLATE: (_deflate, (_ISAL, 6, 10, 12)),
    TiffCompression.PACKBITS: (_packbits, (0,)),
    TiffCompression.ZSTD: (_zstd, (3, 9, 1, 12, 15, 19)),
}


def _undo_prediction(form: TiffUnitForm, unpacked: bytes) -> NDArray[np.unsignedinteger]:
    native = np.dtype(form.stored).newbyteorder("=")
    shape = (-1, form.width, form.components)
    if form.predictor == _FLOATING:  # bytes are sorted by weight, whatever the file's byte order
        planes = np.frombuffer(unpacked, f"f{native.itemsize}").reshape(shape)
        floats: NDArray[np.floating] = imagecodecs.floatpred_decode(planes, axis=-2)
        return floats.view(native)
    samples = np.frombuffer(unpacked, form.stored).reshape(shape)
    if form.predictor == _HORIZONTAL:
        samples = imagecodecs.delta_decode(samples, axis=-2)
    return samples.astype(native, copy=False)


def _predict(form: TiffUnitForm, samples: NDArray[np.unsignedinteger]) -> NDArray[np.uint8]:
    """Return the bytes to be packed, row by row."""
    if form.predictor == _FLOATING:
        floats = samples.view(f"f{samples.itemsize}")
        predicted = np.ascontiguousarray(imagecodecs.floatpred_encode(floats, axis=-2))
    else:
        stored = samples.astype(form.stored)
        predicted = imagecodecs.delta_encode(stored, axis=-2) if form.predictor == _HORIZONTAL else stored
    return np.ascontiguousarray(predicted).view(np.uint8).reshape(len(samples), form.row_bytes)
