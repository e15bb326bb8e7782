# SPDX-License-Identifier: Apache-2.0
"""The noise model of a shot: sigma as a function of level, one curve a channel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from pixmend.arrays import flat_block_statistics

__all__ = ["NoiseModel", "estimate_noise"]

_LEVELS = 24
_FLAT_QUANTILE = 0.2  # of the blocks of one brightness, the flattest fifth holds noise and little else
_QUANTILE_BIAS = (
    1.08  # that quantile of a 61-degree-of-freedom sigma lies 8 % under its mean (chi distribution)
)
_HALF_STEP = 2.0**-11 / np.sqrt(12.0)  # rounding noise of a half float, relative to the level
_DARK_SHARE = 0.25  # black is at least half as noisy as the quietest brightness that was seen
_DARKEST = 1e-6  # linear; nothing in a plate is quieter than this


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """Variance as a polynomial of the scene-linear level, a channel a row.

    Attributes
    ----------
    coefficients : (C, 3) float64 ndarray
        ``variance = c0 + c1 * level + c2 * level**2`` for level >= 0, c0 below;
        all non-negative: read noise, shot noise, gain-like noise.
    """

    coefficients: NDArray[np.float64]

    def sigma(self, level: NDArray[np.float64], channel: int) -> NDArray[np.float64]:
        """Return one standard deviation at scene-linear `level`, same shape, same unit; > 0."""
        c0, c1, c2 = self.coefficients[channel]
        lit = np.maximum(level, 0.0)
        sigma: NDArray[np.float64] = np.sqrt(c0 + c1 * lit + c2 * lit**2)
        return sigma


def estimate_noise(frames: Sequence[NDArray[np.float32]]) -> NoiseModel:
    """Estimate the noise model from a few frames of the shot.

    Parameters
    ----------
    frames : sequence of (C, H, W) float32 ndarray
        Scene-linear; one or more.

    Notes
    -----
    NaN and Inf: blocks that hold any are left out. For each brightness the
    flattest blocks are taken as noise (Foi et al. [1]_ fit the same Poisson-
    Gaussian law to flat segments); the polynomial is fitted to them with
    non-negative coefficients and relative weights. A floor stands for the
    rounding of half floats, so that a noiseless picture has a model too.

    References
    ----------
    .. [1] A. Foi, M. Trimeche, V. Katkovnik, K. Egiazarian, "Practical Poissonian-
           Gaussian noise modeling and fitting for single-image raw-data", IEEE
           Transactions on Image Processing 17 (2008) 1737-1754.
    """
    channels = frames[0].shape[0]
    return NoiseModel(
        np.stack([_fit_channel([frame[channel] for frame in frames]) for channel in range(channels)])
    )


def _fit_channel(planes: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    statistics = [flat_block_statistics(plane) for plane in planes]
    mean = np.concatenate([each[0] for each in statistics])
    sigma = np.concatenate([each[1] for each in statistics])
    is_alive = sigma > 0
    if is_alive.any():  # black bars and clipped whites tell nothing of noise
        mean, sigma = mean[is_alive], sigma[is_alive]
    level, quiet = _flattest_by_level(mean, sigma)
    floor = np.array([_DARKEST**2, 0.0, _HALF_STEP**2])
    if level.size == 0:
        return floor
    lit = np.maximum(level, 0.0)
    variance = np.maximum(quiet, _DARKEST) ** 2
    powers = np.stack([np.ones_like(lit), lit, lit**2], axis=1)
    fitted, _ = nnls(powers / variance[:, None], np.ones_like(lit))
    floor[0] = max(floor[0], _DARK_SHARE * float(variance.min()))
    # The last bits of the fit are the processor's; statistics of different farm nodes must merge.
    return np.asarray(np.maximum(fitted, floor), np.float32).astype(np.float64)


def _flattest_by_level(
    mean: NDArray[np.float64], sigma: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return level and noise sigma of up to `_LEVELS` brightness classes with equal numbers of blocks."""
    order = np.argsort(mean, kind="stable")
    classes = [part for part in np.array_split(order, _LEVELS) if part.size >= 5]
    level = np.array([np.median(mean[part]) for part in classes])
    quiet = np.array([np.quantile(sigma[part], _FLAT_QUANTILE) for part in classes]) * _QUANTILE_BIAS
    return level, quiet
