# SPDX-License-Identifier: Apache-2.0
"""Footprints of one frame -> holes, cut into windows that kriging can fill."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from pixmend.model import Defect, Kind, PlateInfo

__all__ = [
    "NOTHING",
    "Holes",
    "Tile",
    "bad_pixels",
    "doubtful_samples",
    "find_holes",
    "rows_of_windows",
    "spoiled_samples",
    "tiles_of",
]

NOTHING: NDArray[np.intp] = np.zeros((0, 3), np.intp)

_DEBAYER_PX = 2
_MANY_PHOTOSITES = {Kind.CLUSTER, Kind.COLUMN, Kind.ROW}
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


@dataclass(frozen=True, slots=True, eq=False)
class Holes:
    """What filling needs to know of some defects before it has seen a frame.

    Attributes
    ----------
    spoiled : (N, 3) int ndarray
        (channel, y, x) array positions.
    rows : tuple of (int, int)
        The array rows that filling reads, disjoint, ascending.
    origins : (T, 2) int ndarray
        Array row and column of each window's first sample; may lie outside of the raster.
    is_target : (T, C, side, side) bool ndarray
        The spoiled samples that each window is there to fill; each is in one window.
    is_sound : (T, C, side, side) bool ndarray
        Samples inside the raster that are neither spoiled nor doubtful.
    places : (N,) int ndarray
        Which of `spoiled` the targets are, window after window, channel-major in each.
    """

    spoiled: NDArray[np.intp]
    rows: tuple[tuple[int, int], ...]
    origins: NDArray[np.intp]
    is_target: NDArray[np.bool_]
    is_sound: NDArray[np.bool_]
    places: NDArray[np.intp]


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

    That holds for what was measured as one photosite. Lines and clusters have no one
    photosite in their middle, and what a person or a mask named is taken at its word.
    """
    index = {name: number for number, name in enumerate(plate.colour)}
    raster = plate.raster
    reach = range(-_DEBAYER_PX, _DEBAYER_PX + 1)
    rows = {
        (index[name], defect.y + dy - raster.y, defect.x + dx - raster.x)
        for defect in defects
        if defect.amplitude_sigma is not None and defect.kind not in _MANY_PHOTOSITES
        for name in {channel for _, _, channel in defect.pixels(plate.colour) if channel in index}
        for dy in reach
        for dx in reach
    }
    return np.array(sorted(rows), np.intp).reshape(-1, 3)


def bad_pixels(spoiled: NDArray[np.intp], height: int, width: int, *, block_px: int = 1) -> NDArray[np.bool_]:
    """Return the pixels (H, W) that hold any spoiled sample, or may hold one that is coded with it.

    Parameters
    ----------
    spoiled : (N, 3) int ndarray
        (channel, y, x) array positions.
    block_px : int
        Side of the blocks that a codec codes together. They may begin anywhere (at the corner of
        a tile), so all pixels count that could be in the block of a spoiled one.
    """
    is_bad = np.zeros((height, width), bool)
    reach = np.arange(1 - block_px, block_px)
    columns = (spoiled[:, 2, None] + reach).clip(0, width - 1)
    for down in reach:
        is_bad[(spoiled[:, 1, None] + down).clip(0, height - 1), columns] = True
    return is_bad


def rows_of_windows(tops: Iterable[int], *, side: int, height: int) -> tuple[tuple[int, int], ...]:
    """Return the array rows [r0, r1) that windows cover: disjoint, ascending, inside the frame."""
    rows: list[tuple[int, int]] = []
    for top in sorted(tops):
        first, stop = max(top, 0), min(top + side, height)
        if rows and first <= rows[-1][1]:
            rows[-1] = (rows[-1][0], max(stop, rows[-1][1]))
        else:
            rows.append((first, stop))
    return tuple(rows)


def find_holes(
    spoiled: NDArray[np.intp],
    shape: tuple[int, int, int],
    *,
    radius_px: int,
    doubtful: NDArray[np.intp] = NOTHING,
) -> Holes:
    """Cut the spoiled samples of a frame into windows that kriging can fill.

    Parameters
    ----------
    spoiled : (N, 3) int ndarray
        (channel, y, x) array positions, each once.
    shape : (int, int, int)
        C, H, W of the frame.
    radius_px : int
        Of the windows.
    doubtful : (M, 3) int ndarray
        Samples that stay as they are but teach nothing; those beyond the borders do not matter.
    """
    channels, height, width = shape
    side = 2 * radius_px + 1
    reach = side + _TILE_PX  # a window may be centred up to half a tile away from a sample
    apart = rows_of_windows(
        (row - reach for row in np.unique(spoiled[:, 1]).tolist()), side=2 * reach, height=height
    )
    origins, targets, sounds, places = [], [], [], []
    for band in apart:  # holes of one cannot reach into another
        local = _Band(spoiled, doubtful, band, (channels, width))
        for tile in tiles_of(local.number.max(axis=0) > 0):
            row, column = (place - radius_px for place in tile.centre)
            numbers = _cut(local.number, (row, column), side)
            own = np.zeros((side, side), bool)
            own[tile.top - row : tile.bottom - row, tile.left - column : tile.right - column] = True
            is_target = own & (numbers > 0)
            inside = local.rows_inside(row, side)[:, None] & _inside(column, side, width)
            origins.append((row + band[0], column))
            targets.append(is_target)
            sounds.append(inside & (numbers == 0))
            places.append(numbers[is_target] - 1)
    return Holes(
        spoiled,
        rows_of_windows((row for row, _ in origins), side=side, height=height),
        np.array(origins, np.intp).reshape(-1, 2),
        np.array(targets, bool).reshape(-1, channels, side, side),
        np.array(sounds, bool).reshape(-1, channels, side, side),
        np.concatenate([*places, np.zeros(0, np.intp)]),
    )


class _Band:
    """Which samples of some rows are spoiled (their number from 1) or doubtful (-1); else 0."""

    def __init__(
        self,
        spoiled: NDArray[np.intp],
        doubtful: NDArray[np.intp],
        rows: tuple[int, int],
        shape: tuple[int, int],
    ) -> None:
        channels, width = shape
        self.height = rows[1] - rows[0]
        self.number = np.zeros((channels, self.height, width), np.intp)
        local = doubtful - np.array([0, rows[0], 0])
        inside = (local[:, 1:] >= 0).all(axis=1) & (local[:, 1:] < (self.height, width)).all(axis=1)
        self.number[tuple(local[inside].T)] = -1
        mine = np.flatnonzero((spoiled[:, 1] >= rows[0]) & (spoiled[:, 1] < rows[1]))
        self.number[tuple((spoiled[mine] - np.array([0, rows[0], 0])).T)] = mine + 1

    def rows_inside(self, first: int, side: int) -> NDArray[np.bool_]:
        """Tell which rows of a window are in the frame: bands end only at its borders or out of reach."""
        return _inside(first, side, self.height)


def _inside(first: int, side: int, length: int) -> NDArray[np.bool_]:
    places = np.arange(first, first + side)
    return (places >= 0) & (places < length)


def _cut(planes: NDArray[np.intp], origin: tuple[int, int], side: int) -> NDArray[np.intp]:
    """Return a window (C, side, side); what lies outside repeats the border, and counts for nothing."""
    row, column = (
        np.clip(np.arange(first, first + side), 0, length - 1)
        for first, length in zip(origin, planes.shape[1:], strict=True)
    )
    return planes[:, row[:, None], column]


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
