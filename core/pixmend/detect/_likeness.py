# SPDX-License-Identifier: Apache-2.0
"""Whether a suspect looks like a lying photosite, or like light, texture or graphics."""

import numpy as np

from pixmend.detect._glance import Trace
from pixmend.detect._sites import Site
from pixmend.detect._timeline import Course, Pattern
from pixmend.detect._verdict import STILL_SIGMA, DetectSettings

__all__ = [
    "PHOTOSITE_FIT",
    "is_clear_of_texture",
    "is_hardly_a_photosite",
    "is_mark",
    "is_whole_pixel",
    "looks_like_photosite",
    "looks_right",
]

PHOTOSITE_FIT = 0.6
"""Share of the excess that a photosite explains of one that looks like it."""

_FIT_SCATTER = 0.03  # a point of light explains so much more by chance
_FAINT_SIGMA, _STRONG_SIGMA, _STRONG_FIT = 1.5, 4.0, 0.4  # how well a strong one's shape must fit
_DARK_FIT = 0.4  # and any that is darker: more of a scene looks so
_CLEAR_POINT, _POINTED = 0.75, 0.12  # of the excess: joined photosites are like a point, texture only more so
_SPOT_SIGMA, _SPOT_SCORE, _SPOT = 15.0, 12.0, 0.65  # so strong a one is a spot already where that is so clear
_AS_LEARNED = 0.55  # of the excess is what this plate makes of one photosite, resized or not
_MARK_SIGMA, _MARK_FIT, _MARK_LIKENESS = 12.0, 0.45, 0.35
_WHOLE_SIGMA, _WHOLE_PX = 5.0, 2  # most demosaics spread what is so strong further
_TEXTURED = 1.8  # times what noise leaves of all frames together
_RESTLESS, _RESTLESS_FIT = 5.0, 0.45  # times that: the scene repeats itself, and only the shape tells
_FROZEN = 0.02  # sigma over time: no light that passed a lens is so still
_FROZEN_LIKENESS = 0.6  # what is frozen is graphics, unless it looks like a photosite
_MOST_TOLD = 4.5  # times the amplitude that a place has, its strongest hit may have
_LIKE_AT_ALL, _MORE_A_POINT = 0.25, 0.08  # of the excess: what texture leaves of a photosite's shape
# Of a site that texture moves over: of what most frames show; that times the squared score in thresholds.
_TYPICAL_FIT, _CLEAR = 0.25, 1.0
_CLEAR_FRAMES = 20  # of fewer a median and its scatter are not known so well
_MOST_SWING = 0.45  # of the amplitude when on, of what single frames alone name
_FEW_ON, _MOST_SWING_OF_FEW = 6, 0.2  # frames; the same of what is on in fewer
_SEEN = 0.5  # of the frames in which it is on
_STEADY_FIT = 0.4  # of what most frames show, and
_STEADY_CONFIRMED = 12.0  # spreads, of such a one that is always there: the pools should have shown it


def looks_right(site: Site, trace: Trace, course: Course, *, is_still: bool, is_clear: bool = False) -> bool:
    """Tell whether a suspect has the shape that it must have: of a still shot the pools were asked already.

    Of one that is clear of the texture that moves over it (`is_clear`), that texture hides the shape.
    """
    if _is_frozen(trace) and site.likeness < _FROZEN_LIKENESS:
        return False
    if not site.is_in_pools:
        return _is_told_alike(site, course) and _is_lasting(trace, course, is_still=is_still)
    is_restless = trace.unrest > _RESTLESS and _fit(site) < _RESTLESS_FIT
    if not (is_still or is_clear) and (_looks_like_texture(site) or is_restless):
        return False
    stays = not is_still and _stands_still(trace)
    is_alike = is_clear or _looks_like_anything(site, course)
    return is_alike and (not stays or looks_like_photosite(site))


def is_clear_of_texture(site: Site, trace: Trace, settings: DetectSettings) -> bool:
    """Tell whether most frames show a photosite where the pools are sure of a site, whatever moves over it.

    Where hard texture or speculars move by, the places around tell of them and not of noise, and
    a few frames outshine all others: neither the spread around nor the mean of all frames tells then.
    """
    score = abs(site.score) / settings.threshold_sigma
    fit = float(np.sign(site.score)) * trace.typical_fit
    is_told = site.is_in_pools and len(trace.frames) >= _CLEAR_FRAMES
    return is_told and score >= 1.0 and fit >= _TYPICAL_FIT and fit * score**2 >= _CLEAR


def looks_like_photosite(site: Site) -> bool:
    """Tell whether a photosite explains most of a site, and no point of light explains more."""
    photosite, optical = site.photosite_fit or 0.0, site.optical_fit or 0.0
    return photosite >= PHOTOSITE_FIT and photosite >= optical - _FIT_SCATTER


def is_hardly_a_photosite(site: Site) -> bool:
    """Tell whether little of a site is a photosite, or more a point of light; and it is none as this plate has it."""
    fit, optical = site.photosite_fit or 0.0, site.optical_fit or 0.0
    return (fit < _LIKE_AT_ALL or optical - fit > _MORE_A_POINT) and site.likeness < _AS_LEARNED


def _looks_like_texture(site: Site) -> bool:
    """Tell whether a point of light explains clearly more than a photosite, and yet not the most of it."""
    photosite, optical = site.photosite_fit or 0.0, site.optical_fit or 0.0
    is_strong = site.amplitude_sigma >= _SPOT_SIGMA and site.score >= _SPOT_SCORE
    is_pointed = optical < (_SPOT if is_strong else _CLEAR_POINT) and optical - photosite > _POINTED
    return is_pointed and site.likeness < _AS_LEARNED


def is_mark(site: Site) -> bool:
    """Tell whether a site that shows clearly is hardly like a photosite, joined ones or light.

    Texture may be so here and there, strokes of lettering are side by side.
    """
    is_unlike = _fit(site) < _MARK_FIT and site.likeness < _MARK_LIKENESS
    return site.is_in_pools and abs(site.amplitude_sigma) >= _MARK_SIGMA and is_unlike


def is_whole_pixel(site: Site) -> bool:
    """Tell whether a strong site is one or two pixels in all colours alike.

    Where there is a mosaic few demosaics make that of a photosite, and all lettering is so.
    """
    pixels = {(int(dy), int(dx)) for _, dy, dx in site.samples}
    channels = len(site.shape)
    is_whole = len(pixels) <= _WHOLE_PX and len(site.samples) == channels * len(pixels)
    return channels > 1 and is_whole and site.is_in_pools and abs(site.amplitude_sigma) >= _WHOLE_SIGMA


def _is_told_alike(site: Site, course: Course) -> bool:
    """Tell whether the hits that named a place say what all frames say there: as bright or dark, as strong.

    Texture that drifts by is hit where it is strongest.
    """
    strongest = site.score / max(float(np.sqrt(course.seen)), 1.0)
    return bool(0.0 < strongest * np.sign(course.amplitude_sigma) <= _MOST_TOLD * abs(course.amplitude_sigma))


def _is_lasting(trace: Trace, course: Course, *, is_still: bool) -> bool:
    """Tell whether what the pools do not show is as strong whenever it is on.

    Before a scene that moves, what is on in few frames must be steadier, for speculars do that too;
    what is on in many must show in most of them; and what is always there in what most frames show:
    else it is lettering.
    """
    is_few = not is_still and course.is_on.sum() < _FEW_ON
    if course.fluctuation > (_MOST_SWING_OF_FEW if is_few else _MOST_SWING):
        return False
    if course.pattern is Pattern.STEADY:
        return abs(trace.score) >= _STEADY_CONFIRMED and abs(trace.typical_fit) >= _STEADY_FIT
    return is_still or course.seen >= _SEEN * course.is_on.sum()


def _looks_like_anything(site: Site, course: Course) -> bool:
    """Tell whether a strong site is like a photosite, or like one that was resized: a point of light.

    A faint one need not be; there noise and texture hide its shape.
    """
    strength = (abs(course.amplitude_sigma) - _FAINT_SIGMA) / (_STRONG_SIGMA - _FAINT_SIGMA)
    needed = _STRONG_FIT * min(max(strength, 0.0), 1.0)
    return _fit(site) >= (needed if course.amplitude_sigma > 0 else max(needed, _DARK_FIT))


def _fit(site: Site) -> float:
    return max(site.photosite_fit or 0.0, site.optical_fit or 0.0)


def _stands_still(trace: Trace) -> bool:
    """Tell whether the scene stays as it is around a suspect, with texture that stays too."""
    return _liveliness(trace) < STILL_SIGMA and trace.unrest > _TEXTURED


def _liveliness(trace: Trace) -> float:
    """Return by how much the scene around a suspect varies over time, in sigma, in its quietest channel."""
    rim = trace.cores[..., trace.rim]
    return float(np.median(rim.std(axis=0, dtype=np.float64), axis=1).min())


def _is_frozen(trace: Trace) -> bool:
    channel, y, x = trace.peak
    return float(trace.cores[:, channel, y, x].std(dtype=np.float64)) < _FROZEN
