# SPDX-License-Identifier: Apache-2.0
"""DPX frames, by our own addressing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pixmend.errors import UnsupportedError
from pixmend.formats import ReadOptions, parse_dpx, read_dpx_rows
from pixmend.frames._colour import find_colour
from pixmend.frames._frame import FrameBytes, Rows
from pixmend.model import Channel, PlateInfo, Raster

__all__ = ["DpxFrame"]

_LINEAR, _VIDEO = 2, range(5, 11)  # transfer characteristics of SMPTE 268M table 5A
_PRINTING_DENSITY, _LOGARITHMIC = 1, 3
_PLANES = {"R", "G", "B"}  # of colour separations, one file each


class DpxFrame:
    """A DPX file whose header has been read; an `OpenFrame`."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._bytes = FrameBytes(path)
        self._layout = layout = parse_dpx(self._bytes, low_first=options.low_first)
        self.plate = PlateInfo(
            raster=Raster(0, 0, layout.width, layout.height),
            display=(layout.width, layout.height),
            channels=layout.channels,
            colour=_find_colour(layout.channels, options.layer, self._bytes.name),
            file_format="dpx",
        )

    def guess_encoding(self) -> str:
        """Return what the transfer characteristic stands for; empty where it is undefined."""
        transfer = self._layout.transfer
        if transfer in {_PRINTING_DENSITY, _LOGARITHMIC}:
            return "cineon"
        if transfer == _LINEAR:
            return "linear"
        return "rec709" if transfer in _VIDEO else ""

    def read_bands(self, channels: Sequence[str], bands: Sequence[Rows]) -> list[NDArray[Any]]:
        """Return (rows, width, channels) code values of each band.

        Raises
        ------
        UnsupportedError
            If a channel has not a sample in every pixel (chroma).
        """
        for each in self._layout.channels:
            if each.name in channels and each.sampling != (1, 1):
                raise UnsupportedError(
                    f"channel {each.name!r} has a sample in every second column only, which is not read",
                    where=self._bytes.name,
                )
        return [self._read(channels, rows) for rows in bands]

    def _read(self, channels: Sequence[str], rows: Rows) -> NDArray[Any]:
        names = [each.name for each in self._layout.channels]
        wanted = [names.index(name) for name in channels]
        return read_dpx_rows(self._bytes, self._layout, rows, components=wanted)


def _find_colour(channels: tuple[Channel, ...], layer: str | None, where: str) -> tuple[str, ...]:
    """Return the channels that hold the picture: one that is alone counts as luminance, unless it is data."""
    if len(channels) == 1 and channels[0].name in _PLANES and layer is None:
        return (channels[0].name,)
    return find_colour(channels, where=where, layer=layer)
