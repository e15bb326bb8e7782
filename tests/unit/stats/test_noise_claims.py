# SPDX-License-Identifier: Apache-2.0
"""What the noise model promises: the same numbers however light is stored, and what disturbs it by how much."""

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pixmend.frames import Encoding
from pixmend.model import SampleType
from pixmend.simulate import Sensor, develop, to_acescct
from pixmend.simulate._sensor import add_noise, camera_light
from pixmend.stats import estimate_noise, fit_noise, flat_blocks
from tests.make.shots import LINEAR, small_shot

ACESCCT = Encoding("acescct", "the tests' own")
C0, C1 = 4e-6, 5e-5
LEVELS = np.array([0.005, 0.02, 0.05, 0.18, 0.5])
TRUE = np.sqrt(C0 + C1 * LEVELS)
Y, X = np.mgrid[:256, :320]
RAMP = 0.002 + 1.2 * (X / 320) ** 2 + 0.01 * Y / 256


def noisy(level, seed):
    normal = np.random.default_rng(seed).normal(0, 1, level.shape)
    return (level + normal * np.sqrt(C0 + C1 * level)).astype(np.float32)


@cache
def takes():
    return tuple(noisy(RAMP, seed) for seed in (1, 2))


def sigma_of(frames, sample, codec, levels=LEVELS):
    return fit_noise([flat_blocks(each[..., None], sample=sample, codec=codec) for each in frames]).sigma(
        levels, 0
    )


def in_log(linear):
    return np.rint(to_acescct(linear) * 1023).astype(np.uint16)


def test_linear_halfs_and_10_bit_log_give_the_same_numbers():
    linear = sigma_of([each.astype(np.float16) for each in takes()], SampleType.HALF, LINEAR)
    log = sigma_of([in_log(each) for each in takes()], SampleType.UINT10, ACESCCT)
    assert log == pytest.approx(linear, rel=0.06)
    assert linear == pytest.approx(TRUE, rel=0.03)


def test_clipped_blacks_hide_noise_where_they_are_and_only_there():
    log = sigma_of([in_log(np.maximum(each, 0)) for each in takes()], SampleType.UINT10, ACESCCT)
    assert log == pytest.approx(TRUE, rel=0.06)
    dark = 0.0005 + 0.3 * (X / 320) ** 4
    levels = np.array([0.0005, 0.02, 0.1])
    found = sigma_of([np.maximum(noisy(dark, seed), 0) for seed in (1, 2)], SampleType.FLOAT, LINEAR, levels)
    assert (found / np.sqrt(C0 + C1 * levels) > [0.6, 0.75, 0.9]).all()


def test_noise_below_a_code_is_that_of_rounding():
    quiet = (RAMP * (1 + 0.002 * np.random.default_rng(1).normal(0, 1, RAMP.shape))).astype(np.float32)
    found = sigma_of([in_log(quiet)], SampleType.UINT10, ACESCCT)
    rounding = LEVELS * np.log(2) * 17.52 / 1023 / np.sqrt(12)
    assert (found > 0.6 * rounding).all()
    assert (found[1:] < 2.0 * np.hypot(rounding, 0.002 * LEVELS)[1:]).all()


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_the_correlated_noise_of_debayer_is_measured(channel):
    sensor = Sensor()
    picture = np.repeat((np.geomspace(0.01, 1.2, 320)[None, :] * np.ones((256, 1)))[..., None], 3, axis=2)
    light = camera_light(picture.astype(np.float32), sensor)
    mosaic = light[1].copy()
    mosaic[0::2, 0::2], mosaic[1::2, 1::2] = light[0, 0::2, 0::2], light[2, 1::2, 1::2]
    frames = np.stack(
        [develop(add_noise(mosaic, sensor, np.random.default_rng(seed)), sensor) for seed in range(8)]
    )
    model = estimate_noise([np.moveaxis(each, -1, 0) for each in frames[:2]])
    variance = frames.var(axis=0, ddof=1)[..., channel].mean(axis=0)
    for first in range(0, 320, 80):
        columns = slice(first, first + 40)
        level = frames[..., channel][:, :, columns].mean()
        ratio = float(model.sigma(np.array(level), channel)) / np.sqrt(variance[columns].mean())
        assert 0.85 < ratio < 1.1


def grain_ratio(size_px):
    """Return found by true of grain of 3 %, as large as this."""
    frames = []
    for seed in (1, 2):
        grain = gaussian_filter(np.random.default_rng(seed).normal(0, 1, RAMP.shape), size_px)
        frames.append((RAMP * (1 + 0.03 * grain / grain.std())).astype(np.float32))
    return sigma_of(frames, SampleType.FLOAT, LINEAR, np.array([0.18]))[0] / (0.03 * 0.18)


@pytest.mark.parametrize("size_px", [0.6, 0.8, 1.0, 1.5])
def test_grain_is_measured_whatever_its_size(size_px):
    assert 0.85 < grain_ratio(size_px) < 1.1


def test_a_bright_street_of_texture_alone_counts_two_and_a_half_times_at_most():
    shot = small_shot(())
    frames = np.stack([shot.render_clean(1001, take=take) for take in range(6)])
    model = estimate_noise(
        [np.moveaxis(shot.render_clean(frame), -1, 0) for frame in (1001, 1006, 1011, 1016)]
    )
    level, green = frames.mean(axis=0)[..., 1], frames.var(axis=0, ddof=1)[..., 1]
    bright = (level > 0.25) & (level < 0.7)
    true = float(np.sqrt(green[bright].mean()))
    assert float(model.sigma(level[bright].mean(), 1)) < 2.5 * true
