# SPDX-License-Identifier: Apache-2.0
"""Kriging trained on the shot: spoiled samples from their neighbours, across channels."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from pixmend.arrays import cut_patches, patch_covariance, patch_places
from pixmend.fill._table_kernels import describe_window, describe_windows, weighted_sums
from pixmend.fill._tables import Prediction, SiteTable, WeightTable, centred_weights

__all__ = ["Kriging", "kriging_of", "sound_windows", "train_kriging", "window_places"]

_RADIUS_PX = 4  # windows of 9 x 9 pixels
_PATCHES = 60_000
_SEED = 19_510_101  # of the patch places; any number, but for ever the same
_CONTRAST_FLOOR = 4.0
_CLASSES = 5  # flat areas want other weights than edges; more classes gain little
_SHAPES_KEPT = 2048


class Kriging:
    """Best linear prediction of samples in a window from the others in it.

    Parameters
    ----------
    covariances : sequence of (D, D) float64 ndarray
        One a class of contrast, calmest first; D = C * side**2, channel-major, on the
        sigma scale.
    edges : sequence of float
        Mean squares of the deviations from the channels' levels that part the classes, ascending.
    channels : int
        C.

    Notes
    -----
    For targets m and neighbours g the weights are ``W = S_mg S_gg^-1`` and the
    error's variance ``S_mm - W S_gm`` (simple kriging; the unknown local level of
    each channel is part of S, which makes it ordinary kriging in the limit). Which
    class's S it is, is decided by the contrast of the neighbours. Weights depend on
    the class and the shape of the hole alone and are kept.

    References
    ----------
    .. [1] N. Cressie, "The origins of kriging", Mathematical Geology 22 (1990) 239-252.
    """

    def __init__(
        self, covariances: Sequence[NDArray[np.float64]], edges: Sequence[float], channels: int
    ) -> None:
        self.channels = channels
        self.side = round(np.sqrt(len(covariances[0]) / channels))
        self.radius_px = self.side // 2
        self._covariances = tuple(covariances)
        self._edges = np.array(edges, np.float32)
        self._tables = lru_cache(maxsize=_SHAPES_KEPT)(self._solve)

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
        contrast_class = int(np.searchsorted(self._edges, contrast, side="right"))
        table = self._tables(contrast_class, is_target.tobytes(), is_known.tobytes())
        value = weighted_sums(table.weights.T, deviation, level[np.nonzero(is_target)[0]])
        return Prediction(value, table.variance, contrast_class, table.weights)

    def table(self, is_target: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> SiteTable:
        """Return what fills one shape of hole, as plain numbers; parameters as of `predict`."""
        keys = is_target.tobytes(), is_known.tobytes()
        tables = [self._tables(number, *keys) for number in range(len(self._covariances))]
        return SiteTable(
            np.argwhere(is_target),
            np.argwhere(is_known),
            self._edges,
            np.stack([each.weights for each in tables]),
            np.stack([each.variance for each in tables]),
        )

    def _solve(self, contrast_class: int, target_key: bytes, known_key: bytes) -> WeightTable:
        covariance = self._covariances[contrast_class]
        target, known = (np.frombuffer(key, bool) for key in (target_key, known_key))
        between = covariance[np.ix_(target, known)]
        factor = cho_factor(covariance[np.ix_(known, known)], lower=True, check_finite=False)
        weights = cho_solve(factor, between.T, check_finite=False).T
        variance = np.diag(covariance)[target] - np.einsum("tk,tk->t", weights, between)
        shape = (self.channels, self.side, self.side)
        centred = centred_weights(weights, target.reshape(shape), known.reshape(shape))
        kept = np.ascontiguousarray(
            centred.T, np.float32
        ).T  # a neighbour's weights for all targets side by side
        return WeightTable(kept, np.maximum(variance, 0.0))


def window_places(shapes: Sequence[tuple[int, int]]) -> list[NDArray[np.intp]]:
    """Return where to learn from pictures of some heights and widths: (N, 2) rows and columns in each."""
    return patch_places(shapes, radius_px=_RADIUS_PX, count=_PATCHES, seed=_SEED)


def sound_windows(
    picture: NDArray[Any], places: NDArray[np.intp], *, is_bad: NDArray[np.bool_] | None = None
) -> NDArray[Any]:
    """Return the windows (N, C, side, side) at some places of a picture (C, H, W) that may teach.

    Left out are those with a non-finite sample, or a pixel of `is_bad`, (H, W): known defects.
    """
    return cut_patches(picture, places, 2 * _RADIUS_PX + 1, is_bad=is_bad)


def train_kriging(
    frames: Sequence[NDArray[np.float32]], *, is_bad: Sequence[NDArray[np.bool_]] | None = None
) -> Kriging:
    """Learn the covariances of a shot from a few frames of it.

    Parameters
    ----------
    frames : sequence of (C, H, W) float32 ndarray
        Sigma scale; one or more.
    is_bad : sequence of (H, W) bool ndarray, optional
        One a frame: pixels of known defects; they teach nothing.

    Notes
    -----
    NaN and Inf are left out. Same frames, same weights, to the bit.
    """
    places = window_places([(frame.shape[1], frame.shape[2]) for frame in frames])
    masks = is_bad or [np.zeros(frame.shape[1:], bool) for frame in frames]
    return kriging_of(
        np.concatenate(
            [
                sound_windows(frame, where, is_bad=bad)
                for frame, where, bad in zip(frames, places, masks, strict=True)
            ]
        )
    )


def kriging_of(windows: NDArray[np.float32]) -> Kriging:
    """Learn the covariances of a shot from windows of it.

    Parameters
    ----------
    windows : (N, C, side, side) float32 ndarray
        Sigma scale, finite. N may be 0: then the fill is one of local means.

    Notes
    -----
    Same windows in the same order, same weights, to the bit. The classes of contrast
    hold equal numbers of windows.
    """
    contrast = describe_windows(windows) if len(windows) else np.zeros(0, np.float32)
    order = np.argsort(contrast, kind="stable")
    classes = np.array_split(order, _CLASSES if len(order) >= _CLASSES else 1)
    covariances = [
        patch_covariance(windows[part].astype(np.float64), contrast_floor=_CONTRAST_FLOOR) for part in classes
    ]
    return Kriging(covariances, [float(contrast[part[0]]) for part in classes[1:]], windows.shape[1])
