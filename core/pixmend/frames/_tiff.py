# SPDX-License-Identifier: Apache-2.0
"""TIFF frames: our own look at the header, OpenImageIO's pixels; the first page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import ReadOptions, parse_tiff
from pixmend.frames._colour import find_colour
from pixmend.frames._frame import FrameBytes, Rows, read_joined
from pixmend.frames._libraries import decoding, first_line, open_image
from pixmend.model import Channel, PlateInfo, Raster, SampleType

__all__ = ["TiffFrame"]

_MIN_IS_BLACK, _RGB = 1, 2  # the photometric tags whose samples OpenImageIO hands over unchanged
_NAMES = {1: ("Y",), 2: ("Y", "A"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}


class TiffFrame:
    """A TIFF file whose header has been read; an `OpenFrame`."""

    def __init__(self, path: Path, options: ReadOptions) -> None:  # noqa: ARG002  becomes used in its room
        self._bytes = FrameBytes(path)
        self._layout = layout = parse_tiff(self._bytes)
        if layout.sample is None or layout.sample is SampleType.UINT32:
            raise UnsupportedError("TIFF samples of this type cannot be read", where=self._bytes.name)
        if layout.photometric not in {_MIN_IS_BLACK, _RGB}:
            raise UnsupportedError(
                f"TIFF of photometric interpretation {layout.photometric} cannot be read",
                where=self._bytes.name,
            )
        count = layout.samples_per_pixel
        names = _NAMES.get(count) or (*_NAMES[3], *(f"extra{index}" for index in range(3, count)))
        channels = tuple(Channel(name, layout.sample) for name in names)
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
        unit = self.plate.raster.height if self._layout.is_tiled else self._layout.rows_per_strip
        opened = open_image(self._bytes.path)
        try:
            with decoding(self._bytes.path):
                return read_joined(
                    bands, unit, lambda rows: np.ascontiguousarray(self._decode(opened, rows)[..., picked])
                )
        finally:
            opened.close()

    def _decode(self, opened: Any, rows: Rows) -> NDArray[Any]:
        spec, raster = opened.spec(), self.plate.raster
        expected = (raster.height, raster.width, len(self.plate.channels))
        if (spec.height, spec.width, spec.nchannels) != expected:
            raise BadFrameError("two readers disagree on its size", where=self._bytes.name)
        kind = str(spec.format)
        if spec.tile_width:
            whole = opened.read_image(0, 0, 0, spec.nchannels, kind)
            samples = whole if whole is None else whole.reshape(expected)[rows[0] : rows[1]]
        else:
            samples = opened.read_scanlines(spec.y + rows[0], spec.y + rows[1], 0, 0, spec.nchannels, kind)
        if samples is None:
            raise BadFrameError(f"damaged: {first_line(opened.geterror())}", where=self._bytes.name)
        shaped: NDArray[Any] = samples.reshape(rows[1] - rows[0], *expected[1:])
        if shaped.dtype != self.plate.channels[0].sample.dtype:
            raise UnsupportedError("two readers disagree on its sample type", where=self._bytes.name)
        return shaped
