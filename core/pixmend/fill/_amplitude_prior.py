# SPDX-License-Identifier: Apache-2.0
"""How a photosite's lie varies from frame to frame, learned from measurements of it."""

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._recovery_plan import UNTOLD, AmplitudePrior

__all__ = ["learn_prior"]

_FEWEST = 6  # frames, of which a prior is learned
_FEWEST_FOR_SLOPE = 8
_ROUNDS = 12
_OUTLIER = 3.0  # standard deviations, from where on a frame weighs less
_CAUTION = 2.0  # times the variance of what may be texture
_SLOPE_WORTH = 6.0  # by which twice the log likelihood must rise for a slope


def learn_prior(
    amplitude: NDArray[np.float64],
    variance: NDArray[np.float64],
    light: NDArray[np.float64],
    *,
    alike: float = 0.0,
) -> AmplitudePrior:
    """Learn a normal prior from measurements, (T,) each, by empirical Bayes.

    Parameters
    ----------
    amplitude, variance : (T,) float64 ndarray
        Measured in each frame, and how uncertain that is.
    light : (T,) float64 ndarray
        What belongs there.
    alike : float
        Correlation of the measurements' errors from frame to frame, 0 to 1.

    Notes
    -----
    The variance between frames is what the measurements scatter more than they should (moments;
    DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188). Frames whose texture looks
    like the lie weigh less (Huber's weights). What may as a whole be texture is drawn to nothing
    (James and Stein's positive part).
    """
    count = len(amplitude)
    if count < _FEWEST:
        return UNTOLD
    common = float(np.median(variance)) * (alike + (1.0 - alike) / count)
    apart = variance * (1.0 - alike)
    (offset, between), flat_score = _fit_line(amplitude, apart, np.ones((count, 1)))
    slope = 0.0
    if count >= _FEWEST_FOR_SLOPE and np.ptp(light) > 0:
        sloped, score = _fit_line(amplitude, apart, np.stack([np.ones(count), light], axis=1))
        if score - flat_score > _SLOPE_WORTH:
            offset, slope, between = sloped
    usual = offset + slope * float(np.median(light))
    kept = max(1.0 - _CAUTION * common / max(usual**2, 1e-30), 0.0)
    return AmplitudePrior(offset, slope, between, common, kept)


def _fit_line(
    amplitude: NDArray[np.float64], variance: NDArray[np.float64], terms: NDArray[np.float64]
) -> tuple[tuple[float, ...], float]:
    """Return the coefficients of the terms with the variance about them, and twice the log likelihood."""
    count, unknowns = terms.shape
    between = float(np.var(amplitude))
    huber = np.ones(count)
    coefficients: NDArray[np.float64] = np.zeros(unknowns)
    rest: NDArray[np.float64] = amplitude
    for _ in range(_ROUNDS):
        total = variance + between
        weight = huber / total
        root = np.sqrt(weight)
        solved = np.linalg.lstsq(terms * root[:, None], amplitude * root, rcond=None)[0]
        coefficients = np.asarray(solved, np.float64)
        rest = amplitude - terms @ coefficients
        huber = 1.0 / np.maximum(np.abs(rest) / (_OUTLIER * np.sqrt(total)), 1.0)
        inverse = huber / (variance + between)
        scatter = np.minimum(rest**2, _OUTLIER**2 * total) * count / (count - unknowns)
        between = max(float((inverse * (scatter - variance)).sum() / inverse.sum()), 0.0)
    total = variance + between
    score = -float((np.log(total) + np.minimum(rest**2 / total, _OUTLIER**2)).sum())
    return (*coefficients.tolist(), between), score
