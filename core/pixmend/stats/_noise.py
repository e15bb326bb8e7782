# SPDX-License-Identifier: Apache-2.0
"""The noise model of a shot: sigma as a function of level, one curve a channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from pixmend.model import SampleCodec, SampleType
from pixmend.stats._kernels import block_statistics

__all__ = ["FlatBlocks", "NoiseModel", "estimate_noise", "fit_noise", "flat_blocks"]

_BLOCK_PX = 8
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


@dataclass(frozen=True, slots=True, eq=False)
class FlatBlocks:
    """What a picture tells of its noise: level and roughness of its blocks of 8 x 8 samples.

    Attributes
    ----------
    mean, sigma : tuple of (N,) float64 ndarray
        One a channel, scene-linear: the level, and the standard deviation less a plane.
    """

    mean: tuple[NDArray[np.float64], ...]
    sigma: tuple[NDArray[np.float64], ...]


def flat_blocks(
    samples: NDArray[Any],
    *,
    sample: SampleType,
    codec: SampleCodec,
    is_bad: NDArray[np.bool_] | None = None,
) -> FlatBlocks:
    """Look at the blocks of a picture, or of a band of its rows.

    Parameters
    ----------
    samples : (H, W, C) ndarray
        As stored; a rest of less than a block at the right and bottom is left out.
    is_bad : (H, W) bool ndarray, optional
        Pixels of known defects; they tell nothing.

    Notes
    -----
    NaN and Inf: blocks that hold any are left out, like those with a bad pixel.
    """
    return _blocks_of(np.moveaxis(codec.to_linear(samples, sample), -1, 0), is_bad)


def _blocks_of(planes: NDArray[np.float32], is_bad: NDArray[np.bool_] | None) -> FlatBlocks:
    bad = np.zeros(planes.shape[1:], bool) if is_bad is None else is_bad
    found = [block_statistics(plane, bad, _BLOCK_PX) for plane in planes]
    usable = [np.isfinite(mean) for mean, _ in found]
    return FlatBlocks(
        *(tuple(each[which][told] for each, told in zip(found, usable, strict=True)) for which in range(2))
    )


def estimate_noise(frames: Sequence[NDArray[np.float32]]) -> NoiseModel:
    """Estimate the noise of a shot from frames of it, scene-linear (C, H, W), as `fit_noise` does."""
    return fit_noise([_blocks_of(frame, None) for frame in frames])


def fit_noise(blocks: Sequence[FlatBlocks]) -> NoiseModel:
    """Estimate the noise of a shot.

    Parameters
    ----------
    blocks : sequence of FlatBlocks
        Of one or more pictures. Same blocks in the same order, same model, to the bit.

    Notes
    -----
    For each brightness the flattest blocks are taken as noise (Foi et al. [1]_ fit the
    same Poisson-Gaussian law to flat segments); the polynomial is fitted to them with
    non-negative coefficients and relative weights. A floor stands for the rounding of
    half floats, so that a noiseless picture has a model too.

    References
    ----------
    .. [1] A. Foi, M. Trimeche, V. Katkovnik, K. Egiazarian, "Practical Poissonian-
           Gaussian noise modeling and fitting for single-image raw-data", IEEE
           Transactions on Image Processing 17 (2008) 1737-1754.
    """
    channels = range(len(blocks[0].mean))
    return NoiseModel(
        np.stack(
            [
                _fit_channel(
                    np.concatenate([each.mean[channel] for each in blocks]),
                    np.concatenate([each.sigma[channel] for each in blocks]),
                )
                for channel in channels
            ]
        )
    )


def _fit_channel(mean: NDArray[np.float64], sigma: NDArray[np.float64]) -> NDArray[np.float64]:
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
