# SPDX-License-Identifier: Apache-2.0
"""The noise model of a shot: sigma as a function of level, one curve a channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from pixmend.model import SampleCodec, SampleType
from pixmend.stats._noise_kernels import block_statistics
from pixmend.stats._noise_levels import BLOCK_PX, noise_by_level

__all__ = [
    "FlatBlocks",
    "NoiseModel",
    "blinded",
    "estimate_noise",
    "fit_noise",
    "flat_blocks",
    "level_noise",
]

_HALF_STEP = 2.0**-11 / np.sqrt(12.0)  # rounding noise of a half float, relative to the level
_DARK_SHARE = 0.25  # black is at least half as noisy as the quietest brightness that was seen
_FITS = 20  # after which weights have settled to a per cent
_ABOVE = 0.1  # of a level's variance, by which it may lie above the curve with its full weight
_DARKEST = 1e-6  # linear; nothing in a plate is quieter than this
_SIGHTED, _BLIND = 0.3, 0.15  # of the blocks of the best channel are not clipped; of another, times that
_BLIND_DARK, _BLIND_GAIN = 1e4, 1e2  # times the variance of others at black; of the squared level


@dataclass(frozen=True, slots=True, eq=False)
class NoiseModel:
    """Variance as a polynomial of the scene-linear level, a channel a row.

    Attributes
    ----------
    coefficients : (C, 3) float64 ndarray
        ``variance = c0 + c1 * level + c2 * level**2`` for level >= 0, c0 below;
        all non-negative: read noise, shot noise, gain-like noise.
    """

    coefficients: NDArray[np.float64]

    @property
    def is_blind(self) -> NDArray[np.bool_]:
        """Tell which channels are taken to be noise alone (`blinded`), (C,)."""
        return np.asarray(self.coefficients[:, 2] >= _BLIND_GAIN)

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
    mean, sigma, fine : tuple of (N,) float64 ndarray
        One a channel, scene-linear: the level, the standard deviation less a plane, and
        what of it is fine: second differences along both axes, 1 for white noise of sigma 1.
    is_clipped : tuple of (N,) bool ndarray
        One a channel: True where samples pile up at the block's lowest or highest value.
    """

    mean: tuple[NDArray[np.float64], ...]
    sigma: tuple[NDArray[np.float64], ...]
    fine: tuple[NDArray[np.float64], ...]
    is_clipped: tuple[NDArray[np.bool_], ...]


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
    found = [block_statistics(plane, bad, BLOCK_PX) for plane in planes]
    usable = [np.isfinite(mean) for mean, *_ in found]
    mean, sigma, fine = (
        tuple(numbers[told] for numbers, told in zip(each, usable, strict=True))
        for each in zip(*(numbers for *numbers, _ in found), strict=True)
    )
    is_clipped = tuple(piled[told] for (*_, piled), told in zip(found, usable, strict=True))
    return FlatBlocks(mean, sigma, fine, is_clipped)


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
    For each brightness `noise_by_level` tells the noise of the flattest blocks (Foi et
    al. [1]_ fit the same Poisson-Gaussian law to flat segments). Through these levels the
    polynomial is fitted with non-negative coefficients and relative weights; texture can
    only raise a level, so that one far above the curve weighs little (Huber [2]_). A
    floor stands for the rounding of half floats, so that a noiseless picture has a
    model too.

    References
    ----------
    .. [1] A. Foi, M. Trimeche, V. Katkovnik, K. Egiazarian, "Practical Poissonian-
           Gaussian noise modeling and fitting for single-image raw-data", IEEE
           Transactions on Image Processing 17 (2008) 1737-1754.
    .. [2] P. J. Huber, "Robust estimation of a location parameter", Annals of
           Mathematical Statistics 35 (1964) 73-101; here on one side only.
    """
    return NoiseModel(
        np.stack([_fit_channel(*level_noise(blocks, channel)) for channel in range(len(blocks[0].mean))])
    )


def blinded(noise: NoiseModel, blocks: Sequence[FlatBlocks]) -> NoiseModel:
    """Return a noise model in which a channel that is clipped nearly everywhere, while another is not, says nothing.

    Of a night that was graded to be one colour two channels may be black but for the peaks of their
    noise. These look as photosites that lie do, and what a true one adds to them is cut off.

    Parameters
    ----------
    noise : NoiseModel
    blocks : sequence of FlatBlocks
        That it was fitted to; one or more.
    """
    clipped = [np.concatenate(each) for each in zip(*(each.is_clipped for each in blocks), strict=True)]
    sighted = np.array([1.0 - float(each.mean()) if each.size else 0.0 for each in clipped])
    is_blind = (sighted < _BLIND * sighted.max()) & (sighted.max() >= _SIGHTED)
    dark = _BLIND_DARK * float(noise.coefficients[~is_blind, 0].max(initial=0.0))
    return NoiseModel(np.where(is_blind[:, None], [dark, 0.0, _BLIND_GAIN], noise.coefficients))


def level_noise(
    blocks: Sequence[FlatBlocks], channel: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the model of a channel is fitted to: sigma at some levels, both scene-linear, (L,) each."""
    if not blocks:
        return np.zeros(0), np.zeros(0)
    mean, sigma, fine = (
        np.concatenate([getattr(each, name)[channel] for each in blocks])
        for name in ("mean", "sigma", "fine")
    )
    is_clipped = np.concatenate([each.is_clipped[channel] for each in blocks])
    return noise_by_level(mean, sigma, fine, is_clipped)


def _fit_channel(level: NDArray[np.float64], sigma: NDArray[np.float64]) -> NDArray[np.float64]:
    floor = np.array([_DARKEST**2, 0.0, _HALF_STEP**2])
    if level.size == 0:
        return floor
    lit = np.maximum(level, 0.0)
    variance = np.maximum(sigma, _DARKEST) ** 2
    fitted = _fit_from_below(np.stack([np.ones_like(lit), lit, lit**2], axis=1) / variance[:, None])
    floor[0] = max(floor[0], _DARK_SHARE * float(variance.min()))
    # The last bits of the fit are the processor's; statistics of different farm nodes must merge.
    return np.asarray(np.maximum(fitted, floor), np.float32).astype(np.float64)


def _fit_from_below(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the non-negative x for which ``shares @ x`` is near 1, where it is less rather than more.

    The loss is Huber's, on the side of what is less: convex, so that it has one solution.
    """
    weight = np.ones(len(shares))
    for _ in range(_FITS):
        root = np.sqrt(weight)
        fitted, _rest = nnls(shares * root[:, None], root)
        weight = _ABOVE / np.maximum(1.0 - shares @ fitted, _ABOVE)
    return np.asarray(fitted)
