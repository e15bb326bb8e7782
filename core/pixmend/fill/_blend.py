# SPDX-License-Identifier: Apache-2.0
"""Neighbours that lie on the frame -> one picture of what stands there, and how well it fits around the hole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from pixmend.fill._motion import Compensated

__all__ = ["Blend", "blend", "nearness_to"]

_NEAR_PX = 1.5  # the rim of a hole tells most of what is in it
_FAR = 1e-3  # how much the farthest samples count
_WORST = 2.0  # a neighbour that fits so many times worse than the best is left out


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """What the neighbours together say of a window.

    Attributes
    ----------
    values : (C, side, side) float64 ndarray
        Sigma scale, brought to the levels of the frame's channels; the frame's own samples
        where no neighbour tells, 0 where neither does.
    is_seen : (C, side, side) bool ndarray
        Where neighbours tell.
    misfit : float
        Weighted mean square of frame less blend over the known samples, 1 for the shot's noise.
    noise_gain : float
        Variance of its noise over that of the frame's.
    """

    values: NDArray[np.float64]
    is_seen: NDArray[np.bool_]
    misfit: float
    noise_gain: float


def nearness_to(is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how much each known sample (C, side, side) says of how well neighbours fit in a hole; 0 elsewhere."""
    away = np.asarray(distance_transform_edt(np.asarray(~is_target.any(axis=0)))) - 1.0
    bell = np.exp(-0.5 * (away / _NEAR_PX) ** 2) + _FAR
    return np.asarray(np.where(is_known, bell, 0.0))


def blend(
    window: NDArray[np.float32],
    nearness: NDArray[np.float64],
    neighbours: Sequence[Compensated],
    noise: NDArray[np.float64],
) -> Blend | None:
    """Average neighbours, the better ones more.

    Parameters
    ----------
    window : (C, side, side) float32 ndarray
        Of the frame itself; read only where `nearness` is above 0.
    nearness : (C, side, side) float64 ndarray
        As of `nearness_to`.
    neighbours : sequence of Compensated
        One or more.
    noise : (C,) float64 ndarray
        Variance of each channel's noise.

    Returns
    -------
    Blend or None
        None where no neighbour has a sample in common with what is known.
    """
    known = nearness > 0.0
    frame = np.where(known, window, 0.0).astype(np.float64)
    seen = np.stack([np.isfinite(each.values) for each in neighbours])
    values = np.stack([np.where(np.isfinite(each.values), each.values, 0.0) for each in neighbours])
    share = np.where(seen, nearness, 0.0)
    total = share.sum(axis=(2, 3))
    if not total.sum(axis=1).all():
        return None
    off = np.where(share > 0.0, frame - values, 0.0)
    level = np.einsum("jcyx,jcyx->jc", share, off) / np.maximum(total, _FAR)
    off = np.where(share > 0.0, off - level[:, :, None, None], 0.0)
    misfits = np.einsum("jcyx,jcyx,c->j", share, off * off, 1.0 / noise) / total.sum(axis=1)
    weight = np.where(misfits <= _WORST * misfits.min(), 1.0 / np.maximum(misfits - 0.7, 0.3), 0.0)
    weight /= weight.sum()
    told = np.einsum("j,jcyx->cyx", weight, seen.astype(np.float64))
    is_seen = told > 0.5
    mixed = np.einsum("j,jcyx->cyx", weight, np.where(seen, values + level[:, :, None, None], 0.0))
    mixed = np.where(is_seen, mixed / np.maximum(told, 0.5), frame)
    share = np.where(is_seen, nearness, 0.0)
    misfit = np.einsum("cyx,cyx,c->", share, (frame - mixed) ** 2, 1.0 / noise) / max(share.sum(), _FAR)
    gains = np.array([(each.taps[0] ** 2).sum() * (each.taps[1] ** 2).sum() for each in neighbours])
    return Blend(mixed, is_seen, float(misfit), float((weight**2 * gains).sum()))
