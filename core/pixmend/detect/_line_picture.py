# SPDX-License-Identifier: Apache-2.0
"""Pooled statistics -> the views and the mean picture that lines are found in."""

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._line_scores import LineView
from pixmend.detect._lines import LinePicture
from pixmend.detect._verdict import shot_is_still
from pixmend.stats import ShotStatistics, Whitener, local_scale, train_covariance

__all__ = ["line_picture"]

_LOCAL_RADIUS_PX = 10
_LOUD, _LEAST = np.float32(20.0), np.float32(1e-6)


def line_picture(statistics: ShotStatistics, *, excluded: NDArray[np.bool_] | None = None) -> LinePicture:
    """Return what lines of a shot are found in.

    Parameters
    ----------
    excluded : (H, W) bool ndarray, optional
        Where nothing is looked for: it counts as having no excess.
    """
    mean = statistics.mean_level()
    of_mean = Whitener(train_covariance([mean]), len(mean))
    pooled, meant = statistics.mean_excess(), of_mean.whiten_mirrored(mean)
    scales = (local_scale(np.clip(plane, -_LOUD, _LOUD), _LOCAL_RADIUS_PX) for plane in meant)
    meant /= np.maximum(np.stack(list(scales)), _LEAST)
    if excluded is not None:
        pooled[:, excluded] = 0.0
        meant[:, excluded] = 0.0
    views = (LineView(pooled, statistics.model.whitener.gain), LineView(meant, of_mean.gain))
    light, sigma = statistics.mean_light()
    return LinePicture(views, light, sigma, shot_is_still(statistics))
