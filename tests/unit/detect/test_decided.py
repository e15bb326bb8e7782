# SPDX-License-Identifier: Apache-2.0
"""Of a suspect that is decided no more frames are read."""

import numpy as np
import pytest

from pixmend.detect import DetectSettings
from pixmend.detect._glance import Trace
from pixmend.detect._second_look import course_in_equal_light, is_decided
from pixmend.detect._sites import Site


def light_at(levels):
    """Light whose noise is 1 at every level."""
    return levels, np.ones_like(levels)


def trace_of(amplitude, score) -> Trace:
    profile = np.zeros((1, 7, 7))
    profile[0, 3, 3] = 1.0
    count = len(amplitude)
    return Trace(
        frames=np.arange(count),
        amplitude=np.asarray(amplitude, float),
        error=np.ones(count),
        score=score,
        unrest=1.0,
        profile=profile,
        precision=np.eye(49),
        cores=np.full((count, 1, 7, 7), 60.0, np.float32),
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


def decided(site: Site, trace: Trace, *, is_known: bool = False) -> bool:
    course = course_in_equal_light(trace, light_at)
    return is_decided(site, trace, course, DetectSettings(), is_known=is_known)


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
    [(23, 0.9, 9.0, True), (12, 0.9, 9.0, False), (23, 0.4, 9.0, False), (23, 0.9, 2.5, False)],
)
def test_what_is_like_a_photosite_and_shows_in_nearly_every_frame_is_settled(frames, fit, strength, expected):
    amplitude = np.where(np.arange(frames) == 4, 2.0, strength)
    assert decided(site_of(score=30.0, fit=fit), trace_of(amplitude, 25.0)) is expected


@pytest.mark.parametrize("frames", [23, 48])
def test_what_comes_and_goes_never_is(frames):
    blinks = np.where(np.arange(frames) // 3 % 2, 20.0, 0.0)
    assert not decided(site_of(score=30.0, fit=0.9), trace_of(blinks, 30.0))


def test_of_what_stays_more_than_48_frames_tell_nothing_new():
    assert decided(site_of(score=6.5), trace_of(np.full(48, 3.0), 5.0))
