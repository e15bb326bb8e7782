# SPDX-License-Identifier: Apache-2.0
"""Footprints of one frame -> holes, cut into windows that kriging can fill."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from pixmend.model import Defect, PlateInfo

__all__ = ["Tile", "bad_pixels", "doubtful_samples", "rows_around", "spoiled_samples", "tiles_of"]

_DEBAYER_PX = 2
_TILE_PX = 5  # a hole is filled in pieces of at most this side, so that each piece sees its rim


@dataclass(frozen=True, slots=True)
class Tile:
    """A piece of a hole: array rows [top, bottom), columns [left, right)."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def centre(self) -> tuple[int, int]:
        """Row and column on which the window is centred."""
        return (self.top + self.bottom - 1) // 2, (self.left + self.right - 1) // 2


def spoiled_samples(defects: Iterable[Defect], plate: PlateInfo) -> NDArray[np.intp]:
    """Return the spoiled colour samples of defects as (N, 3) rows of (channel, y, x), sorted, each once.

    Positions are array positions; channels index `plate.colour`. Samples of channels
    that hold no picture (alpha, depth) are left out.
    """
    index = {name: number for number, name in enumerate(plate.colour)}
    raster = plate.raster
    rows = {
        (index[channel], y - raster.y, x - raster.x)
        for defect in defects
        for x, y, channel in defect.pixels(plate.colour)
        if channel in index
    }
    return np.array(sorted(rows), np.intp).reshape(-1, 3)


def doubtful_samples(defects: Iterable[Defect], plate: PlateInfo) -> NDArray[np.intp]:
    """Return the samples that must not teach a fill, as (N, 3) rows of (channel, y, x).

    A footprint names the samples that are visibly off. Debayer spreads a little of the
    lie further, up to 2 px from the photosite, too faint to mend, but with the sign
    pattern that prediction leans on. So all samples in that reach, of the channels that
    the footprint names, are left out as neighbours. Positions may lie outside the raster.
    """
    index = {name: number for number, name in enumerate(plate.colour)}
    raster = plate.raster
    reach = range(-_DEBAYER_PX, _DEBAYER_PX + 1)
    rows = {
        (index[name], defect.y + dy - raster.y, defect.x + dx - raster.x)
        for defect in defects
        for name in {channel for _, _, channel in defect.pixels(plate.colour) if channel in index}
        for dy in reach
        for dx in reach
    }
    return np.array(sorted(rows), np.intp).reshape(-1, 3)


def bad_pixels(spoiled: NDArray[np.intp], height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels (H, W) that hold any spoiled sample."""
    is_bad = np.zeros((height, width), bool)
    is_bad[spoiled[:, 1], spoiled[:, 2]] = True
    return is_bad


def rows_around(spoiled: NDArray[np.intp], *, radius_px: int, height: int) -> list[tuple[int, int]]:
    """Return the array rows [r0, r1) that filling needs: disjoint, ascending.

    A tile's window may be centred up to half a tile away from a sample.
    """
    reach = radius_px + _TILE_PX
    bands: list[tuple[int, int]] = []
    for row in sorted({int(y) for y in spoiled[:, 1]}):
        top, bottom = max(row - reach, 0), min(row + reach + 1, height)
        if bands and top <= bands[-1][1]:
            bands[-1] = (bands[-1][0], max(bottom, bands[-1][1]))
        else:
            bands.append((top, bottom))
    return bands


def tiles_of(is_bad: NDArray[np.bool_]) -> Iterator[Tile]:
    """Cut each connected hole into tiles of at most 5 x 5 pixels, in a fixed order."""
    holes, _ = label(is_bad, structure=np.ones((3, 3)))
    for place in find_objects(holes):
        for top, bottom in _pieces(place[0]):
            for left, right in _pieces(place[1]):
                yield Tile(top, bottom, left, right)


def _pieces(extent: slice) -> Sequence[tuple[int, int]]:
    length = extent.stop - extent.start
    count = -(-length // _TILE_PX)
    edges = [extent.start + length * index // count for index in range(count + 1)]
    return list(pairwise(edges))
