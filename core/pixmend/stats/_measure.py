# SPDX-License-Identifier: Apache-2.0
"""What one frame says: whitened, scaled by its busyness, clipped, as whole numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from pixmend.arrays import mirrored
from pixmend.stats._busyness_kernels import local_scale
from pixmend.stats._kernels import quantise_excess, quantise_level
from pixmend.stats._model import ShotModel

__all__ = ["EXCESS_STEPS", "LEVEL_STEPS", "FrameEvidence", "PlanesAt", "measure_frame"]

EXCESS_STEPS = 32
"""Per sigma, of one frame's clipped excess."""

LEVEL_STEPS = 16
"""Per sigma, of one frame's level."""

_BUSYNESS_RADIUS_PX = 3  # a window of 7 px: texture is silenced where it is, and only there
_QUIETEST = 0.05  # of the model's own whitened sigma: nothing is scaled up more than 20 times
_HIGHEST = 380_000.0  # sigma; above what any half float gives, and its sums fit
_STRIP_ROWS = 128  # at a time: what lies between stays small, and mostly in the cache

PlanesAt = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float32]]
"""Rows and columns of a frame -> these on the sigma scale, (C, rows, columns) float32."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameEvidence:
    """What a strip of one frame adds, from row `top` on: whole numbers, (C, rows, W) and (rows, W)."""

    top: int
    excess: NDArray[np.int16]
    level: NDArray[np.int32]
    seen: NDArray[np.bool_]


def measure_frame(planes_at: PlanesAt, model: ShotModel) -> Iterator[FrameEvidence]:
    """Whiten one frame and quantise what it says, strip by strip.

    Parameters
    ----------
    planes_at : callable
        Gives rows and columns of the frame as `SigmaScale.forward` does. Asked for the
        frame mirrored at its borders.

    Notes
    -----
    NaN: a non-finite sample counts at no pixel whose whitening window holds it, and
    changes nothing else.
    """
    height, width = model.raster.height, model.raster.width
    window, busy = model.whitener.radius_px, 2 * _BUSYNESS_RADIUS_PX
    columns = mirrored(np.arange(-window, width + window), width)
    for top in range(0, height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, height)
        first, stop = max(top - busy, 0), min(bottom + busy, height)
        values = planes_at(mirrored(np.arange(first - window, stop + window), height), columns)
        yield _measure_strip(values, model, top=top, rows=slice(top - first, bottom - first))


def _measure_strip(values: NDArray[np.float32], model: ShotModel, *, top: int, rows: slice) -> FrameEvidence:
    """Measure `rows` of a whitened strip; `values` has a whitening window's reach more on each side."""
    reach = model.whitener.radius_px
    is_sound = bool(np.isfinite(values.sum()))
    finite = np.ones(values.shape[1:], bool)
    if not is_sound:
        finite = np.asarray(np.isfinite(values).all(axis=0))
        values = np.where(np.isfinite(values), values, np.float32(0.0))
    whitened = model.whitener.whiten(values)
    inner = (slice(reach + rows.start, reach + rows.stop), slice(reach, values.shape[2] - reach))
    shape = (len(values), rows.stop - rows.start, whitened.shape[2])
    excess, level = np.empty(shape, np.int16), np.empty(shape, np.int32)
    for channel, plane in enumerate(whitened):
        busyness = local_scale(plane, _BUSYNESS_RADIUS_PX)[rows]
        excess[channel] = quantise_excess(plane[rows], busyness, _QUIETEST, model.clip_sigma, EXCESS_STEPS)
        level[channel] = quantise_level(values[channel][inner], LEVEL_STEPS, _HIGHEST)
    seen = np.ones(shape[1:], bool)
    if not is_sound:
        side = 2 * (reach + 2 * _BUSYNESS_RADIUS_PX) + 1
        seen = ~binary_dilation(~finite, np.ones((side, side), bool))[inner]
        excess[:, ~seen] = 0
        level[:, ~seen] = 0
    return FrameEvidence(top, excess, level, seen)
