# SPDX-License-Identifier: Apache-2.0
"""DPX: rows of samples out of the bytes of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.formats._dpx import DpxElement, DpxLayout, DpxPacking
from pixmend.formats._kernels import unpack_filled10, unpack_packed

__all__ = ["read_dpx_rows"]


def read_dpx_rows(
    stored: bytes | memoryview | NDArray[np.uint8],
    layout: DpxLayout,
    rows: tuple[int, int],
    *,
    components: Sequence[int] | None = None,
    stored_from: int = 0,
) -> NDArray[Any]:
    """Unpack rows of samples.

    Parameters
    ----------
    stored : bytes-like
        The file (a memory map will do), or the part of it that `layout.span(rows)` names.
    rows : (int, int)
        First row, and the row after the last.
    components : sequence of int, optional
        Which of `layout.components`, in which order; all of them by default.
    stored_from : int
        Where in the file `stored` begins.

    Returns
    -------
    samples : (rows, width, components) uint8 or uint16 ndarray
        C-contiguous, native byte order, code values; uint8 only for 8 bits.

    Raises
    ------
    ValueError
        If the rows are not in the picture, `stored` does not hold them, or there is
        no such component.
    """
    first, stop = rows
    if not 0 <= first < stop <= layout.height:
        raise ValueError(f"rows {first} to {stop} are not in a picture of {layout.height}")
    begin, end = layout.span(rows)
    view = np.frombuffer(stored, np.uint8)
    if stored_from > begin or stored_from + view.size < end:
        raise ValueError(f"the buffer does not hold bytes {begin} to {end}")
    return _Held(view, stored_from, layout, first, stop).components(
        range(len(layout.components)) if components is None else components
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """Rows [first, stop) of a file whose bytes from `held_from` on are `held`."""

    held: NDArray[np.uint8]
    held_from: int
    layout: DpxLayout
    first: int
    stop: int

    def components(self, wanted: Sequence[int]) -> NDArray[Any]:
        """Return (rows, width, wanted), each element unpacked once."""
        places = [self.layout.owner(each) for each in wanted]
        unpacked = {id(element): self._samples(element) for element, _ in places}
        first = unpacked[id(places[0][0])]
        if len(unpacked) == 1 and [index for _, index in places] == list(range(first.shape[2])):
            return first
        out = np.empty((*first.shape[:2], len(places)), first.dtype)
        for column, (element, index) in enumerate(places):
            out[..., column] = unpacked[id(element)][..., index]
        return out

    def _samples(self, element: DpxElement) -> NDArray[Any]:
        """Return (rows, width, components) of one element, native byte order."""
        rows, width = self.stop - self.first, self.layout.width
        per_line = width * len(element.components)
        skip = element.first_datum(self.first, width)
        lines, datums = (rows, per_line) if element.stride else (1, rows * per_line)
        units = self._units(element, lines, skip + datums)
        if element.bits in {8, 16}:
            out = units
        elif element.packing is DpxPacking.PACKED:
            out = np.empty((lines, datums), np.uint16)
            unpack_packed(units, skip, element.bits, out)
        elif element.bits == 10:
            out = np.empty((lines, datums), np.uint16)
            unpack_filled10(units, skip, np.array(element.slot_shifts, np.uint32), out)
        else:
            out = (units >> element.slot_shifts[0]) & np.uint16(4095)
        return out.reshape(rows, width, len(element.components))

    def _units(self, element: DpxElement, lines: int, datums: int) -> NDArray[Any]:
        """Return (lines, units) storage units that hold `datums` datums of each line, native order."""
        unit = np.dtype(f"{self.layout.byte_order}u{element.unit_bytes}")
        stored: NDArray[Any] = np.ndarray(
            (lines, element.bytes_until(datums) // unit.itemsize),
            unit,
            buffer=self.held,
            offset=element.line_start(self.first) - self.held_from,
            strides=(element.stride, unit.itemsize),
        )
        return stored.astype(unit.newbyteorder("="))
