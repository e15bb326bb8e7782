# SPDX-License-Identifier: Apache-2.0
"""Uncompressed TIFF: samples are replaced where they lie, whole bytes or packed bits."""

import numpy as np
from numpy.typing import NDArray

from pixmend.containers._in_place import InPlace
from pixmend.formats import ByteSource, DatumPlaces, TiffLayout
from pixmend.model import Patch

__all__ = ["OpenTiff"]


class OpenTiff(InPlace):
    """The samples of a TIFF whose strips or tiles are not compressed.

    Parameters
    ----------
    source : ByteSource
    layout : TiffLayout
        Checked, not compressed.
    """

    def __init__(self, source: ByteSource, layout: TiffLayout) -> None:
        self._source = source
        self._layout = layout

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the strips or tiles."""
        begins = self._layout.offsets
        return sorted(zip(begins.tolist(), (begins + self._layout.stored_bytes).tolist(), strict=True))

    def _places(self, patch: Patch) -> DatumPlaces:
        """Return where samples lie."""
        layout = self._layout
        unit, row, item = layout.locate(patch.x, patch.y, patch.channel)
        line = layout.offsets[unit] + row * layout.row_bytes
        if layout.bits % 8 == 0:
            return DatumPlaces.of_whole_bytes(
                line + item * (layout.bits // 8), layout.bits // 8, layout.byte_order
            )
        return _packed_bits(line, item * layout.bits, layout.bits)


def _packed_bits(line: NDArray[np.int64], first_bit: NDArray[np.int64], bits: int) -> DatumPlaces:
    """Return the places of samples that follow each other from the high bits of a byte down.

    That is so in both byte orders. A sample of three bytes is reached from the byte before
    it, so that no place ends behind the row.
    """
    offset, skipped = line + first_bit // 8, first_bit % 8
    is_long = skipped + bits > 16
    shift = np.where(is_long, 24, 16) - skipped - bits
    return DatumPlaces(
        offset - is_long,
        np.where(is_long, 4, 2).astype(np.uint8),
        np.ones(len(offset), np.uint8),
        shift.astype(np.uint8),
        np.full(len(offset), bits, np.uint8),
        ">",
    )
