# SPDX-License-Identifier: Apache-2.0
"""What is asked of a suspect by what surrounds it."""

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
        precision=np.eye(3 * 7 * 7),
        cores=cores,
    )


def is_defect(*, fit: float, optical_fit: float, trace: Trace) -> bool:
    site = Site(
        x=20,
        y=30,
        score=20.0,
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
    judgement = judge_by_trace(
        site,
        trace,
        course_in_equal_light(trace, light_at),
        DetectSettings(),
        light_at=light_at,
        is_known=False,
        is_still=False,
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
