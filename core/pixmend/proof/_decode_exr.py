# SPDX-License-Identifier: Apache-2.0
"""Reading whole EXR frames: any flat part, in scan lines or tiles, by OpenImageIO or `OpenEXR.File`."""

import contextlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import OpenEXR
import OpenImageIO
from numpy.typing import NDArray

from pixmend.errors import BadFrameError
from pixmend.formats import ExrLayout, ReadOptions, parse_exr
from pixmend.model import Channel, SampleType
from pixmend.splice import open_bytes

__all__ = ["RowReader", "open_exr_rows"]

_LIBRARY_TYPES = {SampleType.HALF: "half", SampleType.FLOAT: "float", SampleType.UINT32: "uint"}


class RowReader(Protocol):
    """Reads rows of one frame."""

    def __call__(self, first: int, stop: int) -> list[NDArray[Any]]:
        """Return one (rows, width) array of bit patterns a channel; row 0 is the top one stored.

        Where a subsampled channel has no sample there is 0.
        """
        ...


@contextlib.contextmanager
def open_exr_rows(path: Path, channels: tuple[Channel, ...], options: ReadOptions) -> Iterator[RowReader]:
    """Open one part of an EXR for reading rows; as `open_rows`."""
    with open_bytes(path) as source:
        layout = parse_exr(source, options.part)
    if layout.is_subsampled:
        yield _subsampled_rows(path, layout, channels)
        return
    settings = OpenImageIO.ImageSpec()
    settings.attribute("oiio:UnassociatedAlpha", 1)  # samples as stored, not multiplied
    settings.attribute("oiio:RawColor", 1)
    opened = OpenImageIO.ImageInput.open(str(path), settings)
    if opened is None:
        raise BadFrameError(
            f"a second reader refuses it: {_one_line(OpenImageIO.geterror())}", where=str(path)
        )
    try:
        if not opened.seek_subimage(layout.number, 0):
            raise BadFrameError(f"a second reader finds no part {layout.number}", where=str(path))
        yield _LibraryRows(opened, path, channels)
    finally:
        opened.close()


class _LibraryRows:
    """A `RowReader` by OpenImageIO."""

    def __init__(self, opened: OpenImageIO.ImageInput, path: Path, channels: tuple[Channel, ...]) -> None:
        self._opened = opened
        self._path = path
        self._channels = channels
        self._spec = opened.spec()
        names = list(self._spec.channelnames)
        missing = [each.name for each in channels if each.name not in names]
        if missing:
            raise BadFrameError(f"a second reader finds no channel {missing[0]!r}", where=str(path))
        self._positions = [names.index(each.name) for each in channels]  # the library sorts its own way

    def __call__(self, first: int, stop: int) -> list[NDArray[Any]]:
        planes: dict[int, NDArray[Any]] = {}
        for sample, begin, end in self._runs():
            form = OpenImageIO.TypeDesc(_LIBRARY_TYPES[sample])
            rows = self._read(first, stop, (begin, end), form)
            bits = rows.reshape(stop - first, -1, end - begin).view(f"u{sample.dtype.itemsize}")
            planes |= {begin + index: bits[:, :, index] for index in range(end - begin)}
        return [planes[position] for position in self._positions]

    def _read(
        self, first: int, stop: int, channels: tuple[int, int], form: OpenImageIO.TypeDesc
    ) -> NDArray[Any]:
        """Return (rows, width, channels) samples; whole rows of tiles are read and cut."""
        left, top, width, height = self._spec.x, self._spec.y, self._spec.width, self._spec.height
        tile = self._spec.tile_height
        if not tile:
            rows = self._opened.read_scanlines(top + first, top + stop, 0, *channels, form)
        else:
            above, below = first // tile * tile, min(-(-stop // tile) * tile, height)
            box = (left, left + width, top + above, top + below, 0, 1)
            rows = self._opened.read_tiles(*box, *channels, form)
        if rows is None:
            raise BadFrameError(
                f"a second reader stops: {_one_line(self._opened.geterror())}", where=str(self._path)
            )
        if not tile:
            return np.asarray(rows)
        return np.ascontiguousarray(
            np.reshape(rows, (below - above, width, -1))[first - above : stop - above]
        )

    def _runs(self) -> Iterator[tuple[SampleType, int, int]]:
        """Yield channels that lie side by side with one type: only these are read without conversion."""
        types = dict(zip(self._positions, (each.sample for each in self._channels), strict=True))
        for sample, members in groupby(sorted(types), key=types.__getitem__):
            run = list(members)
            yield sample, run[0], run[-1] + 1


def _subsampled_rows(path: Path, layout: ExrLayout, channels: tuple[Channel, ...]) -> RowReader:
    """Read all of it at once; the library reads subsampled channels no other way."""
    try:
        with OpenEXR.File(str(path), separate_channels=True) as opened:
            stored = opened.parts[layout.number].channels
            planes = [_spread(np.asarray(stored[each.name].pixels), layout, each) for each in channels]
    except (RuntimeError, ValueError, KeyError, IndexError, TypeError) as exc:
        raise BadFrameError(f"a second reader refuses it: {_one_line(str(exc))}", where=str(path)) from exc

    def read(first: int, stop: int) -> list[NDArray[Any]]:
        return [plane[first:stop] for plane in planes]

    return read


def _spread(pixels: NDArray[Any], layout: ExrLayout, channel: Channel) -> NDArray[Any]:
    """Return the bit patterns of a channel where its samples are in the raster."""
    across, down = channel.sampling
    bits = np.zeros((layout.raster.height, layout.raster.width), f"u{pixels.itemsize}")
    # samples lie where the data window's own coordinates are multiples of the sampling
    left = -(layout.raster.x + layout.display_window.x_min) % across
    top = -(layout.raster.y + layout.display_window.y_min) % down
    bits[top::down, left::across] = np.ascontiguousarray(pixels).view(bits.dtype)
    return bits


def _one_line(message: str) -> str:
    return " ".join(message.split())[:200]
