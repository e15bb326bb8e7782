# SPDX-License-Identifier: Apache-2.0
"""Pooled statistics -> a score map: how surely is there a footprint at each pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import robust_sigma
from pixmend.detect._footprints import RADIUS_PX, Footprint
from pixmend.stats import ShotStatistics, correlate, local_scale

__all__ = ["ScoreMap", "score_footprints", "sigma_shapes"]

_LOCAL_RADIUS_PX = 10  # the noise of the score is judged in windows of 21 px
_QUIETEST = 0.8  # a quiet corner may raise a score by a quarter, not more


@dataclass(frozen=True, slots=True, eq=False)
class ScoreMap:
    """Best match at each pixel.

    Attributes
    ----------
    score : (H, W) float32 ndarray
        Signed, in standard deviations of the score's own local noise.
    best : (H, W) int8 ndarray
        Which of the footprints matches best.
    """

    score: NDArray[np.float32]
    best: NDArray[np.int8]


def sigma_shapes(statistics: ShotStatistics, footprints: Sequence[Footprint]) -> list[NDArray[np.float64]]:
    """Return the footprints on the sigma scale of the shot's typical brightness, (C, 5, 5) each.

    A linear excess counts ``1 / sigma(level)`` per channel; strongest sample 1.
    """
    typical = np.median(statistics.mean_level(), axis=(1, 2))
    sigma = statistics.sigma_at(typical)
    shapes = []
    for footprint in footprints:
        shape = footprint.shape / sigma[:, None, None]
        shapes.append(shape / np.abs(shape).max())
    return shapes


def score_footprints(statistics: ShotStatistics, shapes: Sequence[NDArray[np.float64]]) -> ScoreMap:
    """Match footprints to the pooled, whitened excess.

    Notes
    -----
    With the excess whitened by K (rows of the inverse covariance), the generalised
    least-squares filter for a footprint F is the plain correlation with F: one pool
    serves all footprints. The score is normalised twice: by its robust spread over
    the frame, and where a neighbourhood is busier than that, by its own.
    """
    pooled = statistics.mean_excess()
    padded = np.pad(pooled, ((0, 0), (RADIUS_PX, RADIUS_PX), (RADIUS_PX, RADIUS_PX)))
    gain = statistics.model.precision_gain()[:, None, None]
    score = np.zeros(pooled.shape[1:], np.float32)
    best = np.zeros(pooled.shape[1:], np.int8)
    for index, shape in enumerate(shapes):
        response = correlate(padded, np.ascontiguousarray((shape * gain)[None], np.float32))[0]
        response /= max(robust_sigma(response, centre=0.0), np.finfo(np.float32).tiny)
        response /= np.maximum(local_scale(response, _LOCAL_RADIUS_PX), np.float32(_QUIETEST))
        better = np.abs(response) > np.abs(score)
        score[better] = response[better]
        best[better] = index
    return ScoreMap(score, best)
