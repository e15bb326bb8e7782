# SPDX-License-Identifier: Apache-2.0
"""Of a suspect that is decided no more frames are read."""

import numpy as np
import pytest

from pixmend.detect import DetectSettings
from pixmend.detect._glance import Trace
from pixmend.detect._second_look import course_in_equal_light, is_decided, is_worth_a_look
from pixmend.detect._sites import Site


def light_at(levels):
    """Light whose noise is 1 at every level."""
    return levels, np.ones_like(levels)


def trace_of(amplitude, score, *, varies=1.0) -> Trace:
    profile = np.zeros((1, 7, 7))
    profile[0, 3, 3] = 1.0
    count = len(amplitude)
    cores = np.full((count, 1, 7, 7), 60.0, np.float32)
    cores[1::2] += 1.0
    cores[1::2, 0, 3, 3] += varies - 1.0
    return Trace(
        frames=np.arange(count),
        amplitude=np.asarray(amplitude, float),
        error=np.ones(count),
        score=score,
        unrest=1.0,
        profile=profile,
        whitening=np.eye(49),
        cores=cores,
        typical_fit=0.0,
    )


def site_of(*, score: float, fit: float = 0.3, is_in_pools: bool = True) -> Site:
    return Site(
        x=20,
        y=30,
        score=score,
        samples=np.array([[0, 0, 0]]),
        peak_channel=0,
        peak_y=30,
        peak_x=20,
        amplitude_sigma=3.0,
        likeness=0.3,
        shape=np.zeros((1, 9, 9)),
        photosite_fit=fit,
        is_in_pools=is_in_pools,
    )


def decided(site: Site, trace: Trace, *, hit_share: float = 0.0, is_known: bool = False) -> bool:
    course = course_in_equal_light(trace, light_at)
    return is_decided(
        site,
        trace,
        course,
        DetectSettings(),
        hit_share=hit_share,
        light_at=light_at,
        is_known=is_known,
        is_still=False,
    )


FAINT = np.full(12, 0.5)


@pytest.mark.parametrize(
    ("site", "score", "expected"),
    [
        pytest.param(site_of(score=6.5), 2.0, True, id="weak, and not half of what it should show by now"),
        pytest.param(site_of(score=6.5), 2.5, False, id="weak, and more than half of it"),
        pytest.param(site_of(score=9.0), 2.0, False, id="sure by the pools, less is asked"),
        pytest.param(site_of(score=9.0), 1.2, True, id="sure by the pools, and nothing shows"),
        pytest.param(site_of(score=6.5, is_in_pools=False), 2.0, False, id="named by single frames"),
    ],
)
def test_a_suspect_that_falls_behind_is_hopeless(site, score, expected):
    assert decided(site, trace_of(FAINT, score)) is expected


def test_not_where_the_camera_is_known_to_have_a_defect():
    assert not decided(site_of(score=6.5), trace_of(FAINT, 2.0), is_known=True)


@pytest.mark.parametrize(
    ("strongest", "score", "expected"), [(4.5, 1.0, False), (3.5, 1.0, True), (3.5, 2.0, False)]
)
def test_not_if_a_single_frame_may_show_it(strongest, score, expected):
    blinks_once = np.where(np.arange(12) == 5, strongest, 0.5)
    assert decided(site_of(score=6.5), trace_of(blinks_once, score)) is expected


@pytest.mark.parametrize(
    ("frames", "fit", "strength", "expected"),
    [(23, 0.9, 9.0, True), (12, 0.9, 9.0, False), (23, 0.4, 9.0, False)],
)
def test_what_is_like_a_photosite_and_shows_in_nearly_every_frame_is_settled(frames, fit, strength, expected):
    amplitude = np.where(np.arange(frames) == 4, 2.0, strength)
    assert decided(site_of(score=30.0, fit=fit), trace_of(amplitude, 25.0)) is expected


@pytest.mark.parametrize(
    ("since", "score", "fit", "expected"),
    [
        pytest.param(0, 9.0, 0.9, True, id="sure, and as strong at first as in the end"),
        pytest.param(4, 9.0, 0.9, False, id="it may have come later"),
        pytest.param(0, 3.0, 0.9, False, id="not sure"),
        pytest.param(0, 9.0, 0.4, False, id="not like a photosite"),
    ],
)
def test_what_is_too_faint_to_be_asked_whether_it_blinks_is_settled_by_a_dozen_frames(
    since, score, fit, expected
):
    amplitude = np.where(np.arange(12) >= since, 2.5, 0.0)
    assert decided(site_of(score=20.0, fit=fit), trace_of(amplitude, score)) is expected


@pytest.mark.parametrize(("hit_share", "expected"), [(0.9, True), (0.7, False)])
def test_what_nearly_every_frame_names_by_itself_blinks_not(hit_share, expected):
    trace = trace_of(np.full(12, 9.0), 25.0)
    assert decided(site_of(score=30.0, fit=0.9), trace, hit_share=hit_share) is expected


def test_not_what_seems_to_be_stuck():
    assert not decided(site_of(score=20.0, fit=0.9), trace_of(np.full(12, 2.5), 9.0, varies=0.1))


@pytest.mark.parametrize(
    ("site", "hits", "is_known", "expected"),
    [
        pytest.param(site_of(score=6.5), 0, False, False, id="weak, and little like a photosite"),
        pytest.param(site_of(score=-7.9), 1, False, False, id="a dark one"),
        pytest.param(site_of(score=6.5, fit=0.4), 0, False, True, id="like one"),
        pytest.param(site_of(score=8.0), 0, False, True, id="sure by the pools"),
        pytest.param(site_of(score=6.5), 2, False, True, id="single frames name it: it may blink"),
        pytest.param(site_of(score=6.5), 0, True, True, id="known"),
        pytest.param(
            site_of(score=6.5, is_in_pools=False), 0, False, True, id="named by single frames alone"
        ),
    ],
)
def test_single_frames_are_asked_only_about_what_they_could_make_sure_of(site, hits, is_known, expected):
    assert is_worth_a_look(site, DetectSettings(), hits=hits, is_known=is_known) is expected


@pytest.mark.parametrize("frames", [23, 48])
def test_what_comes_and_goes_never_is(frames):
    blinks = np.where(np.arange(frames) // 3 % 2, 20.0, 0.0)
    assert not decided(site_of(score=30.0, fit=0.9), trace_of(blinks, 30.0))


@pytest.mark.parametrize(
    ("fit", "hit_share", "expected"),
    [
        pytest.param(0.9, 0.0, False, id="a defect as far as these tell: when it is on is asked"),
        pytest.param(0.1, 0.0, True, id="none, and no frame names it"),
        pytest.param(0.1, 0.05, False, id="none, but single frames name it"),
    ],
)
def test_what_seems_to_come_and_is_no_defect_is_not_asked_in_every_frame(fit, hit_share, expected):
    comes_late = np.where(np.arange(48) < 24, 0.0, 8.0)
    site = site_of(score=9.0, fit=fit)
    assert decided(site, trace_of(comes_late, 20.0), hit_share=hit_share) is expected


def test_of_what_stays_more_than_48_frames_tell_nothing_new():
    assert decided(site_of(score=6.5), trace_of(np.full(48, 3.0), 5.0))
