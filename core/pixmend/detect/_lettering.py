# SPDX-License-Identifier: Apache-2.0
"""Lettering and graphics that stand over a picture that moves: they cover the scene in every channel.

A photosite that lies spoils what one colour says. The others are of its neighbours, and go with the
scene: brighter or darker, they change as much as those around. What was laid over the picture later
takes light from all of them. A picture without colours cannot tell the two apart, and is not asked.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._change import LightAt
from pixmend.detect._glance import Trace

__all__ = ["change_left", "is_drawn", "lettered", "witnesses"]

_LOW, _HIGH = 0.2, 0.8  # quantiles over time: glints that pass are no change
_USUAL = 0.25  # quantile of the samples around: some may be covered too
_COVERED = 0.5  # of the change around is left
_BESIDE_PX = 24
_OTHERS = 2  # covered places or marks beside one: it stands in lettering
_FREE = 0.8  # of the change around, that what stands there must have
_WITNESSES = 7  # places along a line
_DRAWN = {1: 0.75, 3: 0.6}  # of the change around is left within so many pixels, in most of them
_DROWNED = (
    2.0  # times the change around is noise where it is as bright as there: codes may have coarser steps
)
_NOTHING = 1e-6  # of the change of the liveliest around
_LEAST_CHANNELS = 2  # must change around; one alone may be that of the photosite


def change_left(trace: Trace, light_at: LightAt, *, reach: int = 1) -> float:
    """Return how much of the change over time that there is around a place is there too, at its stillest pixel.

    Of each pixel the liveliest channel tells, in linear light: what a photosite adds or takes
    away in one colour changes nothing in the others.

    Parameters
    ----------
    light_at : callable
        Levels (C, ...) on the sigma scale -> linear level and noise, of the same shape.
    reach : int
        Pixels to the sides that belong to the place.

    Returns
    -------
    float
        About 1 where nothing covers the picture, 0 where something opaque does; infinite
        where one colour only changes, or none could be seen to, which tells nothing.
    """
    light, noise = light_at(np.moveaxis(trace.cores, 1, 0))
    low, high = np.quantile(light, (_LOW, _HIGH), axis=1)
    change = high - low
    usual, most = np.quantile(change[:, trace.rim], (_USUAL, 1.0 - _USUAL), axis=1)
    is_live = most > 0.0
    if is_live.sum() < _LEAST_CHANNELS:
        return np.inf
    least = np.maximum(usual, _NOTHING * most)[is_live]  # what is usual may be nothing, in thick lettering
    is_drowned = (np.median(noise[is_live], axis=1) > _DROWNED * most[is_live, None, None]).any(axis=0)
    share = np.where(is_drowned, np.inf, (change[is_live] / least[:, None, None]).max(axis=0))
    middle = share.shape[0] // 2
    place = slice(middle - reach, middle + reach + 1)
    return float(share[place, place].min())


def is_drawn(traces: Sequence[Trace], light_at: LightAt) -> bool:
    """Tell by places along a line whether it, or what stands close beside it, covers the picture."""
    return any(
        np.median([change_left(trace, light_at, reach=reach) for trace in traces]) < most
        for reach, most in _DRAWN.items()
    )


def lettered(
    places: Sequence[tuple[int, int]],
    left: NDArray[np.float64],
    *,
    is_mark: NDArray[np.bool_],
    is_alike: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Tell which of some places (N) are lettering: covered ones and marks side by side, or what is between such.

    One alone may be a photosite: where it is stuck codes may be too coarse to change.

    Parameters
    ----------
    left : (N,) float64 ndarray
        As `change_left` tells.
    is_mark : (N,) bool ndarray
        What shows clearly and is like nothing that lies: one may be texture, photosites
        do not come in strokes.
    is_alike : (N,) bool ndarray
        What looks like a photosite; beside lettering it may be one if nothing covers it.
    """
    at = np.array(places).reshape(-1, 2)
    may_be_letter = (left < _COVERED) | is_mark
    is_letter = may_be_letter & _has_others(at, may_be_letter, own=may_be_letter)
    beside = _has_others(at, is_letter, own=is_letter)
    return np.asarray(is_letter | (beside & ~(is_alike & (left >= _FREE))))


def _has_others(
    at: NDArray[np.intp], which: NDArray[np.bool_], *, own: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell at which places (N, 2) enough of some are near, besides their `own`."""
    apart = np.abs(at[:, None] - at[None, which]).max(axis=2)
    return np.asarray((apart <= _BESIDE_PX).sum(axis=1) - own >= _OTHERS)


def witnesses(first: int, stop: int) -> NDArray[np.intp]:
    """Return the places along a line, array positions, at which single frames are asked about it."""
    return np.linspace(first, stop, 2 * _WITNESSES + 1)[1::2].astype(np.intp)
