# SPDX-License-Identifier: Apache-2.0
"""Letterbox and pillarbox: where the picture ends, which no filter should take for a defect."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.stats import ShotStatistics

__all__ = ["without_mattes"]

_OF_A_MATTE = 0.95  # of a line's samples are one value; the rest may be burnt-in lettering
_DARK = 0.02  # of the picture's samples are no brighter than a matte, beside the matte itself


def without_mattes(statistics: ShotStatistics) -> ShotStatistics:
    """Return the statistics of the part of the raster that no matte is near.

    A matte is whole rows or columns at the border that are one value, as dark as anything
    in the picture. Frames were whitened with the matte in view, so the picture beside it is
    cut as well, as far as the whitening reaches. A picture that is matte all over stays whole.
    """
    level = statistics.level
    height, width = level.shape[1:]
    top, bottom = _picture_lines(level)
    if bottom <= top:
        return statistics
    left, right = _picture_lines(np.swapaxes(level[:, top:bottom], 1, 2))
    if right <= left or (top, bottom, left, right) == (0, height, 0, width):
        return statistics
    margin = statistics.model.whitener.radius_px + 1
    rows, columns = _cut((top, bottom), height, margin), _cut((left, right), width, margin)
    if rows[1] <= rows[0] or columns[1] <= columns[0] or not _is_dark(level, rows, columns):
        return statistics
    return statistics.part(rows=rows, columns=columns)


def _picture_lines(level: NDArray[np.int32]) -> tuple[int, int]:
    """Return the first row of (C, H, W) sums that is no matte, and the one after the last."""
    height = level.shape[1]
    first = _matte_rows(level, range(height))
    return first, height - _matte_rows(level, range(height - 1, first - 1, -1))


def _matte_rows(level: NDArray[np.int32], rows: Sequence[int]) -> int:
    """Count how many of `rows` are matte until the first that is not."""
    for count, row in enumerate(rows):
        line = level[:, row]
        usual = np.median(line, axis=1, keepdims=True)
        if (line == usual).all(axis=0).mean() < _OF_A_MATTE:
            return count
    return len(rows)


def _is_dark(level: NDArray[np.int32], rows: tuple[int, int], columns: tuple[int, int]) -> bool:
    """Tell whether what is cut off is darker than nearly all of what is left: a white sky is no matte."""
    picture = level[:, rows[0] : rows[1], columns[0] : columns[1]]
    line = level[:, 0] if rows[0] else level[:, -1]
    if not rows[0] and rows[1] == level.shape[1]:
        line = level[:, :, 0] if columns[0] else level[:, :, -1]
    matte = np.median(line, axis=1)
    return all(float((plane < value).mean()) <= _DARK for plane, value in zip(picture, matte, strict=True))


def _cut(lines: tuple[int, int], side: int, margin: int) -> tuple[int, int]:
    first, stop = lines
    return first + margin if first else 0, stop - margin if stop < side else side
