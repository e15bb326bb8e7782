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

_GRID_PX = 8
_RICH = 0.9  # quantile of the detail: what has most of it tells how the picture moves
_SLIDES, _SLIDES_RESIZED = 1.25, 1.5  # times the detail along, that is left across it where a picture slides


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
    mosaic = has_mosaic(statistics)
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
        has_mosaic=mosaic,
        slides=_slides(picture, least=_SLIDES if mosaic else _SLIDES_RESIZED),
    )


def _slides(picture: MeanPicture, *, least: float) -> tuple[bool, bool]:
    """Tell whether the picture moves along its columns alone, or its rows: that blurs what lies across them."""
    across = _detail(picture.light, picture.sigma)
    down = _detail(picture.light.swapaxes(1, 2), picture.sigma.swapaxes(1, 2))
    return across > least * down, down > least * across


def _detail(light: NDArray[np.floating], sigma: NDArray[np.floating]) -> float:
    """Return how much finest detail the places of a grid have along rows, in sigma; 0 in a tiny picture."""
    before, middle, after = (light[:, ::_GRID_PX, dx::_GRID_PX] for dx in range(3))
    width = after.shape[2]
    fine = np.abs(before[..., :width] - 2 * middle[..., :width] + after)
    fine /= sigma[:, ::_GRID_PX, 1::_GRID_PX][..., :width]
    return float(np.quantile(fine, _RICH)) if fine.size else 0.0
