# SPDX-License-Identifier: Apache-2.0
"""A shot seen with other samples here and there."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from pixmend.frames import FrameSource
from pixmend.model import FrameRange, PlateInfo

__all__ = ["ShotView"]


class ShotView(ABC):
    """A `FrameSource` over another one, of which some samples differ; all of its frames, unless said otherwise.

    Parameters
    ----------
    shot : FrameSource
    """

    def __init__(self, shot: FrameSource) -> None:
        self._shot = shot

    @property
    def label(self) -> str:
        """As of the shot."""
        return self._shot.label

    @property
    def frames(self) -> FrameRange:
        """As of the shot."""
        return self._shot.frames

    @property
    def plate(self) -> PlateInfo:
        """As of the shot."""
        return self._shot.plate

    def read(
        self, frame: int, *, channels: Sequence[str] | None = None, rows: tuple[int, int] | None = None
    ) -> NDArray[Any]:
        """Read as `FrameSource.read`."""
        return self.read_bands(frame, [rows or (0, self.plate.raster.height)], channels=channels)[0]

    @abstractmethod
    def read_bands(
        self, frame: int, bands: Sequence[tuple[int, int]], *, channels: Sequence[str] | None = None
    ) -> list[NDArray[Any]]:
        """Read as `FrameSource.read_bands`."""
