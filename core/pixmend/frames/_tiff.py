# SPDX-License-Identifier: Apache-2.0
"""TIFF frames: our own look at the header, the pixels of OpenImageIO or libtiff; the first page.

The OpenImageIO wheel has no ZSTD; there libtiff as imagecodecs brings it reads, which always
decodes the whole page. Neither shares code with `splice`, whose addressing is thereby checked.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import ReadOptions, TiffCompression, TiffLayout, parse_tiff
from pixmend.frames._colour import find_colour
from pixmend.frames._frame import FrameBytes, Rows, read_joined
from pixmend.frames._libraries import decoding, first_line, open_image
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
        with decoding(self._bytes.path):
            if self._layout.compression == TiffCompression.ZSTD:
                whole = self._checked(
                    _decode_whole(self._bytes, is_planar=self._layout.is_planar), self.plate.raster.height
                )
                return [np.ascontiguousarray(whole[first:stop, :, picked]) for first, stop in bands]
            opened = open_image(self._bytes.path)
            try:
                return read_joined(
                    bands,
                    self._layout.unit_height,
                    lambda rows: np.ascontiguousarray(self._decode_rows(opened, rows)[..., picked]),
                )
            finally:
                opened.close()

    def _decode_rows(self, opened: Any, rows: Rows) -> NDArray[Any]:
        spec, raster = opened.spec(), self.plate.raster
        if (spec.height, spec.width, spec.nchannels) != (
            raster.height,
            raster.width,
            len(self.plate.channels),
        ):
            raise BadFrameError("two readers disagree on its size", where=self._bytes.name)
        read = _read_tiles if spec.tile_width else _read_lines
        samples = read(opened, rows)
        if samples is None:
            raise BadFrameError(f"damaged: {first_line(opened.geterror())}", where=self._bytes.name)
        sample = self.plate.channels[0].sample
        if sample.bits % 8:  # the library scales 10, 12 and 14 bits up to 16
            samples = samples >> (16 - sample.bits)
        return self._checked(samples, rows[1] - rows[0])

    def _checked(self, samples: NDArray[Any], height: int) -> NDArray[Any]:
        if samples.dtype != self.plate.channels[0].sample.dtype:
            raise UnsupportedError("two readers disagree on its sample type", where=self._bytes.name)
        return samples.reshape(height, self.plate.raster.width, len(self.plate.channels))


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


def _read_lines(opened: Any, rows: Rows) -> NDArray[Any] | None:
    spec = opened.spec()
    top = spec.y  # of the display window; ours counts from the first stored row
    samples: NDArray[Any] | None = opened.read_scanlines(
        top + rows[0], top + rows[1], 0, 0, spec.nchannels, str(spec.format)
    )
    return samples


def _read_tiles(opened: Any, rows: Rows) -> NDArray[Any] | None:
    """Read the rows of tiles that hold these rows, and cut them to size."""
    spec = opened.spec()
    begin = rows[0] // spec.tile_height * spec.tile_height
    end = min(-(-rows[1] // spec.tile_height) * spec.tile_height, spec.height)
    window = (spec.x, spec.x + spec.width, spec.y + begin, spec.y + end, 0, 1, 0, spec.nchannels)
    samples = opened.read_tiles(*window, str(spec.format))
    if samples is None:
        return None
    cut: NDArray[Any] = samples.reshape(end - begin, spec.width, spec.nchannels)[
        rows[0] - begin : rows[1] - begin
    ]
    return cut


def _decode_whole(source: FrameBytes, *, is_planar: bool) -> NDArray[Any]:
    """Return (height, width, channels) samples of the first page, by libtiff."""
    import imagecodecs  # noqa: PLC0415  (slow to load, and needed for few files)

    samples: NDArray[Any] = imagecodecs.tiff_decode(source.read(0, source.size), index=0)
    return np.moveaxis(samples, 0, -1) if is_planar and samples.ndim > 2 else samples
