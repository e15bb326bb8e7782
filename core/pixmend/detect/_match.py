# SPDX-License-Identifier: Apache-2.0
"""Pooled statistics -> a score map: how surely is there a footprint at each pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from pixmend.arrays import robust_sigma
from pixmend.detect._footprints import RADIUS_PX, Footprint
from pixmend.stats import ShotStatistics, Whitener, correlate, local_scale, train_covariance

__all__ = ["ScoreMap", "score_footprints", "sigma_shapes"]

_LOCAL_RADIUS_PX = 10  # the noise of the score is judged in windows of 21 px
_LOUD = np.float32(20.0)
_LEAST = np.float32(1e-6)
_TRUST = 3.0  # times the pooled score; see `score_footprints`
_LEAST_NOISE = (
    0.3  # of what white excess of 1 gives: where nothing is alive but defects, they are not the noise
)
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
    """Match footprints to two views of the shot and score what both show.

    Notes
    -----
    The first view is the pooled excess: each frame whitened, silenced where it is busy
    and clipped, so that no single frame decides. The second is the mean picture,
    whitened by its own covariance: where the scene moves it is smooth, and what is
    fixed stands out, busy surroundings or not. The score is their mean, and at most
    three times what the first finds there: a glint that only the mean holds is no
    defect. (The first cannot tell which footprint a strong defect has, since all of
    its samples are clipped; that something is there it can.)

    With the excess whitened by rows of the inverse covariance, the generalised
    least-squares filter for a footprint F is the plain correlation with F: one pool
    serves all footprints. Each view is normalised by its robust spread over the frame
    and, where a neighbourhood is busier than that, by its own.
    """
    mean = statistics.mean_level()
    of_mean = Whitener(train_covariance([mean]), len(mean))
    views = (
        (statistics.mean_excess(), statistics.model.whitener),
        (_evened(of_mean.whiten_mirrored(mean)), of_mean),
    )
    score = np.zeros(mean.shape[1:], np.float32)
    best = np.zeros(mean.shape[1:], np.int8)
    pooled_most = np.zeros(mean.shape[1:], np.float32)
    for index, shape in enumerate(shapes):
        pooled, meant = (_response(excess, whitener, shape) for excess, whitener in views)
        np.maximum(pooled_most, np.abs(pooled), out=pooled_most)
        both = 0.5 * (pooled + meant)
        better = np.abs(both) > np.abs(score)
        score[better] = both[better]
        best[better] = index
    ceiling = _TRUST * maximum_filter(pooled_most, size=3)
    return ScoreMap(np.clip(score, -ceiling, ceiling), best)


def _evened(whitened: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([plane / np.maximum(_local_noise(plane), _LEAST) for plane in whitened])


def _local_noise(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the local spread of a plane whose noise is about 1; no defect, however strong, raises it much."""
    return local_scale(np.clip(plane, -_LOUD, _LOUD), _LOCAL_RADIUS_PX)


def _response(
    excess: NDArray[np.float32], whitener: Whitener, shape: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Match one footprint to a whitened excess (C, H, W); the result's own noise is 1."""
    reach = (RADIUS_PX, RADIUS_PX)
    weights = np.ascontiguousarray((shape * whitener.gain[:, None, None])[None], np.float32)
    response: NDArray[np.float32] = correlate(np.pad(excess, ((0, 0), reach, reach)), weights)[0]
    # Exactly zero is where nothing was seen or nothing ever changes: that is no noise.
    noise = robust_sigma(response[response != 0], centre=0.0)
    response /= max(noise, _LEAST_NOISE * float(np.linalg.norm(weights)))
    response /= np.maximum(_local_noise(response), np.float32(_QUIETEST))
    return response
