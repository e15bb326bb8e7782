# SPDX-License-Identifier: Apache-2.0
"""What one photosite, and four joined ones, became where a plate was resized."""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._edge_directed import interpolate_spike
from pixmend.detect._line_resized import resampling
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS

__all__ = ["SCALES", "resized_photosites"]

SCALES = (0.5, 0.6, 0.67, 0.75, 0.85, 1.2, 1.33, 1.5, 1.75, 2.0)
"""Sizes of a plate over that of the sensor; a footprint of one between them is like a neighbour's."""

_OFFSETS_PX = np.arange(-1.0, 1.01, 0.25)
_FIELD_PX, _REACH_PX = 24, 5
_ALONE, _JOINED = ((0, 0),), ((0, 0), (0, 1), (1, 0), (1, 1))
_INTERPOLATIONS = (*DEMOSAICS.values(), interpolate_spike)


@lru_cache(maxsize=4)
def resized_photosites(scale: float, *, few: bool = False) -> NDArray[np.float64]:
    """Return shapes about a pixel of a plate so many times as large, (N, C, 7, 7), in linear light.

    Parameters
    ----------
    scale : float
    few : bool
        One photosite alone, at a coarser choice of places: enough to tell scales apart.
    """
    offsets = _OFFSETS_PX[::2] if few else _OFFSETS_PX
    across = np.stack([resampling(scale, offset)[2:-2] for offset in offsets])
    shapes = [
        np.einsum("ayi,cij,bxj->abcyx", across, source, across, optimize=True)
        for source in _sources((_ALONE,) if few else (_ALONE, _JOINED))
    ]
    return np.concatenate([each.reshape(-1, *each.shape[2:]) for each in shapes])


def _sources(blocks: tuple[tuple[tuple[int, int], ...], ...]) -> list[NDArray[np.float64]]:
    """Develop photosites of each place of the cell, (C, 11, 11)."""
    sources = []
    for interpolate, row, column, block in product(_INTERPOLATIONS, (0, 1), (0, 1), blocks):
        y, x = _FIELD_PX // 2 + row, _FIELD_PX // 2 + column
        raw = np.zeros((_FIELD_PX, _FIELD_PX))
        for dy, dx in block:
            raw[y + dy, x + dx] = 1.0
        working = np.tensordot(CAMERA_MATRIX, interpolate(raw), axes=1)
        sources.append(working[:, y - _REACH_PX : y + _REACH_PX + 1, x - _REACH_PX : x + _REACH_PX + 1])
    return sources
