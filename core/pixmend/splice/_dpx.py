# SPDX-License-Identifier: Apache-2.0
"""DPX files: the bits of a sample are replaced in their word, padding and neighbours stay."""

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import (
    DPX_HEAD_BYTES,
    ByteSource,
    DatumPlace,
    DpxLayout,
    DpxPacking,
    ReadOptions,
    locate_datum,
    parse_dpx,
)
from pixmend.model import Channel, Patch, Raster, SampleType
from pixmend.splice._in_place import InPlace

__all__ = ["DpxContainer"]

_SAMPLES = {10: SampleType.UINT10, 16: SampleType.UINT16}
_LIBRARY_HEAD_BYTES = 2048


class DpxContainer(InPlace):
    """A DPX of 10 or 16 bit; a `Container`.

    Parameters
    ----------
    source : ByteSource

    Raises
    ------
    BadFrameError
        If the file is damaged.
    UnsupportedError
        If it is run-length encoded, or of another bit depth.
    """

    file_format = "dpx"

    def __init__(self, source: ByteSource, options: ReadOptions) -> None:  # noqa: ARG002  owner C
        self._source = source
        head = source.read(0, min(DPX_HEAD_BYTES, source.size))
        self._layout = parse_dpx(head, source.size, where=source.name)
        if self._layout.bits not in _SAMPLES:
            raise UnsupportedError(
                f"this DPX has {self._layout.bits} bits a sample, only 10 and 16 can be mended yet; "
                "the file is left as it was",
                where=source.name,
            )
        self.raster = Raster(0, 0, self._layout.width, self._layout.height)
        sample = _SAMPLES[self._layout.bits]
        self.channels = tuple(Channel(name, sample) for name in self._layout.components)

    def library_bits(self, patch: Patch) -> NDArray[np.uint32] | None:
        """Return the same as OpenImageIO sees it; None where it is known to see wrongly."""
        if not _library_is_right(self._layout, self._source.size):
            return None
        return _library_samples(self._source.name, self._layout, patch)

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the one range from the first picture data to the end."""
        return [(self._layout.header_bytes, self._source.size)]

    def _places(self, patch: Patch) -> list[DatumPlace]:
        places = zip(patch.x.tolist(), patch.y.tolist(), patch.channel.tolist(), strict=True)
        return [locate_datum(self._layout, x, y, component) for x, y, component in places]


def _library_is_right(layout: DpxLayout, file_size: int) -> bool:
    """Tell where OpenImageIO reads DPX as the standard says (tried on 121 files, against ffmpeg).

    It misreads the last word of a line of filled 10 bits when it is not full, takes padded
    lines of 8 and 16 bits as unpadded and unpadded lines of 10 bits as padded, knows only the
    first of several elements, turns A B G R around, and wants a full header.
    """
    element = layout.elements[0]
    datums = layout.width * len(layout.components)
    short_word = layout.bits == 10 and element.packing is not DpxPacking.PACKED and datums % 3 != 0
    padded = layout.bits == 16 and element.stride != datums * 2
    return not (
        short_word
        or padded
        or len(layout.elements) > 1
        or element.stride == 0
        or layout.components[0] == "A"
        or layout.header_bytes < _LIBRARY_HEAD_BYTES
        or file_size < _LIBRARY_HEAD_BYTES
    )


def _library_samples(path: str, layout: DpxLayout, patch: Patch) -> NDArray[np.uint32]:
    """Read the touched rows with OpenImageIO, which scales 10 bits up to 16."""
    opened = OpenImageIO.ImageInput.open(path)
    if opened is None:
        raise BadFrameError(f"a second reader refuses it: {_one_line(OpenImageIO.geterror())}", where=path)
    try:
        bits = np.empty(len(patch), np.uint32)
        for y in np.unique(patch.y).tolist():
            line = opened.read_scanlines(y, y + 1, 0, 0, len(layout.components), OpenImageIO.UINT16)
            if line is None:
                raise BadFrameError(
                    f"a second reader stops at line {y}: {_one_line(opened.geterror())}", where=path
                )
            here = patch.y == y
            pixels = line.reshape(layout.width, -1)
            bits[here] = pixels[patch.x[here], patch.channel[here]] >> (16 - layout.bits)
    finally:
        opened.close()
    return bits


def _one_line(message: str) -> str:
    return " ".join(message.split())[:200]
