# SPDX-License-Identifier: Apache-2.0
"""Which frames show no photographed picture."""

import numpy as np
import pytest

from pixmend.stats import drawn_share, frame_is_idle
from tests.make.shots import small_shot, stored_frames

SIZE = (96, 128)


def black():
    return np.zeros((*SIZE, 3), np.float16)


def black_with_a_hot_pixel():
    frame = black()
    frame[40, 50] = 0.3
    return frame


def faded_out():
    """Black that was multiplied by nothing: what lay below black is -0."""
    return np.where(np.random.default_rng(6).random((*SIZE, 3)) < 0.4, -0.0, 0.0).astype(np.float16)


def bars():
    colours = np.array([(r, g, b) for g in (1, 0) for r in (1, 0) for b in (1, 0)], np.uint16) * 700
    return np.repeat(np.repeat(colours[None], 16, axis=1), SIZE[0], axis=0)


def ramp():
    return np.repeat((np.arange(SIZE[1], dtype=np.uint16) * 7)[None, :, None], SIZE[0], axis=0).repeat(
        3, axis=2
    )


def slate():
    """Letters with soft rims on grey."""
    frame = np.full((*SIZE, 3), 0.05, np.float32)
    for row in range(20, 80, 16):
        frame[row : row + 8, 20:100:12] = 0.9
        frame[row : row + 8, 21:100:12] = 0.4
    return frame


def street():
    return stored_frames(small_shot())[1001]


def letterboxed():
    frame = street().copy()
    frame[:40], frame[-40:] = 0, 0
    return frame


def clipped_night():
    """Nine tenths of black that is clipped."""
    rng = np.random.default_rng(3)
    frame = np.zeros((*SIZE, 3), np.uint16)
    frame[:16] = rng.integers(90, 200, (16, SIZE[1], 3))
    return frame


def grey_with_noise_of_a_code():
    return np.rint(500 + np.random.default_rng(4).normal(0, 1.0, (*SIZE, 3))).astype(np.uint16)


@pytest.mark.parametrize("frame", [black, black_with_a_hot_pixel, faded_out, bars, ramp, slate])
def test_what_is_drawn_is_idle(frame):
    assert frame_is_idle([frame()])


@pytest.mark.parametrize("frame", [street, letterboxed, clipped_night, grey_with_noise_of_a_code])
def test_what_a_camera_took_is_not(frame):
    assert not frame_is_idle([frame()])


def test_bands_speak_by_their_size():
    assert not frame_is_idle([street(), black()[:8]])
    assert frame_is_idle([street()[:2], *[black()] * 12])


def test_the_share_is_that_of_a_plain_count():
    frame = np.random.default_rng(5).integers(0, 3, (13, 17, 2)).astype(np.uint16)
    beside = (frame[:, :-1] == frame[:, 1:]).all(axis=2)
    below = (frame[:-1] == frame[1:]).all(axis=2)
    equal = np.concatenate([beside, beside[:, -1:]], axis=1) | np.concatenate([below, below[-1:]])
    assert drawn_share(frame) == pytest.approx(equal.mean())


@pytest.mark.parametrize("shape", [(0, 5, 3), (1, 1, 3)])
def test_a_picture_of_no_neighbours_is_not_drawn(shape):
    assert drawn_share(np.zeros(shape, np.float32)) == 0.0


def test_nan_is_drawn_too():
    assert frame_is_idle([np.full((*SIZE, 3), np.nan, np.float16)])
