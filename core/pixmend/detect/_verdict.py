# SPDX-License-Identifier: Apache-2.0
"""Which sites to believe: what else than a lying photosite can score."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._mosaic import has_mosaic
from pixmend.detect._sites import MeanPicture, Site
from pixmend.detect._still import photosites_only, with_fits
from pixmend.stats import ShotStatistics

__all__ = ["STILL_SIGMA", "DetectSettings", "believable_sites", "is_like_a_photosite", "shot_is_still"]

STILL_SIGMA = 1.4
"""Where nothing moves, levels vary by less over time: in the liveliest tenth of the quietest channel."""

_DETAIL_SIGMA, _CELL_PX = 0.5, 8  # of the mean picture; what moves would vary by more than it leaves there
_LEAST_DETAIL, _FROZEN = 0.02, 0.2  # of all cells; sigma: lettering varies by less than any light
_MOSTLY, _LARGELY = 0.5, 0.35  # of the cells with detail

_BEST_MATCH = 2.0  # times amplitude and root of frames; measured is 0.66, and 1.51 for a dead one of 5 sigma
_LIKENESS = 0.7  # of the excess is a footprint: that must do for one frame, of a camera that nobody knows
_LIKENESS_IF_CLEAR = 0.55  # and less of a bright one, where fit and score are so:
_CLEAR_FIT, _CLEAR_SCORE = 0.6, 10.0
_NO_ECHO = 0.4  # of the excess is a footprint: then it is a defect beside another
_ECHO_PX, _ECHO = 6, 30.0  # a filter rings so far, and to about so small a part of its cause


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectSettings:
    """What a user may choose.

    Attributes
    ----------
    threshold_sigma : float
        Score from which a site is a defect by itself.
    suspect_sigma : float
        Score from which single frames are asked about a site: they can confirm it.
    known_threshold_sigma : float
        Score from which a site counts where a defect of the camera is known.
    least_amplitude_sigma : float
        What a mean excess must reach to be worth a repair.
    """

    threshold_sigma: float = 8.0
    suspect_sigma: float = 6.0
    known_threshold_sigma: float = 4.5
    least_amplitude_sigma: float = 0.9


def shot_is_still(statistics: ShotStatistics) -> bool:
    """Tell whether the picture stands still, so that time cannot tell a defect from the scene.

    One channel decides: the camera's matrix gives some of them noise that their own level
    does not explain, but what moves is seen in all. Objects may move before a scene that
    does not: most of the detail that the mean picture has is then where nothing changes.
    """
    is_sighted = ~statistics.model.noise.is_blind
    varies = statistics.grid_sigma()[is_sighted]
    if np.quantile(varies, 0.9, axis=(1, 2)).min() < STILL_SIGMA:
        return True
    quietest = varies.min(axis=0)
    detail = _detail(statistics.mean_level(every=_CELL_PX)[is_sighted], quietest.shape)
    has_detail = (detail > _DETAIL_SIGMA) & (quietest > _FROZEN)
    if has_detail.mean() <= _LEAST_DETAIL:
        return False
    varies_little, stays = (
        float(each[has_detail].mean()) for each in (quietest < STILL_SIGMA, detail > quietest)
    )
    return varies_little > _MOSTLY or stays > _LARGELY


def _detail(rows: NDArray[np.float32], cells: tuple[int, int]) -> NDArray[np.float32]:
    """Return how much finest detail each cell of a mean picture has, in sigma; cells as of `grid_sigma`.

    `rows` are the first of each row of cells, (C, rows, W).

    The median of a cell, in its richest channel: no defect that is less than half of it adds to it.
    """
    down, across = cells
    rows = rows[:, :down]
    spare = max(across * _CELL_PX - rows.shape[2], 0)
    rows = np.pad(rows, ((0, 0), (0, 0), (1, 1 + spare)), mode="edge")[:, :, : across * _CELL_PX + 2]
    fine = np.abs(np.diff(rows, 2, axis=2)) / np.sqrt(np.float32(6.0))  # in the noise of such a difference
    return np.asarray(np.median(fine.reshape(len(rows), down, across, _CELL_PX), axis=3).max(axis=0))


def believable_sites(
    sites: list[Site],
    statistics: ShotStatistics,
    settings: DetectSettings,
    *,
    picture: MeanPicture,
    is_still: bool,
    is_known: Callable[[Site], bool],
) -> list[Site]:
    """Return the sites that nothing else explains, with what a photosite and a light explain of them.

    Left out is what is too faint to mend; what a far stronger neighbour explains; and, where
    nothing moves, what scores more than it shows (ringing), and what does not look like one photosite.

    Parameters
    ----------
    picture : MeanPicture
        Of these statistics.
    is_still : bool
        As `shot_is_still` tells of these statistics.
    is_known : callable
        Tells whether the camera is known to have a defect there: see `photosites_only`.
    """
    kept = [
        site
        for site in sites
        if abs(site.amplitude_sigma) >= settings.least_amplitude_sigma
        and (not is_still or _is_as_strong_as_it_scores(site, statistics))
    ]
    may_be_resized = not is_still and not has_mosaic(statistics)
    resized_from = settings.threshold_sigma if may_be_resized else np.inf
    kept, fit = with_fits(kept, statistics, picture, resized_from=resized_from, is_still=is_still)
    if is_still:
        one_frame = len(statistics.frames) == 1
        return _without_echoes(
            photosites_only(
                kept, fit, is_spared=lambda site: is_known(site) or (one_frame and is_like_a_photosite(site))
            )
        )
    return _without_echoes(kept, but_alike=_NO_ECHO)


def is_like_a_photosite(site: Site) -> bool:
    """Tell whether one frame of a camera that nobody knows shows a photosite, by shape alone."""
    is_clear = (site.photosite_fit or 0.0) >= _CLEAR_FIT and site.score >= _CLEAR_SCORE
    return site.likeness >= (_LIKENESS_IF_CLEAR if is_clear else _LIKENESS)


def _is_as_strong_as_it_scores(site: Site, statistics: ShotStatistics) -> bool:
    """Tell whether what the mean picture shows can be what scores; else it would teach what camera it was."""
    most = _BEST_MATCH * abs(site.amplitude_sigma) * float(np.sqrt(statistics.seen[site.y, site.x]))
    return abs(site.score) <= most


def _without_echoes(sites: list[Site], *, but_alike: float = np.inf) -> list[Site]:
    """Leave out what a far stronger site nearby explains, but for what is as like a footprint itself."""
    place = np.array([(site.y, site.x) for site in sites]).reshape(-1, 2)
    strength = np.array([abs(site.amplitude_sigma) for site in sites])

    def is_echo(index: int) -> bool:
        is_near = (np.abs(place - place[index]) <= _ECHO_PX).all(axis=1)
        return bool((strength[is_near] > _ECHO * strength[index]).any())

    return [site for index, site in enumerate(sites) if site.likeness >= but_alike or not is_echo(index)]
