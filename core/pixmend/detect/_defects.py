# SPDX-License-Identifier: Apache-2.0
"""Sites -> defects: kind, confidence, severity."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._footprints import prior_footprints
from pixmend.detect._match import score_footprints, sigma_shapes
from pixmend.detect._mattes import without_mattes
from pixmend.detect._sites import MeanPicture, Site, find_sites
from pixmend.detect._verdict import DetectSettings, believable_sites
from pixmend.model import Defect, Kind, Sample, Severity
from pixmend.stats import ShotStatistics

__all__ = ["defects_left", "find_defects"]

_RIM_PX, _RIM_CAUTION = 2, 1.5  # debayer and resize leave a rim that is fixed too: it must score more
_BRIGHT_SIGMA = 8.0  # visible at unity in normal playback
_CHANCE, _EXPECTED = 8e-4, 5.0  # pixels that score 5 by chance; defects that a camera is expected to have
_SAME_PX = 2  # what is left of a defect need not be strongest where it was
_MANY = 5  # "several across a duration, even if each alone is extremely minor"


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
    found = find_sites(scores, picture, footprints, threshold=_thresholds(statistics, settings, places))
    sites = believable_sites(
        found, statistics, settings, is_known=lambda site: _near(site, places) is not None
    )
    defects = [_to_defect(site, index, statistics) for index, site in enumerate(sites)]
    carried = [_carry_over(defect, _near(site, places)) for defect, site in zip(defects, sites, strict=True)]
    return _with_severity(carried)


def defects_left(
    statistics: ShotStatistics, defects: Sequence[Defect], settings: DetectSettings
) -> tuple[Defect, ...]:
    """Return those of `defects` that one would still find in the statistics of mended frames."""
    found = np.array([(each.x, each.y) for each in find_defects(statistics, settings)]).reshape(-1, 2)

    def shows(defect: Defect) -> bool:
        return bool((np.abs(found - (defect.x, defect.y)) <= _SAME_PX).all(axis=1).any())

    return tuple(each for each in defects if shows(each))


def _thresholds(
    statistics: ShotStatistics, settings: DetectSettings, places: Iterable[tuple[int, int]]
) -> NDArray[np.float32]:
    """Return the score that each pixel must reach: more at the rim, less where a defect is known."""
    threshold = np.full(statistics.seen.shape, _RIM_CAUTION * settings.threshold_sigma, np.float32)
    threshold[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = settings.threshold_sigma
    for y, x in places:
        threshold[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = settings.known_threshold_sigma
    return threshold


def _places(known: Sequence[Defect], statistics: ShotStatistics) -> dict[tuple[int, int], Defect]:
    """Return known defects by array position (y, x); what lies outside is left out."""
    raster = statistics.model.raster
    return {(each.y - raster.y, each.x - raster.x): each for each in known if raster.contains(each.x, each.y)}


def _near(site: Site, places: Mapping[tuple[int, int], Defect]) -> Defect | None:
    around = ((site.y + dy, site.x + dx) for dy in (0, -1, 1) for dx in (0, -1, 1))
    return next((places[place] for place in around if place in places), None)


def _carry_over(defect: Defect, known: Defect | None) -> Defect:
    return defect if known is None else replace(defect, status=known.status, note=known.note)


def _to_defect(site: Site, index: int, statistics: ShotStatistics) -> Defect:
    model = statistics.model
    samples = sorted((int(dy), int(dx), int(channel)) for channel, dy, dx in site.samples)
    return Defect(
        id=f"d{index + 1:04d}",
        x=site.x + model.raster.x,
        y=site.y + model.raster.y,
        kind=Kind.DEAD if site.amplitude_sigma < 0 else Kind.HOT,
        frames=statistics.stands_for,
        samples=tuple(Sample(dx, dy, model.channels[channel]) for dy, dx, channel in samples),
        amplitude_sigma=round(site.amplitude_sigma, 2),
        confidence=_confidence(site.score, pixels=statistics.seen.size),
    )


def _confidence(score: float, *, pixels: int) -> float:
    """Return how likely a site is a defect and not chance, by its score and how many pixels could have had it.

    Chance is not normal: on clean moving shots about `_CHANCE` of the pixels score 5, and
    a tenth of that with each unit more (measured on simulated shots of photographs).
    """
    by_chance: float = pixels * _CHANCE * 10.0 ** (5.0 - abs(score))
    return round(_EXPECTED / (_EXPECTED + by_chance), 4)


def _with_severity(defects: Sequence[Defect]) -> tuple[Defect, ...]:
    """Rule of [093]: bright is an issue, faint is FYI, but several faint ones are an issue too."""
    several = len(defects) >= _MANY
    return tuple(
        replace(each, severity=Severity.ISSUE if several or _is_bright(each) else Severity.FYI)
        for each in defects
    )


def _is_bright(defect: Defect) -> bool:
    return abs(defect.amplitude_sigma or 0.0) >= _BRIGHT_SIGMA
