# SPDX-License-Identifier: Apache-2.0
"""DPX files: the bits of a sample are replaced in their word, padding and neighbours stay."""

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from pixmend.containers._in_place import InPlace
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import (
    ByteSource,
    DatumPlaces,
    DpxElement,
    DpxLayout,
    DpxPacking,
    ReadOptions,
    locate_datums,
    parse_dpx,
)
from pixmend.model import Patch, Raster

__all__ = ["DpxContainer"]

_LIBRARY_HEAD_BYTES = 2048
_LIBRARY_TYPES = {
    8: OpenImageIO.UINT8,
    10: OpenImageIO.UINT16,
    12: OpenImageIO.UINT16,
    16: OpenImageIO.UINT16,
    32: OpenImageIO.FLOAT,
}


class DpxContainer(InPlace):
    """A DPX; a `Container`.

    Parameters
    ----------
    source : ByteSource
    options : ReadOptions
        `low_first` counts.

    Raises
    ------
    BadFrameError
        If the file is damaged.
    UnsupportedError
        If it is of a form that cannot be addressed; see `parse_dpx`.
    """

    file_format = "dpx"

    def __init__(self, source: ByteSource, options: ReadOptions) -> None:
        self._source = source
        self._layout = parse_dpx(source, low_first=options.low_first)
        self.raster = Raster(0, 0, self._layout.width, self._layout.height)
        self.channels = self._layout.channels
        self.notices = _notices(self._layout, options)

    def library_bits(self, patch: Patch) -> NDArray[np.uint32] | None:
        """Return the same as OpenImageIO sees it; None where it is known to see wrongly."""
        if not _library_is_right(self._layout, self._source.size):
            return None
        return _library_samples(self._source.name, self._layout.elements[0], patch)

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the one range from the first picture data to the end."""
        return [(self._layout.header_bytes, self._source.size)]

    def _places(self, patch: Patch) -> DatumPlaces:
        return locate_datums(self._layout, patch.x, patch.y, patch.channel)


def _notices(layout: DpxLayout, options: ReadOptions) -> tuple[str, ...]:
    notices = []
    names = {channel.name for channel in layout.channels}
    if any(name.startswith("2.") for name in names):
        notices.append(
            "this DPX holds several pictures: one at a time is looked at, the first unless a layer is said"
        )
    if "Cb" in names:
        notices.append(
            "this DPX holds luminance and chroma: defects are looked for in the luminance, chroma stays as it is"
        )
    if options.low_first is None and any(_is_filled_luma(element) for element in layout.elements):
        notices.append(
            "words of this 10-bit DPX of one component are filled from their low bits, "
            "as most writers do it; where neighbouring pixels look swapped, say --luma-order high"
        )
    return tuple(notices)


def _is_filled_luma(element: DpxElement) -> bool:
    return element.bits == 10 and not element.is_packed and len(element.pattern) == 1


def _library_is_right(layout: DpxLayout, file_size: int) -> bool:
    """Tell where OpenImageIO reads DPX as the standard says.

    Tried on files of all descriptors, depths, packings, orders and four widths, and on 121
    real ones, against ffmpeg. It misreads the last word of a line of filled 10 bits when it
    is not full, filled 12 bits in the low bits of a unit, and words filled from the high
    bits of one component; it takes padded lines as unpadded and the other way round, knows
    only the first of several elements, and wants a full header.
    """
    element = layout.elements[0]
    datums = layout.width * element.datums_per_pixel
    misread = (
        element.bits == 10 and not element.is_packed and datums % 3 != 0,
        element.bits == 12 and element.packing is DpxPacking.FILLED_B,
        _is_filled_luma(element) and not element.low_first,
        element.stride != element.bytes_until(datums),
        len(layout.elements) > 1,
        min(layout.header_bytes, file_size) < _LIBRARY_HEAD_BYTES,
    )
    return not any(misread)


def _library_samples(path: str, element: DpxElement, patch: Patch) -> NDArray[np.uint32]:
    """Read the touched rows with OpenImageIO: datums as stored, 10 and 12 bits in the upper ones of 16."""
    try:
        path.encode()
    except UnicodeEncodeError as exc:  # which no library of the field opens
        raise UnsupportedError(
            "the name of this file is not UTF-8", where=repr(path), hint="rename it"
        ) from exc
    raw = OpenImageIO.ImageSpec()
    raw.attribute("oiio:RawColor", 1)
    raw.attribute("oiio:UnassociatedAlpha", 1)
    opened = OpenImageIO.ImageInput.open(path, raw)
    if opened is None:
        raise BadFrameError(f"a second reader refuses it: {_one_line(OpenImageIO.geterror())}", where=path)
    datum = element.datum_in_line(patch.x.astype(np.int64), patch.channel.astype(np.int64))
    bits = np.empty(len(patch), np.uint32)
    top = opened.spec().y  # the header's offset in the scanned original: no matter to us, but to the library
    try:
        for first, stop in _runs_of_rows(patch.y):
            lines = opened.read_scanlines(
                top + first, top + stop, 0, 0, element.datums_per_pixel, _LIBRARY_TYPES[element.bits]
            )
            if lines is None:
                raise BadFrameError(
                    f"a second reader stops at line {first}: {_one_line(opened.geterror())}", where=path
                )
            here = (patch.y >= first) & (patch.y < stop)
            stored = lines.reshape(stop - first, -1)[patch.y[here] - first, datum[here]]
            bits[here] = stored.view(np.uint32) if element.bits == 32 else stored
    finally:
        opened.close()
    return bits >> np.uint32(16 - element.bits) if element.bits in {10, 12} else bits


def _runs_of_rows(y: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Return the first row and the row after the last of each run of rows that lie side by side."""
    rows = np.unique(y)
    starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    lasts = np.append(starts[1:], len(rows))[: len(starts)] - 1
    return list(zip(rows[starts].tolist(), (rows[lasts] + 1).tolist(), strict=True))


def _one_line(message: str) -> str:
    return " ".join(message.split())[:200]
