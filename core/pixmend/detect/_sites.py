# SPDX-License-Identifier: Apache-2.0
"""A score map -> sites: where each defect is and which samples it spoils."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._match import ScoreMap
from pixmend.detect._site_groups import BACKGROUND_REACH_PX, Group, groups_of, may_show
from pixmend.detect._site_kernels import excess_over_background, far_from
from pixmend.footprints import RADIUS_PX, Footprint

__all__ = ["CORE_PX", "VISIBLE_SIGMA", "MeanPicture", "Peeled", "Site", "find_sites", "paste"]

CORE_PX = 9
"""Side of the window about its centre in which a footprint is searched."""

VISIBLE_SIGMA = 0.35
"""A sample that is off by less is left alone: mending it would add more noise than it takes."""

_REACH_PX = CORE_PX // 2
_SURROUND_PX = 9  # how far around a group its background's scatter is judged
_JOIN_PX = 2  # scores this near belong to one group
_SIGNIFICANT = 4.0  # in scatters of the background
_RINGS = 20.0  # scatters of the background: what is fainter does not ring
_OUTSHINES = 2.0  # times as strong: then the neighbour is the defect, and this is its ring
_LARGEST_GROUP_PX = 400  # more is a burn-in, a matte edge or a frozen area
_WOULD_SHOW = 3.0  # times what shows
_LIKE_A_FOOTPRINT = 0.5  # of the excess is explained: then the footprint has less noise than the excess
_BOLDLY_LIKE = 0.4  # of the excess must be a footprint where only the bold score reaches the threshold
_IS_THE_FOOTPRINT = 0.9  # of the excess is explained: then nothing beside it is spoiled
_LEAST_SCATTER = 0.02  # sigma; a perfectly smooth mean picture still has rounding


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One place where the shot shows a footprint.

    Attributes
    ----------
    x, y : int
        Array position of its centre.
    score : float
        Its best match, in standard deviations; negative where it is too dark.
    samples : (N, 3) int ndarray
        Spoiled samples as (channel index, dy, dx) from (y, x).
    peak_channel, peak_y, peak_x : int
        Its strongest sample, array position.
    amplitude_sigma : float
        Mean excess of the strongest sample over the background's noise, signed.
    likeness : float
        Share of the excess, up to 1, that one photosite's footprint explains.
    shape : (C, 9, 9) float64 ndarray
        Its excess about (y, x) in sigma, without noise: the best footprint's where that is
        like it, else its own spoiled samples.
    photosite_fit, optical_fit : float or None
        Share of the whitened excess, up to 1, that one photosite, and that a point of
        light, explains; None where not fitted.
    is_in_pools : bool
        Whether the pools show it; else single frames alone named the place.
    """

    x: int
    y: int
    score: float
    samples: NDArray[np.intp]
    peak_channel: int
    peak_y: int
    peak_x: int
    amplitude_sigma: float
    likeness: float
    shape: NDArray[np.float64]
    photosite_fit: float | None = None
    optical_fit: float | None = None
    is_in_pools: bool = True


class Peeled(NamedTuple):
    """A part of the mean picture, (C, h, w), as it would be without the strong defect there."""

    rows: slice
    columns: slice
    light: NDArray[np.floating]
    sigma: NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class MeanPicture:
    """The shot's mean over time, in linear light.

    Attributes
    ----------
    light, sigma : (C, H, W) float ndarray
        Level, and the noise of one frame at that level.
    without : tuple of Peeled
        What `window` gives instead, where strong defects were peeled off.
    """

    light: NDArray[np.floating]
    sigma: NDArray[np.floating]
    without: tuple[Peeled, ...] = ()

    def may_show(self, group: Group, *, amplitude: float) -> bool:
        """Tell whether a site of a group may have such an amplitude."""
        if amplitude <= 0.0 or may_show(group, self.light, self.sigma, amplitude=amplitude):
            return True
        rows, columns = group.box(CORE_PX + _REACH_PX)
        return any(_meet(part.rows, rows) and _meet(part.columns, columns) for part in self.without)

    def window(self, rows: slice, columns: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return copies of light and sigma, (C, rows, columns) each, without what was peeled off."""
        light, sigma = (each[:, rows, columns].astype(np.float64) for each in (self.light, self.sigma))
        for part in self.without:
            if not (_meet(part.rows, rows) and _meet(part.columns, columns)):
                continue
            paste(part.light, (part.rows, part.columns), onto=light, window=(rows, columns))
            paste(part.sigma, (part.rows, part.columns), onto=sigma, window=(rows, columns))
        return light, sigma


def _meet(first: slice, second: slice) -> bool:
    return bool(first.start < second.stop and second.start < first.stop)


def paste(
    part: NDArray[np.floating],
    place: tuple[slice, slice],
    *,
    onto: NDArray[np.floating],
    window: tuple[slice, slice],
) -> None:
    """Put a part (C, h, w) of a picture onto a window (C, H, W) of the same, where they meet."""
    theirs, ours = [], []
    for own, whole in zip(place, window, strict=True):
        low = max(own.start, whole.start)
        high = max(min(own.stop, whole.stop), low)
        theirs.append(slice(low - own.start, high - own.start))
        ours.append(slice(low - whole.start, high - whole.start))
    onto[:, *ours] = part[:, *theirs]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Surroundings:
    """The mean picture around a group less its background; cut with a margin of zeros.

    The excess is in sigma of the background: there a footprint is linear in its amplitude.
    """

    top: int
    left: int
    raster: tuple[int, int]
    excess: NDArray[np.float64]
    sigma: NDArray[np.float64]
    scatter: NDArray[np.float64]

    def core(self, y: int, x: int) -> NDArray[np.float64]:
        """Return the excess (C, 9, 9) around an array position."""
        row, column = y - self.top, x - self.left
        return self.excess[
            :, row - _REACH_PX : row + _REACH_PX + 1, column - _REACH_PX : column + _REACH_PX + 1
        ]

    def inside(self, y: int, x: int) -> NDArray[np.bool_]:
        """Tell which pixels (9, 9) around an array position the raster has."""
        reach = np.arange(-_REACH_PX, _REACH_PX + 1)
        rows, columns = (
            (place + reach >= 0) & (place + reach < side)
            for place, side in zip((y, x), self.raster, strict=True)
        )
        return np.logical_and.outer(rows, columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Shapes:
    """Footprints in linear light, as they are fitted.

    Attributes
    ----------
    by_channel : (C, K, 81) float64 ndarray
        Each in the middle of 9 x 9.
    energy : (K, C) float64 ndarray
    near : sequence of slice
        Rows (and columns) of the 9 that a footprint and a pixel beside it take.
    """

    by_channel: NDArray[np.float64]
    energy: NDArray[np.float64]
    near: Sequence[slice]

    @classmethod
    def of(cls, footprints: Sequence[Footprint]) -> "_Shapes":
        spare = [_REACH_PX - each.shape.shape[-1] // 2 for each in footprints]
        framed = np.stack(
            [
                np.pad(each.shape, ((0, 0), *[(beside, beside)] * 2))
                for each, beside in zip(footprints, spare, strict=True)
            ],
            axis=1,
        )
        by_channel = framed.reshape(*framed.shape[:2], -1)
        near = [slice(max(beside - 1, 0), CORE_PX - max(beside - 1, 0)) for beside in spare]
        return cls(by_channel, np.square(by_channel).sum(axis=2).T, near)


def find_sites(
    scores: ScoreMap,
    picture: MeanPicture,
    footprints: Sequence[Footprint],
    *,
    threshold: NDArray[np.float32],
    least_amplitude: float = 0.0,
) -> list[Site]:
    """Return the sites whose score reaches its threshold, in reading order.

    Parameters
    ----------
    threshold : (H, W) float32 ndarray
    least_amplitude : float
        Sites that are weaker may be left out: most scores are chance, and to measure one takes time.

    Notes
    -----
    A strong defect scores at its neighbours too, and a very strong one, where all is
    clipped, at its neighbours only. Scores that touch are one group; within it the mean
    picture, which the whitening has not spread, says where the defects sit and which
    samples stand out.
    """
    bold = scores.score if scores.bold is None else scores.bold
    shapes = _Shapes.of(footprints)
    found: list[Site] = []
    for group in groups_of(bold, threshold, most_px=_LARGEST_GROUP_PX):
        if picture.may_show(group, amplitude=least_amplitude):
            at = tuple(group.pixels.T)
            is_sure = bool((np.abs(scores.score[at]) >= threshold[at]).any())
            least_likeness = 0.0 if is_sure else _BOLDLY_LIKE
            size = np.abs(bold[at])
            sites = _sites_of_group(group.pixels, size, picture, shapes, least_likeness=least_likeness)
            found.extend(_with_fair_score(each, scores.score) for each in sites)
    return sorted(found, key=lambda site: (site.y, site.x))


def _with_fair_score(site: Site, score: NDArray[np.float32]) -> Site:
    """Return a site with the bold score that it has if it looks like a footprint, else with the careful one."""
    if site.likeness >= _BOLDLY_LIKE:
        return site
    rows, columns = (slice(max(each - _JOIN_PX, 0), each + _JOIN_PX + 1) for each in (site.y, site.x))
    return replace(site, score=float(np.copysign(np.abs(score[rows, columns]).max(), site.score)))


def _sites_of_group(
    pixels: NDArray[np.intp],
    size: NDArray[np.float32],
    picture: MeanPicture,
    shapes: _Shapes,
    *,
    least_likeness: float,
) -> Iterator[Site]:
    """Take the pixel where score and visible excess are both high, clear its reach, go on while strong.

    `size` is that of the score at each pixel. What is less like a footprint than `least_likeness` is
    passed over.
    """
    around = _cut(picture, pixels)
    relative = np.abs(around.excess / around.scatter[:, None, None]).max(axis=0)
    strength = relative[pixels[:, 0] - around.top, pixels[:, 1] - around.left]
    rank = strength * size
    is_first = True
    while rank.any():
        best = int(rank.argmax())
        if not is_first and strength[best] < 2 * _SIGNIFICANT:
            return
        y, x = _centre_of_lie(pixels[best], relative, around)
        model, likeness = _fit_footprint(around.core(y, x), around, shapes)
        if likeness >= least_likeness:
            yield _site_at((y, x), around, float(size[best]), (model, likeness))
        rank[(np.abs(pixels - (y, x)) <= _REACH_PX).all(axis=1)] = 0.0
        is_first = False


def _centre_of_lie(
    pixel: NDArray[np.intp], relative: NDArray[np.float64], around: _Surroundings
) -> tuple[int, int]:
    """Return where a defect sits that scores at `pixel`: there, or where debayer would spread it from.

    The filters ring about a very strong defect, and may score everywhere but at its centre.
    """
    row, column = int(pixel[0]) - around.top, int(pixel[1]) - around.left
    reach = slice(-RADIUS_PX, RADIUS_PX + 1)
    window = relative[row + reach.start : row + reach.stop, column + reach.start : column + reach.stop]
    down, across = np.unravel_index(window.argmax(), window.shape)
    if window[down, across] < max(_OUTSHINES * relative[row, column], _RINGS):
        return int(pixel[0]), int(pixel[1])
    return int(pixel[0] + down) - RADIUS_PX, int(pixel[1] + across) - RADIUS_PX


def _cut(picture: MeanPicture, pixels: NDArray[np.intp]) -> _Surroundings:
    margin = _SURROUND_PX + _REACH_PX
    low = np.maximum(pixels.min(axis=0) - margin, 0)
    high = np.minimum(pixels.max(axis=0) + margin + 1, picture.light.shape[1:])
    light, noise = picture.window(slice(low[0], high[0]), slice(low[1], high[1]))
    is_far = far_from(pixels - low, light.shape[1:], _REACH_PX)
    excess, sigma, scatter = excess_over_background(light, noise, is_far, BACKGROUND_REACH_PX)
    return _Surroundings(
        top=int(low[0]) - _REACH_PX,
        left=int(low[1]) - _REACH_PX,
        raster=picture.light.shape[1:],
        excess=excess,
        sigma=sigma,
        scatter=MAD_TO_SIGMA * scatter + _LEAST_SCATTER,
    )


def _site_at(
    place: tuple[int, int], around: _Surroundings, score: float, fit: tuple[NDArray[np.float64], float]
) -> Site:
    """Return the site of what scores at a place; `fit` is the best footprint there, and its likeness."""
    y, x = place
    core = around.core(y, x)
    model, likeness = fit
    least = np.maximum(VISIBLE_SIGMA, _SIGNIFICANT * around.scatter)[:, None, None]
    seen = (np.abs(core) >= least) & _may_be_spoiled(model, likeness)
    # Where the footprint says so much that it would show, the picture decides.
    told = (np.abs(model) >= VISIBLE_SIGMA) & (np.abs(model) < _WOULD_SHOW * least)
    spoiled = (seen | told) & around.inside(y, x)
    centre = (_REACH_PX, _REACH_PX)
    at_centre = (int(np.abs(core[:, *centre]).argmax()), *centre)
    spoiled[at_centre] = True
    joined, _ = label(spoiled.any(axis=0), structure=np.ones((3, 3)))
    spoiled &= joined == joined[centre]
    samples = np.argwhere(spoiled)
    # Not simply the strongest: texture beside it is no amplitude.
    peak = samples[np.abs(model[tuple(samples.T)]).argmax()]
    peak = max(np.array(at_centre), peak, key=lambda place: abs(core[tuple(place)]))
    return Site(
        x=x,
        y=y,
        score=float(np.copysign(score, core[tuple(peak)])),
        samples=samples - np.array([0, _REACH_PX, _REACH_PX]),
        peak_channel=int(peak[0]),
        peak_y=int(y + peak[1] - _REACH_PX),
        peak_x=int(x + peak[2] - _REACH_PX),
        amplitude_sigma=float(core[tuple(peak)]),
        likeness=likeness,
        shape=model if likeness >= _LIKE_A_FOOTPRINT else np.where(spoiled, core, 0.0),
    )


def _may_be_spoiled(model: NDArray[np.float64], likeness: float) -> NDArray[np.bool_]:
    """Return where (9, 9) what is seen is the defect's: about its footprint, where it is like one."""
    if likeness < _LIKE_A_FOOTPRINT:
        reach = np.zeros(model.shape[1:], np.bool_)
        reach[1:-1, 1:-1] = True
        return reach
    own: NDArray[np.bool_] = np.asarray(model.any(axis=0), np.bool_)
    return own if likeness >= _IS_THE_FOOTPRINT else binary_dilation(own, np.ones((3, 3), np.bool_))


def _fit_footprint(
    core: NDArray[np.float64], around: _Surroundings, shapes: _Shapes
) -> tuple[NDArray[np.float64], float]:
    """Return the best one-photosite model of an excess (C, 9, 9), and the share that it explains.

    Of what lies within the footprint and a pixel beside it: further out there is only scene.
    """
    weight = 1.0 / around.scatter
    flat = core.reshape(len(core), -1)
    onto = np.matmul(shapes.by_channel, flat[:, :, None])[..., 0].T @ (weight**2 / around.sigma)
    norm = shapes.energy @ (weight / around.sigma) ** 2
    explained = onto**2 / norm
    best = int(explained.argmax())
    if not explained[best] > 0.0:
        return np.zeros_like(core), 0.0
    near = shapes.near[best]
    energy = np.square(core[:, near, near] * weight[:, None, None]).sum()
    model = (onto[best] / norm[best]) * shapes.by_channel[:, best] / around.sigma[:, None]
    return model.reshape(core.shape), float(explained[best] / energy)
