# SPDX-License-Identifier: Apache-2.0
"""What the frames beside predict of the scene about a place, and what stands over it."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pixmend.arrays import robust_sigma
from pixmend.footprints import RADIUS_PX
from pixmend.stats import SigmaCurve, correlate

__all__ = ["FLASH_MATCH_PX", "FLASH_WINDOW_PX", "SceneExcess", "excess_over_scene", "unrest_beside"]

FLASH_WINDOW_PX = 20
"""The windows of a candidate reach so far from it, to each side."""

FLASH_MATCH_PX = 2 * RADIUS_PX + 1
"""Side of the middle, in which footprints are matched."""

_SURROUND_PX = 6  # what moves with the candidate is judged in 13 x 13 pixels around it
_TAP_PX = 1
_SIDE = 2 * _SURROUND_PX + 1
_MIDDLE = FLASH_WINDOW_PX - _SURROUND_PX  # first row and column of what is around the candidate
_CORE = slice(_SURROUND_PX - RADIUS_PX, _SURROUND_PX + RADIUS_PX + 1)
_TAPS = (2 * _TAP_PX + 1) ** 2
_RIDGE = 1e-3
_PULL = 2.0  # times the noise of a tap
_TINY = 1e-6
_LEAST_SCATTER = 1.0  # the noise of one frame
_ENOUGH = 3  # windows: the candidate's own, and two frames that can tell of one another


@dataclass(frozen=True, slots=True, eq=False)
class SceneExcess:
    """What of a place the other frames do not predict.

    Attributes
    ----------
    excess : (C, 5, 5) float64 ndarray
        In sigma of the scene there, linear in light.
    sigma : (C,) float64 ndarray
        Noise of the scene there, in linear light.
    scatter : (C,) float64 ndarray
        Of the prediction of the surroundings, in sigma; 1 or more.
    """

    excess: NDArray[np.float64]
    sigma: NDArray[np.float64]
    scatter: NDArray[np.float64]


def excess_over_scene(
    windows: NDArray[np.float32], curve: SigmaCurve, *, smooths: bool = True
) -> SceneExcess:
    """Return what the frames beside do not predict of the middle of a window.

    Parameters
    ----------
    windows : (N, C, 41, 41) float32 ndarray
        Sigma-scale values around the candidate, finite: its own frame first, then frames beside it.
    curve : SigmaCurve
    smooths : bool
        Whether the prediction may average neighbouring pixels to have less noise. It is then
        the more sensitive one, but a lone light of the scene is not wholly predicted.

    Notes
    -----
    The scene moves. Where the surroundings of the candidate are in each frame beside is
    searched; from the 3 x 3 pixels there, of all these frames together, a linear filter is
    learned that predicts the surroundings in the candidate's own frame (motion finer than a
    pixel, blur and fades are in it), and applied to the middle. A point of the scene is
    predicted; what is in one frame only is not.
    """
    return _excess_at(windows[0], (_MIDDLE, _MIDDLE), windows[1:], curve, smooths=smooths)


def unrest_beside(windows: NDArray[np.float32], curve: SigmaCurve, covariance: NDArray[np.float64]) -> float:
    """Return how badly the frames beside predict one another where the candidate's point of the scene is.

    Parameters
    ----------
    windows, curve
        As `excess_over_scene` takes them.
    covariance : (C * 25, C * 25) float64 ndarray
        Of the shot's 5 x 5 patches.

    Returns
    -------
    float
        Mean square of what is left of a sample, over what the covariance lets expect, of the
        worse frame; 1 or more. 1 where there is only one frame beside.

    Notes
    -----
    A light that passes between photosites is in all frames, and none predicts another. A
    photosite that lies in one frame leaves the others alone.
    """
    if len(windows) < _ENOUGH:
        return 1.0
    own = _around_of(windows[0], (_MIDDLE, _MIDDLE))
    left = []
    for number in range(1, len(windows)):
        place = _best_place(own, windows[number])
        others = np.delete(windows[1:], number - 1, axis=0)
        found = _excess_at(windows[number], (place[0] + _TAP_PX, place[1] + _TAP_PX), others, curve)
        samples = (found.excess / found.scatter[:, None, None]).ravel()
        left.append(float(samples @ np.linalg.solve(covariance, samples)) / samples.size)
    return max(1.0, *left)


def _around_of(window: NDArray[np.float32], place: tuple[int, int]) -> NDArray[np.float64]:
    """Return the 13 x 13 pixels of a window from a first row and column on."""
    return window[:, place[0] : place[0] + _SIDE, place[1] : place[1] + _SIDE].astype(np.float64)


def _excess_at(
    window: NDArray[np.float32],
    place: tuple[int, int],
    others: NDArray[np.float32],
    curve: SigmaCurve,
    *,
    smooths: bool = True,
) -> SceneExcess:
    target = _around_of(window, place)
    taps = np.concatenate([_taps(target, other.astype(np.float64)) for other in others])
    predicted, scatter = _predicted(target, taps, smooths=smooths)
    sigma, excess = np.empty_like(scatter), np.empty_like(predicted)
    for channel, plane in enumerate(predicted):
        middle = float(np.median(plane))
        above, below = curve.to_level(np.array([middle + 0.5, middle - 0.5]), channel)
        sigma[channel] = above - below
        light, scene = (curve.to_level(each, channel) for each in (target[channel, _CORE, _CORE], plane))
        excess[channel] = (light - scene) / sigma[channel]
    return SceneExcess(excess, sigma, scatter)


def _taps(target: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nine views (9, C, 13, 13) of another frame around where the surroundings of the target are best."""
    down, across = _best_place(target, other)
    near = other[:, down : down + _SIDE + 2 * _TAP_PX, across : across + _SIDE + 2 * _TAP_PX]
    found = sliding_window_view(near, (_SIDE, _SIDE), axis=(1, 2))
    return np.moveaxis(found, 0, 2).reshape(-1, *target.shape)


def _best_place(target: NDArray[np.float64], other: NDArray[np.floating]) -> tuple[int, int]:
    """Return the first row and column of where another frame is most like the surroundings of the target."""
    level = np.median(target, axis=(1, 2), keepdims=True)
    inner = (other - level)[:, _TAP_PX:-_TAP_PX, _TAP_PX:-_TAP_PX].astype(np.float32)
    weights = ((target - level) * _around()).astype(np.float32)
    is_around = np.broadcast_to(_around().astype(np.float32), weights.shape)
    cost = correlate(inner**2, np.ascontiguousarray(is_around)[None])
    cost -= 2 * correlate(inner, weights[None])
    down, across = np.unravel_index(int(cost[0].argmin()), cost.shape[1:])
    return int(down), int(across)


def _predicted(
    target: NDArray[np.float64], taps: NDArray[np.float64], *, smooths: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the predicted middle (C, 5, 5), and the scatter of the prediction around it, (C,), 1 or more."""
    is_around = _around()
    channels = len(target)
    level = np.median(target[:, is_around], axis=1)[:, None, None]
    offsets = np.broadcast_to(np.eye(channels)[:, :, None, None], (channels, *target.shape))
    basis = np.moveaxis(np.concatenate([taps - level, offsets]), 0, -1)
    rows = basis[:, is_around].reshape(-1, basis.shape[-1])
    values = (target - level)[:, is_around].ravel()
    weights = _smoothing_filter(rows, values) if smooths else _faithful_filter(rows, values, taps=len(taps))
    whole = basis @ weights + level
    rest = (target - whole)[:, is_around]
    scatter = np.array([robust_sigma(plane, centre=0.0) for plane in rest])
    return whole[:, _CORE, _CORE], np.maximum(scatter, _LEAST_SCATTER)


def _smoothing_filter(rows: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights (D,) that predict `values` (M,) from `rows` (M, D) best: plain least squares."""
    gram = rows.T @ rows
    gram[np.diag_indices(len(gram))] += _RIDGE * np.trace(gram) / len(gram)
    return np.asarray(np.linalg.solve(gram, rows.T @ values), np.float64)


def _faithful_filter(
    rows: NDArray[np.float64], values: NDArray[np.float64], *, taps: int
) -> NDArray[np.float64]:
    """Return the weights (D,) that predict the scene behind `values` from that behind the taps, the first columns.

    Least squares would average the taps' noise away, and with it a lone light. So their
    noise, M a tap, is taken out of the normal equations, and twice as much pulls towards the
    mean of the frames where they match best: all that is left where there is nothing to learn from.
    """
    noise = float(len(rows))
    index = np.arange(rows.shape[1])
    is_tap = index < taps
    is_match = is_tap & (index % _TAPS == _TAPS // 2)
    gram = rows.T @ rows + np.diag(np.where(is_tap, (_PULL - 1.0) * noise, _TINY))
    pull = is_match * (_PULL * noise / is_match.sum())
    return np.asarray(np.linalg.solve(gram, rows.T @ values + pull), np.float64)


def _around() -> NDArray[np.bool_]:
    is_around = np.ones((_SIDE, _SIDE), bool)
    is_around[_CORE, _CORE] = False
    return is_around
