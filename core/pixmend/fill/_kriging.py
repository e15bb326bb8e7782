# SPDX-License-Identifier: Apache-2.0
"""Kriging trained on the shot: spoiled samples from their neighbours, across channels."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._covariances import phase_of
from pixmend.fill._solve_kernels import solve_positive
from pixmend.fill._table_kernels import describe_holed, describe_window, weighted_sums
from pixmend.fill._tables import Prediction, SiteTable, WeightTable, centred_weights

__all__ = ["Kriging"]

_SHAPES_KEPT = 2048
_FAITH = 20  # the predicted variance counts as much as so many examined windows


class Kriging:
    """Best linear prediction of samples in a window from the others in it.

    Parameters
    ----------
    covariances : sequence of (D, D) float64 ndarray
        One a class of contrast, calmest first; D = C * side**2, channel-major, on the
        sigma scale.
    edges : sequence of float
        Mean squares of the deviations from the channels' levels that part the classes, ascending.
    exam : (N, C, side, side) float32 ndarray
        Windows that the covariances were not learnt from; on them predictions are examined.

    Notes
    -----
    For targets m and neighbours g the weights are ``W = S_mg S_gg^-1`` and the
    error's variance ``S_mm - W S_gm`` (simple kriging; the unknown local level of
    each channel is part of S, which makes it ordinary kriging in the limit). Which
    class's S it is, is decided by the contrast of the neighbours. Weights depend on
    the class and the shape of the hole alone and are kept. Variances are multiplied by what the
    errors on the exam's windows of that class are over them.

    References
    ----------
    .. [1] N. Cressie, "The origins of kriging", Mathematical Geology 22 (1990) 239-252.
    """

    def __init__(
        self, covariances: Sequence[NDArray[np.float64]], edges: Sequence[float], exam: NDArray[np.float32]
    ) -> None:
        self.exam = exam
        self.channels, self.side = exam.shape[1:3]
        self.radius_px = self.side // 2
        self.covariances = tuple(covariances)
        self._edges = np.array(edges, np.float32)
        self._tables = lru_cache(maxsize=_SHAPES_KEPT)(self._solve)
        self._phases: tuple[Kriging, ...] = ()

    def with_phases(self, phases: Sequence["Kriging"]) -> "Kriging":
        """Return kriging that knows what is different at each phase of the mosaic."""
        joined = Kriging(self.covariances, self._edges.tolist(), self.exam)
        joined._phases = tuple(phases)
        return joined

    def at(self, row: int, column: int) -> "Kriging":
        """Return the kriging for windows whose centre is at an array row and column of the frame.

        Where the shot shows no mosaic it is this one.
        """
        return self._phases[phase_of(row, column)] if self._phases else self

    def class_of(self, contrast: float | np.floating) -> int:
        """Return which class of windows one of this contrast belongs to."""
        return int(np.searchsorted(self._edges, np.float32(contrast), side="right"))

    def predict(
        self, window: NDArray[np.float32], is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]
    ) -> Prediction:
        """Predict the targets of one window.

        Parameters
        ----------
        window : (C, side, side) float32 ndarray
            Sigma scale; read only where `is_known`.
        is_target, is_known : (C, side, side) bool ndarray
            Disjoint; at least one sample is known.

        Notes
        -----
        NaN and Inf: whatever stands outside `is_known` has no influence.
        """
        deviation = np.empty(np.count_nonzero(is_known), np.float32)
        level, contrast = describe_window(window, is_known, deviation)
        contrast_class = self.class_of(contrast)
        table = self._tables(contrast_class, is_target.tobytes(), is_known.tobytes())
        value = weighted_sums(table.weights.T, deviation, level[np.nonzero(is_target)[0]])
        return Prediction(value, table.variance, contrast_class, table.weights)

    def weights(
        self, contrast_class: int, is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Return what `predict` applies to a window of a class, (N, K)."""
        return self._tables(contrast_class, is_target.tobytes(), is_known.tobytes()).weights

    def table(self, is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> SiteTable:
        """Return what fills one shape of hole, as plain numbers; parameters as of `predict`."""
        keys = is_target.tobytes(), is_known.tobytes()
        tables = [self._tables(number, *keys) for number in range(len(self.covariances))]
        return SiteTable(
            np.argwhere(is_target),
            np.argwhere(is_known),
            self._edges,
            np.stack([each.weights for each in tables]),
            np.stack([each.variance for each in tables]),
        )

    def mean_square(
        self, is_target: NDArray[np.bool_], is_known: NDArray[np.bool_], windows: NDArray[np.float32]
    ) -> float:
        """Return the mean squared error of predictions in sound windows; 0 without any."""
        errors = [
            self._errors(is_target, is_known, windows, number, weights)
            for number, weights in enumerate(self.table(is_target, is_known).weights)
        ]
        squares = np.concatenate([each.reshape(-1) for each in errors]) ** 2
        return float(squares.mean()) if len(squares) else 0.0

    def _solve(self, contrast_class: int, target_key: bytes, known_key: bytes) -> WeightTable:
        covariance = self.covariances[contrast_class]
        target, known = (np.frombuffer(key, bool) for key in (target_key, known_key))
        between = covariance[np.ix_(target, known)]
        weights = solve_positive(covariance[np.ix_(known, known)], np.ascontiguousarray(between.T)).T
        variance = np.maximum(np.diag(covariance)[target] - np.einsum("tk,tk->t", weights, between), 0.0)
        shape = (self.channels, self.side, self.side)
        is_target, is_known = target.reshape(shape), known.reshape(shape)
        applied = centred_weights(weights, is_target, is_known).astype(np.float32)
        errors = self._errors(is_target, is_known, self.exam, contrast_class, applied)
        expected = float(variance.sum())
        if expected > 0.0:
            found = float(np.square(errors).sum())
            variance *= (found + _FAITH * expected) / ((len(errors) + _FAITH) * expected)
        by_neighbour = np.ascontiguousarray(applied.T)  # a neighbour's weights for all targets lie together
        return WeightTable(by_neighbour.T, variance)

    def _errors(
        self,
        is_target: NDArray[np.bool_],
        is_known: NDArray[np.bool_],
        windows: NDArray[np.float32],
        contrast_class: int,
        weights: NDArray[np.float32],
    ) -> NDArray[np.float64]:
        """Return the errors (M, N) of predictions in those of the windows that are of a class."""
        level, contrast, deviation = describe_holed(windows, is_known)
        mine = np.searchsorted(self._edges, contrast, side="right") == contrast_class
        predicted = np.einsum("mk,nk->mn", deviation[mine].astype(np.float64), weights)
        truth = windows[mine][:, is_target] - level[mine][:, np.nonzero(is_target)[0]]
        return np.asarray(predicted - truth, np.float64)
