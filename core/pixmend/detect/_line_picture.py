# SPDX-License-Identifier: Apache-2.0
"""The views of a shot, and its mean picture, as lines are found in them."""

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._line_scores import LineView
from pixmend.detect._lines import LinePicture
from pixmend.detect._sites import MeanPicture
from pixmend.detect._verdict import shot_is_still
from pixmend.detect._views import Views

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
    both = []
    for excess, gain in zip(views.rows(0, views.size[0], margin=0), views.gains(), strict=True):
        if excluded is not None:
            excess[:, excluded] = 0.0
        both.append(LineView(excess, gain))
    pooled, meant = both
    return LinePicture((pooled, meant), picture.light, picture.sigma, shot_is_still(views.statistics))
