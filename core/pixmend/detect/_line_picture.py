# SPDX-License-Identifier: Apache-2.0
"""The views of a shot, and its mean picture, as lines are found in them."""

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._line import LinePicture
from pixmend.detect._line_scores import LineView
from pixmend.detect._mosaic import has_mosaic
from pixmend.detect._sites import MeanPicture
from pixmend.detect._verdict import shot_is_still
from pixmend.detect._views import STEPS, Views
from pixmend.stats import EXCESS_STEPS

__all__ = ["line_picture"]


def line_picture(
    views: Views, picture: MeanPicture, *, excluded: NDArray[np.bool_] | None = None
) -> LinePicture:
    """Return what lines of a shot are found in.

    Parameters
    ----------
    picture : MeanPicture
        Of the same statistics as `views`.
    excluded : (H, W) bool ndarray, optional
        Where nothing is looked for: it counts as having no excess.
    """
    statistics = views.statistics
    seen = np.sqrt(np.maximum(statistics.seen, 1), dtype=np.float32)
    units = [
        1.0 / (np.float32(EXCESS_STEPS) * seen),
        np.full(views.size, 1.0 / STEPS, np.float32),
    ]
    if excluded is not None:
        for unit in units:
            unit[excluded] = 0.0
    pooled, meant = (
        LineView(steps, unit, gain)
        for steps, unit, gain in zip((statistics.excess, views.evened), units, views.gains(), strict=True)
    )
    return LinePicture(
        (pooled, meant),
        picture.light,
        picture.sigma,
        shot_is_still(statistics),
        has_mosaic=has_mosaic(statistics),
    )
