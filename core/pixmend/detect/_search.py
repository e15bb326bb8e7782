# SPDX-License-Identifier: Apache-2.0
"""From statistics to sites: match what any plate may hold, learn what this one does, match again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._learn import STRONG, learn_footprints
from pixmend.detect._match import ScoreMap, look_again, match, sigma_shapes
from pixmend.detect._match_filters import filters_of
from pixmend.detect._peel import peel, strongest
from pixmend.detect._sites import MeanPicture, Site, find_sites
from pixmend.detect._views import Views
from pixmend.footprints import Footprint, prior_footprints

__all__ = ["Search", "search"]

_RINGS_PX, _FAR_STRONGER = 12, 3.0  # the lobes of a footprint wider than what is searched
_NO_RING = 0.3  # of the excess is a footprint


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What was found in the two rounds.

    Attributes
    ----------
    scores : ScoreMap
        Without the strong sites.
    footprints : tuple of Footprint
        The priors, and what was learned from the strong sites.
    strong : tuple of Site
        Sites that hide what is beside them.
    picture : MeanPicture
        The mean picture without those.
    """

    scores: ScoreMap
    footprints: tuple[Footprint, ...]
    strong: tuple[Site, ...]
    picture: MeanPicture

    def sites(self, threshold: NDArray[np.float32], *, least_amplitude: float = 0.0) -> list[Site]:
        """Return all sites whose score reaches the threshold (H, W), in reading order; weaker ones may be left out."""
        loud = [site for site in self.strong if abs(site.score) >= threshold[site.y, site.x]]
        others = find_sites(
            self.scores,
            self.picture,
            self.footprints,
            threshold=threshold,
            least_amplitude=least_amplitude,
        )
        return sorted(_without_rings([*loud, *others]), key=lambda site: (site.y, site.x))


def _without_rings(sites: Sequence[Site]) -> list[Site]:
    """Leave out what does not look like a footprint beside a site that is far stronger: its lobes."""
    place = np.array([(site.y, site.x) for site in sites]).reshape(-1, 2)
    strength = np.array([abs(site.amplitude_sigma) for site in sites])

    def is_ring(index: int) -> bool:
        near = (np.abs(place - place[index]) <= _RINGS_PX).all(axis=1)
        return bool((strength[near] > _FAR_STRONGER * strength[index]).any())

    return [site for index, site in enumerate(sites) if site.likeness >= _NO_RING or not is_ring(index)]


def search(
    views: Views, picture: MeanPicture, *, is_still: bool, excluded: NDArray[np.bool_] | None = None
) -> Search:
    """Look for footprints in two rounds, and about strong sites once more.

    Parameters
    ----------
    views : Views
    picture : MeanPicture
        Of the same shot.
    is_still : bool
        Whether nothing moves. Then there is one careful round: lamps and texture stay too,
        look like soft footprints, and would teach.
    excluded : (H, W) bool ndarray, optional
        Where nothing is learned and nothing peeled off.
    """
    statistics = views.statistics
    priors = prior_footprints(len(statistics.model.channels))
    filters = filters_of(views, sigma_shapes(statistics, priors))
    scores = match(views, filters)
    if is_still:
        return Search(scores, priors, (), picture)
    scores = look_again(views, scores, filters, number=0)
    learned = learn_footprints(_clear(scores, picture, priors, excluded), picture, priors)
    footprints = (*priors, *learned)
    if learned:
        more = filters_of(views, sigma_shapes(statistics, learned))
        scores = look_again(views, scores, more, number=len(priors))
        filters = filters.and_more(more)
    strong = strongest(_clear(scores, picture, footprints, excluded))
    scores, without = peel(views, scores, strong, filters)
    return Search(scores, footprints, tuple(strong), replace(picture, without=without))


def _clear(
    scores: ScoreMap,
    picture: MeanPicture,
    footprints: Sequence[Footprint],
    excluded: NDArray[np.bool_] | None,
) -> list[Site]:
    """Return the sites whose bold score is far above any threshold, whatever they look like."""
    threshold = np.full(scores.score.shape, STRONG, np.float32)
    if excluded is not None:
        threshold[excluded] = np.inf
    bold = scores.score if scores.bold is None else scores.bold
    found = find_sites(replace(scores, score=bold), picture, footprints, threshold=threshold)
    return [site for site in found if excluded is None or not excluded[site.y, site.x]]
