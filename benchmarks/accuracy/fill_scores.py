# SPDX-License-Identifier: Apache-2.0
"""How a repair is scored against the clean twin: pure functions, tested by themselves."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Errors", "flicker_ratio", "honesty", "root_mean_square", "texture_ratio"]

_CODES = 1023  # of 10-bit ACEScct


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """What a method left in some samples.

    Attributes
    ----------
    error : (N,) float ndarray
        Repaired minus clean twin, in ACEScct.
    sigma : (N,) float ndarray
        Noise of the clean twin there, in ACEScct.
    """

    error: NDArray[np.floating]
    sigma: NDArray[np.floating]

    @classmethod
    def join(cls, parts: Iterable["Errors"]) -> "Errors":
        """Return the errors of all parts together."""
        some = list(parts)
        nothing = np.zeros(0)
        return cls(
            np.concatenate([nothing, *(each.error for each in some)]),
            np.concatenate([nothing, *(each.sigma for each in some)]),
        )

    @property
    def rmse_over_sigma(self) -> float:
        """Root mean square of the error over that of the noise; NaN where there are no samples."""
        return self.rmse_codes / (_CODES * root_mean_square(self.sigma))

    @property
    def rmse_codes(self) -> float:
        """Root mean square of the error, in 10-bit codes."""
        return _CODES * root_mean_square(self.error)

    @property
    def high_over_sigma(self) -> float:
        """95th percentile of the error's size, each sample's over its own sigma."""
        return _high(np.abs(self.error) / self.sigma)

    @property
    def high_codes(self) -> float:
        """95th percentile of the error's size, in 10-bit codes."""
        return _CODES * _high(np.abs(self.error))


def root_mean_square(values: Iterable[float] | NDArray[np.floating]) -> float:
    """Return the root mean square; NaN of nothing."""
    numbers = np.asarray(values if isinstance(values, np.ndarray) else list(values), np.float64)
    return float(np.sqrt(np.mean(numbers**2))) if numbers.size else float("nan")


def flicker_ratio(filled: NDArray[np.floating], clean: NDArray[np.floating]) -> float:
    """Return how much a fill flickers from frame to frame, against sound samples at the same places.

    Both are (F, N), F of 3 or more. What moves steadily through the picture drops out of the second
    difference over time, and grain stays: 1 is alive like its surroundings, 0 is frozen.
    """
    moved = (float(np.mean(np.diff(each, n=2, axis=0) ** 2)) for each in (filled, clean))
    ours, theirs = moved
    return ours / theirs


def texture_ratio(
    filled: NDArray[np.floating],
    clean: NDArray[np.floating],
    *,
    sigma: NDArray[np.floating],
    is_bad: NDArray[np.bool_],
) -> float:
    """Return the high-frequency power of a fill over that of the clean twin at the same samples.

    All are (H, W, 3). The power is that of each sample less the mean of the four beside it, in sigma;
    a box with an outline is over 1, a soft spot under it.
    """
    ours, theirs = (
        float(np.mean(np.square(_detail(each)[is_bad] / sigma[is_bad]))) for each in (filled, clean)
    )
    return ours / theirs


def honesty(predicted: NDArray[np.floating], actual: NDArray[np.floating]) -> float:
    """Return the actual over the predicted error, (N,) each, root mean square: 1 is honest, over 1 boasts."""
    return root_mean_square(actual) / root_mean_square(predicted)


def _detail(picture: NDArray[np.floating]) -> NDArray[np.floating]:
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="reflect")
    around = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    detail: NDArray[np.floating] = picture - around / 4
    return detail


def _high(values: NDArray[np.floating]) -> float:
    return float(np.percentile(values, 95)) if values.size else float("nan")
