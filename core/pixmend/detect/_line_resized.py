# SPDX-License-Identifier: Apache-2.0
"""What a bad column became where a plate was resized: stretched, between pixels, the same in all rows."""

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._line_shapes import LINE_REACH_PX, NEIGHBOURS, developed_shapes

__all__ = ["best_resized", "resampling", "resized_shapes"]

_SCALES = (0.5, 0.67, 0.75, 0.85, 1.2, 1.33, 1.5, 2.0)
_OFFSETS_PX = np.arange(-1.5, 1.51, 0.25)
_TINY, _ALIKE = 1e-12, 1e-6


@cache
def resized_shapes(channels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return profiles across bad columns of resized plates, and where their middles are.

    Returns
    -------
    shapes : (N, K, 2, C, 11) float64 ndarray
        For each of the K colours of a column the profile in even and in odd rows: the
        same, for what was a row is no longer one.
    offsets : (N,) float64 ndarray
        In px from the middle of the profile.

    Notes
    -----
    Keys' cubic (IEEE Trans. ASSP 29 (1981) 1153), stretched where the plate gets smaller.
    """
    middle = NEIGHBOURS.index(0)
    sources = [
        shape.columns[middle].mean(axis=1, keepdims=True)
        for shape in developed_shapes(channels)
        if shape.columns.shape[1] == 2 or channels == 1
    ]
    grid = list(product(_SCALES, _OFFSETS_PX))
    resampled = [source @ resampling(scale, offset).T for source in sources for scale, offset in grid]
    both = np.repeat(np.stack(resampled), 2, axis=2)
    return both, np.tile([offset for _, offset in grid], len(sources))


def resampling(scale: float, offset: float) -> NDArray[np.float64]:
    """Return the (11, 11) weights of columns in pixels of a plate so many times as large."""
    place = np.arange(-LINE_REACH_PX, LINE_REACH_PX + 1)
    stretch = max(1.0 / scale, 1.0)
    wide = np.arange(-4 * LINE_REACH_PX, 4 * LINE_REACH_PX + 1)
    weights = _keys((wide - ((place - offset) / scale)[:, None]) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights[:, np.abs(wide) <= LINE_REACH_PX])


def _keys(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    d = np.abs(distance)
    near, far = (1.5 * d - 2.5) * d * d + 1, ((2.5 - 0.5 * d) * d - 4) * d + 2
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


def best_resized(white: NDArray[np.float64], excess: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    """Return which of N shapes explains most of an excess (D,), and the amplitudes of its K colours.

    Parameters
    ----------
    white : (N, K, D) float64 ndarray
        As white as the excess; K is 1 or 2. Their amplitudes have one sign.
    """
    shares = white @ excess
    energy = np.square(white).sum(axis=2)
    alone = shares / np.maximum(energy, _TINY)
    single = np.argmax(shares * alone, axis=1)
    weights = np.where(np.arange(white.shape[1]) == single[:, None], alone, 0.0)
    if white.shape[1] == 2:
        across = np.einsum("nd,nd->n", white[:, 0], white[:, 1])
        apart = energy.prod(axis=1) - across**2
        both = shares * energy[:, ::-1] - shares[:, ::-1] * across[:, None]
        both /= np.maximum(apart, _TINY)[:, None]
        is_of_one_sign = (both >= 0.0).all(axis=1) | (both <= 0.0).all(axis=1)
        is_of_both = is_of_one_sign & (apart > _ALIKE * energy.prod(axis=1))
        weights = np.where(is_of_both[:, None], both, weights)
    best = int((weights * shares).sum(axis=1).argmax())
    return best, weights[best]
