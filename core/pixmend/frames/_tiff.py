# SPDX-License-Identifier: Apache-2.0
"""TIFF frames: our own look at the header, the pixels of a library; the first page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import UnsupportedError
from pixmend.formats import ReadOptions, TiffLayout, parse_tiff
from pixmend.frames._colour import find_colour
from pixmend.frames._frame import FrameBytes, Rows, read_joined
from pixmend.frames._tiff_rows import tiff_rows
from pixmend.model import Channel, PlateInfo, Raster, SampleType

__all__ = ["TiffFrame"]

_MIN_IS_BLACK, _RGB = 1, 2  # the photometric tags whose samples the libraries hand over unchanged
_NAMES = {1: ("Y",), 2: ("Y", "A"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}


class TiffFrame:
    """A TIFF file whose header has been read; an `OpenFrame`."""

    def __init__(self, path: Path, options: ReadOptions) -> None:  # noqa: ARG002  TIFF needs none
        self._bytes = FrameBytes(path)
        self._layout = layout = parse_tiff(self._bytes)
        channels = _channels_of(layout, self._bytes.name)
        layout.check_units(self._bytes)  # before a library allocates what the header promises
        self.plate = PlateInfo(
            raster=Raster(0, 0, layout.width, layout.height),
            display=(layout.width, layout.height),
            channels=channels,
            colour=find_colour(channels, where=self._bytes.name),
            file_format="tiff",
        )

    def guess_encoding(self) -> str:
        """Return ``linear`` for floating point, ``srgb`` for integers."""
        return "linear" if self._layout.sample and self._layout.sample.is_float else "srgb"

    def read_bands(self, channels: Sequence[str], bands: Sequence[Rows]) -> list[NDArray[Any]]:
        """Return (rows, width, channels) samples of each band."""
        order = [each.name for each in self.plate.channels]
        picked = [order.index(name) for name in channels]
        first, stop = min(picked), max(picked) + 1
        # a slice where it will do: to pick from a list takes longer than to decode
        wanted = slice(first, stop) if picked == list(range(first, stop)) else picked
        with tiff_rows(self._bytes, self._layout) as opened:
            return read_joined(
                bands,
                self._layout.unit_height,
                lambda rows: np.ascontiguousarray(opened.read(rows)[..., wanted]),
            )


def _channels_of(layout: TiffLayout, where: str) -> tuple[Channel, ...]:
    """Return the channels; UnsupportedError where the libraries would not hand them over as they are."""
    if layout.sample is None or layout.sample is SampleType.UINT32:
        raise UnsupportedError(f"TIFF of {layout.sample_text} cannot be read", where=where)
    if layout.photometric not in {_MIN_IS_BLACK, _RGB}:
        raise UnsupportedError(
            f"TIFF of photometric interpretation {layout.photometric} cannot be read", where=where
        )
    if layout.is_reduced:
        raise UnsupportedError("the first page of this TIFF is a smaller copy of the picture", where=where)
    count, sample = layout.samples_per_pixel, layout.sample
    names = _NAMES.get(count) or (*_NAMES[3], *(f"extra{index}" for index in range(3, count)))
    return tuple(Channel(name, sample) for name in names)
