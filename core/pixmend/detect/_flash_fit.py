# SPDX-License-Identifier: Apache-2.0
"""The second look at one hit: what of it the frames beside do not explain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pixmend.arrays import robust_sigma
from pixmend.detect._point_shapes import REACH_PX, Camera, point_shapes
from pixmend.footprints import RADIUS_PX, Footprint, prior_footprints
from pixmend.stats import SigmaCurve, correlate

__all__ = ["FLASH_MATCH_PX", "FLASH_WINDOW_PX", "FlashFit", "fit_flash", "flash_footprints"]

FLASH_WINDOW_PX = 20
"""The windows of a candidate reach so far from it, to each side."""

FLASH_MATCH_PX = 2 * RADIUS_PX + 1
"""Side of the middle, in which footprints are matched."""

_SURROUND_PX = 6  # what moves with the candidate is judged in 13 x 13 pixels around it
_TAP_PX = 1
_SIDE = 2 * _SURROUND_PX + 1
_CORE = slice(_SURROUND_PX - RADIUS_PX, _SURROUND_PX + RADIUS_PX + 1)
_TAPS = (2 * _TAP_PX + 1) ** 2
_RIDGE = 1e-3
_PULL = 2.0  # times the noise of a tap
_TINY = 1e-6
_LEAST_SCATTER = 1.0  # the noise of one frame
_LEAST_LEFT = 0.6  # of what the shot's covariance lets expect of a sample: noise alone, with no texture


@dataclass(frozen=True, slots=True, eq=False)
class FlashFit:
    """What is left of a candidate once the frames beside it have told what the scene is there.

    Attributes
    ----------
    excess : (C, 5, 5) float64 ndarray
        In sigma of the scene there, linear in light.
    sigma : (C,) float64 ndarray
        Noise of the scene there, in linear light.
    scatter : (C,) float64 ndarray
        Of the prediction of the surroundings, in sigma; 1 or more.
    model : (C, 5, 5) float64 ndarray
        The footprint that explains it best, at its amplitude.
    explained, left : float
        Squared score of the match by generalised least squares, and what it leaves of the
        excess in the same measure.
    size : int
        How many samples of the excess there are.
    """

    excess: NDArray[np.float64]
    sigma: NDArray[np.float64]
    scatter: NDArray[np.float64]
    model: NDArray[np.float64]
    explained: float
    left: float
    size: int

    @property
    def score(self) -> float:
        """The match over what it leaves, where that is more than noise; negative where too dark."""
        peak = self.model.ravel()[np.abs(self.model).argmax()]
        return float(np.copysign(np.sqrt(self.explained / max(self.left / self.size, _LEAST_LEFT)), peak))

    @property
    def strength(self) -> float:
        """Root of the sum of squares of the model, in scatter: how far it stands out of noise."""
        return float(np.sqrt(np.square(self.model / self.scatter[:, None, None]).sum()))

    @property
    def energy(self) -> float:
        """Sum of squares of the excess, in scatter."""
        return float(np.square(self.excess / self.scatter[:, None, None]).sum())

    @property
    def share(self) -> float:
        """Share of the excess that the model explains, 0 to 1."""
        rest = np.square((self.excess - self.model) / self.scatter[:, None, None]).sum()
        return max(1.0 - float(rest) / max(self.energy, 1e-9), 0.0)


def flash_footprints(channels: int, learned: Sequence[Footprint] = ()) -> tuple[Footprint, ...]:
    """Return what one photosite may look like in one frame, in plates of `channels` colour channels.

    Beside the prior footprints those of a demosaic that looks along edges: it spreads a lone
    spike of red or blue far less (one of green it leaves alone, as a pixel). And those that
    the shot's lasting defects taught, their middle 5 x 5 pixels: of a resized plate they alone know.
    """
    priors = (*prior_footprints(channels), *(_middle_of(each) for each in learned))
    if channels != 3:
        return priors
    return (*priors, *(_along_edges(name, y, x) for name, y, x in (("red", 0, 0), ("blue", 1, 1))))


def _middle_of(footprint: Footprint) -> Footprint:
    spare = footprint.shape.shape[-1] // 2 - RADIUS_PX
    return Footprint(
        footprint.name, footprint.shape[:, spare : spare + FLASH_MATCH_PX, spare : spare + FLASH_MATCH_PX]
    )


def _along_edges(name: str, y: int, x: int) -> Footprint:
    nearby = point_shapes(Camera("along edges"), y, x, few=True).photosites
    middle = slice(REACH_PX - RADIUS_PX, REACH_PX + RADIUS_PX + 1)
    own = nearby[len(nearby) // 2][:, middle, middle]
    return Footprint(f"{name}, along edges", own / np.abs(own).max())


def fit_flash(
    windows: NDArray[np.float32],
    curve: SigmaCurve,
    footprints: Sequence[Footprint],
    *,
    covariance: NDArray[np.float64],
    inside: NDArray[np.bool_],
    smooths: bool = True,
) -> FlashFit | None:
    """Tell the excess of a candidate over the scene, and how well one photosite explains it.

    Parameters
    ----------
    windows : (N, C, 41, 41) float32 ndarray
        Sigma-scale values around the candidate: its own frame first, then frames beside it.
    curve : SigmaCurve
    footprints : sequence of Footprint
    covariance : (C * 25, C * 25) float64 ndarray
        Of the shot's 5 x 5 patches: what is left of scene and noise is alike, only less.
    inside : (5, 5) bool ndarray
        Which pixels of the middle the plate has; the others say nothing.
    smooths : bool
        Whether the prediction may average neighbouring pixels to have less noise. It is then
        the more sensitive one, but a lone light of the scene is not wholly predicted.

    Returns
    -------
    FlashFit or None
        None where a sample that is needed is no number.

    Notes
    -----
    The scene moves. Where the surroundings of the candidate are in each frame beside is
    searched; from the 3 x 3 pixels there, of all these frames together, a linear filter is
    learned that predicts the surroundings in the candidate's own frame (motion finer than a
    pixel, blur and fades are in it), and applied to the middle. A point of the scene is
    predicted; what is in one frame only is not.
    """
    edge = FLASH_WINDOW_PX - _SURROUND_PX
    target = windows[0, :, edge:-edge, edge:-edge].astype(np.float64)
    if not np.isfinite(windows).all():
        return None
    taps = np.concatenate([_taps(target, other.astype(np.float64)) for other in windows[1:]])
    predicted, scatter = _predicted(target, taps, smooths=smooths)
    sigma = np.empty_like(scatter)
    excess = np.empty_like(predicted)
    for channel, plane in enumerate(predicted):
        middle = float(np.median(plane))
        above, below = curve.to_level(np.array([middle + 0.5, middle - 0.5]), channel)
        sigma[channel] = above - below
        light, scene = (curve.to_level(each, channel) for each in (target[channel, _CORE, _CORE], plane))
        excess[channel] = inside * (light - scene) / sigma[channel]
    shapes = np.stack([inside * footprint.shape for footprint in footprints])
    return _best_match((excess, sigma, scatter), shapes, covariance, inside=inside)


def _taps(target: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nine views (9, C, 13, 13) of another frame around where the surroundings of the target are best."""
    down, across = _best_place(target, other)
    near = other[:, down : down + _SIDE + 2 * _TAP_PX, across : across + _SIDE + 2 * _TAP_PX]
    found = sliding_window_view(near, (_SIDE, _SIDE), axis=(1, 2))
    return np.moveaxis(found, 0, 2).reshape(-1, *target.shape)


def _best_place(target: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[int, int]:
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


def _best_match(
    found: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    lit: NDArray[np.float64],
    covariance: NDArray[np.float64],
    *,
    inside: NDArray[np.bool_],
) -> FlashFit:
    """Match shapes (K, C, 5, 5) in linear light with an excess, given its sigma and scatter."""
    excess, sigma, scatter = found
    shapes = lit / sigma[:, None, None]
    is_in = np.broadcast_to(inside, excess.shape).ravel()
    own, matched = (
        (each / scatter[:, None, None]).reshape(-1, len(is_in))[:, is_in] for each in (excess[None], shapes)
    )
    weighed = np.linalg.solve(covariance[np.ix_(is_in, is_in)], np.concatenate([own, matched]).T)
    inner, norm = matched @ weighed[:, 0], np.einsum("kd,dk->k", matched, weighed[:, 1:])
    best = int((inner**2 / norm).argmax())
    explained = float(inner[best] ** 2 / norm[best])
    left = max(float(own[0] @ weighed[:, 0]) - explained, 0.0)
    model = inner[best] / norm[best] * shapes[best]
    return FlashFit(excess, sigma, scatter, model, explained, left, int(is_in.sum()))
