# SPDX-License-Identifier: Apache-2.0
"""Judges one suspect by the pools' score and by what single frames showed."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._change import LightAt, changed_like_photosite
from pixmend.detect._glance import Trace
from pixmend.detect._likeness import (
    PHOTOSITE_FIT,
    is_clear_of_texture,
    is_hardly_a_photosite,
    looks_like_photosite,
    looks_right,
)
from pixmend.detect._sites import Site
from pixmend.detect._timeline import Course, Pattern, course_of
from pixmend.detect._verdict import DetectSettings
from pixmend.model import Kind

__all__ = [
    "LEAST_FRAMES",
    "Judgement",
    "course_in_equal_light",
    "is_decided",
    "is_worth_a_look",
    "judge_by_pools",
    "judge_by_trace",
]

LEAST_FRAMES = 6
"""With fewer, single frames add nothing to what the pools say."""

_CONFIRMED = 7.0  # spreads of the same match at places around, of all frames together
_FULL_FRAMES = 30  # fewer cannot say as much
_ALIKE_CONFIRMED, _CLEARLY_ALIKE = 5.0, 0.7  # of one that looks like a photosite, in a scene that stays
_WEAK_CONFIRMED = 9.0  # of one that the pools alone do not say
_MANY_FRAMES, _WEAK_FIT = 24, 0.35  # what such a one needs beside
_SURE_ANYWAY = 1.25  # times the threshold, of what is hardly like a photosite: light along an edge is so too
_KNOWN_CONFIRMED = 3.5  # where a defect is known
_STEADY_IF_ALIKE = 0.3  # where the mean picture looks like a photosite
_STEADY = 0.5  # median over mean: texture scores in the frames in which it happens to stand there
_BLINK_FRAMES = 12  # fewer do not tell blinking from a scene that moves
_LEAST_ON = 4  # frames that a blinking one must show in, each clearly
_LEAST_HITS = 2  # frames that name the place of what may blink
_BLINK_LIKENESS = 0.6  # of what its on frames have more than its off frames
_LEAST_TURNS, _ONCE_LIKENESS = 3, 0.75  # on once, or darker: so does texture that drifts by
_EVEN_SWING, _EVEN_LIKENESS = 0.25, 0.5  # as bright whenever it is on: texture comes and goes by degrees
_MOST_SWING = 0.5  # of its amplitude when on; a glint swings more
_MOSTLY_ON = 0.6  # of the frames: then all of them together say enough
_CLEAR_LIKENESS = 0.5
_STUCK_SHARE = 0.5  # a stuck photosite varies less than half as much as its surroundings
_STILLER_THAN_LIGHT = 0.002  # of the level: a full well of 100 000 electrons has a noise of 0.003
_LEAST_FACTOR, _MOST_FACTOR = 0.05, 100.0  # of the usual: there the frame tells nothing, or enough
_HOPELESS = 1.5  # spreads, after a few frames
_HALF_WAY = 0.5  # of the score that is expected by then of what reaches the one asked for
_SURELY_ON, _PERHAPS_ON = 4.0, 3.0  # errors
_SETTLED_FRAMES, _SETTLED = 20, 0.9  # frames; of them, that show it by themselves
_FEW_FRAMES, _TELLING = 12, 6.0  # frames; errors: what is fainter is not asked whether it blinks
_HIT_ALWAYS = 0.85  # of all frames
_NO_HINT = 0.12  # of the gain of chi square, a frame: half of what a change that is believed has
_STEADY_FRAMES = 48  # of what shows all the time more tell nothing new
_SELDOM_HIT = 0.02  # of all frames: so few name nothing that comes and goes


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a suspect is.

    Attributes
    ----------
    is_defect, may_be : bool
        `may_be` where the camera's other shots could tell.
    kind : Kind
    amplitude_sigma : float
        Of the strongest sample where it shows, signed.
    profile : (C, 7, 7) float64 ndarray or None
        On the sigma scale, strongest sample 1; None where no frame was looked at.
    looked_at : (T,) int ndarray or None
        Frames that were looked at.
    is_on : (T,) bool ndarray or None
        In which of them it is on.
    seen, expected : int
        Frames in which it shows by itself, of how many in which it is on.
    fluctuation : float or None
    """

    is_defect: bool
    may_be: bool
    kind: Kind
    amplitude_sigma: float
    profile: NDArray[np.float64] | None = None
    looked_at: NDArray[np.int64] | None = None
    is_on: NDArray[np.bool_] | None = None
    seen: int = 0
    expected: int = 0
    fluctuation: float | None = None


def judge_by_pools(site: Site, settings: DetectSettings, *, is_known: bool) -> Judgement:
    """Judge a site that no single frame was asked about."""
    is_sure = _scores_enough(site, settings, is_known=is_known)
    return Judgement(
        is_sure and _is_worth_it(site.amplitude_sigma, settings),
        site.is_in_pools,
        _bright_or_dark(site.amplitude_sigma),
        site.amplitude_sigma,
    )


def judge_by_trace(
    site: Site,
    trace: Trace,
    course: Course,
    settings: DetectSettings,
    *,
    light_at: LightAt,
    is_known: bool,
    is_still: bool,
) -> Judgement:
    """Judge a site by its score, its trace and its course.

    Parameters
    ----------
    is_still : bool
        Whether nothing moves: then the scene is in every frame as a defect is, and the
        places around tell only how busy it is.
    """
    changed = is_still and changed_like_photosite(trace, course, light_at)
    comes_and_goes = course.pattern is not Pattern.STEADY and (changed or _comes_and_goes(trace, course))
    is_clear = not is_still and not comes_and_goes and is_clear_of_texture(site, trace, settings)
    if is_clear or (
        not comes_and_goes and (course.pattern is Pattern.BLINKING or course.is_on.mean() < _MOSTLY_ON)
    ):
        # It is there all the time or not at all; where it seems not to be the scene hides it.
        course = course_in_equal_light(trace, light_at, may_change=False)
    if is_still:
        # A dark one's shape was asked for less, since it is no light: so it must score more.
        is_sure = site.score > 0 or _scores_enough(site, settings, is_known=is_known)
        shows = (site.is_in_pools and is_sure) or changed
        shows = shows or (comes_and_goes and course.pattern is Pattern.BLINKING)
    else:
        least = _KNOWN_CONFIRMED if is_known else _least_confirmation(site, trace, settings)
        shows = comes_and_goes or is_clear or _is_confirmed(site, trace, course, least=least)
    agrees = is_clear or not site.is_in_pools or np.sign(site.score) == np.sign(course.amplitude_sigma)
    strong_enough = is_clear or _is_worth_it(course.amplitude_sigma, settings)
    is_alike = is_known or looks_right(site, trace, course, is_still=is_still, is_clear=is_clear)
    return Judgement(
        is_defect=bool(shows and agrees and strong_enough and is_alike),
        may_be=strong_enough and course.pattern is not Pattern.BLINKING,
        kind=_kind(site, trace, course, light_at),
        amplitude_sigma=_amplitude(site, course),
        profile=trace.profile,
        looked_at=trace.frames,
        is_on=course.is_on,
        seen=course.seen,
        expected=int(course.is_on.sum()),
        fluctuation=course.fluctuation,
    )


def _amplitude(site: Site, course: Course) -> float:
    """Return how strong it is: where the mean picture shows it clearly as that has it, bent by no scale."""
    is_clear = site.likeness >= _CLEAR_LIKENESS and course.pattern is Pattern.STEADY
    return site.amplitude_sigma if is_clear else course.amplitude_sigma


def _scores_enough(site: Site, settings: DetectSettings, *, is_known: bool) -> bool:
    """Tell whether the pools alone make sure of a site."""
    least = settings.known_threshold_sigma if is_known else settings.threshold_sigma
    return site.is_in_pools and abs(site.score) >= least


def _is_worth_it(amplitude_sigma: float, settings: DetectSettings) -> bool:
    return abs(amplitude_sigma) >= settings.least_amplitude_sigma


def _bright_or_dark(amplitude_sigma: float) -> Kind:
    return Kind.DEAD if amplitude_sigma < 0 else Kind.HOT


def _least_confirmation(site: Site, trace: Trace, settings: DetectSettings) -> float:
    """Return the score that all frames together must reach; infinite for what they cannot make sure."""
    if abs(site.score) >= settings.threshold_sigma:
        if is_hardly_a_photosite(site) and abs(site.score) < _SURE_ANYWAY * settings.threshold_sigma:
            return np.inf
        is_alike = (site.photosite_fit or 0.0) >= _CLEARLY_ALIKE and looks_like_photosite(site)
        least = _ALIKE_CONFIRMED if is_alike else _CONFIRMED
        return least * min(float(np.sqrt(len(trace.frames) / _FULL_FRAMES)), 1.0)
    could_be = len(trace.frames) >= _MANY_FRAMES and (site.photosite_fit or 0.0) >= _WEAK_FIT
    return _WEAK_CONFIRMED if could_be else np.inf


def _is_confirmed(site: Site, trace: Trace, course: Course, *, least: float) -> bool:
    """Tell whether all frames together say what the pools say, and not a few of them alone."""
    is_alike = (site.photosite_fit or 0.0) >= PHOTOSITE_FIT
    least_steady = _STEADY_IF_ALIKE if is_alike else _STEADY
    return abs(trace.score) >= least and course.steadiness >= least_steady


def _comes_and_goes(trace: Trace, course: Course) -> bool:
    """Tell whether what comes and goes has the shape of a photosite: the scene that stays is no part of it."""
    if len(trace.frames) < _BLINK_FRAMES or min(int(course.is_on.sum()), course.seen) < _LEAST_ON:
        return False
    if course.fluctuation > _MOST_SWING:
        return False
    turns = int(np.count_nonzero(course.is_on[1:] != course.is_on[:-1]))
    is_usual = course.amplitude_sigma > 0 and turns >= _LEAST_TURNS
    is_even = course.amplitude_sigma > 0 and course.fluctuation <= _EVEN_SWING
    least = _EVEN_LIKENESS if is_even else _BLINK_LIKENESS if is_usual else _ONCE_LIKENESS
    return _likeness_of_change(trace, course.is_on) >= least


def _likeness_of_change(trace: Trace, is_on: NDArray[np.bool_]) -> float:
    """Return the share that the profile explains of what on frames have more than off frames.

    On the shot's whitened scale, where its texture counts little, and less what chance adds.
    """
    halves = [
        trace.cores[chosen].reshape(int(chosen.sum()), -1).astype(np.float64) for chosen in (is_on, ~is_on)
    ]
    means = [half.mean(axis=0) for half in halves]
    rests = [half - mean for half, mean in zip(halves, means, strict=True)]
    extra, profile = (each @ trace.whitening for each in (means[0] - means[1], trace.profile.ravel()))
    explained = float(extra @ profile) ** 2 / float(profile @ profile)
    by_chance = sum(float(np.square(rest @ trace.whitening).sum()) / len(rest) ** 2 for rest in rests)
    total = float(extra @ extra) - by_chance
    return explained / max(total, explained, 1e-9)


def _kind(site: Site, trace: Trace, course: Course, light_at: LightAt) -> Kind:
    """Tell kinds apart.

    Of the bright, a hot photosite adds to the scene: it varies as the scene does (compared in
    linear light, where adding does not compress what shows through) and has the noise of its
    own brightness. A stuck one has neither.
    """
    if course.pattern is Pattern.BLINKING:
        return Kind.BLINKING
    if course.amplitude_sigma < 0:
        return Kind.DEAD
    channel, y, x = _clearest_sample(site, trace)
    own, _ = light_at(trace.cores[course.is_on, :, y, x].T)
    around, _ = light_at(np.moveaxis(trace.cores[course.is_on][..., trace.rim], 1, 0))
    scene = float(np.median(around[channel].std(axis=0)))
    least = max(_STUCK_SHARE * scene, _STILLER_THAN_LIGHT * float(own[channel].mean()))
    return Kind.STUCK if float(own[channel].std()) < least else Kind.HOT


def _clearest_sample(site: Site, trace: Trace) -> tuple[int, int, int]:
    """Return the sample (channel, y, x of the core) that is strongest in linear light, if the mean picture tells."""
    middle = trace.profile.shape[1] // 2
    y, x = site.peak_y - site.y + middle, site.peak_x - site.x + middle
    is_clear = site.is_in_pools and min(y, x) >= 0 and max(y, x) <= 2 * middle
    return (site.peak_channel, y, x) if is_clear else trace.peak


def is_worth_a_look(site: Site, settings: DetectSettings, *, hits: int, is_known: bool) -> bool:
    """Tell whether single frames could make sure of a site before a scene that moves.

    Parameters
    ----------
    hits : int
        Frames of which a single one shows something at its place.
    """
    is_weak = site.is_in_pools and abs(site.score) < settings.threshold_sigma
    could_be = (site.photosite_fit or 0.0) >= _WEAK_FIT or hits >= _LEAST_HITS
    return is_known or could_be or not is_weak


def is_decided(  # noqa: PLR0913 (each is one thing that is known of the suspect)
    site: Site,
    trace: Trace,
    course: Course,
    settings: DetectSettings,
    *,
    hit_share: float,
    light_at: LightAt,
    is_known: bool,
    is_still: bool,
) -> bool:
    """Tell whether more frames would say nothing new of a suspect: it is hopeless, or clearly there all the time.

    Parameters
    ----------
    hit_share : float
        Of all frames that were watched, of those that name its place by themselves.
    is_still : bool
        As `judge_by_trace` takes it.

    Notes
    -----
    What seems to come and go is asked in every frame if it is a defect by then, or if single frames name it.
    """
    if len(trace.frames) >= _STEADY_FRAMES:
        stays, is_named = course.pattern is Pattern.STEADY, hit_share >= _SELDOM_HIT
        judge = partial(judge_by_trace, light_at=light_at, is_known=is_known, is_still=is_still)
        return stays or not (is_named or judge(site, trace, course, settings).is_defect)
    is_weak = site.is_in_pools and abs(site.score) < settings.threshold_sigma and not is_known
    if _is_hopeless(trace, asked=_WEAK_CONFIRMED if is_weak else 0.0):
        return True
    if (site.photosite_fit or 0.0) < PHOTOSITE_FIT or course.pattern is not Pattern.STEADY:
        return False
    if len(trace.frames) >= _SETTLED_FRAMES and course.seen >= _SETTLED * len(trace.frames):
        return True
    is_faint = abs(course.amplitude_sigma) < _TELLING * float(np.median(trace.error))
    blinks_not = is_faint or hit_share >= _HIT_ALWAYS
    if len(trace.frames) < (_FEW_FRAMES if blinks_not else _SETTLED_FRAMES):
        return False
    is_sure = _is_confirmed(site, trace, course, least=_least_confirmation(site, trace, settings))
    may_change = course.hint > _NO_HINT * len(trace.frames)
    # A few frames may be alike by chance.
    return is_sure and not may_change and _kind(site, trace, course, light_at) is not Kind.STUCK


def _is_hopeless(trace: Trace, *, asked: float) -> bool:
    """Tell by a few frames whether a suspect is none: it shows neither in any of them nor in all together.

    Parameters
    ----------
    asked : float
        The score that it must reach when all frames have been looked at.
    """
    strongest = float(np.abs(trace.amplitude / trace.error).max())
    expected = asked * float(np.sqrt(len(trace.frames) / _STEADY_FRAMES))
    falls_behind = abs(trace.score) < _HALF_WAY * expected and strongest < _PERHAPS_ON
    return falls_behind or (abs(trace.score) < _HOPELESS and strongest <= _SURELY_ON)


def course_in_equal_light(trace: Trace, light_at: LightAt, *, may_change: bool = True) -> Course:
    """Tell when a suspect is on, its amplitude brought to the light that is usual there.

    Parameters
    ----------
    light_at : callable
        Levels (C, T) on the sigma scale -> linear level and linear noise sigma, (C, T) each.

    Notes
    -----
    What a photosite adds is light: before a bright scene it is fewer sigma. What a dead
    one takes away is a share of the scene: before a dark one it is nothing.
    """
    peak = trace.peak
    rim = np.median(trace.cores[..., trace.rim], axis=2)
    level, sigma = (each[peak[0]] for each in light_at(rim.T))
    is_bright = float(np.sum(trace.amplitude)) > 0
    seen = 1.0 / sigma if is_bright else np.maximum(level, 0.0) / sigma
    factor = np.clip(seen / max(float(np.median(seen)), 1e-12), _LEAST_FACTOR, _MOST_FACTOR)
    return course_of(trace.amplitude / factor, trace.error / factor, may_change=may_change)
