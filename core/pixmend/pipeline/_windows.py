# SPDX-License-Identifier: Apache-2.0
"""Small windows of a frame: only the rows that they need are read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.frames import FrameSource
from pixmend.stats import SigmaScale

__all__ = ["read_windows"]

_APART_ROWS = 64  # bands that are nearer are read as one


def read_windows(
    shot: FrameSource, frame: int, places: Sequence[tuple[int, int]], scale: SigmaScale, *, side: int
) -> list[NDArray[np.float32]]:
    """Return the windows around places of one frame, on the sigma scale, mirrored at the borders.

    Parameters
    ----------
    places : sequence of (int, int)
        Array positions, y and x.
    side : int
        Of a window, in px; odd.

    Returns
    -------
    list of (C, side, side) float32 ndarray

    Raises
    ------
    FrameError
        If the frame cannot be read.
    """
    raster = shot.plate.raster
    reach = np.arange(side) - side // 2
    rows = [_mirrored(y + reach, raster.height) for y, _ in places]
    columns = [_mirrored(x + reach, raster.width) for _, x in places]
    bands = _joined([(int(each.min()), int(each.max()) + 1) for each in rows])
    samples = dict(zip(bands, shot.read_bands(frame, bands), strict=True)) if bands else {}
    windows = []
    for down, across in zip(rows, columns, strict=True):
        band = next(each for each in bands if each[0] <= down.min() and down.max() < each[1])
        windows.append(scale.forward(samples[band], rows=down - band[0], columns=across))
    return windows


def _joined(bands: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return bands of rows, those that touch or nearly do as one, in order."""
    joined: list[tuple[int, int]] = []
    for first, stop in sorted(bands):
        if joined and first <= joined[-1][1] + _APART_ROWS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((first, stop))
    return joined


def _mirrored(index: NDArray[np.intp], side: int) -> NDArray[np.intp]:
    """Return indices inside a side, as if it were mirrored at its ends again and again."""
    if side == 1:
        return np.zeros_like(index)
    around = index % (2 * side - 2)
    return np.minimum(around, 2 * side - 2 - around)
