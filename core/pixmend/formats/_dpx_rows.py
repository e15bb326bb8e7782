# SPDX-License-Identifier: Apache-2.0
"""DPX: rows of samples out of the bytes of a file."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.formats._bytesource import ByteSource
from pixmend.formats._dpx import DpxElement, DpxLayout
from pixmend.formats._kernels import unpack_filled10, unpack_filled12, unpack_packed

__all__ = ["read_dpx_planes", "read_dpx_rows"]

_BLOCK = 1 << 20  # bytes read at once: they are still in the processor's cache when they are unpacked


def read_dpx_rows(
    source: ByteSource, layout: DpxLayout, rows: tuple[int, int], *, components: Sequence[int] | None = None
) -> NDArray[Any]:
    """Read rows of samples of components that lie side by side in one array.

    Parameters
    ----------
    source : ByteSource
        The file; only elements that are wanted are read, and only these rows.
    rows : (int, int)
        First row, and the row after the last.
    components : sequence of int, optional
        Which of `layout.channels`, in which order; all of them by default.

    Returns
    -------
    samples : (rows, width, components) uint8, uint16 or float32 ndarray
        C-contiguous, native byte order; codes of 10 and 12 bits as uint16, NaN as stored.

    Raises
    ------
    ValueError
        If the rows are not in the picture, there is no such component, one of them has
        not a sample in every pixel, or they are of different types.
    BadFrameError
        If the source does not hold them.
    """
    owners = [(element, name) for element in layout.elements for name in element.components]
    wanted = range(len(owners)) if components is None else components
    if not all(0 <= each < len(owners) for each in wanted):
        raise ValueError(f"components {list(wanted)} are not all among {len(owners)}")
    channels = layout.channels
    kinds = {(channels[each].sample, channels[each].sampling) for each in wanted}
    if {sampling for _, sampling in kinds} != {(1, 1)} or len(kinds) > 1:
        raise ValueError(f"components {list(wanted)} are not of one type with a sample in every pixel")
    chosen = [owners[each] for each in wanted]
    datums = {
        element.offset: _read_datums(source, layout, element, rows)
        for element in {element.offset: element for element, _ in chosen}.values()
    }
    first = chosen[0][0]
    if chosen == [(first, name) for name in first.pattern]:
        return datums[first.offset]
    return np.stack([_plane(datums[element.offset], element, name) for element, name in chosen], axis=-1)


def read_dpx_planes(source: ByteSource, layout: DpxLayout, rows: tuple[int, int]) -> list[NDArray[Any]]:
    """Read rows of all components.

    Parameters
    ----------
    source, layout, rows
        As `read_dpx_rows`.

    Returns
    -------
    planes : list of (rows, width // sampling) ndarray
        One for each of `layout.channels`, of its own type; chroma only where it is stored.

    Raises
    ------
    ValueError
        If the rows are not in the picture.
    BadFrameError
        If the source does not hold them.
    """
    planes = []
    for element in layout.elements:
        datums = _read_datums(source, layout, element, rows)
        planes += [_plane(datums, element, name) for name in element.components]
    return planes


def _plane(datums: NDArray[Any], element: DpxElement, name: str) -> NDArray[Any]:
    """Return the (rows, pixels that have it) samples of one component, a view."""
    held = element.datum_of(name)
    if -1 in held:
        return datums.reshape(len(datums), -1, len(element.pattern))[:, :, held[0]]
    return datums[:, :, held[0]]


def _read_datums(
    source: ByteSource, layout: DpxLayout, element: DpxElement, rows: tuple[int, int]
) -> NDArray[Any]:
    """Return (rows, width, datums per pixel) of one element, native byte order."""
    first, stop = rows
    if not 0 <= first < stop <= layout.height:
        raise ValueError(f"rows {first} to {stop} are not in a picture of {layout.height}")
    per_row = layout.width * element.datums_per_pixel
    out = np.empty(
        (stop - first, per_row), np.uint16 if element.bits in {10, 12} else f"u{element.unit_bytes}"
    )
    order = layout.byte_order
    if element.stride:
        lines = max(1, _BLOCK // element.stride)
        for at in range(first, stop, lines):
            part = out[at - first : at - first + lines]
            units = _read_units(
                source, element, element.offset + at * element.stride, part.shape, byte_order=order
            )
            _unpack(element, units, 0, part)
    else:  # lines run on: all rows are one line, which begins within a word
        words, skip = _words_before(element, first * per_row)
        line = out.reshape(1, -1)
        units = _read_units(
            source, element, element.offset + 4 * words, (1, skip + line.size), byte_order=order
        )
        _unpack(element, units, skip, line)
    shaped = out.reshape(stop - first, layout.width, -1)
    return shaped.view(np.float32) if element.bits == 32 else shaped


def _read_units(
    source: ByteSource, element: DpxElement, begin: int, shape: tuple[int, ...], *, byte_order: str
) -> NDArray[Any]:
    """Return (lines, units) from byte `begin` on that hold (lines, datums)."""
    lines, datums = shape
    held, unit = element.bytes_until(datums), np.dtype(f"{byte_order}u{element.unit_bytes}")
    taken = source.read(begin, (lines - 1) * element.stride + held)
    strides = (element.stride or held, unit.itemsize)
    return np.ndarray((lines, held // unit.itemsize), unit, buffer=taken, strides=strides)


def _words_before(element: DpxElement, datums: int) -> tuple[int, int]:
    """Return the whole words before a datum of lines that run on, and the datums to skip from there.

    Packed datums begin with a word again after 32 datums at the latest.
    """
    if element.is_packed:
        return datums // 32 * element.bits, datums % 32
    return datums // 3, datums % 3


def _unpack(element: DpxElement, units: NDArray[Any], skip: int, out: NDArray[Any]) -> None:
    """Unpack (lines, units) into (lines, datums); the first `skip` datums of a line are left out."""
    if element.bits not in {10, 12}:
        out[:] = units
        return
    swap = not units.dtype.isnative
    words, pitch = _flat(units.view(units.dtype.newbyteorder("=")))
    if element.is_packed:
        unpack_packed(words, pitch, (skip * element.bits, element.bits), swap, out)
    elif element.bits == 10:
        first, second, third = element.slot_shifts
        unpack_filled10(words, pitch, skip, (first, second, third), swap, out)
    else:
        unpack_filled12(words, pitch, element.slot_shifts[0], swap, out)


def _flat(units: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return (lines, units) as one run of units, gaps between lines included, and the units from line to line.

    One kind of array (contiguous, aligned, read only) means one compiled kernel, and a fast one.
    """
    pitch, odd = divmod(units.strides[0], units.itemsize)
    if odd or not units.flags.aligned:
        units, pitch = np.ascontiguousarray(units), units.shape[1]
    whole = (len(units) - 1) * pitch + units.shape[1]
    flat = np.lib.stride_tricks.as_strided(units, (whole,), (units.itemsize,), writeable=False)
    return flat, pitch
