# SPDX-License-Identifier: Apache-2.0
"""What a line looks like across: a profile measured in the mean picture, and what explains it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._line_kernels import grow_columns, mean_of_rows, row_medians, unevenness_of_rows
from pixmend.detect._line_resized import best_resized, resized_shapes
from pixmend.detect._line_shapes import LINE_REACH_PX, NEIGHBOURS, developed_shapes, light_shapes

__all__ = ["LineFit", "LineProfile", "clearness", "fit_line", "measure_profile"]

_WIDE_PX = 192  # columns on either side that tell what profiles the scene has in these rows
_SIDE = 2 * LINE_REACH_PX + 1
_NEAR_PX = 28  # of those, these tell how busy it is here
_BESIDE = (0, 1, 2, -3, -2, -1)  # samples of a profile that tell the level beside the line
_MOST_BUSY = 25.0  # sigma squared, of what one sample says of its row: a strong line is not busyness
_RIDGE = 0.02  # of the mean variance
_LEVEL_WEIGHT = 20.0  # the level beside a line is unknown
_LEAST_VARIANCE = 1e-4  # sigma squared; a perfectly smooth mean picture still has rounding
_MISFIT = 0.01  # of the profile: no prior shape is exactly the camera's
_LEAST = 1e-9
_WORTH = 0.06  # of the profile: a further column must explain so much more


@dataclass(frozen=True, slots=True, eq=False)
class LineProfile:
    """The mean excess across a column, in sigma of one frame's noise.

    Attributes
    ----------
    excess : (2, C, 11) float64 ndarray
        Of rows with even, then odd number, less the level beside it; 0 outside the picture.
    nearby : (5, 2, C, 11) float64 ndarray
        The same about each of the `NEIGHBOURS`.
    scatter : (C,) float64 ndarray
        Spread of such an excess at the columns around.
    whitener : (D, D) float64 ndarray
        D = 2 * C * 11. Makes the profiles of the columns around, in the same rows, white.
    inside : (11,) bool ndarray
        What of the profile lies in the picture.
    sigma : (C,) float64 ndarray
        Noise of one frame beside the line, in linear light.
    """

    excess: NDArray[np.float64]
    nearby: NDArray[np.float64]
    scatter: NDArray[np.float64]
    whitener: NDArray[np.float64]
    inside: NDArray[np.bool_]
    sigma: NDArray[np.float64]

    def beside(self, dx: int) -> "LineProfile":
        """Return the profile across the column `dx`, one of `NEIGHBOURS`, from this one, by the same surroundings."""
        return replace(self, excess=self.nearby[NEIGHBOURS.index(dx)])

    def whitened(self, profiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return profiles (..., 2, C, 11) in standard deviations of the scene's own, (..., D)."""
        shown = profiles * self.inside
        return np.asarray(shown.reshape(*profiles.shape[:-3], -1) @ self.whitener.T)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LineFit:
    """What explains a profile.

    Attributes
    ----------
    columns : tuple of int
        Bad columns, from the middle of the profile; sorted. Empty where none explains a thing.
    score : float
        How far that stands out of the columns around, in standard deviations.
    photosites, light : float
        Share, 0 to 1, of the profile that these bad columns, and a thin line of light, explain.
    contest : float
        What the line of light leaves over what the bad columns leave.
    model : (2, C, 11) float64 ndarray
        What the bad columns give, in sigma.
    """

    columns: tuple[int, ...]
    score: float
    photosites: float
    light: float
    contest: float
    model: NDArray[np.float64]

    @property
    def amplitude(self) -> float:
        """The strongest sample of the model, signed."""
        return float(self.model.flat[np.abs(self.model).argmax()])


def measure_profile(
    light: NDArray[np.floating],
    sigma: NDArray[np.floating],
    x: int,
    rows: NDArray[np.intp],
    *,
    is_bad: NDArray[np.bool_],
) -> LineProfile:
    """Measure the profile across column `x` of a mean picture over some rows.

    Parameters
    ----------
    light, sigma : (C, H, W) float ndarray
        Level and noise of one frame, linear.
    rows : (N,) int ndarray
        Array positions; at least two of each parity.
    is_bad : (W,) bool ndarray
        Columns that other lines spoil; they do not tell what the scene looks like.

    Notes
    -----
    Rows count by how smooth they are, even and odd ones apart. The same is measured at
    every column up to 192 px to either side: their covariance is what the scene, its
    streaks and its fixed patterns, looks like in these rows. A scene changes little from
    row to row, and a bad Bayer column does: sum and difference of the two have a
    covariance each.
    """
    first, stop = max(x - _WIDE_PX, 0), min(x + _WIDE_PX + 1, light.shape[2])
    level = np.ascontiguousarray(light[:, rows, first:stop], np.float32)
    scale = row_medians(np.ascontiguousarray(sigma[:, rows, first:stop:3], np.float32))
    mean = _mean_rows(level, scale, rows)
    padded = np.pad(mean, ((0, 0), (0, 0), (LINE_REACH_PX, LINE_REACH_PX)), mode="edge")
    windows = np.moveaxis(sliding_window_view(padded, _SIDE, axis=2), 2, 0)
    excess = windows - np.median(windows[..., _BESIDE], axis=3, keepdims=True)
    columns = np.arange(first, stop)
    place = x + np.arange(-LINE_REACH_PX, LINE_REACH_PX + 1)
    inside = (place >= 0) & (place < light.shape[2])
    is_whole = (columns >= LINE_REACH_PX) & (columns < light.shape[2] - LINE_REACH_PX)
    apart = np.abs(columns - x)
    is_scene = (apart > _SIDE) & is_whole & ~is_bad[first:stop]
    if is_scene.sum() < _SIDE:
        is_scene = np.ones_like(is_scene)
    beside = np.clip(x - first + np.array(NEIGHBOURS), 0, len(excess) - 1)
    return LineProfile(
        excess=excess[x - first] * inside,
        nearby=excess[beside] * inside,
        scatter=_spread(excess[is_scene, :, :, LINE_REACH_PX].reshape(-1, len(light))),
        whitener=_whitener(windows[is_scene], inside, near=apart[is_scene] <= _NEAR_PX),
        inside=inside,
        sigma=np.median(scale.astype(np.float64), axis=1),
    )


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the robust standard deviation along the first axis."""
    apart = np.abs(values - np.median(values, axis=0))
    return np.asarray(MAD_TO_SIGMA * np.median(apart, axis=0))


def _mean_rows(
    level: NDArray[np.float32], scale: NDArray[np.float32], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the weighted mean of even and of odd rows in units of their scale, (2, C, W); busy rows count less."""
    busy = unevenness_of_rows(level, scale, _MOST_BUSY)
    weight = 1.0 / (busy + np.median(busy) + _LEAST_VARIANCE)
    of_parity = np.where(rows % 2 == np.array([[0], [1]]), weight, 0.0)
    mean: NDArray[np.float64] = mean_of_rows(level, scale, of_parity / of_parity.sum(axis=1, keepdims=True))
    return mean


def _whitener(
    windows: NDArray[np.float64], inside: NDArray[np.bool_], *, near: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the whitener (D, D) of profiles (N, 2, C, 11) of a scene, and of their mirror images.

    What lies outside the picture is taken for zero. `near` are profiles that tell whether
    it is busier here.
    """
    both = np.concatenate([windows, windows[..., ::-1]]) * inside
    both = (both - both.sum(axis=3, keepdims=True) / inside.sum()) * inside
    size, half = both.shape[2] * _SIDE, np.sqrt(0.5)
    white = np.zeros((2 * size, 2 * size))
    for index, sign in enumerate((1.0, -1.0)):
        profiles = ((both[:, 0] + sign * both[:, 1]) * half).reshape(len(both), size)
        root = _root(profiles, inside, is_sum=sign > 0)
        # Not the mean: something bright in one place does not make all lines around it unsure.
        energy = np.square(profiles[np.tile(near, 2)] @ root.T).sum(axis=1)
        busy = float(np.median(energy)) / size if near.any() else 1.0
        block = slice(index * size, (index + 1) * size)
        white[block, block] = root / np.sqrt(max(busy, 1.0))
    turn = np.kron(np.array([[half, half], [half, -half]]), np.eye(size))
    return np.asarray(white @ turn)


def _root(profiles: NDArray[np.float64], inside: NDArray[np.bool_], *, is_sum: bool) -> NDArray[np.float64]:
    """Return a root of the inverse covariance of profiles (N, D), in which a few strong ones say little."""
    energy = np.square(profiles).mean(axis=1)
    weight = 1.0 / (energy + np.median(energy) + _LEAST_VARIANCE)
    weight /= weight.mean()
    size = profiles.shape[1]
    covariance = (profiles * weight[:, None]).T @ profiles / len(profiles)
    variance = float(np.trace(covariance)) / size + _LEAST_VARIANCE
    covariance += _RIDGE * variance * np.eye(size)
    if is_sum:
        covariance += _LEVEL_WEIGHT * variance * np.kron(np.eye(size // _SIDE), np.outer(inside, inside))
    return np.asarray(np.linalg.cholesky(np.linalg.inv(covariance)).T)


def fit_line(profile: LineProfile, *, resized: bool = False) -> LineFit:
    """Explain a profile by bad columns, and by a thin line of light.

    Parameters
    ----------
    profile : LineProfile
    resized : bool
        Whether a column may be any of `resized_shapes`, too.

    Notes
    -----
    Generalised least squares. Bad columns are added one by one, each with an amplitude
    for either of its two colours, while one more explains a good deal; a line of light
    may have any spread, place between pixels and colour. What chance adds counts for
    neither.
    """
    excess = profile.whitened(profile.excess)
    columns, model = _best_columns(profile, excess, resized=resized)
    explained, sound = _shares(profile, excess, model)
    lights = light_shapes(len(profile.sigma)) / profile.sigma[:, None]
    lit = _explained_by_light(profile.whitened(lights), excess)
    total, chance = float(excess @ excess), len(excess)
    floor = chance + _MISFIT * explained
    return LineFit(
        columns=columns,
        score=float(np.sqrt(explained)),
        photosites=min(explained / sound, 1.0),
        light=min(lit / sound, 1.0),
        contest=(max(total - lit, 0.0) + floor) / (max(total - explained, 0.0) + floor),
        model=model,
    )


def clearness(profile: LineProfile, *, resized: bool = False) -> float:
    """Return the product of `score` and `photosites` that `fit_line` gives, in less time."""
    excess = profile.whitened(profile.excess)
    _, model = _best_columns(profile, excess, resized=resized)
    explained, sound = _shares(profile, excess, model)
    return min(explained / sound, 1.0) * float(np.sqrt(explained))


def _best_columns(
    profile: LineProfile, excess: NDArray[np.float64], *, resized: bool
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return which bad columns explain an excess best, and what they give."""
    worth = _WORTH * float(excess @ excess)
    most, best = -np.inf, (np.zeros(len(NEIGHBOURS), bool), np.zeros_like(profile.excess))
    every, parts = _columns_of(profile)
    for columns, white in zip(every, np.split(profile.whitened(np.concatenate(every)), parts), strict=True):
        chosen, weights = grow_columns(
            white @ white.T, white @ excess, len(columns) // len(NEIGHBOURS), worth
        )
        gained = float(np.square(weights @ white).sum()) - worth * chosen.sum()
        if gained > most:
            most, best = gained, (chosen, np.tensordot(weights, columns, axes=1))
    columns_found = tuple(NEIGHBOURS[index] for index in np.flatnonzero(best[0]))
    if resized:
        wider = _resized(profile, excess)
        if _energy(profile, wider[1]) - worth > most:
            return wider
    return columns_found, best[1]


def _columns_of(profile: LineProfile) -> tuple[list[NDArray[np.float64]], NDArray[np.intp]]:
    """Return the profiles (N, 2, C, 11) of each camera's columns in sigma, and where each but the first begins."""
    scale = profile.sigma[:, None]
    shapes = [shape.columns for shape in developed_shapes(len(profile.sigma))]
    flat = [each.reshape(-1, *each.shape[2:]) / scale for each in shapes]
    return flat, np.cumsum([len(each) for each in flat])[:-1]


def _shares(
    profile: LineProfile, excess: NDArray[np.float64], model: NDArray[np.float64]
) -> tuple[float, float]:
    """Return what of an excess a model explains, and what of it is not chance."""
    explained = _energy(profile, model)
    return explained, max(float(excess @ excess) - len(excess), explained, _LEAST)


def _energy(profile: LineProfile, model: NDArray[np.float64]) -> float:
    return float(np.square(profile.whitened(model)).sum())


def _resized(
    profile: LineProfile, excess: NDArray[np.float64]
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return the column of a resized plate that is most like a profile, and what it gives."""
    shapes, offsets = resized_shapes(len(profile.sigma))
    shapes = shapes / profile.sigma[:, None]
    best, weights = best_resized(profile.whitened(shapes), excess)
    return (round(float(offsets[best])),), np.tensordot(weights, shapes[best], axes=1)


def _explained_by_light(lights: NDArray[np.float64], excess: NDArray[np.float64]) -> float:
    """Return how much of the energy of an excess the best of the lights, of any colour, explains."""
    shares = lights @ excess
    gram = lights @ lights.swapaxes(1, 2)
    gram += 1e-9 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(lights.shape[1])
    return float(np.einsum("nk,nk->n", shares, np.linalg.solve(gram, shares[..., None])[..., 0]).max())
