# SPDX-License-Identifier: Apache-2.0
"""The applied form of prediction: tables of weights, made once, applied to every frame in 32-bit floats."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Prediction", "SiteTable", "WeightTable", "centred_weights"]


@dataclass(frozen=True, slots=True, eq=False)
class WeightTable:
    """How one class of windows predicts the targets of one shape of hole.

    Attributes
    ----------
    weights : (N, K) float32 ndarray
        Of the known samples for each target; a target's own channel has a sum of 1, others of 0.
    variance : (N,) float64 ndarray
        Of the prediction's error, in units of the noise's.
    """

    weights: NDArray[np.float32]
    variance: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the neighbours say of the targets of one window.

    Attributes
    ----------
    value : (N,) float32 ndarray
        Sigma scale; in the order of the targets, channel-major.
    variance : (N,) float64 ndarray
        Expected square of its error against the true sample with its noise.
    contrast_class : int
        Which class of windows this one is of.
    weights : (N, K) float32 ndarray
        That were applied to the known samples, channel-major.
    """

    value: NDArray[np.float32]
    variance: NDArray[np.float64]
    contrast_class: int
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SiteTable:
    """All that another program needs to fill one hole as pixmend does, in every frame.

    Attributes
    ----------
    targets : (N, 3) int ndarray
        Channel, row and column in the window of the samples to fill.
    neighbours : (K, 3) int ndarray
        Likewise, of the known samples.
    edges : (L - 1,) float32 ndarray
        Mean squares of the deviations that part the classes, ascending; one that equals an edge is
        of the class above it.
    weights : (L, N, K) float32 ndarray
        Of each class.
    variance : (L, N) float64 ndarray
        Likewise; as of `WeightTable`.

    Notes
    -----
    A window is filled so, in 32-bit floats, each sum in the order of the neighbours: the
    level of each channel is its first neighbour plus the mean difference of all its
    neighbours from that one; the neighbours less their levels are the deviations; the mean
    of their squares finds the class; a target is its channel's level plus the sum of weights
    times deviations. The level of a channel without neighbours is the mean of all.
    """

    targets: NDArray[np.intp]
    neighbours: NDArray[np.intp]
    edges: NDArray[np.float32]
    weights: NDArray[np.float32]
    variance: NDArray[np.float64]


def centred_weights(
    weights: NDArray[np.float64], is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return weights on samples that do what these, on deviations from the channels' levels, do with the levels.

    Parameters
    ----------
    weights : (N, K) float64 ndarray
    is_target, is_known : (C, side, side) bool ndarray
        Of N and K samples.

    Notes
    -----
    Deviations of a channel add up to zero, so applied to them both are the same.
    """
    own = np.nonzero(is_target)[0]
    channel = np.nonzero(is_known)[0]
    mean = np.array([channel == c for c in range(len(is_known))], np.float64)
    count = mean.sum(axis=1, keepdims=True)
    mean = np.where(count > 0, mean / np.maximum(count, 1), 1 / len(channel))
    sums = np.array([weights[:, channel == c].sum(axis=1) for c in range(len(is_known))]).T
    return np.asarray(weights - sums @ np.where(count > 0, mean, 0.0) + mean[own])
