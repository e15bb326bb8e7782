# SPDX-License-Identifier: Apache-2.0
"""What is to stand at the spoiled samples of a frame, while it is being found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._prediction import Predicted
from pixmend.fill._windows import Scale
from pixmend.model import Method

__all__ = ["LEFT", "METHODS", "Answers", "Wishes", "answers_of"]

METHODS = (Method.RECOVER, Method.SPATIAL, Method.TEMPORAL)
"""By the numbers that stand in `Answers.method`."""

LEFT = -1
"""Number of no method: the sample stays as it is."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How defects are to be mended, by their ids.

    Attributes
    ----------
    methods : mapping of str to Method
        Of those for which somebody decided; the rest are chosen by predicted error.
    refused : frozenset of str
        Those that are to stay as they are.
    """

    methods: Mapping[str, Method] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What is to stand at each of N spoiled samples; the arrays change while it is being found.

    Attributes
    ----------
    value : (N,) float32 ndarray
        Sigma scale; NaN where nothing tells.
    recovered : (N,) float32 ndarray
        Scene-linear light of those that are recovered, as it is to be stored; else NaN.
    variance : (N,) float64 ndarray
        Expected square of the error, in units of the noise's.
    method : (N,) int8 ndarray
        Of `METHODS`, or `LEFT`.
    """

    value: NDArray[np.float32]
    recovered: NDArray[np.float32]
    variance: NDArray[np.float64]
    method: NDArray[np.int8]

    def is_by(self, method: Method) -> NDArray[np.bool_]:
        """Tell which samples are what a method says."""
        return np.asarray(self.method == METHODS.index(method))

    def recover(
        self,
        places: NDArray[np.intp],
        light: NDArray[np.float32],
        value: NDArray[np.float32],
        variance: NDArray[np.float64],
    ) -> None:
        """Let samples be recovered light, of some value; `places` are their numbers, the rest is as long as these."""
        self.recovered[places] = light
        self.value[places] = value
        self.variance[places] = variance
        self.method[places] = METHODS.index(Method.RECOVER)

    def leave(self, places: NDArray[np.intp], variance: NDArray[np.float64]) -> None:
        """Let samples stay as they are."""
        self.method[places], self.variance[places] = LEFT, variance

    def light(self, channel: NDArray[np.intp], scale: Scale) -> NDArray[np.float32]:
        """Return what is to be stored as scene-linear light, (N,); NaN for what stays as it is."""
        light = np.where(self.method == LEFT, np.float32(np.nan), self.recovered)
        told = (self.method != LEFT) & np.isnan(light)
        light[told] = scale.light_of(self.value[told], channel[told])
        return light


def answers_of(predicted: Predicted) -> Answers:
    """Return what stands there if nothing better than the spatial prediction is found."""
    told = np.isfinite(predicted.value)
    return Answers(
        predicted.value.copy(),
        np.full(len(told), np.nan, np.float32),
        predicted.variance.copy(),
        np.where(told, METHODS.index(Method.SPATIAL), LEFT).astype(np.int8),
    )
