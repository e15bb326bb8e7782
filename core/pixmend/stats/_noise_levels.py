# SPDX-License-Identifier: Apache-2.0
"""Blocks of one channel -> its noise at some levels, whatever the texture and the size of the grain."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK_PX", "noise_by_level"]

BLOCK_PX = 8

_LEVELS = 24
_LEAST_BLOCKS = 5  # of a level
_FLAT_QUANTILE = 0.1  # of the blocks of one brightness, the flattest tenth holds noise and little else
_USUAL_QUANTILE = 0.4
_FINEST_QUANTILE = 0.75  # of the levels: texture is coarser than noise, never finer

# Of noise with sigma 1 and a normal spectrum of growing coarseness, in blocks of 8 x 8: the ratio of
# fine roughness to roughness, both at `_FLAT_QUANTILE`; that roughness; and how far the
# `_USUAL_QUANTILE` lies above it. The simulation is in tests/unit/stats/test_noise_levels.py.
_FINENESS = np.array([0.0176, 0.0350, 0.0636, 0.1045, 0.1400, 0.1962, 0.2860, 0.4214, 0.5936, 0.7516, 0.8313])
_SEEN = np.array([0.3199, 0.4444, 0.5417, 0.6162, 0.6566, 0.6998, 0.7473, 0.7994, 0.8466, 0.8732, 0.8811])
_SPREAD = np.array([1.398, 1.326, 1.272, 1.231, 1.209, 1.186, 1.161, 1.134, 1.112, 1.104, 1.103])
_EVEN, _UNEVEN = 1.1, 1.4  # times that spread: blocks of one brightness are alike, or are texture


def noise_by_level(
    mean: NDArray[np.float64],
    sigma: NDArray[np.float64],
    fine: NDArray[np.float64],
    is_clipped: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return level and sigma of the noise for up to 24 classes of brightness.

    Parameters
    ----------
    mean, sigma, fine, is_clipped : (N,) ndarray
        Of the blocks of one channel, as `block_statistics` finds them; finite.

    Returns
    -------
    level, sigma : (L,) float64 ndarray
        Levels rise; L is 0 where there are too few blocks.

    Notes
    -----
    The flattest blocks of a brightness hold noise, if there are flat ones. How much of
    correlated noise (debayer, grain) a block of 8 pixels shows follows from the ratio of
    their fine roughness to all of it. Where the blocks of a brightness differ more than
    noise does, they are texture; texture has little that is fine (Immerkaer [1]_), so
    that there the fine roughness counts, times what noise has for it at other levels.
    What is left of texture only raises a level.

    References
    ----------
    .. [1] J. Immerkaer, "Fast noise variance estimation", Computer Vision and Image
           Understanding 64 (1996) 300-302.
    """
    classes = _classes(mean, _telling(sigma, fine, is_clipped))
    if not classes:
        return np.zeros(0), np.zeros(0)
    level = np.array([np.median(mean[part]) for part in classes])
    flat, usual = np.array(
        [np.quantile(sigma[part], (_FLAT_QUANTILE, _USUAL_QUANTILE)) for part in classes]
    ).T
    flat_fine = np.array([np.quantile(fine[part], _FLAT_QUANTILE) for part in classes])
    fineness = np.clip(flat_fine / np.maximum(flat, np.finfo(float).tiny), _FINENESS[0], _FINENESS[-1])
    of_noise = max(float(np.quantile(fineness, _FINEST_QUANTILE)), float(_FINENESS[0]))
    whole = flat / _seen(fineness)
    from_fine = np.minimum(flat_fine / (of_noise * _seen(of_noise)), whole)
    trust = _evenness(usual / np.maximum(flat, np.finfo(float).tiny), fineness)
    return level, whole**trust * from_fine ** (1.0 - trust)


def _telling(
    sigma: NDArray[np.float64], fine: NDArray[np.float64], is_clipped: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which blocks say something of noise: neither black bars nor clipped, if there are others."""
    is_alive = (sigma > 0) & (fine > 0)
    for chosen in (is_alive & ~is_clipped, is_alive):
        if chosen.sum() >= _LEVELS * _LEAST_BLOCKS:
            return chosen
    return is_alive if is_alive.any() else np.ones(sigma.shape, bool)


def _classes(mean: NDArray[np.float64], is_telling: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the indices of the telling blocks, sorted into classes of brightness with equal numbers."""
    chosen = np.flatnonzero(is_telling)
    order = chosen[np.argsort(mean[chosen], kind="stable")]
    return [part for part in np.array_split(order, _LEVELS) if part.size >= _LEAST_BLOCKS]


def _seen(fineness: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return how much of sigma the flattest blocks show, for noise of that fineness."""
    return np.asarray(np.interp(fineness, _FINENESS, _SEEN))


def _evenness(spread: NDArray[np.float64], fineness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 where blocks differ as noise does, less where they differ more, 0 for texture."""
    excess = spread / np.interp(fineness, _FINENESS, _SPREAD)
    evenness: NDArray[np.float64] = np.clip((_UNEVEN - excess) / (_UNEVEN - _EVEN), 0.0, 1.0)
    return evenness
