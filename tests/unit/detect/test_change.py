# SPDX-License-Identifier: Apache-2.0
"""What came to a place of a still shot: a photosite that began to lie, a lamp, or something that walks by."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pixmend.detect import DetectSettings
from pixmend.detect._change import changed_like_photosite
from pixmend.detect._glance import Trace
from pixmend.detect._second_look import course_in_equal_light, judge_by_trace
from pixmend.detect._sites import Site
from pixmend.footprints import CAMERA_MATRIX, DEMOSAICS

FRAMES, SIDE, AT = 36, 24, (12, 13)
NEVER, ALWAYS = np.zeros(FRAMES, bool), np.ones(FRAMES, bool)
FROM_ONE_ON = np.arange(FRAMES) >= 20
BLINKING = np.arange(FRAMES) // 5 % 3 == 1


def light_at(levels):
    """Light whose noise is 1 at every level."""
    return levels, np.ones_like(levels)


def developed(mosaic):
    """Return (3, 7, 7) what a mosaic becomes about a place, its strongest sample 1."""
    plate = np.tensordot(CAMERA_MATRIX, DEMOSAICS["Malvar"](mosaic), axes=1)
    window = plate[:, AT[0] - 3 : AT[0] + 4, AT[1] - 3 : AT[1] + 4]
    return window / window.max()


def photosite():
    mosaic = np.zeros((SIDE, SIDE))
    mosaic[AT] = 1.0
    return developed(mosaic)


def lamp():
    mosaic = np.zeros((SIDE, SIDE))
    mosaic[AT] = 1.0
    return developed(gaussian_filter(mosaic, 0.7))


def passer_by():
    return np.broadcast_to(np.linspace(-1.0, 1.0, 7), (3, 7, 7))


def trace_of(shape, is_on, *, amplitude, swing=0.0, seed=7) -> Trace:
    """Return the trace of what comes to a still scene of hard texture."""
    rng = np.random.default_rng(seed)
    scene = 60 + 15 * rng.standard_normal((3, 7, 7))
    strength = amplitude * is_on * (1 + swing * rng.standard_normal(FRAMES))
    noise = rng.standard_normal((FRAMES, 3, 7, 7))
    return Trace(
        frames=np.arange(FRAMES),
        amplitude=strength + 0.7 * rng.standard_normal(FRAMES),
        error=np.full(FRAMES, 1.0),
        score=4.0,
        unrest=4.0,
        profile=photosite(),
        whitening=np.eye(3 * 7 * 7),
        cores=(scene + strength[:, None, None, None] * shape + noise).astype(np.float32),
        typical_fit=0.0,
    )


def is_changed(trace):
    return changed_like_photosite(trace, course_in_equal_light(trace, light_at), light_at)


@pytest.mark.parametrize("is_on", [FROM_ONE_ON, ~FROM_ONE_ON, BLINKING])
@pytest.mark.parametrize("amplitude", [6.0, 25.0, -12.0])
def test_a_photosite_that_begins_ends_or_blinks_is_told_whatever_it_lies_on(is_on, amplitude):
    assert is_changed(trace_of(photosite(), is_on, amplitude=amplitude))


@pytest.mark.parametrize(
    ("shape", "is_on", "swing"),
    [
        pytest.param(lamp(), FROM_ONE_ON, 0.0, id="lamp"),
        pytest.param(passer_by(), FROM_ONE_ON, 0.0, id="passer-by"),
        pytest.param(photosite(), ALWAYS, 0.0, id="always there"),
        pytest.param(photosite(), NEVER, 0.0, id="never there"),
        pytest.param(photosite(), np.arange(FRAMES) >= FRAMES - 3, 0.0, id="hardly there"),
        pytest.param(photosite(), FROM_ONE_ON, 0.9, id="swings"),
    ],
)
def test_nothing_else_is(shape, is_on, swing):
    assert not is_changed(trace_of(shape, is_on, amplitude=25.0, swing=swing))


@pytest.mark.parametrize(("shape", "expected"), [(photosite(), True), (lamp(), False)])
def test_where_nothing_moves_that_makes_a_defect_of_what_no_mean_picture_shows(shape, expected):
    trace = trace_of(shape, FROM_ONE_ON, amplitude=12.0)
    place = Site(
        x=20,
        y=30,
        score=60.0,
        samples=np.zeros((1, 3), np.intp),
        peak_channel=0,
        peak_y=30,
        peak_x=20,
        amplitude_sigma=1.0,
        likeness=0.0,
        shape=np.zeros((0, 0, 0)),
        is_in_pools=False,
    )

    def judged(*, is_still):
        return judge_by_trace(
            place,
            trace,
            course_in_equal_light(trace, light_at),
            DetectSettings(),
            light_at=light_at,
            is_known=False,
            is_still=is_still,
        )

    assert judged(is_still=True).is_defect is expected
    if expected:
        np.testing.assert_array_equal(judged(is_still=True).is_on, FROM_ONE_ON)
