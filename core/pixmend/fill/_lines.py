# SPDX-License-Identifier: Apache-2.0
"""Columns and rows of photosites: which of a line's samples are lied to alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.model import Defect, Kind, PlateInfo

__all__ = ["Line", "line_of"]

_AXES = {Kind.COLUMN: 1, Kind.ROW: 2}  # of (channel, y, x): along which a line runs
_SEGMENT_PX = 8
_PHASES = 2
_END_PX = 2  # debayer mixes the last photosites of a line with sound ones
_WIDEST_PX = 5
_SHORTEST_PX = 16
_CONTROLS_PX = (-14, -8, 8, 14)  # even, so that the mosaic is the same there


@dataclass(frozen=True, slots=True)
class Line:
    """Where a column or row lies in the arrays of a frame.

    Attributes
    ----------
    axis : int
        Of (channel, y, x): 1 for a column, 2 for a row.
    first, stop : int
        Its extent along that axis.
    left, right : int
        Its extent across, of which right is not part.
    channels : int
        Of the plate.
    length : int
        Of the frame along that axis: a line that runs to its border does not end there.
    """

    axis: int
    first: int
    stop: int
    left: int
    right: int
    channels: int
    length: int

    @property
    def segments(self) -> int:
        """How many pieces it is measured in."""
        return max(1, round((self.stop - self.first) / _SEGMENT_PX))

    @property
    def kinds(self) -> int:
        """How many kinds of samples there are: by phase along, place across and channel."""
        return _PHASES * (self.right - self.left) * self.channels

    def segment(self, samples: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the piece (N,) that each of the line's samples (N, 3) of (channel, y, x) is in."""
        return (samples[:, self.axis] - self.first) * self.segments // (self.stop - self.first)

    def kind(self, samples: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the kind (N,) of each of the line's samples (N, 3) of (channel, y, x)."""
        across = samples[:, 3 - self.axis] - self.left
        width = self.right - self.left
        return (samples[:, 0] * width + across) * _PHASES + samples[:, self.axis] % _PHASES

    def is_inner(self, samples: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell which of its samples (N, 3) are so far from its ends that they are lied to as the others are."""
        along = samples[:, self.axis]
        top = 0 if self.first == 0 else self.first + _END_PX
        bottom = self.stop if self.stop == self.length else self.stop - _END_PX
        return np.asarray((along >= top) & (along < bottom))

    def box(self, step: int, shape: tuple[int, int, int]) -> NDArray[np.intp]:
        """Return all samples of its rectangle in a frame (C, H, W), moved across by `step` px: (N, 3)."""
        along = np.arange(self.first, self.stop)
        across = np.arange(self.left + step, self.right + step)
        places = list(np.meshgrid(np.arange(self.channels), along, across, indexing="ij"))
        if self.axis == _AXES[Kind.ROW]:
            places = [places[0], places[2], places[1]]
        samples = np.stack([each.ravel() for each in places], axis=1)
        return samples[((samples >= 0) & (samples < shape)).all(axis=1)]

    def beside(self) -> Sequence[int]:
        """Return by how many px the line is moved across, to be compared with sound places; 0 is itself."""
        return (0, *_CONTROLS_PX)


def line_of(defect: Defect, plate: PlateInfo) -> Line | None:
    """Return where a defect that is a column or a row lies; None for others and for what is too short or wide."""
    colour = list(plate.colour)
    found = [(colour.index(name), y, x) for x, y, name in defect.pixels(colour) if name in colour]
    if defect.kind not in _AXES or not found:
        return None
    samples = np.array(found, np.intp) - np.array([0, plate.raster.y, plate.raster.x])
    axis = _AXES[defect.kind]
    along, across = samples[:, axis], samples[:, 3 - axis]
    centre = (defect.x - plate.raster.x) if axis == 1 else (defect.y - plate.raster.y)
    reach = _WIDEST_PX // 2
    if np.abs(across - centre).max() > reach or np.ptp(along) + 1 < _SHORTEST_PX:
        return None
    length = plate.raster.height if axis == 1 else plate.raster.width
    return Line(
        axis, int(along.min()), int(along.max()) + 1, centre - reach, centre + reach + 1, len(colour), length
    )
