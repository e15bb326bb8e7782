# SPDX-License-Identifier: Apache-2.0
"""What shows in few frames only: stars, glints and flashes that are bright enough to stand in the mean."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_fleeting"]

_LEAST_DUTY = 0.26  # what shows in fewer of the frames is no static defect
_LIVELIER = 1.5  # times the surroundings: a defect that the scene shows through varies as they do
_CORE_PX, _AROUND_PX = 2, 5


def is_fleeting(place: tuple[int, int, int], level: NDArray[np.float32], spread: NDArray[np.float32]) -> bool:
    """Tell whether the excess at one sample comes from few of the frames.

    Parameters
    ----------
    place : (int, int, int)
        Channel, y, x in the arrays.
    level, spread : (C, H, W) float32 ndarray
        Mean and standard deviation over the frames, in sigma.

    Notes
    -----
    What is there in a share d of the frames and else not, adds an excess m to the mean
    and a variance of ``m**2 (1 - d) / d``, whatever its strength. A static defect adds
    next to none. With three frames or fewer one frame is no small share.
    """
    channel, y, x = place
    rows, columns = (
        np.arange(max(centre - _AROUND_PX, 0), min(centre + _AROUND_PX + 1, side))
        for centre, side in zip((y, x), spread.shape[1:], strict=True)
    )
    around = (channel, rows[:, None], columns)
    is_ring = np.maximum(abs(rows - y)[:, None], abs(columns - x)) > _CORE_PX
    scene, own = float(np.quantile(spread[around][is_ring], 0.75)), float(spread[place])
    excess = float(level[place]) - float(np.median(level[around]))
    odds = (1.0 - _LEAST_DUTY) / _LEAST_DUTY
    return own > _LIVELIER * max(scene, 1.0) and own**2 - scene**2 > odds * excess**2
