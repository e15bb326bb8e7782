# SPDX-License-Identifier: Apache-2.0
"""When a defect shows, by its amplitude in single frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.detect._timeline import Pattern, course_of

FRAMES = 48


def trace(level, is_on=None, *, seed=1, error=1.0):
    rng = np.random.default_rng(seed)
    shown = np.full(FRAMES, level, float) if is_on is None else np.where(is_on, level, 0.0)
    return shown + rng.normal(0, error, FRAMES), np.full(FRAMES, error)


@pytest.mark.parametrize("level", [0.7, 2.0, 3.0, 5.0, 8.0, 50.0, -3.0, -40.0])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_always_there_is_steady(level, seed):
    course = course_of(*trace(level, seed=seed))
    assert course.pattern is Pattern.STEADY
    assert course.is_on.all()
    assert course.amplitude_sigma == pytest.approx(level, abs=0.6)
    assert course.steadiness == pytest.approx(1, abs=0.45)


@pytest.mark.parametrize("level", [3.0, 8.0, 40.0, -8.0])
@pytest.mark.parametrize("first", [10, 24, 40])
def test_from_a_frame_on(level, first):
    is_on = np.arange(FRAMES) >= first
    course = course_of(*trace(level, is_on))
    assert course.pattern is Pattern.RUN
    slack = 0 if abs(level) > 5 else 2
    assert abs(int(np.flatnonzero(course.is_on)[0]) - first) <= slack
    assert course.is_on[-1]


def test_until_a_frame():
    course = course_of(*trace(9.0, np.arange(FRAMES) < 30))
    assert np.flatnonzero(course.is_on).tolist() == list(range(30))


@pytest.mark.parametrize(("first", "level", "least", "most"), [(0, 2.0, 0.0, 3.0), (4, 2.0, 8.0, 30.0)])
def test_a_change_too_faint_to_be_believed_is_hinted_at(first, level, least, most):
    course = course_of(*trace(level, np.arange(FRAMES) >= first))
    assert course.pattern is Pattern.STEADY
    assert least <= course.hint <= most


@pytest.mark.parametrize("level", [8.0, 25.0, -12.0])
def test_on_and_off(level):
    is_on = np.isin(np.arange(FRAMES), [3, 4, 5, 6, 20, 21, 33, 34, 35, 36, 40])
    course = course_of(*trace(level, is_on))
    assert course.pattern is Pattern.BLINKING
    assert np.array_equal(course.is_on, is_on)
    assert course.seen == is_on.sum()
    assert np.sign(course.amplitude_sigma) == np.sign(level)


def test_what_is_on_in_few_frames_may_be_brighter_in_some_of_them():
    amplitude, error = trace(0.0)
    amplitude[-5:] = [10.0, 13.0, 10.0, 16.0, 16.0]
    assert np.flatnonzero(course_of(amplitude, error).is_on).tolist() == [*range(FRAMES - 5, FRAMES)]


def test_a_frame_far_below_the_others_is_not_on_by_chance():
    amplitude, error = trace(50.0, np.arange(FRAMES) < 6)
    amplitude[30] = 4.0
    assert np.flatnonzero(course_of(amplitude, error).is_on).tolist() == [*range(6)]


@pytest.mark.parametrize("level", [5.0, 40.0])
def test_frames_that_are_all_but_black_do_not_decide_alone(level):
    amplitude, error = trace(level)
    amplitude *= np.linspace(0.3, 1.7, FRAMES)  # the scene behind it gets darker
    amplitude[:4], error[:4] = 0.0, 0.005
    course = course_of(amplitude, error)
    assert course.amplitude_sigma == pytest.approx(level, rel=0.3)
    assert 0.5 < course.steadiness < 1.5


def test_frames_that_cannot_tell_are_as_the_nearest_that_can():
    is_on = np.arange(FRAMES) % 16 < 8
    amplitude, error = trace(12.0, is_on)
    amplitude[3], error[3] = 0.0, 30.0
    amplitude[12], error[12] = 5.0, 30.0
    assert np.array_equal(course_of(amplitude, error).is_on, is_on)


def test_a_scene_that_hides_it_now_and_then_does_not_switch_it_off():
    amplitude, error = trace(15.0)
    error[::5] = 12.0
    amplitude[::5] = np.random.default_rng(3).normal(4, 6, len(amplitude[::5]))
    assert course_of(amplitude, error).pattern is Pattern.STEADY


def test_fluctuation_is_what_the_error_does_not_explain():
    rng = np.random.default_rng(2)
    calm = course_of(*trace(20.0))
    swinging = course_of(20 * (1 + 0.3 * rng.normal(size=FRAMES)), np.ones(FRAMES))
    assert calm.fluctuation < 0.04
    assert swinging.fluctuation == pytest.approx(0.3, abs=0.08)


def test_what_a_few_frames_made_is_not_steady():
    amplitude, error = trace(0.0)
    amplitude[[4, 19]] = 3.5
    assert course_of(amplitude, error).steadiness < 0.5 or course_of(amplitude, error).seen < 5


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=60),
    st.integers(0, 2**31),
)
def test_any_numbers_give_a_course(amplitudes, seed):
    error = np.random.default_rng(seed).uniform(0.01, 9, len(amplitudes))
    course = course_of(np.array(amplitudes), error)
    assert course.is_on.shape == (len(amplitudes),)
    assert 0 <= course.seen <= course.is_on.sum()
    assert np.isfinite([course.amplitude_sigma, course.fluctuation, course.steadiness]).all()
    mirrored = course_of(-np.array(amplitudes), error)
    if course.pattern is mirrored.pattern and np.array_equal(course.is_on, mirrored.is_on):
        assert abs(mirrored.amplitude_sigma) == pytest.approx(abs(course.amplitude_sigma))


def test_a_frame_that_knows_everything_is_no_accident():
    """Where the scene is black in one frame its error is next to nothing."""
    error = np.ones(48)
    error[0] = 1e-9
    course = course_of(np.full(48, 2.0), error)
    assert course.pattern is Pattern.STEADY
    assert course.amplitude_sigma == pytest.approx(2.0)
