# SPDX-License-Identifier: Apache-2.0
"""How a line of photosites may show across: what demosaics make of one, and what is left to chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from pixmend.fill._lines import Line
from pixmend.footprints import prior_footprints

__all__ = ["Profile", "find_profile"]

_BAYER = 4  # photosites: red, green in red rows, green in blue rows, blue, for each demosaic
_STRENGTHS = (0.0, *np.geomspace(0.02, 1.0, 9).tolist())  # of the strongest sample that was measured
_STRAYS = (0.0, 0.03, 0.1, 0.3, 1.0)  # of that, likewise


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What is believed of the mean lie of each kind of sample (K,), and the covariance (K, K) of that."""

    lie: NDArray[np.float64]
    covariance: NDArray[np.float64]


def find_profile(
    line: Line, measured: NDArray[np.float64], error: NDArray[np.float64], *, most: float = np.inf
) -> Profile:
    """Draw a measured profile towards what a demosaic makes of a line, and towards nothing.

    Parameters
    ----------
    line : Line
    measured : (K,) float64 ndarray
        Mean lie by kind of sample; NaN where none was seen.
    error : (K, K) float64 ndarray
        Covariance of its errors, positive definite among those seen.
    most : float
        How strong the strongest sample may be expected to be.

    Notes
    -----
    A profile is the sum of what the photosites of either phase make, each with a strength of its own,
    and of strays. How large these are, and which demosaic it is, is what makes the measurement most
    likely (type II maximum likelihood: I. J. Good, "The Estimation of Probabilities", 1965).
    """
    seen = np.isfinite(measured)
    found, noise = measured[seen], error[np.ix_(seen, seen)]
    largest = min(float(np.abs(found).max(initial=0.0)), most)
    best, prior = -np.inf, np.zeros_like(noise)
    for shapes in _shapes(line):
        own = shapes[:, seen]
        for strength, stray in product(_STRENGTHS, _STRAYS):
            if strength == 0.0 and stray > 0.0:
                continue
            size = strength * largest
            spread = size**2 * (own.T @ own + stray**2 * np.eye(len(found)))
            likely = _likelihood(found, spread + noise)
            if likely > best:
                best, prior = likely, spread
    gain = cho_solve(cho_factor(prior + noise, lower=True), prior).T
    lie, covariance = np.zeros(len(measured)), np.zeros_like(error)
    lie[seen] = gain @ found
    covariance[np.ix_(seen, seen)] = prior - gain @ prior
    return Profile(lie, covariance)


def _likelihood(found: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    factor, lower = cho_factor(covariance, lower=True)
    return float(-0.5 * found @ cho_solve((factor, lower), found) - np.log(np.diag(factor)).sum())


def _shapes(line: Line) -> Iterator[NDArray[np.float64]]:
    """Yield what a line of ones may look like, by kind of sample: (2, K), of the photosites of each phase."""
    priors = [each.shape for each in prior_footprints(line.channels)]
    *mosaics, pixel = priors
    for first in range(0, len(mosaics), _BAYER):
        red, green, other_green, blue = mosaics[first : first + _BAYER]
        for one, other in product((red, blue), (green, other_green)):
            yield _shape(line, one, other)
            yield _shape(line, other, one)
    yield _shape(line, pixel, pixel)


def _shape(line: Line, even: NDArray[np.float64], odd: NDArray[np.float64]) -> NDArray[np.float64]:
    shapes = []
    for phase, footprint in enumerate((even, odd)):
        turned = footprint if line.axis == 1 else np.swapaxes(footprint, 1, 2)
        middle = turned.shape[1] // 2
        half = (line.right - line.left) // 2
        near = turned[:, :, middle - half : middle + half + 1]
        steps = np.arange(turned.shape[1]) - middle
        sums = [near[:, (steps + phase) % 2 == parity].sum(axis=1) for parity in (0, 1)]
        shapes.append(np.stack(sums, axis=-1).ravel())
    return np.stack(shapes)
