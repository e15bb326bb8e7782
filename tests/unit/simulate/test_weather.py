# SPDX-License-Identifier: Apache-2.0
import numpy as np
from scipy import ndimage

from pixmend.simulate import Sensor
from pixmend.simulate._weather import rain_light, snow_light

SENSOR = Sensor()


def snow(index, seed=0, size=(240, 320)):
    electrons = np.zeros(size, np.float32)
    snow_light(electrons, SENSOR, index, seed=seed)
    return electrons


def test_rain_adds_light_and_takes_none():
    electrons = np.zeros((120, 160), np.float32)
    rain_light(electrons, SENSOR, np.random.default_rng(0))
    assert electrons.min() >= 0
    assert 0.002 < (electrons > 1).mean() < 0.5


def test_snow_is_small_discs_of_light():
    falling = snow(3)
    assert falling.min() >= 0
    labels, count = ndimage.label(falling > 0.3 * np.median(falling[falling > 20]))
    sizes = ndimage.sum_labels(np.ones_like(falling), labels, np.arange(1, count + 1))
    assert count >= 8
    assert 3 <= np.median(sizes) <= 60


def test_a_flake_is_nowhere_seen_twice_in_the_same_place():
    """What is bright in one frame is no more so in the next than anywhere."""
    first, second = snow(0), snow(1)
    bright = first > np.quantile(first, 0.995)
    assert second[bright].mean() < 0.3 * first[bright].mean()


def test_snow_of_a_frame_is_the_same_each_time():
    assert np.array_equal(snow(7), snow(7))
    assert not np.array_equal(snow(7), snow(7, seed=1))
