# SPDX-License-Identifier: Apache-2.0
"""What one frame says: whitened, scaled by its busyness, clipped, as whole numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from pixmend.arrays import mirrored
from pixmend.stats._evidence_kernels import BUSYNESS_RADIUS_PX, measure_strip
from pixmend.stats._model import ShotModel

__all__ = ["EXCESS_STEPS", "LEVEL_STEPS", "FrameEvidence", "PlanesAt", "measure_frame"]

EXCESS_STEPS = 32
"""Per sigma, of one frame's clipped excess."""

LEVEL_STEPS = 16
"""Per sigma, of one frame's level."""

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

    What is yielded holds until the next strip is asked for: its arrays are used again.
    """
    height, width = model.raster.height, model.raster.width
    window, busy = model.whitener.radius_px, 2 * BUSYNESS_RADIUS_PX
    columns = mirrored(np.arange(-window, width + window), width)
    room = len(model.channels) * min(_STRIP_ROWS, height) * width
    of_excess, of_level = np.empty(room, np.int16), np.empty(room, np.int32)
    for top in range(0, height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, height)
        first, stop = max(top - busy, 0), min(bottom + busy, height)
        values = planes_at(mirrored(np.arange(first - window, stop + window), height), columns)
        shape = (len(model.channels), bottom - top, width)
        size = int(np.prod(shape))
        excess, level = of_excess[:size].reshape(shape), of_level[:size].reshape(shape)
        seen = _measure_strip(values, model, top - first, (excess, level))
        yield FrameEvidence(top, excess, level, seen)


def _measure_strip(
    values: NDArray[np.float32],
    model: ShotModel,
    first: int,
    into: tuple[NDArray[np.int16], NDArray[np.int32]],
) -> NDArray[np.bool_]:
    """Measure a strip from row `first` on into `into`, and tell which pixels count.

    `values` has a whitening window's reach more on each side.
    """
    excess, level = into
    is_sound = bool(np.isfinite(values.sum()))
    finite = values if is_sound else np.where(np.isfinite(values), values, np.float32(0.0))
    limits = (_QUIETEST, model.clip_sigma, EXCESS_STEPS, _HIGHEST, LEVEL_STEPS)
    measure_strip(np.ascontiguousarray(finite), model.whitener.taps, first, limits, into)
    if is_sound:
        return np.ones(excess.shape[1:], bool)
    reach = model.whitener.radius_px + 2 * BUSYNESS_RADIUS_PX
    is_finite = np.asarray(np.isfinite(values).all(axis=0))
    is_lost = binary_dilation(~is_finite, np.ones((2 * reach + 1,) * 2, bool))
    inner = np.s_[model.whitener.radius_px + first :, model.whitener.radius_px :]
    seen = ~is_lost[inner][: excess.shape[1], : excess.shape[2]]
    excess[:, ~seen] = 0
    level[:, ~seen] = 0
    return seen
