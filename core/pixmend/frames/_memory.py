# SPDX-License-Identifier: Apache-2.0
"""A shot that lies in memory, for tests and for runs without files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, MissingFrameError
from pixmend.frames._source import check_bands, checked_channels
from pixmend.model import FrameRange, PlateInfo

__all__ = ["MemoryShot"]


class MemoryShot:
    """A `FrameSource` over arrays.

    Parameters
    ----------
    plate : PlateInfo
    frames : mapping of int to (height, width, channels) ndarray
        By frame number; the last axis is `plate.channels` in their order.
    label : str
    """

    def __init__(
        self, plate: PlateInfo, frames: Mapping[int, NDArray[Any]], *, label: str = "memory"
    ) -> None:
        self.plate = plate
        self.label = label
        self.frames = FrameRange(frames)
        self._arrays = dict(frames)

    def read(
        self,
        frame: int,
        *,
        channels: Sequence[str] | None = None,
        rows: tuple[int, int] | None = None,
    ) -> NDArray[Any]:
        """Read samples of one frame as `FrameSource.read` says."""
        whole = (0, self.plate.raster.height)
        return self.read_bands(frame, [whole if rows is None else rows], channels=channels)[0]

    def read_bands(
        self, frame: int, bands: Sequence[tuple[int, int]], *, channels: Sequence[str] | None = None
    ) -> list[NDArray[Any]]:
        """Read ranges of rows of one frame as `FrameSource.read_bands` says."""
        if frame not in self._arrays:
            raise MissingFrameError(f"frame {frame} is missing", where=self.label)
        names = checked_channels(self.plate, channels, where=self.label)
        check_bands(self.plate, bands)
        samples, raster = self._arrays[frame], self.plate.raster
        expected = (raster.height, raster.width, len(self.plate.channels))
        if samples.shape != expected:
            raise BadFrameError(
                f"frame {frame} has the shape {samples.shape}, not {expected}", where=self.label
            )
        order = [each.name for each in self.plate.channels]
        picked, dtype = [order.index(name) for name in names], self.plate.sample_type(names[0]).dtype
        return [np.ascontiguousarray(samples[first:stop, :, picked], dtype) for first, stop in bands]
