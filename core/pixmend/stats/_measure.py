# SPDX-License-Identifier: Apache-2.0
"""What one frame says: whitened, scaled by its busyness, clipped, as whole numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from pixmend.arrays import mirrored
from pixmend.stats._evidence_kernels import BUSYNESS_RADIUS_PX, fresh_rings, measure_band
from pixmend.stats._kernels import take_out_what_is_not_finite
from pixmend.stats._model import ShotModel
from pixmend.stats._whiten import RADIUS_PX

__all__ = ["EXCESS_STEPS", "LEVEL_STEPS", "FrameEvidence", "PlanesAt", "measure_frame"]

EXCESS_STEPS = 32
"""Per sigma, of one frame's clipped excess."""

LEVEL_STEPS = 16
"""Per sigma, of one frame's level."""

_QUIETEST = 0.05  # of the model's own whitened sigma: nothing is scaled up more than 20 times
_HIGHEST = 380_000.0  # sigma; above what any half float gives, and its sums fit
_BAND = (128, 1408)  # rows and columns at a time: they stay in the cache, and few are worked on twice

_WINDOW, _BUSY = RADIUS_PX, 2 * BUSYNESS_RADIUS_PX
_REACH = _WINDOW + _BUSY  # so far away a sample still matters

PlanesAt = Callable[[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float32]], None]
"""Puts rows and columns of a frame on the sigma scale into planes (C, rows, columns) float32."""

_Room = tuple[NDArray[np.float32], NDArray[np.int16], NDArray[np.int32], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class FrameEvidence:
    """What some rows and columns of one frame add: whole numbers, (C, rows, columns) and (rows, columns)."""

    top: int
    left: int
    excess: NDArray[np.int16]
    level: NDArray[np.int32]
    seen: NDArray[np.bool_]


def measure_frame(planes_at: PlanesAt, model: ShotModel) -> Iterator[FrameEvidence]:
    """Whiten one frame and quantise what it says, band by band.

    Parameters
    ----------
    planes_at : callable
        Gives rows and columns of the frame as `SigmaScale.forward` does. Asked for the
        frame mirrored at its borders, piece by piece.

    Notes
    -----
    NaN: a non-finite sample counts at no pixel whose whitening window holds it, and
    changes nothing else.

    What is yielded holds until the next band is asked for: its arrays are used again.
    """
    room = len(model.channels) * min(_BAND[0], model.raster.height) * min(_BAND[1], model.raster.width)
    into = np.empty(room, np.int16), np.empty(room, np.int32)
    padded = len(model.channels) * (_BAND[0] + 2 * _REACH) * (_BAND[1] + 2 * _REACH)
    of_marks = np.empty((_BAND[0] + 2 * _REACH) * (_BAND[1] + 2 * _REACH), bool)
    rooms = np.empty(padded, np.float32), *into, of_marks
    strips = -(-model.raster.width // _BAND[1])
    borders = [model.raster.width * index // strips for index in range(strips + 1)]
    for left, right in pairwise(borders):
        yield from _measure_strip(planes_at, model, (left, right), rooms)


def _measure_strip(
    planes_at: PlanesAt, model: ShotModel, strip: tuple[int, int], room: _Room
) -> Iterator[FrameEvidence]:
    """Measure the columns of a strip, from one up to another, from top to bottom; all arrays are pieces of `room`."""
    height, width = model.raster.height, model.raster.width
    left, right = strip
    first, stop = max(left - _BUSY, 0), min(right + _BUSY, width)
    columns = mirrored(np.arange(first - _WINDOW, stop + _WINDOW), width)
    rings = fresh_rings(len(model.channels), stop - first)
    limits = (_QUIETEST, model.clip_sigma, EXCESS_STEPS, _HIGHEST, LEVEL_STEPS)
    above = np.zeros((0, len(columns)), bool)
    for top in range(0, height, _BAND[0]):
        bottom = min(top + _BAND[0], height)
        enters = top + _BUSY if top else 0
        rows = mirrored(np.arange(enters - _REACH, bottom + _REACH), height)
        shape = (len(model.channels), bottom - top, right - left)
        values = _piece(room[0], (shape[0], len(rows), len(columns)))
        excess, level = _piece(room[1], shape), _piece(room[2], shape)
        planes_at((rows, columns), values)
        is_bad = _piece(room[3], (len(above) + len(rows), len(columns)))
        is_bad[: len(above)], is_bad[len(above) :] = above, False
        is_any_bad = take_out_what_is_not_finite(values, is_bad[len(above) :]) or above.any()
        span = (enters, bottom + _BUSY, height, left - first)
        measure_band(values, model.whitener.taps, span, limits, rings, (excess, level))
        seen = np.ones(shape[1:], bool)
        if is_any_bad:
            seen = _seen(is_bad, (_REACH, left - first + _WINDOW), shape[1:])
            excess[:, ~seen] = 0
            level[:, ~seen] = 0
        above = is_bad[-2 * _REACH : -2 * _REACH + _BUSY].copy()
        yield FrameEvidence(top, left, excess, level, seen)


def _piece(room: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    return room[: prod(shape)].reshape(shape)


def _seen(is_bad: NDArray[np.bool_], first: tuple[int, int], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels count, (R, M): those from row and column `first` on that nothing bad is near."""
    is_near = binary_dilation(is_bad, np.ones((2 * _REACH + 1,) * 2, bool))
    row, column = first
    return ~is_near[row : row + shape[0], column : column + shape[1]]
