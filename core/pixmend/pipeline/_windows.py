# SPDX-License-Identifier: Apache-2.0
"""Small windows of a frame: only the rows that they need are read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.frames import FrameSource
from pixmend.stats import SigmaScale

__all__ = ["Window", "read_windows"]

Window = tuple[NDArray[np.intp], NDArray[np.intp]]
"""The rows and the columns of a window, array positions in any order."""

_APART_ROWS = 16  # bands that are nearer are read as one: a chunk of ZIP


def read_windows(
    shot: FrameSource, frame: int, windows: Sequence[Window], scale: SigmaScale
) -> list[NDArray[np.float32]]:
    """Return windows of one frame on the sigma scale, (C, rows, columns) each.

    Raises
    ------
    FrameError
        If the frame cannot be read.
    """
    bands = _joined([(int(rows.min()), int(rows.max()) + 1) for rows, _ in windows])
    samples = dict(zip(bands, shot.read_bands(frame, bands), strict=True)) if bands else {}
    found = []
    for rows, columns in windows:
        band = next(each for each in bands if each[0] <= rows.min() and rows.max() < each[1])
        found.append(scale.forward(samples[band], rows=rows - band[0], columns=columns))
    return found


def _joined(bands: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return bands of rows, those that touch or nearly do as one, in order."""
    joined: list[tuple[int, int]] = []
    for first, stop in sorted(bands):
        if joined and first <= joined[-1][1] + _APART_ROWS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((first, stop))
    return joined
