# SPDX-License-Identifier: Apache-2.0
"""What the pools make suspect: sites that score, before single frames are asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pixmend.detect._flash import recurring_places
from pixmend.detect._glance import MATCH_PX, Query, Trace, queries_of
from pixmend.detect._lettering import witnesses
from pixmend.detect._line import Line
from pixmend.detect._line_defects import line_defects
from pixmend.detect._line_picture import line_picture
from pixmend.detect._line_samples import covered
from pixmend.detect._lines import find_lines
from pixmend.detect._mattes import without_mattes
from pixmend.detect._search import search
from pixmend.detect._second_look import course_in_equal_light, is_decided, is_worth_a_look
from pixmend.detect._sites import MeanPicture, Site
from pixmend.detect._timeline import Course
from pixmend.detect._verdict import DetectSettings, believable_sites, shot_is_still
from pixmend.detect._views import views_of
from pixmend.footprints import Footprint, prior_footprints
from pixmend.model import Defect, Raster
from pixmend.stats import Hits, ShotStatistics

__all__ = ["Suspects", "find_suspects"]

_RIM_PX, _RIM_CAUTION = 2, 1.5  # debayer and resize leave a rim that is fixed too: it must score more
_MOST = 1500  # suspects; more is a shot that the pools cannot judge, and the strongest are asked
_AROUND_PX = 2  # beyond the footprint: so wide a frame tells the background too
_LEAST_HITS = 3  # frames; fewer are flashes
_NEAR = range(-3, 4)  # px: the same defect
_LIKE_A_FOOTPRINT, _OWN_TRUST = 0.5, 0.8  # of the excess; times what its match says
_LINEAR_SIGMA = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Suspects:
    """Sites of a shot, and all that is needed to ask single frames about them.

    Attributes
    ----------
    statistics : ShotStatistics
        Of the picture inside mattes.
    picture : MeanPicture
        Of these statistics.
    sites : tuple of Site
        In array positions of `statistics`, in reading order.
    places : mapping
        Known defects by array position (y, x) there.
    footprints : tuple of Footprint
        What one photosite may look like in this plate: the priors and what it taught.
    is_still : bool
        Whether nothing moves.
    hits : tuple of int
        For each site, how many single frames name its place by themselves.
    lines : tuple of Defect
        Bad columns and rows. No site belongs to one of them.
    witnesses : tuple of (int, int, int)
        Places on lines: which line, y and x. Single frames tell whether it is lettering.
    """

    statistics: ShotStatistics
    picture: MeanPicture
    sites: tuple[Site, ...]
    places: Mapping[tuple[int, int], Defect]
    footprints: tuple[Footprint, ...]
    is_still: bool
    hits: tuple[int, ...] = ()
    lines: tuple[Defect, ...] = ()
    witnesses: tuple[tuple[int, int, int], ...] = ()

    @property
    def learned(self) -> tuple[Footprint, ...]:
        """Return the footprints that the plate taught."""
        return self.footprints[len(prior_footprints(len(self.statistics.model.channels))) :]

    def known_at(self, site: Site) -> Defect | None:
        """Return the known defect that a site is, if there is one."""
        around = ((site.y + dy, site.x + dx) for dy in (0, -1, 1) for dx in (0, -1, 1))
        return next((self.places[place] for place in around if place in self.places), None)

    def course(self, trace: Trace) -> Course:
        """Tell when a suspect is on, by its trace."""
        return course_in_equal_light(trace, self.statistics.light_at)

    def is_decided(self, index: int, trace: Trace, settings: DetectSettings) -> bool:
        """Tell whether more frames would say nothing new of a suspect; of a witness a few say enough."""
        if index >= len(self.sites):
            return True
        site = self.sites[index]
        is_known = self.known_at(site) is not None
        course, light_at = self.course(trace), self.statistics.light_at
        hit_share = self.hits[index] / max(len(self.statistics.watched), 1)
        return is_decided(
            site,
            trace,
            course,
            settings,
            hit_share=hit_share,
            light_at=light_at,
            is_known=is_known,
            is_still=self.is_still,
        )

    def queries(self, whole: ShotStatistics, settings: DetectSettings) -> dict[int, Query]:
        """Return what to look for in single frames, in array positions of `whole`, by index of the site.

        Only of sites that these frames could make sure of. After all sites come the witnesses.
        """
        inner, outer = self.statistics.model.raster, whole.model.raster
        down, across = inner.y - outer.y, inner.x - outer.x
        asked = self._worth_a_look(settings)
        sites = [self.sites[index] for index in asked]
        footprints = [each.shape for each in self.footprints]
        shapes = [_shapes_of(site, self.statistics, footprints) for site in sites]
        signs = [int(np.sign(site.score)) if site.is_in_pools else 0 for site in sites]
        trusts = [_trust_in_own_shape(site) for site in sites]
        places = [(site.y + down, site.x + across) for site in sites]
        covariance = self.statistics.model.covariance
        found = queries_of(places, shapes, covariance, signs=signs, trusts=trusts)
        beside = [(y + down, x + across) for _, y, x in self.witnesses]
        plain = np.stack([_framed(shape) for shape in footprints])
        found += queries_of(beside, [plain] * len(beside), covariance)
        numbers = range(len(self.sites), len(self.sites) + len(beside))
        return dict(zip([*asked, *numbers], found, strict=True))

    def _worth_a_look(self, settings: DetectSettings) -> list[int]:
        """Return the indices of the sites that single frames are asked about."""
        if self.is_still:
            return list(range(len(self.sites)))
        return [
            index
            for index, (site, count) in enumerate(zip(self.sites, self.hits, strict=True))
            if is_worth_a_look(site, settings, hits=count, is_known=self.known_at(site) is not None)
        ]


def find_suspects(
    statistics: ShotStatistics,
    settings: DetectSettings,
    *,
    known: Sequence[Defect] = (),
    excluded: NDArray[np.bool_] | None = None,
) -> Suspects:
    """Find all sites that may be defects.

    Parameters
    ----------
    known : sequence of Defect
        Defects of the same camera. Where one is known a weaker score is enough.
    excluded : (H, W) bool ndarray, optional
        Where nothing is looked for.
    """
    whole = statistics.model.raster
    statistics = without_mattes(statistics)
    inner = statistics.model.raster
    views = views_of(statistics)
    places = {(each.y - inner.y, each.x - inner.x): each for each in known if inner.contains(each.x, each.y)}
    threshold = _thresholds(views.size, settings, places)
    outside = np.zeros(threshold.shape, np.bool_)
    if excluded is not None:
        top, left = inner.y - whole.y, inner.x - whole.x
        outside = excluded[top : top + inner.height, left : left + inner.width]
    picture = MeanPicture(*statistics.mean_light())
    searched = line_picture(views, picture, excluded=outside)
    lines = find_lines(searched, threshold=settings.threshold_sigma)
    outside = outside | covered(lines, views.size)
    threshold[outside] = np.inf
    is_still = shot_is_still(statistics)
    found = search(views, picture, is_still=is_still, excluded=outside)
    # What scores beside an excluded defect may be its rim, and is placed where that is.
    scoring = found.sites(threshold, least_amplitude=settings.least_amplitude_sigma)
    sites = [site for site in scoring if not outside[site.y, site.x]]
    suspects = Suspects(statistics, picture, (), places, found.footprints, is_still)
    believable = believable_sites(
        sites,
        statistics,
        settings,
        picture=picture,
        is_still=is_still,
        is_known=lambda site: suspects.known_at(site) is not None,
    )
    believable += _recurring(statistics, whole, believable, threshold)
    strongest = sorted(believable, key=lambda site: (-abs(site.score), site.y, site.x))[:_MOST]
    in_order = tuple(sorted(strongest, key=lambda site: (site.y, site.x)))
    in_frame = [(site.y + inner.y - whole.y, site.x + inner.x - whole.x) for site in in_order]
    return replace(
        suspects,
        sites=in_order,
        hits=tuple(_frames_that_hit(in_frame, statistics.hits)),
        lines=line_defects(lines, searched, statistics, known=known),
        witnesses=() if is_still else _witnesses_of(lines),
    )


def _witnesses_of(lines: Sequence[Line]) -> tuple[tuple[int, int, int], ...]:
    """Return places on lines: which line, y and x."""
    return tuple(
        (number, *((line.middle, place) if line.is_row else (place, line.middle)))
        for number, line in enumerate(lines)
        for place in witnesses(line.first, line.stop).tolist()
    )


def _recurring(
    statistics: ShotStatistics, whole: Raster, sites: Sequence[Site], threshold: NDArray[np.float32]
) -> list[Site]:
    """Return the places that single frames name again and again, and that the pools do not.

    Parameters
    ----------
    whole : Raster
        Of the frames; the statistics may be of the picture inside mattes.
    threshold : (H, W) float32 ndarray
        Infinite where nothing is looked for.
    """
    inner = statistics.model.raster
    there = {(site.y + dy, site.x + dx) for site in sites for dy in _NEAR for dx in _NEAR}
    found = []
    for place in recurring_places(statistics.hits, (whole.height, whole.width)):
        y, x = place.y + whole.y - inner.y, place.x + whole.x - inner.x
        is_inside = inner.contains(x + inner.x, y + inner.y)
        if not is_inside or (y, x) in there or np.isinf(threshold[y, x]) or len(place.frames) < _LEAST_HITS:
            continue
        found.append(_site_of_hits(y, x, place.score * float(np.sqrt(len(place.frames)))))
    return found


def _frames_that_hit(places: Sequence[tuple[int, int]], hits: Hits) -> list[int]:
    """Return in how many frames each place, or a pixel beside it, is hit."""
    table = hits.table
    if not len(table) or not len(places):
        return [0] * len(places)
    tree = cKDTree(np.stack([table["y"], table["x"]], axis=1))
    near = tree.query_ball_point(np.array(places), 1, p=np.inf)
    return [len(np.unique(table["frame"][found])) for found in near]


def _site_of_hits(y: int, x: int, score: float) -> Site:
    return Site(
        x=x,
        y=y,
        score=score,
        samples=np.zeros((1, 3), np.intp),
        peak_channel=0,
        peak_y=y,
        peak_x=x,
        amplitude_sigma=float(np.copysign(1.0, score)),
        likeness=0.0,
        shape=np.zeros((0, 0, 0)),
        is_in_pools=False,
    )


def _thresholds(
    size: tuple[int, int], settings: DetectSettings, places: Iterable[tuple[int, int]]
) -> NDArray[np.float32]:
    """Return the score that each pixel must reach: more at the rim, less where a defect is known."""
    threshold = np.full(size, _RIM_CAUTION * settings.threshold_sigma, np.float32)
    threshold[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = settings.suspect_sigma
    for y, x in places:
        threshold[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = settings.known_threshold_sigma
    return threshold


def _shapes_of(
    site: Site, statistics: ShotStatistics, footprints: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return all shapes that a site may have on the sigma scale, (K, C, 7, 7), its own first."""
    level = _level_around(site, statistics)
    own = _own_shape(site, level.astype(np.float64))
    window = level[:, _AROUND_PX:-_AROUND_PX, _AROUND_PX:-_AROUND_PX]
    sigma = statistics.sigma_at(np.median(window, axis=(1, 2)).astype(np.float32))
    return np.stack([own, *(_framed(shape / sigma[:, None, None]) for shape in footprints)])


def _trust_in_own_shape(site: Site) -> float:
    """Return how much the match of a site's own shape counts: it has the noise and texture of the very frames.

    Where hardly any of it is a footprint it is texture. What is very strong bends on the
    sigma scale: there its own samples may be its shape.
    """
    is_strong = abs(site.amplitude_sigma) > _LINEAR_SIGMA
    if site.is_in_pools and site.likeness < _LIKE_A_FOOTPRINT:
        return _OWN_TRUST if is_strong else 0.0
    return 1.0 if is_strong else _OWN_TRUST


def _level_around(site: Site, statistics: ShotStatistics) -> NDArray[np.float32]:
    """Return the mean level around a site, (C, 11, 11); what lies beyond a border is as that."""
    reach = MATCH_PX // 2 + _AROUND_PX
    rows, columns = (
        np.clip(np.arange(centre - reach, centre + reach + 1), 0, side - 1)
        for centre, side in zip((site.y, site.x), statistics.seen.shape, strict=True)
    )
    near = statistics.part(rows=(rows[0], rows[-1] + 1), columns=(columns[0], columns[-1] + 1)).mean_level()
    return np.asarray(near[:, (rows - rows[0])[:, None], columns - columns[0]])


def _own_shape(site: Site, level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a site's spoiled samples less their surroundings (C, 11, 11) in the mean picture, (C, 7, 7).

    Of a dark one what is missing, so that its strongest sample is positive in any case.
    """
    reach = MATCH_PX // 2
    background = np.median(level, axis=(1, 2))
    shape = np.zeros((len(level), MATCH_PX, MATCH_PX))
    for channel, dy, dx in _inside(site.samples, reach):
        shape[channel, dy + reach, dx + reach] = (
            level[channel, dy + reach + _AROUND_PX, dx + reach + _AROUND_PX] - background[channel]
        )
    shape *= np.sign(site.amplitude_sigma)
    if shape.max() <= 0:
        shape[site.peak_channel, reach, reach] = 1.0
    return shape


def _inside(samples: NDArray[np.intp], reach: int) -> Iterator[tuple[int, int, int]]:
    for channel, dy, dx in samples:
        if max(abs(dy), abs(dx)) <= reach:
            yield int(channel), int(dy), int(dx)


def _framed(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a footprint (C, side, side) in the middle of (C, 7, 7), cut or padded."""
    spare = (MATCH_PX - shape.shape[1]) // 2
    if spare < 0:
        return shape[:, -spare:spare, -spare:spare]
    return np.pad(shape, ((0, 0), (spare, spare), (spare, spare)))
