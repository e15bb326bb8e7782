# SPDX-License-Identifier: Apache-2.0
"""Sites -> defects: kind, confidence, severity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.special import log_ndtr

from pixmend.detect._fleeting import is_fleeting
from pixmend.detect._footprints import prior_footprints
from pixmend.detect._match import score_footprints, sigma_shapes
from pixmend.detect._mattes import without_mattes
from pixmend.detect._sites import MeanPicture, Site, find_sites
from pixmend.model import Defect, Kind, Sample, Severity
from pixmend.stats import ShotStatistics

__all__ = ["DetectSettings", "defects_left", "find_defects", "shot_is_still"]

_STILL_SIGMA = 1.5  # temporal spread of the liveliest tenth of a shot in which nothing moves
_STUCK_SHARE = 0.5  # a stuck photosite varies less than half as much as its surroundings
_STILLER_THAN_LIGHT = 0.002  # of the level: a full well of 100 000 electrons has a noise of 0.003
_BEST_MATCH = 2.0  # times amplitude and root of frames; measured is 0.66, and 1.51 for a dead one of 5 sigma
_ECHO_PX, _ECHO = 6, 30.0
_WIDE = 45  # samples; one photosite after debayer spoils up to 39, and texture beside it a few
_RIM_PX, _RIM_CAUTION = 2, 1.5  # debayer and resize leave a rim that is fixed too: it must score more
_BRIGHT_SIGMA = 8.0  # visible at unity in normal playback
_MANY = 5  # "several across a duration, even if each alone is extremely minor"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectSettings:
    """What a user may choose.

    Attributes
    ----------
    threshold_sigma : float
        Score from which a site is a defect.
    known_threshold_sigma : float
        Score from which a site counts where a defect of the camera is known.
    least_amplitude_sigma : float
        What a mean excess must reach to be worth a repair.
    likeness, wide_likeness : float
        Where nothing moves, how much a site must look like one photosite, 0 to 1; the
        second for one of more samples than a photosite spoils as a rule.
    """

    threshold_sigma: float = 8.0
    known_threshold_sigma: float = 4.5
    least_amplitude_sigma: float = 0.9
    likeness: float = 0.65
    wide_likeness: float = 0.8


def shot_is_still(statistics: ShotStatistics) -> bool:
    """Tell whether the picture stands still, so that time cannot tell a defect from the scene."""
    return bool(np.quantile(statistics.level_sigma(), 0.9) < _STILL_SIGMA)


def find_defects(
    statistics: ShotStatistics, settings: DetectSettings, *, known: Sequence[Defect] = ()
) -> tuple[Defect, ...]:
    """Find the static defects of a shot: hot, stuck and dead.

    Parameters
    ----------
    known : sequence of Defect
        Defects of the same camera. Where one is known a weaker score is enough, and
        what people decided about it (status, note) is carried over.

    Returns
    -------
    tuple of Defect
        In reading order, in pixel space, ids ``d0001`` onward.

    Notes
    -----
    In a still shot the picture itself is as fixed as a defect; there a site must
    look like one photosite after debayer, which no optical point does exactly. The edge
    of a matte (letterbox, pillarbox) is fixed too: nothing is looked for within 4 px.
    """
    statistics = without_mattes(statistics)
    footprints = prior_footprints(len(statistics.model.channels))
    scores = score_footprints(statistics, sigma_shapes(statistics, footprints))
    picture = MeanPicture(*statistics.mean_light())
    places = _places(known, statistics)
    threshold = np.full(statistics.seen.shape, _RIM_CAUTION * settings.threshold_sigma, np.float32)
    threshold[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = settings.threshold_sigma
    for y, x in places:
        threshold[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = settings.known_threshold_sigma
    sites = find_sites(scores, picture, footprints, threshold=threshold)
    sites = [
        site
        for site in sites
        if abs(site.amplitude_sigma) >= settings.least_amplitude_sigma
        and _is_as_strong_as_it_scores(site, statistics)
    ]
    if shot_is_still(statistics):
        sites = [site for site in sites if _is_one_photosite(site, settings) or _near(site, places)]
    sites = _without_echoes(sites)
    level, spread = statistics.mean_level(), statistics.level_sigma()
    sites = [
        site
        for site in sites
        if not is_fleeting((site.peak_channel, site.peak_y, site.peak_x), level, spread)
    ]
    defects = [_to_defect(site, index, statistics, picture, spread) for index, site in enumerate(sites)]
    carried = [_carry_over(defect, _near(site, places)) for defect, site in zip(defects, sites, strict=True)]
    return _with_severity(carried)


def defects_left(
    statistics: ShotStatistics, defects: Sequence[Defect], settings: DetectSettings
) -> tuple[Defect, ...]:
    """Return those of `defects` that the statistics of mended frames still show."""
    statistics = without_mattes(statistics)
    footprints = prior_footprints(len(statistics.model.channels))
    score = np.abs(score_footprints(statistics, sigma_shapes(statistics, footprints)).score)
    shows = maximum_filter(score, size=3) >= settings.threshold_sigma
    return tuple(each for place, each in _places(defects, statistics).items() if shows[place])


def _places(known: Sequence[Defect], statistics: ShotStatistics) -> dict[tuple[int, int], Defect]:
    """Return known defects by array position (y, x); what lies outside is left out."""
    raster = statistics.model.raster
    return {(each.y - raster.y, each.x - raster.x): each for each in known if raster.contains(each.x, each.y)}


def _near(site: Site, places: Mapping[tuple[int, int], Defect]) -> Defect | None:
    around = ((site.y + dy, site.x + dx) for dy in (0, -1, 1) for dx in (0, -1, 1))
    return next((places[place] for place in around if place in places), None)


def _is_as_strong_as_it_scores(site: Site, statistics: ShotStatistics) -> bool:
    """Tell whether what the mean picture shows can be what scores: else the score is a filter's ringing."""
    most = _BEST_MATCH * abs(site.amplitude_sigma) * float(np.sqrt(statistics.seen[site.y, site.x]))
    return abs(site.score) <= most


def _without_echoes(sites: list[Site]) -> list[Site]:
    """Leave out what a far stronger site nearby explains: its filters ring that far."""
    place = np.array([(site.y, site.x) for site in sites]).reshape(-1, 2)
    strength = np.array([abs(site.amplitude_sigma) for site in sites])

    def is_echo(index: int) -> bool:
        is_near = (np.abs(place - place[index]) <= _ECHO_PX).all(axis=1)
        return bool((strength[is_near] > _ECHO * strength[index]).any())

    return [site for index, site in enumerate(sites) if not is_echo(index)]


def _is_one_photosite(site: Site, settings: DetectSettings) -> bool:
    """Tell whether a site's shape is that of one photosite; a wide one must be all the more like it."""
    is_wide = len(site.samples) > _WIDE
    return site.likeness >= (settings.wide_likeness if is_wide else settings.likeness)


def _carry_over(defect: Defect, known: Defect | None) -> Defect:
    return defect if known is None else replace(defect, status=known.status, note=known.note)


def _to_defect(
    site: Site, index: int, statistics: ShotStatistics, picture: MeanPicture, spread: NDArray[np.float32]
) -> Defect:
    model = statistics.model
    samples = sorted((int(dy), int(dx), int(channel)) for channel, dy, dx in site.samples)
    return Defect(
        id=f"d{index + 1:04d}",
        x=site.x + model.raster.x,
        y=site.y + model.raster.y,
        kind=_kind(site, picture, spread) if len(statistics.frames) > 1 else _kind_of_one_frame(site),
        frames=statistics.stands_for,
        samples=tuple(Sample(dx, dy, model.channels[channel]) for dy, dx, channel in samples),
        amplitude_sigma=round(site.amplitude_sigma, 2),
        confidence=_confidence(site.score, pixels=statistics.seen.size),
    )


def _kind_of_one_frame(site: Site) -> Kind:
    return Kind.DEAD if site.amplitude_sigma < 0 else Kind.HOT


def _kind(site: Site, picture: MeanPicture, spread: NDArray[np.float32]) -> Kind:
    """Tell hot, stuck and dead apart.

    Too dark is dead. Of the bright, a hot photosite adds to the scene: it varies as
    the scene does (compared in linear light, where adding does not compress what
    shows through) and has the noise of its own brightness. A stuck one has neither.
    """
    if site.amplitude_sigma < 0:
        return Kind.DEAD
    centre = (site.peak_channel, site.peak_y, site.peak_x)
    window = (
        site.peak_channel,
        slice(max(site.peak_y - 5, 0), site.peak_y + 6),
        slice(max(site.peak_x - 5, 0), site.peak_x + 6),
    )
    scene = float(np.median(spread[window] * picture.sigma[window]))
    own = float(spread[centre] * picture.sigma[centre])
    is_stuck = own < max(_STUCK_SHARE * scene, _STILLER_THAN_LIGHT * float(picture.light[centre]))
    return Kind.STUCK if is_stuck else Kind.HOT


def _confidence(score: float, *, pixels: int) -> float:
    """Return 1 / (1 + expected chance hits of this score among all pixels), normal tail."""
    log_chance = float(log_ndtr(-abs(score))) + float(np.log(2.0 * pixels))
    return round(float(1.0 / (1.0 + np.exp(min(log_chance, 700.0)))), 4)


def _with_severity(defects: Sequence[Defect]) -> tuple[Defect, ...]:
    """Rule of [093]: bright is an issue, faint is FYI, but several faint ones are an issue too."""
    several = len(defects) >= _MANY
    return tuple(
        replace(each, severity=Severity.ISSUE if several or _is_bright(each) else Severity.FYI)
        for each in defects
    )


def _is_bright(defect: Defect) -> bool:
    return abs(defect.amplitude_sigma or 0.0) >= _BRIGHT_SIGMA
