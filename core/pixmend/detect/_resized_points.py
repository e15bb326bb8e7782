# SPDX-License-Identifier: Apache-2.0
"""What one photosite, and four joined ones, became where a plate was resized."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._edge_directed import interpolate_spike
from pixmend.detect._line_resized import resampling
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS, RADIUS_PX, Footprint, prior_footprints

__all__ = ["SCALES", "resized_photosites", "scale_told_by"]

SCALES = (0.5, 0.6, 0.67, 0.75, 0.85, 1.2, 1.33, 1.5, 1.75, 2.0)
"""Sizes of a plate over that of the sensor; a footprint of one between them is like a neighbour's."""

_OFFSETS_PX = np.arange(-1.0, 1.01, 0.25)
_FIELD_PX, _REACH_PX = 24, 5
_SIDE = 7
_SURELY_ALIKE = 0.85  # of what lasting defects taught, that a resized photosite explains
_ALONE, _JOINED = ((0, 0),), ((0, 0), (0, 1), (1, 0), (1, 1))
_INTERPOLATIONS = (*DEMOSAICS.values(), interpolate_spike)


@lru_cache(maxsize=4)
def resized_photosites(scale: float, *, few: bool = False, alone: bool = False) -> NDArray[np.float64]:
    """Return shapes about a pixel of a plate so many times as large, (N, C, 7, 7), in linear light.

    Parameters
    ----------
    scale : float
    few : bool
        One photosite alone, at a coarser choice of places: enough to tell scales apart.
    alone : bool
        Without four joined ones.
    """
    offsets = _OFFSETS_PX[::2] if few else _OFFSETS_PX
    across = np.stack([resampling(scale, offset)[2:-2] for offset in offsets])
    shapes = [
        np.einsum("ayi,cij,bxj->abcyx", across, source, across, optimize=True)
        for source in _sources((_ALONE,) if few or alone else (_ALONE, _JOINED))
    ]
    return np.concatenate([each.reshape(-1, *each.shape[2:]) for each in shapes])


def scale_told_by(learned: Sequence[Footprint]) -> float | None:
    """Return by how much a plate was resized, as what its lasting defects taught tells.

    None where nothing is learned, the plate has not three channels, or what is learned is like
    no photosite that was resized, or more like one that was not.
    """
    if not learned or len(learned[0].shape) != len(CAMERA_MATRIX):
        return None
    taught = _unit(np.stack([_middle_of(each.shape) for each in learned]))
    spare = _SIDE // 2 - RADIUS_PX
    sharp = np.pad(
        [each.shape for each in prior_footprints(len(CAMERA_MATRIX))],
        ((0, 0), (0, 0), *((spare, spare),) * 2),
    )
    alike = [
        _likeness(taught, each)
        for each in (sharp, *(resized_photosites(scale, alone=True) for scale in SCALES))
    ]
    best = int(np.argmax(alike))
    return SCALES[best - 1] if best > 0 and alike[best] >= _SURELY_ALIKE else None


def _likeness(taught: NDArray[np.float64], shapes: NDArray[np.float64]) -> float:
    """Return the mean share of what is taught (K, D), of unit size, that the best shape explains."""
    return float(np.square(taught @ _unit(shapes).T).max(axis=1).mean())


def _middle_of(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle 7 x 7 pixels of a shape (C, S, S)."""
    spare = (shape.shape[-1] - _SIDE) // 2
    return shape[:, spare : spare + _SIDE, spare : spare + _SIDE]


def _unit(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = shapes.reshape(len(shapes), -1)
    return np.asarray(flat / np.linalg.norm(flat, axis=1, keepdims=True))


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
