# SPDX-License-Identifier: Apache-2.0
"""What is asked of a suspect by what surrounds it."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.detect import DetectSettings
from pixmend.detect._glance import Trace
from pixmend.detect._second_look import course_in_equal_light, judge_by_trace
from pixmend.detect._sites import Site

FRAMES = 40


def light_at(levels):
    """Light whose noise is 1 at every level."""
    return levels, np.ones_like(levels)


def trace_of(*, amplitude: float, score: float, unrest: float) -> Trace:
    """Return a steady trace of one sample before a scene that changes from frame to frame."""
    rng = np.random.default_rng(5)
    cores = (60 + 10 * rng.standard_normal((FRAMES, 3, 7, 7))).astype(np.float32)
    profile = np.zeros((3, 7, 7))
    profile[1, 3, 3] = 1.0
    return Trace(
        frames=np.arange(FRAMES),
        amplitude=amplitude + 0.5 * rng.standard_normal(FRAMES),
        error=np.full(FRAMES, 1.0),
        score=score,
        unrest=unrest,
        profile=profile,
        whitening=np.eye(3 * 7 * 7),
        cores=cores,
        typical_fit=0.0,
    )


def named_by_hits(*, score: float) -> Site:
    """Return a place that single frames named again and again, and that the pools do not show."""
    return replace(site_of(fit=0.0, optical_fit=0.0), score=score, is_in_pools=False)


def is_defect(*, fit: float, optical_fit: float, trace: Trace) -> bool:
    return is_believed(site_of(fit=fit, optical_fit=optical_fit), trace)


def site_of(*, fit: float, optical_fit: float) -> Site:
    return Site(
        x=20,
        y=30,
        score=8.5,
        samples=np.array([[1, 0, 0]]),
        peak_channel=1,
        peak_y=30,
        peak_x=20,
        amplitude_sigma=12.0,
        likeness=0.3,
        shape=np.zeros((3, 9, 9)),
        photosite_fit=fit,
        optical_fit=optical_fit,
    )


def very_sure(*, fit: float = 0.4, optical_fit: float = 0.4, score: float = 15.0) -> Site:
    return replace(site_of(fit=fit, optical_fit=optical_fit), score=score)


def is_believed(site: Site, trace: Trace, *, is_still: bool = False, is_known: bool = False) -> bool:
    judgement = judge_by_trace(
        site,
        trace,
        course_in_equal_light(trace, light_at),
        DetectSettings(),
        light_at=light_at,
        is_known=is_known,
        is_still=is_still,
    )
    return judgement.is_defect


@pytest.mark.parametrize(("unrest", "expected"), [(1.5, True), (8.0, False)])
def test_where_the_scene_repeats_itself_a_site_must_look_like_something(unrest, expected):
    trace = trace_of(amplitude=12.0, score=12.0, unrest=unrest)
    assert is_defect(fit=0.41, optical_fit=0.42, trace=trace) is expected


@pytest.mark.parametrize(
    ("fit", "optical_fit", "expected"), [(0.85, 0.86, True), (0.85, 0.95, False), (0.5, 0.5, False)]
)
def test_what_looks_like_a_photosite_needs_less_from_single_frames(fit, optical_fit, expected):
    trace = trace_of(amplitude=12.0, score=5.5, unrest=3.0)
    assert is_defect(fit=fit, optical_fit=optical_fit, trace=trace) is expected


def test_but_not_nothing():
    assert not is_defect(fit=0.9, optical_fit=0.9, trace=trace_of(amplitude=12.0, score=4.0, unrest=3.0))


@pytest.mark.parametrize(
    ("fit", "optical_fit", "expected"),
    [
        pytest.param(0.45, 0.65, False, id="texture"),
        pytest.param(0.45, 0.5, True, id="photosite that texture spoils"),
        pytest.param(0.45, 0.95, True, id="joined or resized photosites"),
    ],
)
def test_what_a_point_explains_better_and_not_well_is_texture(fit, optical_fit, expected):
    trace = trace_of(amplitude=12.0, score=20.0, unrest=1.0)
    assert is_believed(very_sure(fit=fit, optical_fit=optical_fit), trace) is expected


@pytest.mark.parametrize(
    ("amplitude", "score", "expected"),
    [(20.0, 15.0, True), (20.0, 9.0, False), (5.0, 15.0, False), (-20.0, -15.0, False)],
)
def test_what_is_very_strong_and_clear_need_be_less_of_a_point(amplitude, score, expected):
    site = replace(site_of(fit=0.45, optical_fit=0.7), amplitude_sigma=amplitude, score=score)
    trace = trace_of(amplitude=amplitude, score=float(np.copysign(20.0, score)), unrest=1.0)
    assert is_believed(site, trace) is expected


def test_not_if_it_looks_like_what_a_resized_plate_makes_of_a_photosite():
    trace = trace_of(amplitude=12.0, score=20.0, unrest=1.0)
    assert is_believed(replace(site_of(fit=0.45, optical_fit=0.65), likeness=0.8), trace)


@pytest.mark.parametrize(
    ("typical", "expected"), [(0.8, True), (0.2, False)], ids=["a photosite", "lettering"]
)
def test_a_place_that_only_single_frames_name_is_a_defect_if_all_frames_show_it(typical, expected):
    trace = replace(trace_of(amplitude=6.0, score=20.0, unrest=1.0), typical_fit=typical)
    assert is_believed(named_by_hits(score=2 * 6.0 * np.sqrt(FRAMES)), trace) is expected


def test_not_if_they_barely_do():
    trace = replace(trace_of(amplitude=6.0, score=9.0, unrest=1.0), typical_fit=0.8)
    assert not is_believed(named_by_hits(score=2 * 6.0 * np.sqrt(FRAMES)), trace)


@pytest.mark.parametrize("told", [-2.0, 6.0], ids=["the other way", "far stronger"])
def test_not_if_the_frames_that_named_it_say_something_else_than_all(told):
    trace = replace(trace_of(amplitude=6.0, score=20.0, unrest=1.0), typical_fit=0.8)
    assert not is_believed(named_by_hits(score=told * 6.0 * np.sqrt(FRAMES)), trace)


def test_not_if_its_strength_swings():
    trace = replace(trace_of(amplitude=6.0, score=20.0, unrest=1.0), typical_fit=0.8)
    swinging = replace(trace, amplitude=trace.amplitude * np.tile([0.2, 1.0, 1.8, 1.0], FRAMES // 4))
    assert not is_believed(named_by_hits(score=2 * 6.0 * np.sqrt(FRAMES)), swinging)


def on_in(frames: np.ndarray, *, amplitude: float, swing: float = 0.0) -> Trace:
    """Return the trace of one sample that shows in some frames only, before a scene that changes."""
    trace = trace_of(amplitude=0.0, score=9.0, unrest=1.0)
    strength, cores = trace.amplitude.copy(), trace.cores.copy()
    strength[frames] += amplitude * (1.0 + swing * np.resize([0.0, 0.0, 1.0, 0.0, -1.0], len(frames)))
    cores[frames, 1, 3, 3] += 60.0
    return replace(trace, amplitude=strength, cores=cores)


@pytest.mark.parametrize(("amplitude", "expected"), [(2.6, False), (5.0, True)])
def test_what_came_and_stayed_shows_in_most_of_its_frames(amplitude, expected):
    trace = on_in(np.arange(FRAMES // 2, FRAMES), amplitude=amplitude)
    assert is_believed(named_by_hits(score=amplitude * np.sqrt(FRAMES / 2)), trace) is expected


@pytest.mark.parametrize(("count", "swing", "expected"), [(5, 0.45, False), (5, 0.0, True), (10, 0.45, True)])
def test_speculars_that_flash_a_few_times_swing_more(count, swing, expected):
    trace = on_in(np.arange(1, FRAMES, FRAMES // count)[:count], amplitude=12.0, swing=swing)
    assert is_believed(named_by_hits(score=12.0 * np.sqrt(count)), trace) is expected


@pytest.mark.parametrize(("swing", "expected"), [(0.0, True), (0.45, False)])
def test_what_was_on_once_and_is_less_like_a_photosite_must_be_as_bright_all_the_time(swing, expected):
    frames = np.arange(12, 22)
    trace = on_in(frames, amplitude=12.0, swing=swing)
    cores = trace.cores.copy()
    cores[frames, 0, 0, :5] += (
        22.0  # texture that comes with it: two thirds of the change are the photosite's
    )
    assert is_believed(very_sure(fit=0.7), replace(trace, cores=cores, score=0.0)) is expected


@pytest.mark.parametrize(
    ("score", "known", "expected"),
    [(-9.0, False, True), (-7.0, False, False), (-7.0, True, True), (7.0, False, True)],
)
def test_where_nothing_moves_what_is_dark_must_score_more(score, known, expected):
    site = replace(site_of(fit=0.9, optical_fit=0.9), score=score)
    trace = trace_of(amplitude=np.copysign(12.0, score), score=20.0, unrest=1.0)
    assert is_believed(site, trace, is_still=True, is_known=known) is expected


def under_speculars(*, typical: float = 0.5, frames: int = FRAMES, lives: float = 10.0) -> Trace:
    """Return the trace of a site that wild things move over: of most frames a share of `typical` is a photosite."""
    trace = trace_of(amplitude=0.3, score=2.0, unrest=6.0)
    mean = trace.cores.mean()
    return replace(
        trace,
        frames=trace.frames[:frames],
        amplitude=trace.amplitude[:frames],
        error=np.full(frames, 5.0),
        cores=((trace.cores - mean) * (lives / 10.0) + mean)[:frames],
        typical_fit=typical,
    )


def test_what_most_frames_show_is_a_defect_whatever_moves_over_it():
    assert is_believed(very_sure(), under_speculars())


@pytest.mark.parametrize(
    ("site", "trace"),
    [
        pytest.param(very_sure(), under_speculars(typical=0.2), id="most frames show something else"),
        pytest.param(very_sure(), under_speculars(typical=-0.5), id="most frames show the opposite"),
        pytest.param(very_sure(score=8.5), under_speculars(typical=0.4), id="neither is sure enough"),
        pytest.param(very_sure(score=7.5), under_speculars(typical=0.9), id="the pools are not sure"),
        pytest.param(very_sure(), under_speculars(lives=1.0), id="nothing moves over it"),
        pytest.param(very_sure(), under_speculars(frames=16), id="too few frames"),
    ],
)
def test_not_if_anything_else_could_be_said(site, trace):
    assert not is_believed(site, trace)


@pytest.mark.parametrize(
    ("fit", "optical_fit", "score", "expected"),
    [
        pytest.param(0.2, 0.2, 8.5, False, id="like nothing"),
        pytest.param(0.5, 0.6, 8.5, False, id="more like a light"),
        pytest.param(0.5, 0.55, 8.5, True, id="like a photosite in texture"),
        pytest.param(0.2, 0.2, 10.5, True, id="like nothing, but sure"),
    ],
)
def test_what_is_hardly_like_a_photosite_must_score_more(fit, optical_fit, score, expected):
    site = replace(site_of(fit=fit, optical_fit=optical_fit), score=score)
    assert is_believed(site, trace_of(amplitude=1.5, score=12.0, unrest=1.0)) is expected


def test_unless_it_is_what_this_plate_makes_of_a_photosite():
    site = replace(site_of(fit=0.2, optical_fit=0.4), likeness=0.7)
    assert is_believed(site, trace_of(amplitude=1.5, score=12.0, unrest=1.0))
