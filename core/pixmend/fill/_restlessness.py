# SPDX-License-Identifier: Apache-2.0
"""How uncertain measured amplitudes are: tried on windows of the shot in which nothing lies."""

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._lit_sites import LitWindow, look_at_site, measure
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
    for values in kriging.exam[:: max(len(kriging.exam) // _WINDOWS, 1)]:
        window = _lit(values, scale)
        seen = look_at_site(window, reach, cell, rings=rings, scale=scale, stored=stored)
        found = None if seen is None else measure(seen, footprint, scale)
        if seen is not None and found is not None:
            squares[seen.contrast_class].append(min(found.amplitude**2 / found.variance, _LARGEST))
    every = [each for mine in squares for each in mine]
    overall = max(float(np.mean(every)), 1.0) if every else 1.0
    return tuple((sum(mine) + _ALL_SAY * overall) / (len(mine) + _ALL_SAY) for mine in squares)


def _lit(values: NDArray[np.float32], scale: Scale) -> LitWindow:
    channel = np.repeat(np.arange(len(values)), values[0].size)
    light = scale.light_of(values.reshape(-1), channel).reshape(values.shape)
    return LitWindow(light, values, np.ones(values.shape, bool))
