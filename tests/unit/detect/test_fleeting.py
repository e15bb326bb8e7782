# SPDX-License-Identifier: Apache-2.0
"""What shows in few frames is no static defect, however bright it is."""

import numpy as np
import pytest

from pixmend.detect._fleeting import is_fleeting

FRAMES, SIDE = 8, 21
CENTRE = (0, 10, 10)


def seen(values, scene=0.0):
    """Mean and spread of noise over a scene that varies in time, with `values` added at the centre."""
    rng = np.random.default_rng(3)
    frames = rng.normal(0.0, 1.0, (FRAMES, 1, SIDE, SIDE)) + 40.0
    frames += scene * rng.normal(0.0, 1.0, (FRAMES, 1, 1, 1))
    frames[(slice(None), *CENTRE)] += values
    return frames.mean(axis=0).astype(np.float32), frames.std(axis=0).astype(np.float32)


def in_frames(count, amplitude):
    return amplitude * (np.arange(FRAMES) < count)


@pytest.mark.parametrize("amplitude", [60.0, 100.0, 400.0])
@pytest.mark.parametrize("scene", [0.0, 6.0])
def test_a_star_in_one_frame_of_eight_is_fleeting(amplitude, scene):
    assert is_fleeting(CENTRE, *seen(in_frames(1, amplitude), scene))


@pytest.mark.parametrize("amplitude", [-30.0, 3.0, 8.0, 100.0])
@pytest.mark.parametrize("scene", [0.0, 6.0, 30.0])
def test_what_is_there_in_every_frame_is_not(amplitude, scene):
    assert not is_fleeting(CENTRE, *seen(in_frames(FRAMES, amplitude), scene))


def test_what_blinks_half_of_the_time_is_not():
    assert not is_fleeting(CENTRE, *seen(in_frames(4, 30.0)))


def test_a_hot_photosite_that_flickers_is_not():
    flicker = 50.0 * (1 + 0.3 * np.random.default_rng(1).normal(size=FRAMES))
    assert not is_fleeting(CENTRE, *seen(flicker))


def test_nothing_at_all_is_not():
    assert not is_fleeting(CENTRE, *seen(0.0))


@pytest.mark.parametrize("place", [(0, 0, 0), (0, SIDE - 1, 0), (0, 0, SIDE - 1), (0, SIDE - 1, SIDE - 1)])
def test_corners_are_judged_too(place):
    level, spread = seen(0.0)
    assert not is_fleeting(place, level, spread)
    level[place] += 10.0
    spread[place] += 26.0
    assert is_fleeting(place, level, spread)
