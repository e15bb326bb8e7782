# SPDX-License-Identifier: Apache-2.0
"""Whole shots with lettering that stands over a picture that moves."""

import numpy as np

from pixmend.model import Kind
from pixmend.pipeline import Sampling, detect
from pixmend.simulate import Demosaic, PlantedDefect
from tests.make.shots import LINEAR, detection_of, memory_shot, small_shot, stored_frames

BESIDE = (200, 150)


def hot(place, amplitude=30.0):
    return PlantedDefect(sites=(place,), kind=Kind.HOT, amplitude_sigma=amplitude, fluctuation=0.0)


def credits_cover(size):
    """Return the cover (H, W, 1) of small lettering: rows of i's, dots and stems, with soft edges."""
    cover = np.zeros(size)
    for top in (40, 60, 80):
        for left in range(40, 160, 6):
            cover[top, left] = 0.85
            cover[top + 2 : top + 8, left] = 0.85
            cover[top : top + 8, left + 1] = 0.25 * (cover[top : top + 8, left] > 0)
    return cover[..., None]


def places_under_credits(shot):
    frames = stored_frames(shot)
    cover = credits_cover(next(iter(frames.values())).shape[:2])
    over = {
        frame: (samples * (1 - cover) + 0.5 * cover).astype(np.float16) for frame, samples in frames.items()
    }
    found = detect(memory_shot(over), LINEAR, sampling=Sampling()).defect_map.defects
    return [(each.x, each.y) for each in found]


def test_credits_over_a_picture_that_moves_are_no_defects_and_hide_none_beside():
    assert places_under_credits(small_shot((hot(BESIDE),))) == [BESIDE]


def test_a_photosite_that_debayer_keeps_in_one_pixel_is_no_dot_of_lettering():
    places = [(60, 40), (120, 100), (200, 60), (100, 150)]
    shot = small_shot(tuple(hot(place, 50.0) for place in places), demosaic=Demosaic.EDGE)
    found = detection_of(shot).defect_map.defects
    assert sorted((each.x, each.y) for each in found) == sorted(places)


def test_photosites_of_a_grey_picture_stored_in_three_channels_are_no_lettering():
    """A codec in between: the channels are nearly the same, and what lies does so in all of them."""
    places = [(60, 40), (64, 44), (70, 40), (200, 60)]
    rng = np.random.default_rng(2)

    def grey(samples):
        one = samples[..., 1:2].astype(np.float64)
        for x, y in places:
            one[y, x] = 0.9
        return (one + 1e-4 * rng.standard_normal((*one.shape[:2], 3))).astype(np.float16)

    frames = {frame: grey(samples) for frame, samples in stored_frames(small_shot(())).items()}
    found = detect(memory_shot(frames), LINEAR, sampling=Sampling()).defect_map.defects
    assert sorted((each.x, each.y) for each in found) == sorted(places)
