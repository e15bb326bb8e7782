# SPDX-License-Identifier: Apache-2.0
"""The constellation of a map: which of its defects tell cameras apart, and where they are."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pixmend.model import Defect, DefectMap, Kind, Raster, Status

__all__ = ["Constellation", "constellation"]

# A line has no place along itself, and a hit of one frame is not the camera's.
_PLACELESS = frozenset({Kind.COLUMN, Kind.ROW, Kind.FLASH})
_APART_PX = 8.0  # nearer ones are one cluster, or one lamp: they come and go together


@dataclass(frozen=True, slots=True, eq=False)
class Constellation:
    """Points of a map, the strongest first.

    Attributes
    ----------
    points : (N, 2) float64 ndarray
        x and y in pixel space.
    indices : (N,) int64 ndarray
        Which defects of the map they are.
    weights : (N,) float64 ndarray
        How well known: by confidence, amplitude and votes; more than 0.
    raster : Raster
        The map's own, or what holds its points where it knows none.
    """

    points: NDArray[np.float64]
    indices: NDArray[np.int64]
    weights: NDArray[np.float64]
    raster: Raster

    def __len__(self) -> int:
        return len(self.points)

    def strongest(self, count: int) -> "Constellation":
        """Return the `count` strongest points."""
        return Constellation(self.points[:count], self.indices[:count], self.weights[:count], self.raster)


def constellation(defect_map: DefectMap) -> Constellation:
    """Return the points of a map that are not rejected, have a place, and stand apart."""
    chosen = [
        (index, each)
        for index, each in enumerate(defect_map.defects)
        if each.status is not Status.REJECTED and each.kind not in _PLACELESS
    ]
    chosen.sort(key=lambda pair: (-_weight(pair[1]), pair[1].y, pair[1].x, pair[0]))
    points = np.array([(each.x, each.y) for _, each in chosen], dtype=np.float64).reshape(-1, 2)
    apart = _standing_apart(points)
    return Constellation(
        points[apart],
        np.array([index for index, _ in chosen], dtype=np.int64)[apart],
        np.array([_weight(each) for _, each in chosen], dtype=np.float64)[apart],
        defect_map.raster or _raster_around(points),
    )


def _weight(defect: Defect) -> float:
    confidence = 0.5 if defect.confidence is None else defect.confidence
    votes = 1 if defect.votes is None else defect.votes.seen
    return (0.01 + confidence) * (1.0 + math.log1p(abs(defect.amplitude_sigma or 0.0))) * max(1, votes)


def _standing_apart(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the points that have no stronger one beside them."""
    is_kept = np.ones(len(points), dtype=np.bool_)
    if len(points):
        near = cKDTree(points).query_pairs(_APART_PX, output_type="ndarray")
        for strong, weak in near[np.lexsort((near[:, 1], near[:, 0]))]:
            if is_kept[strong]:
                is_kept[weak] = False
    return np.flatnonzero(is_kept)


def _raster_around(points: NDArray[np.float64]) -> Raster:
    if not len(points):
        return Raster(0, 0, 1, 1)
    low, high = points.min(axis=0), points.max(axis=0)
    # N random points leave about one N-th of the raster free beyond them.
    low, high = low - (high - low) / len(points), high + (high - low) / len(points)
    width, height = np.maximum(np.ceil(high - low), 64.0).astype(int)
    return Raster(int(low[0]), int(low[1]), int(width), int(height))
