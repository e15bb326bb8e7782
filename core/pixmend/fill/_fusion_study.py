# SPDX-License-Identifier: Apache-2.0
"""What lessons of a shot teach about one shape of hole: local regression."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._blend import Blend, nearness_to
from pixmend.fill._kriging import Kriging
from pixmend.fill._motion_lessons import LessonBook, describe

__all__ = ["LESSONS_NEEDED", "FusionStudy", "Line"]

LESSONS_NEEDED = 60
"""Fewer teach nothing."""

_NEAREST = 150  # lessons that are like the hole
_RIDGE = 0.02
_CAUTION = 3.0  # slopes fit the lessons they come of better than a hole, and each place is in two lessons
_CLIP = 3.0  # an error of a lesson counts no more than so many times their root mean square
_RARE = 1.3  # measured over simulated shots: what goes wrong too rarely for so few lessons to show it
_WORTH = 0.97  # of the spatial prediction's expected square, which fusion has to stay below
_SMOOTH_PX = 1.5
_NOISY, _CLEAN = 2.0, 0.1  # variance of a blend's noise over the frame's, between which blends lie
_FEATURES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """What is added to a spatial prediction, and how good that is.

    Attributes
    ----------
    slopes : (N, F) float64 ndarray
        Of the features.
    variance, before : (N,) float64 ndarray
        Expected square of the error with it, and without.
    """

    slopes: NDArray[np.float64]
    variance: NDArray[np.float64]
    before: NDArray[np.float64]


class FusionStudy:
    """The lessons of one phase of the mosaic, seen through one shape of hole.

    Parameters
    ----------
    book : LessonBook
    kriging : Kriging
        Of that phase.
    phase : int
    is_target, is_known : (C, side, side) bool ndarray
        The shape.
    """

    def __init__(
        self,
        book: LessonBook,
        kriging: Kriging,
        phase: int,
        is_target: NDArray[np.bool_],
        is_known: NDArray[np.bool_],
    ) -> None:
        self.target, self.known = is_target.reshape(-1), is_known.reshape(-1)
        self.channel = np.nonzero(is_target)[0]
        self.nearness = nearness_to(is_target, is_known)
        self.weights = kriging.table(is_target, is_known).weights.astype(np.float64)
        self.smooth = _smoothing(is_target, is_known)
        self.noisy, self.clean = (
            [self._filter(kriging, number, share * book.noise) for number in range(len(self.weights))]
            for share in (_NOISY, _CLEAN)
        )
        self.rows = np.flatnonzero(book.is_seen[:, self.target].all(axis=1) & (book.phase == phase))
        features, error = self._look(book)
        self.features, self.error = features.astype(np.float32), error.astype(np.float32)
        energy = self._energy(features, book)
        self._where = np.column_stack([book.where[self.rows], energy])
        self._spread = self._where.std(axis=0) + 1e-9 if len(self.rows) else np.ones(self._where.shape[1])
        self._most = np.quantile(self._where, 0.99, axis=0) + self._spread if len(self.rows) else self._spread

    def ask(
        self, window: NDArray[np.float32], found: Blend, contrast_class: int, book: LessonBook
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the features (N, F) of a hole and where it lies among the lessons."""
        weights = self.weights[contrast_class]
        hidden = ~found.is_seen.reshape(-1)[self.target]
        blended = found.values.reshape(-1).copy()
        expected = weights @ blended[self.known]
        blended[self.target] = np.where(hidden, expected, blended[self.target])
        off = np.where(found.is_seen & (self.nearness > 0.0), window - found.values, 0.0).reshape(-1)
        features = self._features(blended[None], off[None], contrast_class)[0]
        features[hidden] = 0.0
        known = self.nearness > 0.0
        where = describe(window, known, found)
        return features, np.append(where, self._energy(features[None], book)[0])

    def line_at(self, where: NDArray[np.float64]) -> Line | None:
        """Return what the lessons most like a hole teach; None if it is unlike all, or nothing is to be had."""
        if (where > self._most).any():
            return None
        away = (((self._where - where) / self._spread) ** 2).sum(axis=1)
        near = np.argsort(away, kind="stable")[:_NEAREST]
        line = self._fitted(near, np.exp(-away[near] / max(float(away[near[-1]]), 0.1)))
        if line.variance.mean() >= _WORTH * line.before.mean():
            return None
        return replace(line, variance=np.minimum(_RARE * line.variance, line.before))

    def weights_of(self, line: Line, contrast_class: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what a fused value does with the known samples (N, K) and with the blend (N, D)."""
        alone, noisy = self.weights[contrast_class], self.noisy[contrast_class]
        fresh = line.slopes[:, :1] * noisy
        level = line.slopes[:, 1:2] * noisy + line.slopes[:, 2:] * self.clean[contrast_class]
        other = np.zeros((len(alone), len(self.target)))
        other[:, self.target] = level + fresh
        other[:, self.known] = -level @ self.smooth - fresh @ alone
        return alone + level @ (self.smooth - alone), other

    def _fitted(self, near: NDArray[np.intp], weight: NDArray[np.float64]) -> Line:
        slopes = np.zeros((len(self.channel), _FEATURES))
        variance, before = np.zeros(len(slopes)), np.zeros(len(slopes))
        lessons_that_count = weight.sum() ** 2 / (weight**2).sum()
        for channel in np.unique(self.channel):
            mine = np.flatnonzero(self.channel == channel)
            given = self.features[near][:, mine].astype(np.float64)
            error = self.error[near][:, mine].astype(np.float64)
            spread = np.einsum("w,wn->", weight, error**2) / (weight.sum() * len(mine))
            clipped = np.clip(error, -_CLIP * np.sqrt(spread), _CLIP * np.sqrt(spread))
            gram = np.einsum("w,wnf,wng->fg", weight, given, given)
            gram += np.eye(_FEATURES) * (_RIDGE * np.trace(gram) / _FEATURES + 1e-12)
            slope = np.linalg.solve(gram, np.einsum("w,wnf,wn->f", weight, given, clipped))
            left = np.einsum("w,wn->", weight, (error - given @ slope) ** 2) / (weight.sum() * len(mine))
            slopes[mine], before[mine] = slope, spread
            variance[mine] = left * (1.0 + _CAUTION * _FEATURES / lessons_that_count)
        return Line(slopes, variance, before)

    def _look(self, book: LessonBook) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        features = np.zeros((len(self.rows), int(self.target.sum()), _FEATURES))
        error = np.zeros(features.shape[:2])
        classes = book.contrast_class[self.rows]
        for number in np.unique(classes):
            mine = classes == number
            rows, weights = self.rows[mine], self.weights[number]
            own = book.windows[rows].astype(np.float64)
            other = book.blends[rows].astype(np.float64)
            off = np.where(book.is_seen[rows], own - other, 0.0)
            features[mine] = self._features(other, off, int(number))
            error[mine] = own[:, self.target] - own[:, self.known] @ weights.T
        return features, error

    def _filter(
        self, kriging: Kriging, contrast_class: int, noise: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what of a difference (N,) can be the spatial prediction's error, (N, N), under noise (C,)."""
        covariance, weights = kriging.covariances[contrast_class], self.weights[contrast_class]
        between = covariance[np.ix_(self.target, self.known)] @ weights.T
        error = covariance[np.ix_(self.target, self.target)] - between - between.T
        error += weights @ covariance[np.ix_(self.known, self.known)] @ weights.T
        return np.asarray(np.linalg.solve(error + np.diag(noise[self.channel]), error).T)

    def _features(
        self, blended: NDArray[np.float64], off: NDArray[np.float64], contrast_class: int
    ) -> NDArray[np.float64]:
        """Return what neighbours know better, (M, N, F), of blends and what frames differ from them (M, D)."""
        weights, noisy = self.weights[contrast_class], self.noisy[contrast_class]
        fresh = blended[:, self.target] - blended[:, self.known] @ weights.T
        level = fresh + off[:, self.known] @ (self.smooth - weights).T
        return np.stack([fresh @ noisy.T, level @ noisy.T, level @ self.clean[contrast_class].T], axis=-1)

    def _energy(self, features: NDArray[np.float64], book: LessonBook) -> NDArray[np.float64]:
        """Return how much the neighbours find in the holes, (M,), logarithm."""
        found = (features[:, :, 0] ** 2 / book.noise[self.channel]).mean(axis=1)
        return np.asarray(np.log(found + 0.05))


def _smoothing(is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights (N, K) that average the known samples of a target's channel near it; sums are 1 or 0."""
    target, known = np.argwhere(is_target), np.argwhere(is_known)
    away = ((target[:, None, 1:] - known[:, 1:]) ** 2).sum(axis=-1)
    bell = np.exp(-0.5 * away / _SMOOTH_PX**2) + 1e-9
    bell = np.where(target[:, None, 0] == known[:, 0], bell, 0.0)
    return np.asarray(bell / np.maximum(bell.sum(axis=1, keepdims=True), 1e-12))
