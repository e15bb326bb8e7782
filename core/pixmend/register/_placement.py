# SPDX-License-Identifier: Apache-2.0
"""Where the pixels of one map lie in another's raster, and how a defect goes there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixmend.model import FARTHEST, Defect, DefectMap, Raster, Sample

__all__ = ["IDENTITY", "Placement", "placed"]

_ANYWHERE = Raster(-FARTHEST, -FARTHEST, 2 * FARTHEST + 1, 2 * FARTHEST + 1)
_LEAST_COVER = 0.25  # of a pixel, or of a smaller sample, that it must cover to spoil it


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Pixel (x, y) of one map lies at (scale_x * x + offset_x, scale_y * y + offset_y) of another.

    Attributes
    ----------
    scale_x, scale_y : float
        Never 0; negative where the picture is flipped.
    offset_x, offset_y : float
        In pixels of the other map.
    pairs : tuple of (int, int)
        Defects that it brings together, as indices into the two maps.
    log10_chance : float
        Logarithm of how many placements at least as good two unrelated maps of these
        sizes would show: -6 is one in a million. An upper bound.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0
    pairs: tuple[tuple[int, int], ...] = ()
    log10_chance: float = 0.0

    @property
    def is_flipped_x(self) -> bool:
        """True where left and right are exchanged."""
        return self.scale_x < 0

    @property
    def is_flipped_y(self) -> bool:
        """True where top and bottom are exchanged."""
        return self.scale_y < 0

    @property
    def is_identity(self) -> bool:
        """True where every pixel stays where it is."""
        return (self.scale_x, self.scale_y, self.offset_x, self.offset_y) == (1.0, 1.0, 0.0, 0.0)

    @property
    def zoom(self) -> float:
        """How many pixels a pixel becomes along its longer side."""
        return max(abs(self.scale_x), abs(self.scale_y))

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where (N, 2) points (x, y) lie in the other map."""
        return points * (self.scale_x, self.scale_y) + (self.offset_x, self.offset_y)

    def inverse(self) -> "Placement":
        """Return the placement of the other map in this one."""
        return Placement(
            scale_x=1.0 / self.scale_x,
            scale_y=1.0 / self.scale_y,
            # 0.0 - ...: an offset of nothing is 0.0, not -0.0
            offset_x=0.0 - self.offset_x / self.scale_x,
            offset_y=0.0 - self.offset_y / self.scale_y,
            pairs=tuple(sorted((there, here) for here, there in self.pairs)),
            log10_chance=self.log10_chance,
        )


IDENTITY = Placement()


def placed(defect_map: DefectMap, placement: Placement, *, raster: Raster | None = None) -> DefectMap:
    """Return a map as it lies in another raster.

    A sample goes to every pixel of which it covers a quarter, or a quarter of itself
    where pixels become larger. What falls outside `raster` is left out.

    Parameters
    ----------
    defect_map : DefectMap
    placement : Placement
        From the map's own pixels to those of `raster`.
    raster : Raster, optional
        Where the defects go; None where it is not known.
    """
    inside = raster or _ANYWHERE
    moved = (_placed_defect(each, placement, inside) for each in defect_map.defects)
    defects = tuple(each for each in moved if each is not None)
    return replace(defect_map, raster=raster, raster_extra={}, footprints=(), defects=defects)


def _placed_defect(defect: Defect, placement: Placement, inside: Raster) -> Defect | None:
    x = math.floor(placement.scale_x * defect.x + placement.offset_x + 0.5)
    y = math.floor(placement.scale_y * defect.y + placement.offset_y + 0.5)
    samples = {
        Sample(column - x, row - y, channel)
        for dx, dy, channel in defect.samples
        for row in _covered(defect.y + dy, placement.scale_y, placement.offset_y)
        for column in _covered(defect.x + dx, placement.scale_x, placement.offset_x)
        if inside.contains(column, row)
    }
    if not samples or not _ANYWHERE.contains(x, y):
        return None
    ordered = sorted(samples, key=lambda each: (each.dy, each.dx, each.channel))
    return replace(defect, x=x, y=y, samples=tuple(ordered))


def _covered(position: int, scale: float, offset: float) -> Iterable[int]:
    """Return the pixels of a row or column that pixel `position` covers there."""
    middle, half = scale * position + offset, abs(scale) / 2.0
    least = _LEAST_COVER * min(1.0, abs(scale))
    first = math.floor(middle - half + 0.5 + 1e-9)
    last = math.ceil(middle + half - 0.5 - 1e-9)
    return [
        pixel
        for pixel in range(first, last + 1)
        if min(pixel + 0.5, middle + half) - max(pixel - 0.5, middle - half) >= least
    ]
