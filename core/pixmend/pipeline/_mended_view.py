# SPDX-License-Identifier: Apache-2.0
"""Frames as they would be, before any is written."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import MissingFrameError
from pixmend.frames import FrameSource
from pixmend.model import FrameRange, Patch, PlateInfo
from pixmend.pipeline._view import ShotView

__all__ = ["MendedView"]


class MendedView(ShotView):
    """A `FrameSource` of the frames of a shot for which there is a patch, with it.

    Parameters
    ----------
    shot : FrameSource
    patches : mapping of int to Patch
        By frame number.
    """

    def __init__(self, shot: FrameSource, patches: Mapping[int, Patch]) -> None:
        super().__init__(shot)
        self._patches = patches

    @property
    def frames(self) -> FrameRange:
        """Those that have a patch."""
        return FrameRange(self._patches)

    def read_bands(
        self, frame: int, bands: Sequence[tuple[int, int]], *, channels: Sequence[str] | None = None
    ) -> list[NDArray[Any]]:
        """Read as `FrameSource.read_bands`."""
        if frame not in self._patches:
            raise MissingFrameError(f"frame {frame} is missing", where=self.label)
        names = self.plate.colour if channels is None else tuple(channels)
        found = [band.copy() for band in self._shot.read_bands(frame, bands, channels=channels)]
        for band, (first, stop) in zip(found, bands, strict=True):
            _put(band, self._patches[frame], (first, stop), names, self.plate)
        return found


def _put(
    band: NDArray[Any], patch: Patch, rows: tuple[int, int], names: Sequence[str], plate: PlateInfo
) -> None:
    """Write a patch's new samples of some channels and rows into a band."""
    y, x = patch.y - plate.raster.y, patch.x - plate.raster.x
    for number, channel in enumerate(patch.channels):
        if channel.name in names:
            mine = (patch.channel == number) & (y >= rows[0]) & (y < rows[1])
            new = channel.sample.from_bits(patch.new[mine])
            band[y[mine] - rows[0], x[mine], np.intp(names.index(channel.name))] = new
