# SPDX-License-Identifier: Apache-2.0
"""What the frame says of a hole and what its neighbours say, brought together as the shot itself teaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._blend import Blend, blend, nearness_to
from pixmend.fill._kriging import Kriging
from pixmend.fill._motion import Compensated
from pixmend.fill._motion_lessons import Lesson, LessonBook, describe, open_book, phase_in
from pixmend.fill._tables import Prediction

__all__ = ["Fused", "Fusion", "learn_fusion"]

_LEAST_LESSONS = 60
_NEAREST = 150  # lessons that are like the hole
_RIDGE = 0.02
_CAUTION = 3.0  # slopes fit the lessons they come of better than a hole, and each place is in two lessons
_CLIP = 3.0  # an error of a lesson counts no more than so many times their root mean square
_WORTH = 0.97  # of the spatial prediction's expected square, which fusion has to stay below
_LEAST_SEEN = 0.5  # share of the targets that a neighbour has to show
_SMOOTH_PX = 1.5
_NOISY, _CLEAN = 2.0, 0.1  # variance of a blend's noise over the frame's, between which blends lie
_FEATURES = 3
_SHAPES_KEPT = 48


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """What frame and neighbours together say of the targets of one window.

    Attributes
    ----------
    value : (N,) float32 ndarray
        Sigma scale; in the order of the targets, channel-major.
    variance : (N,) float64 ndarray
        Expected square of its error against the true sample with its noise.
    spatial_variance : (N,) float64 ndarray
        That of the spatial prediction, from the same lessons.
    own_weights : (N, K) float64 ndarray
        On the known samples of the frame.
    other_weights : (N, D) float64 ndarray
        On all samples of the blend of the neighbours.
    noise_gain : float
        Variance of the blend's noise over that of the frame's.
    """

    value: NDArray[np.float32]
    variance: NDArray[np.float64]
    spatial_variance: NDArray[np.float64]
    own_weights: NDArray[np.float64]
    other_weights: NDArray[np.float64]
    noise_gain: float

    def noise_covariance(
        self, noise: NDArray[np.float64], is_known: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return the covariance (N, N) of the noise that the value itself has.

        Parameters
        ----------
        noise : (D, D) float64 ndarray
            Covariance of the shot's noise over a window, channel-major.
        is_known : (C, side, side) bool ndarray
            As it was predicted with.
        """
        known = is_known.reshape(-1)
        own = self.own_weights @ noise[np.ix_(known, known)] @ self.own_weights.T
        others = self.other_weights @ noise @ self.other_weights.T
        return np.asarray(own + self.noise_gain * others)


class Fusion:
    """Prediction of a hole from its frame and from the frames beside, by local regression.

    Parameters
    ----------
    book : LessonBook
        Sound places of the shot, each as its frame and as its neighbours show it.
    kriging : Kriging
        Predicts from the frame alone.

    Notes
    -----
    To the spatial prediction is added a share of what the neighbours know better: by how much
    the blend of the neighbours, brought to the frame's level around the hole, differs from the
    spatial prediction, and by how much from its own. Of these only such patterns count as the
    spatial prediction can be wrong by (Wiener's filter, for much noise in the blend and for
    little). How much of each comes from those
    lessons of the shot that are most like the hole: in how well the neighbours fit around it,
    how busy it is there, how much the neighbours find in it, and how many they are. So
    occlusion, poor matches, aliasing and correlated noise need no model: where they made
    neighbours useless in the lessons, nothing is taken from neighbours. The lessons tell the
    variance of the error too.

    References
    ----------
    .. [1] W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots",
           Journal of the American Statistical Association 74 (1979) 829-836.
    """

    def __init__(self, book: LessonBook, kriging: Kriging) -> None:
        self._book = book
        self.noise = book.noise
        self._kriging = kriging
        self._shape = lru_cache(maxsize=_SHAPES_KEPT)(self._study)

    def predict(
        self,
        window: NDArray[np.float32],
        is_target: NDArray[np.bool_],
        is_known: NDArray[np.bool_],
        spatial: Prediction,
        neighbours: Sequence[Compensated],
        *,
        place: tuple[int, int],
    ) -> Fused | None:
        """Predict the targets of one window.

        Parameters
        ----------
        window : (C, side, side) float32 ndarray
            Sigma scale; read only where `is_known`.
        is_target, is_known : (C, side, side) bool ndarray
            As for `Kriging.predict`.
        spatial : Prediction
            What that says of the same window.
        neighbours : sequence of Compensated
            As `compensate` finds them; those that do not show the hole are left out.
        place : (int, int)
            Array row and column of the window's middle.

        Returns
        -------
        Fused or None
            None where neighbours do not show the hole, or are not expected to make the
            prediction better.
        """
        showing = [each for each in neighbours if np.isfinite(each.values)[is_target].mean() >= _LEAST_SEEN]
        if not showing:
            return None
        study = self._shape(is_target.tobytes(), is_known.tobytes(), phase_in(self._kriging, place))
        found = blend(window, study.nearness, showing, self._book.noise)
        if found is None or len(study.rows) < _LEAST_LESSONS:
            return None
        features, where = study.ask(window, found, spatial.contrast_class, self._book)
        near, weight = study.nearest(where)
        if not len(near):
            return None
        return _regressed(study, features, spatial, found, (near, weight))

    def _study(self, target_key: bytes, known_key: bytes, phase: int) -> "_Study":
        shape = (self._kriging.channels, self._kriging.side, self._kriging.side)
        is_target, is_known = (np.frombuffer(key, bool).reshape(shape) for key in (target_key, known_key))
        return _Study(self._book, self._kriging.at(*divmod(phase, 2)), phase, is_target, is_known)


def learn_fusion(lessons: Sequence[Lesson], kriging: Kriging) -> Fusion | None:
    """Return what predicts holes of a shot from frame and neighbours.

    Returns
    -------
    Fusion or None
        None with too few lessons: a locked-off camera shows the same photosites again.

    Notes
    -----
    Same lessons in the same order, same predictions, to the bit.
    """
    book = open_book(lessons, kriging)
    return Fusion(book, kriging) if book is not None and len(book.windows) >= _LEAST_LESSONS else None


class _Study:
    """The lessons of one phase of the mosaic, seen through one shape of hole."""

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

    def nearest(self, where: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the lessons most like a hole and how much each counts; none if it is unlike all."""
        if (where > self._most).any():
            return np.zeros(0, np.intp), np.zeros(0)
        away = (((self._where - where) / self._spread) ** 2).sum(axis=1)
        near = np.argsort(away, kind="stable")[:_NEAREST]
        return near, np.exp(-away[near] / max(float(away[near[-1]]), 0.1))

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


def _regressed(
    study: _Study,
    features: NDArray[np.float64],
    spatial: Prediction,
    found: Blend,
    lessons: tuple[NDArray[np.intp], NDArray[np.float64]],
) -> Fused | None:
    near, weight = lessons
    count = features.shape[1]
    slopes = np.zeros((len(features), count))
    variance, before = np.zeros(len(features)), np.zeros(len(features))
    lessons_that_count = weight.sum() ** 2 / (weight**2).sum()
    for channel in np.unique(study.channel):
        mine = np.flatnonzero(study.channel == channel)
        given = study.features[near][:, mine].astype(np.float64)
        error = study.error[near][:, mine].astype(np.float64)
        spread = np.einsum("w,wn->", weight, error**2) / (weight.sum() * len(mine))
        clipped = np.clip(error, -_CLIP * np.sqrt(spread), _CLIP * np.sqrt(spread))
        gram = np.einsum("w,wnf,wng->fg", weight, given, given)
        gram += np.eye(count) * (_RIDGE * np.trace(gram) / count + 1e-12)
        slope = np.linalg.solve(gram, np.einsum("w,wnf,wn->f", weight, given, clipped))
        left = np.einsum("w,wn->", weight, (error - given @ slope) ** 2) / (weight.sum() * len(mine))
        slopes[mine] = slope
        variance[mine] = left * (1.0 + _CAUTION * count / lessons_that_count)
        before[mine] = spread
    told = features.any(axis=1)
    variance = np.where(told, variance, before)
    if variance.mean() >= _WORTH * before.mean():
        return None
    value = spatial.value.astype(np.float64) + (features * slopes).sum(axis=1)
    own, other = _weights(study, slopes, spatial)
    return Fused(value.astype(np.float32), variance, before, own, other, found.noise_gain)


def _weights(
    study: _Study, slopes: NDArray[np.float64], spatial: Prediction
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what a fused value does with the known samples (N, K) and with the blend (N, D)."""
    alone = spatial.weights.astype(np.float64)
    noisy, clean = study.noisy[spatial.contrast_class], study.clean[spatial.contrast_class]
    fresh = slopes[:, :1] * noisy
    level = slopes[:, 1:2] * noisy + slopes[:, 2:] * clean
    other = np.zeros((len(slopes), len(study.target)))
    other[:, study.target] = level + fresh
    other[:, study.known] = -level @ study.smooth - fresh @ alone
    return alone + level @ (study.smooth - alone), other


def _smoothing(is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights (N, K) that average the known samples of a target's channel near it; sums are 1 or 0."""
    target, known = np.argwhere(is_target), np.argwhere(is_known)
    away = ((target[:, None, 1:] - known[:, 1:]) ** 2).sum(axis=-1)
    bell = np.exp(-0.5 * away / _SMOOTH_PX**2) + 1e-9
    bell = np.where(target[:, None, 0] == known[:, 0], bell, 0.0)
    return np.asarray(bell / np.maximum(bell.sum(axis=1, keepdims=True), 1e-12))
