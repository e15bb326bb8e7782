# SPDX-License-Identifier: Apache-2.0
"""DPX: the bits of single samples."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pixmend.formats._datums import DatumPlaces
from pixmend.formats._dpx import DpxElement, DpxLayout

__all__ = ["locate_datums"]


def locate_datums(layout: DpxLayout, x: ArrayLike, y: ArrayLike, component: ArrayLike) -> DatumPlaces:
    """Return the places of samples.

    Parameters
    ----------
    layout : DpxLayout
    x, y : (N,) integers
    component : (N,) integers
        Counts through `layout.channels`.

    Raises
    ------
    ValueError
        If a pixel is outside the picture, there is no such component, or it has no
        sample there (chroma at odd x).
    """
    x, y, component = (np.asarray(each, np.int64) for each in (x, y, component))
    counts = [len(element.components) for element in layout.elements]
    _check_inside(layout, x, y)
    if ((component < 0) | (component >= sum(counts))).any():
        raise ValueError(f"there is no component {component.max()}, only {sum(counts)}")
    columns = _Columns(layout, x, y)
    ends = np.cumsum(counts)
    for element, stop, count in zip(layout.elements, ends.tolist(), counts, strict=True):
        here = np.flatnonzero((component >= stop - count) & (component < stop))
        if here.size:
            columns.place(element, here, component[here] - (stop - count))
    return columns.places()


def _check_inside(layout: DpxLayout, x: NDArray[np.int64], y: NDArray[np.int64]) -> None:
    outside = np.flatnonzero((x < 0) | (x >= layout.width) | (y < 0) | (y >= layout.height))
    if outside.size:
        first = outside[0]
        raise ValueError(f"({x[first]}, {y[first]}) is outside {layout.width}x{layout.height}")


class _Columns:
    """The columns of `DatumPlaces` while they are filled, element by element."""

    def __init__(self, layout: DpxLayout, x: NDArray[np.int64], y: NDArray[np.int64]) -> None:
        self._layout = layout
        self._x, self._y = x, y
        self._offset = np.zeros(len(x), np.int64)
        self._unit_bytes, self._units, self._shift, self._bits = np.zeros((4, len(x)), np.uint8)

    def place(self, element: DpxElement, here: NDArray[np.intp], component: NDArray[np.int64]) -> None:
        """Fill in the samples `here`, whose components are `component` of the element."""
        line, datum = self._datum(element, here, component)
        unit: NDArray[Any]
        if element.is_packed:
            unit, shift = np.divmod(datum * element.bits, 32)
        else:
            shifts = np.array(element.slot_shifts)
            unit, slot = np.divmod(datum, len(shifts))
            shift = shifts[slot]
        self._offset[here] = line + unit * element.unit_bytes
        self._unit_bytes[here] = element.unit_bytes
        self._units[here] = 1 + (shift + element.bits > 8 * element.unit_bytes)
        self._shift[here] = shift
        self._bits[here] = element.bits

    def _datum(
        self, element: DpxElement, here: NDArray[np.intp], component: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the byte that each sample's datums are counted from, and its number there."""
        y = self._y[here]
        datum = element.datum_in_line(self._x[here], component)
        if not element.stride:
            datum += y * self._layout.width * element.datums_per_pixel
        return element.offset + y * element.stride, datum

    def places(self) -> DatumPlaces:
        """Return what was filled in."""
        return DatumPlaces(
            self._offset, self._unit_bytes, self._units, self._shift, self._bits, self._layout.byte_order
        )
