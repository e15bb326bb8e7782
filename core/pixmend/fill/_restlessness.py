# SPDX-License-Identifier: Apache-2.0
"""How uncertain measured amplitudes are: tried on windows of the shot in which nothing lies."""

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._lit_sites import LitWindows, look_at_sites, measure_sites
from pixmend.fill._recovery_plan import StoredLight
from pixmend.fill._rings import Cell, Rings
from pixmend.fill._windows import Scale

__all__ = ["restlessness_of"]

_WINDOWS = 300
_ALL_SAY = 10.0  # windows for which all classes speak, against one class's own
_LARGEST = 30.0  # squares over their expectation; what lies above is an accident


def restlessness_of(
    footprint: NDArray[np.float64],
    reach: NDArray[np.bool_],
    cell: Cell,
    *,
    rings: Rings,
    scale: Scale,
    stored: StoredLight,
) -> tuple[float, ...]:
    """Return by which factor amplitudes vary more than expected, in each class of windows.

    Parameters
    ----------
    footprint : (C, side, side) float64 ndarray
    reach : (C, side, side) bool ndarray
        Samples that it may have spoiled.
    cell : (int, int)
        Its place in the 2 x 2 mosaic.

    Notes
    -----
    Where nothing lies, an amplitude's mean square is its variance. The exam's windows of the
    kriging taught it nothing, so that they show what a covariance cannot: edges, which are rare and strong.
    """
    kriging = rings.kriging.at(*cell)
    squares: list[list[float]] = [[] for _ in kriging.covariances]
    windows = _lit(kriging.exam[:: max(len(kriging.exam) // _WINDOWS, 1)], scale)
    reaches, cells = np.broadcast_to(reach, windows.values.shape), [cell] * len(windows.values)
    seen = [
        each
        for each in look_at_sites(windows, reaches, cells, rings=rings, scale=scale, stored=stored)
        if each is not None
    ]
    for each, found in zip(seen, measure_sites(seen, [footprint] * len(seen), scale), strict=True):
        if found is not None:
            squares[each.contrast_class].append(min(found.amplitude**2 / found.variance, _LARGEST))
    every = [each for mine in squares for each in mine]
    overall = max(float(np.mean(every)), 1.0) if every else 1.0
    return tuple((sum(mine) + _ALL_SAY * overall) / (len(mine) + _ALL_SAY) for mine in squares)


def _lit(values: NDArray[np.float32], scale: Scale) -> LitWindows:
    """Return windows of the sigma scale, (N, C, side, side), with their light."""
    channel = np.broadcast_to(np.arange(values.shape[1])[:, None, None], values.shape)
    light = scale.light_of(values.reshape(-1), channel.reshape(-1)).reshape(values.shape)
    return LitWindows(light, values, np.ones(values.shape, bool))
