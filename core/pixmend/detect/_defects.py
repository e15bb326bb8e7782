# SPDX-License-Identifier: Apache-2.0
"""Suspects -> defects: which to believe, when they show, kind, confidence, severity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._cluster import photosites_at
from pixmend.detect._glance import Trace
from pixmend.detect._lettering import change_left, is_drawn, lettered
from pixmend.detect._likeness import is_mark, is_whole_pixel, looks_like_photosite
from pixmend.detect._mosaic import has_mosaic
from pixmend.detect._second_look import Judgement, judge_by_pools, judge_by_trace
from pixmend.detect._sites import VISIBLE_SIGMA, Site
from pixmend.detect._suspects import Suspects
from pixmend.detect._verdict import DetectSettings
from pixmend.model import Defect, Evidence, FrameRange, Kind, Sample, Severity
from pixmend.stats import ShotStatistics

__all__ = ["Findings", "decide", "defects_left", "numbered"]

_BRIGHT_SIGMA = 8.0  # visible at unity in normal playback
_CHANCE, _EXPECTED = 8e-4, 5.0  # pixels that score 5 by chance; defects that a camera is expected to have
_SAME_PX = 2  # what is left of a defect need not be strongest where it was
_CLEAR_LIKENESS = 0.5  # from there on the mean picture tells the samples
_SURELY_ALIKE = 0.97  # of the excess
_ONE_PHOTOSITE = 0.6  # of the excess; then it is no cluster
_MANY = 5  # "several across a duration, even if each alone is extremely minor"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a shot shows.

    Attributes
    ----------
    defects : tuple of Defect
        In reading order, in pixel space, ids ``d0001`` onward.
    weaker : tuple of Defect
        What is not sure enough by itself, strongest first; other shots of the camera may
        make it so. Ids ``w0001`` onward.
    """

    defects: tuple[Defect, ...]
    weaker: tuple[Defect, ...]


def decide(
    suspects: Suspects, settings: DetectSettings, traces: Mapping[int, Trace] | None = None
) -> Findings:
    """Decide which suspects are defects.

    Parameters
    ----------
    suspects : Suspects
    settings : DetectSettings
    traces : mapping, optional
        What single frames showed, by index of the suspect. None if none were looked at:
        then the pools' score decides alone, and each defect is taken to show in every frame.

    Notes
    -----
    What people decided about a known defect (status, note) is carried over.
    """
    sure, weaker = [], []
    graphics, lines = _lettering(suspects, traces or {})
    for index, site in enumerate(suspects.sites):
        if index in graphics:
            continue
        known = suspects.known_at(site)
        trace = None if traces is None else traces.get(index)
        if trace is None:
            judgement = judge_by_pools(site, settings, is_known=known is not None)
        else:
            judgement = judge_by_trace(
                site,
                trace,
                suspects.course(trace),
                settings,
                light_at=suspects.statistics.light_at,
                is_known=known is not None,
                is_still=suspects.is_still,
            )
        defect = _to_defect(site, judgement, suspects)
        if judgement.is_defect:
            sure.append(defect if known is None else replace(defect, status=known.status, note=known.note))
        elif judgement.may_be:
            weaker.append(defect)
    weaker.sort(key=lambda each: -abs(each.evidence.score if each.evidence else 0.0))
    return Findings(
        numbered([*sure, *lines]),
        tuple(replace(each, id=f"w{number:04d}") for number, each in enumerate(weaker, 1)),
    )


def _lettering(suspects: Suspects, traces: Mapping[int, Trace]) -> tuple[frozenset[int], tuple[Defect, ...]]:
    """Return which sites are lettering that stands over the picture, and the lines that are none."""
    if not suspects.statistics.model.has_colours:
        return frozenset(), suspects.lines
    sites = suspects.sites
    asked = [index for index in traces if index < len(sites)]
    mosaic = has_mosaic(suspects.statistics)
    marks = [is_mark(sites[index]) or (mosaic and is_whole_pixel(sites[index])) for index in asked]
    is_graphic = lettered(
        [(sites[index].y, sites[index].x) for index in asked],
        np.array([_change_left(sites[index], traces[index], suspects) for index in asked]),
        is_mark=np.array(marks, np.bool_),
        is_alike=np.array([looks_like_photosite(sites[index]) for index in asked], np.bool_),
    )
    unknown = (suspects.known_at(sites[index]) is None for index in asked)
    graphics = (index for index, *both in zip(asked, is_graphic, unknown, strict=True) if all(both))
    return frozenset(graphics), tuple(_lines_of_sensor(suspects, traces))


def _change_left(site: Site, trace: Trace, suspects: Suspects) -> float:
    """Return what is left of the change at a site; infinite where that tells nothing.

    What is as bright as a photosite can be may be still in all colours, for floats have steps.
    """
    if suspects.is_still or (site.likeness >= _SURELY_ALIKE and not is_whole_pixel(site)):
        return np.inf
    return change_left(trace, suspects.statistics.light_at)


def _lines_of_sensor(suspects: Suspects, traces: Mapping[int, Trace]) -> Iterator[Defect]:
    """Yield the lines that do not cover the picture."""
    told: dict[int, list[Trace]] = {}
    for index, (number, _, _) in enumerate(suspects.witnesses, len(suspects.sites)):
        if index in traces:
            told.setdefault(number, []).append(traces[index])
    for number, line in enumerate(suspects.lines):
        if number not in told or not is_drawn(told[number], suspects.statistics.light_at):
            yield line


def defects_left(defects: Sequence[Defect], *, found: Sequence[Defect]) -> tuple[Defect, ...]:
    """Return those of `defects` that are among what was `found` in the mended frames."""
    places = np.array([(each.x, each.y) for each in found]).reshape(-1, 2)

    def shows(defect: Defect) -> bool:
        return bool((np.abs(places - (defect.x, defect.y)) <= _SAME_PX).all(axis=1).any())

    return tuple(each for each in defects if shows(each))


def _to_defect(site: Site, judgement: Judgement, suspects: Suspects) -> Defect:
    statistics = suspects.statistics
    model = statistics.model
    samples = sorted((int(dy), int(dx), int(channel)) for channel, dy, dx in _samples(site, judgement))
    return Defect(
        id="d",
        x=site.x + model.raster.x,
        y=site.y + model.raster.y,
        kind=_kind_or_cluster(site, judgement, suspects),
        frames=_frames_of(judgement, statistics),
        samples=tuple(Sample(dx, dy, model.channels[channel]) for dy, dx, channel in samples),
        amplitude_sigma=round(judgement.amplitude_sigma, 2),
        confidence=_confidence(site.score, pixels=statistics.seen.size),
        evidence=Evidence(
            score=round(site.score, 2),
            frames_seen=judgement.seen,
            frames_expected=judgement.expected,
            photosite_fit=site.photosite_fit,
            optical_fit=site.optical_fit,
            fluctuation=None if judgement.fluctuation is None else round(judgement.fluctuation, 3),
        ),
    )


def _kind_or_cluster(site: Site, judgement: Judgement, suspects: Suspects) -> Kind:
    """Return what it is: a cluster if joined photosites explain what one does not."""
    is_one = max(site.photosite_fit or 0.0, site.likeness) >= _ONE_PHOTOSITE
    if judgement.kind is Kind.BLINKING or is_one or not judgement.is_defect:
        return judgement.kind
    joined = photosites_at(suspects.picture, site.y, site.x)
    return Kind.CLUSTER if len(joined) > 1 else judgement.kind


def _samples(site: Site, judgement: Judgement) -> NDArray[np.intp]:
    """Return the spoiled samples (channel, dy, dx): as the mean picture shows them if it does so clearly."""
    shape = judgement.profile
    if shape is None or (
        (judgement.is_on is None or judgement.is_on.all()) and site.likeness >= _CLEAR_LIKENESS
    ):
        return site.samples
    visible = np.abs(shape * judgement.amplitude_sigma) >= VISIBLE_SIGMA
    visible.ravel()[shape.argmax()] = True
    middle = shape.shape[1] // 2
    samples: NDArray[np.intp] = np.argwhere(visible) - np.array([0, middle, middle])
    return samples


def _frames_of(judgement: Judgement, statistics: ShotStatistics) -> FrameRange:
    """Return the frames of the shot in which a defect shows: each is as the nearest that was looked at."""
    is_on = judgement.is_on
    if judgement.looked_at is None or is_on is None or is_on.all():
        return statistics.stands_for
    wanted = np.array(statistics.stands_for.frames)
    between = 0.5 * (judgement.looked_at[1:] + judgement.looked_at[:-1])
    return FrameRange(int(frame) for frame in wanted[is_on[np.searchsorted(between, wanted)]])


def _confidence(score: float, *, pixels: int) -> float:
    """Return how likely a site is a defect and not chance, by its score and how many pixels could have had it.

    Chance is not normal: on clean moving shots about `_CHANCE` of the pixels score 5, and
    a tenth of that with each unit more (measured on simulated shots of photographs).
    """
    by_chance: float = pixels * _CHANCE * 10.0 ** (5.0 - abs(score))
    return round(_EXPECTED / (_EXPECTED + by_chance), 4)


def numbered(found: Iterable[Defect]) -> tuple[Defect, ...]:
    """Return defects in reading order with ids and severities.

    The rule of [093]: bright is an issue, faint is FYI, but several faint ones are an issue too.
    """
    defects = sorted(found, key=_reading_order)
    several = len(defects) >= _MANY
    return tuple(
        replace(
            each,
            id=f"d{number:04d}",
            severity=Severity.ISSUE if several or _is_bright(each) else Severity.FYI,
        )
        for number, each in enumerate(defects, 1)
    )


def _reading_order(defect: Defect) -> tuple[int, int, int]:
    return defect.y, defect.x, -1 if defect.frames is None else defect.frames.frames[0]


def _is_bright(defect: Defect) -> bool:
    return abs(defect.amplitude_sigma or 0.0) >= _BRIGHT_SIGMA
