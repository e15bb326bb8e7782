# SPDX-License-Identifier: Apache-2.0
"""Letterbox and pillarbox: where the picture ends, which no filter should take for a defect."""

import numpy as np
from numpy.typing import NDArray

from pixmend.stats import ShotStatistics

__all__ = ["without_mattes"]

_LINE_IS_PICTURE = (
    0.05  # of its samples change: more than burnt-in lettering, less than a pillarboxed picture
)
_MOSTLY_ALIVE = (
    0.9  # of the picture inside mattes; else what stands still is the scene, or a frame without noise
)


def without_mattes(statistics: ShotStatistics) -> ShotStatistics:
    """Return the statistics of the part of the raster that no matte is near.

    A matte is whole rows or columns at the border that never change, of a picture that
    else does everywhere. Frames were whitened with the matte in view, so the picture
    beside it is cut as well, as far as the whitening reaches.
    """
    is_alive: NDArray[np.bool_] = np.asarray((statistics.level_sigma() > 0).any(axis=0))
    rows, columns = (_picture_lines(is_alive.mean(axis=axis)) for axis in (1, 0))
    if is_alive[rows[0] : rows[1], columns[0] : columns[1]].mean() < _MOSTLY_ALIVE:
        return statistics
    margin = statistics.model.whitener.radius_px + 1
    top, bottom = _cut(rows, is_alive.shape[0], margin)
    left, right = _cut(columns, is_alive.shape[1], margin)
    if (bottom - top, right - left) == is_alive.shape or bottom <= top or right <= left:
        return statistics
    return statistics.part(rows=(top, bottom), columns=(left, right))


def _picture_lines(alive_share: NDArray[np.float64]) -> tuple[int, int]:
    """Return the first line that belongs to the picture and the one after the last; all where none does."""
    lines = np.flatnonzero(alive_share > _LINE_IS_PICTURE)
    return (int(lines[0]), int(lines[-1]) + 1) if lines.size else (0, len(alive_share))


def _cut(lines: tuple[int, int], side: int, margin: int) -> tuple[int, int]:
    first, stop = lines
    return first + margin if first else 0, stop - margin if stop < side else side
