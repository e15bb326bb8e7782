# SPDX-License-Identifier: Apache-2.0
"""What the frame says of a hole and what its neighbours say, brought together as the shot itself teaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._blend import blend
from pixmend.fill._fusion_study import LESSONS_NEEDED, FusionStudy
from pixmend.fill._kriging import Kriging
from pixmend.fill._motion import Compensated
from pixmend.fill._motion_lessons import Lesson, LessonBook, open_book, phase_in
from pixmend.fill._tables import Prediction

__all__ = ["Fused", "Fusion", "learn_fusion"]

_LEAST_SEEN = 0.5  # share of the targets that a neighbour has to show
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
        if found is None or len(study.rows) < LESSONS_NEEDED:
            return None
        features, where = study.ask(window, found, spatial.contrast_class, self._book)
        line = study.line_at(where)
        if line is None:
            return None
        told = features.any(axis=1)
        value = spatial.value.astype(np.float64) + (features * line.slopes).sum(axis=1)
        return Fused(
            value.astype(np.float32),
            np.where(told, line.variance, line.before),
            line.before,
            *study.weights_of(line, spatial.contrast_class),
            found.noise_gain,
        )

    def _study(self, target_key: bytes, known_key: bytes, phase: int) -> FusionStudy:
        shape = (self._kriging.channels, self._kriging.side, self._kriging.side)
        is_target, is_known = (np.frombuffer(key, bool).reshape(shape) for key in (target_key, known_key))
        return FusionStudy(self._book, self._kriging.at(*divmod(phase, 2)), phase, is_target, is_known)


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
    return Fusion(book, kriging) if book is not None and len(book.windows) >= LESSONS_NEEDED else None
