# SPDX-License-Identifier: Apache-2.0
"""What is known of a lying photosite before a frame is seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.model import SampleCodec, SampleType

__all__ = ["UNTOLD", "AmplitudePrior", "RecoveryPlan", "StoredLight"]

_TABLE_BITS = 16


@dataclass(frozen=True, slots=True)
class AmplitudePrior:
    """How strongly a photosite lies, as the shot's frames tell: normal, about a line over the light there.

    Attributes
    ----------
    offset : float
        Linear light, of the footprint's strongest sample.
    slope : float
        Change of it per unit of light that belongs there: -1 for what is always saturated, or dead.
    variance : float
        From frame to frame; Inf where too few frames tell anything.
    common : float
        Variance of the line's own error: what texture that does not move does to every frame alike.
    kept : float
        Share of an amplitude that is believed, 0 to 1: less than 1 where the whole may be texture.
    """

    offset: float
    slope: float
    variance: float
    common: float = 0.0
    kept: float = 1.0

    def posterior(self, amplitude: float, variance: float, light: tuple[float, float]) -> tuple[float, float]:
        """Return mean and variance of the amplitude, given a measurement of some variance.

        Parameters
        ----------
        amplitude, variance : float
        light : (float, float)
            What belongs there, and the variance of that.
        """
        if not np.isfinite(self.variance):
            return amplitude, variance
        belongs, doubt = light
        spread = self.variance + self.slope**2 * doubt
        share = spread / (spread + variance)
        expected = self.offset + self.slope * belongs
        mean = expected + share * (amplitude - expected)
        return self.kept * mean, share * variance + (1.0 - share) ** 2 * self.common


UNTOLD = AmplitudePrior(0.0, 0.0, np.inf)
"""Of a photosite of which too little was seen."""


@dataclass(frozen=True, slots=True, eq=False)
class RecoveryPlan:
    """How one photosite is recovered.

    Attributes
    ----------
    cell : (int, int)
        Its place in the 2 x 2 mosaic: array row and column, each modulo 2.
    footprint : (C, side, side) float64 ndarray
        What it adds to the samples of the window around it, in linear light per unit of
        amplitude; its strongest sample has magnitude 1.
    doubt : (C, side, side) float64 ndarray
        Variance of the footprint.
    is_core : (C, side, side) bool ndarray
        Where it may reach.
    unexplained : float
        What the footprint leaves of the lie in every frame alike: mean square, in units of what noise
        and texture leave.
    restlessness : tuple of float
        By which factor the amplitude's variance is larger than the shot's covariance says, in
        each class of windows.
    prior : AmplitudePrior
    """

    cell: tuple[int, int]
    footprint: NDArray[np.float64]
    doubt: NDArray[np.float64]
    is_core: NDArray[np.bool_]
    unexplained: float
    restlessness: tuple[float, ...]
    prior: AmplitudePrior


class StoredLight:
    """The light that a plate's samples can stand for: where it ends, and its steps.

    Parameters
    ----------
    codec : SampleCodec
    sample : SampleType
        How the colour channels are stored.
    """

    def __init__(self, codec: SampleCodec, sample: SampleType) -> None:
        self._levels = None if sample.bits > _TABLE_BITS else _legal_light(codec, sample)
        self._ends_at_zero = sample.is_float

    def is_clipped(self, light: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell where light, any shape, is at an end of what can be stored, or no number: the rest is lost.

        Samples of floating point that are exactly 0 were cut off there, too.
        """
        clipped = ~np.isfinite(light)
        if self._levels is not None:
            clipped |= (light <= self._levels[0]) | (light >= self._levels[-1])
        return np.asarray(clipped | (light == 0.0) if self._ends_at_zero else clipped)

    def step_variance(self, light: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the variance of storage's rounding at finite light, same shape."""
        if self._levels is None:
            return np.zeros(light.shape)
        place = np.searchsorted(self._levels, light).clip(1, len(self._levels) - 2)
        step = (self._levels[place + 1] - self._levels[place - 1]) / 2
        return np.asarray(step**2 / 12)


def _legal_light(codec: SampleCodec, sample: SampleType) -> NDArray[np.float64]:
    """Return every different light of the legal codes, rising."""
    count = sample.max_code + 1 if not sample.is_float else 1 << sample.bits
    stored = sample.from_bits(np.arange(count, dtype=np.uint32))
    if sample.is_float:
        stored = stored[np.isfinite(stored)]
    return np.unique(codec.to_linear(stored, sample)).astype(np.float64)
