# SPDX-License-Identifier: Apache-2.0
"""A shot that lies in memory, for tests and for runs without files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import BadFrameError, MissingFrameError
from pixmend.frames._source import checked_channels, checked_rows
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
        if frame not in self._arrays:
            raise MissingFrameError(f"frame {frame} is missing", where=self.label)
        names = checked_channels(self.plate, channels, where=self.label)
        first, stop = checked_rows(self.plate, rows)
        samples, raster = self._arrays[frame], self.plate.raster
        expected = (raster.height, raster.width, len(self.plate.channels))
        if samples.shape != expected:
            raise BadFrameError(
                f"frame {frame} has the shape {samples.shape}, not {expected}", where=self.label
            )
        order = [each.name for each in self.plate.channels]
        picked = samples[first:stop, :, [order.index(name) for name in names]]
        return np.ascontiguousarray(picked, dtype=self.plate.sample_type(names[0]).dtype)
