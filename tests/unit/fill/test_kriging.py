# SPDX-License-Identifier: Apache-2.0
"""Kriging knows its place in the mosaic where there is one, and how far it is off."""

import numpy as np
import pytest

from pixmend.fill import kriging_of, sound_windows, train_kriging
from tests.make.shots import small_shot, stored_frames

SIDE = 9
HOLES = {"1 px": (1, 1), "3x3": (3, 3), "5x5": (5, 5), "column": (9, 1), "wide column": (9, 3)}


def hole(height, width, channels=(0, 1, 2)):
    is_target = np.zeros((3, SIDE, SIDE), bool)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    for c in channels:
        is_target[c, top : top + height, left : left + width] = True
    return is_target


@pytest.fixture(scope="module")
def frames(scale):
    stored = stored_frames(small_shot((), exposure=0.3))
    return {number: scale.forward(frame) for number, frame in stored.items()}


@pytest.fixture(scope="module")
def trained(frames):
    """On eight frames, of which the others are examined."""
    return train_kriging([frames[number] for number in range(1001, 1017, 2)])


def windows_at(frame, step=11):
    places = [
        (y, x) for y in range(8, frame.shape[1] - 12, step) for x in range(8, frame.shape[2] - 12, step)
    ]
    return [(y, x, np.ascontiguousarray(frame[:, y - 4 : y + 5, x - 4 : x + 5])) for y, x in places]


def errors(kriging, frame, is_target, *, placed=True):
    """Squared errors and the variances that were predicted, each a mean over a hole's samples."""
    found = []
    for y, x, window in windows_at(frame):
        local = kriging.at(y, x) if placed else kriging
        prediction = local.predict(window, is_target, ~is_target)
        found.append((np.mean((prediction.value - window[is_target]) ** 2), prediction.variance.mean()))
    return np.array(found).T


@pytest.mark.parametrize("name", HOLES)
def test_the_predicted_variance_is_honest(trained, frames, name):
    actual, predicted = (
        np.concatenate(each)
        for each in zip(
            *(errors(trained, frames[number], hole(*HOLES[name])) for number in (1002, 1010)), strict=True
        )
    )
    assert 0.8 < actual.mean() / predicted.mean() < 1.3


def test_the_place_in_the_mosaic_makes_the_prediction_far_better(trained, frames):
    is_target = hole(3, 3)
    placed, anywhere = (
        errors(trained, frames[1004], is_target, placed=each)[0].mean() for each in (True, False)
    )
    assert placed < 0.6 * anywhere


def test_places_are_counted_in_the_frame(frames):
    """Bands of a frame teach the same as the frame, wherever they begin."""
    places = np.array([(y, x) for y in range(0, 40, 3) for x in range(0, 60, 5)])
    whole = sound_windows(frames[1001], places + np.array([7, 0]))
    band = sound_windows(frames[1001][:, 7:], places, top=7)
    assert np.array_equal(whole.phase, band.phase)
    assert np.array_equal(whole.samples, band.samples)
    assert set(whole.phase.tolist()) == {0, 1, 2, 3}


def test_a_picture_without_a_mosaic_is_the_same_everywhere():
    rng = np.random.default_rng(8)
    windows = rng.normal(0, 1, (12000, 1, SIDE, SIDE)).cumsum(axis=2).astype(np.float32)
    kriging = kriging_of(windows, phase=rng.integers(0, 4, 12000).astype(np.uint8))
    assert all(kriging.at(y, x) is kriging for y in (0, 1) for x in (0, 1))


def test_without_places_there_is_one_kriging(frames):
    places = np.random.default_rng(1).integers(0, 150, (4000, 2))
    kriging = kriging_of(sound_windows(frames[1001], places).samples)
    assert kriging.at(0, 1) is kriging
