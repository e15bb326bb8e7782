# SPDX-License-Identifier: Apache-2.0
"""Strong defects are peeled off, so that they do not hide weak ones beside them.

Every sample that a strong defect spoils is taken for missing and given the value that
makes the whitened picture quietest: the best linear prediction from its neighbours.
What is left is matched again, in windows around the strong ones only. The pooled excess
cannot be peeled, because the strong ones are clipped in it: so this match is a bold one.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._match import ScoreMap, match_mean
from pixmend.detect._match_filters import Filters
from pixmend.detect._sites import CORE_PX, Peeled, Site, paste
from pixmend.detect._views import Views
from pixmend.stats import SigmaCurve, Whitener

__all__ = ["peel", "strongest"]

_STRONG = 20.0  # score; weaker ones do not ring as far as a threshold
_MOST = 256  # strong ones; a shot that has more is no shot of a camera
_RINGS_PX, _PART = 6, 0.3  # so near, what is weaker by so much may be a part of the stronger
_HIDES_PX = 10  # what a strong one does to scores ends here
_SPOILS_PX = 7  # ... and what it does to the pooled excess here
_LIKE_A_FOOTPRINT = 0.5  # of the excess: what is none is not peeled
_WIDE = 0.02  # of the strongest sample, at the rim of what is searched
_FILL_PX = 10  # about a strong one; all that its samples do to a whitened picture, and more
_LEAN = 0.02  # of the fill on the median: as if that were known to 7 sigma
_WINDOW_PX = 24  # about a strong one; enough to judge the noise around it

_Place: TypeAlias = tuple[slice, slice]


def strongest(sites: Sequence[Site]) -> list[Site]:
    """Return the sites that hide others, without what rings about them.

    Those of a plate that was stretched may be wider than what can be peeled; they stay.
    """
    strong = [site for site in sites if abs(site.score) >= _STRONG]
    places = np.array([(site.y, site.x) for site in strong]).reshape(-1, 2)
    strength = np.array([abs(site.amplitude_sigma) for site in strong])

    def rings(index: int) -> bool:
        near = (np.abs(places - places[index]) <= _RINGS_PX).all(axis=1)
        return bool((_PART * strength[near] > strength[index]).any())

    alone = [site for index, site in enumerate(strong) if _is_narrow(site) and not rings(index)]
    return sorted(alone, key=lambda site: -abs(site.score))[:_MOST]


def _is_narrow(site: Site) -> bool:
    """Tell whether a site is a footprint that ends within what is searched."""
    if site.likeness < _LIKE_A_FOOTPRINT:
        return False
    rim = np.ones(site.shape.shape[1:], np.bool_)
    rim[1:-1, 1:-1] = False
    size = np.abs(site.shape)
    return bool(size[:, rim].max() < _WIDE * size.max())


def peel(
    views: Views, scores: ScoreMap, strong: Sequence[Site], filters: Filters
) -> tuple[ScoreMap, tuple[Peeled, ...]]:
    """Match once more where strong sites hide what is beside them.

    Parameters
    ----------
    views : Views
    scores : ScoreMap
        Whose `best` counts the filters.
    strong : sequence of Site
    filters : Filters
        Of these views.

    Returns
    -------
    scores : ScoreMap
        Without the strong sites and what they ring.
    without : tuple of Peeled
        The mean picture where the strong sites are, without them.
    """
    if not strong:
        return scores, ()
    score, best = scores.score.copy(), scores.best.copy()
    bold = (scores.score if scores.bold is None else scores.bold).copy()
    spoiled = _spoiled_by(strong, (len(views.evened), *views.size))
    filled = [_filled(site, spoiled, views) for site in strong]
    for site in strong:
        window = _about(site, _WINDOW_PX, views.size)
        level = _level(views, window)
        for place, part in filled:
            paste(part, place, onto=level, window=window)
        found, whose = match_mean(views, level, filters)
        near = _about(site, _HIDES_PX, views.size)
        inner = _within(near, window)
        bold[near], best[near] = found[inner], whose[inner]
    for site in strong:
        score[_about(site, _SPOILS_PX, views.size)] = 0.0
    bold[spoiled.any(axis=0)] = 0.0
    peeled = tuple(Peeled(*place, *_in_light(part, views)) for place, part in filled)
    return replace(scores, score=score, best=best, bold=bold), peeled


def _filled(site: Site, spoiled: NDArray[np.bool_], views: Views) -> tuple[_Place, NDArray[np.float32]]:
    """Return the mean level about a strong site, (C, 9, 9) on the sigma scale, without it; and where."""
    window = _about(site, _FILL_PX, views.size)
    core = _about(site, CORE_PX // 2, views.size)
    level = quietest(_level(views, window), spoiled[:, *window], views.whitener)
    return core, level[:, *_within(core, window)]


def quietest(
    level: NDArray[np.float32], missing: NDArray[np.bool_], whitener: Whitener
) -> NDArray[np.float32]:
    """Fill the missing samples of a window (C, H, W) so that it is quietest when whitened.

    Least squares: the whitened window is linear in the samples that are asked for. They
    lean on the median of what is there, so that nothing wild comes of what nothing tells.
    """
    places = np.argwhere(missing)
    filled = level.copy()
    for plane, gone in zip(filled, missing, strict=True):
        plane[gone] = np.median(plane[~gone]) if not gone.all() else 0.0
    rest = whitener.whiten_mirrored(filled).astype(np.float64).ravel()
    effect = _effects(places, level.shape, whitener)
    normal = effect @ effect.T + _LEAN * np.eye(len(places))
    filled[tuple(places.T)] -= np.linalg.solve(normal, effect @ rest)
    return filled


def _effects(places: NDArray[np.intp], shape: tuple[int, ...], whitener: Whitener) -> NDArray[np.float64]:
    """Return what each of N samples does to a whitened window, (N, C * H * W)."""
    reach = whitener.radius_px
    side = 2 * reach + 1
    mirrored = whitener.filters[:, :, ::-1, ::-1]
    effect = np.zeros((len(places), *np.add(shape, (0, 2 * reach, 2 * reach))))
    for each, (channel, y, x) in zip(effect, places, strict=True):
        each[:, y : y + side, x : x + side] = mirrored[:, channel]
    return effect[:, :, reach:-reach, reach:-reach].reshape(len(places), -1)


def _level(views: Views, window: _Place) -> NDArray[np.float32]:
    rows, columns = window
    part = views.statistics.part(rows=(rows.start, rows.stop), columns=(columns.start, columns.stop))
    return part.mean_level()


def _within(place: _Place, window: _Place) -> _Place:
    """Return a place in array positions of the window that it lies in."""
    rows, columns = (slice(p.start - w.start, p.stop - w.start) for p, w in zip(place, window, strict=True))
    return rows, columns


def _about(site: Site, reach: int, size: tuple[int, int]) -> _Place:
    rows, columns = (
        slice(max(place - reach, 0), min(place + reach + 1, side))
        for place, side in zip((site.y, site.x), size, strict=True)
    )
    return rows, columns


def _spoiled_by(strong: Sequence[Site], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return which samples (C, H, W) strong sites spoil."""
    spoiled = np.zeros(shape, np.bool_)
    for site in strong:
        channel, y, x = (site.samples + np.array([0, site.y, site.x])).T
        spoiled[channel, y, x] = True
    return spoiled


def _in_light(level: NDArray[np.float32], views: Views) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return linear light, and one frame's noise there, of a level on the sigma scale."""
    noise = views.statistics.model.noise
    curve = SigmaCurve(noise)
    light = np.stack([curve.to_level(plane, channel) for channel, plane in enumerate(level)])
    return light, np.stack([noise.sigma(plane, channel) for channel, plane in enumerate(light)])
