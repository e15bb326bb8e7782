# SPDX-License-Identifier: Apache-2.0
"""Stored samples to the sigma scale and back, for every way to store them."""

import numpy as np
import pytest

from pixmend.frames import Encoding
from pixmend.model import SampleType
from pixmend.stats import NoiseModel, SigmaCurve, SigmaScale
from pixmend.stats._scale import curve_of

NOISE = NoiseModel(np.array([[4e-6, 5e-5, 1e-7], [1e-6, 2e-5, 0.0], [9e-6, 9e-5, 0.0]]))
TYPES = [
    SampleType.HALF,
    SampleType.FLOAT,
    SampleType.UINT8,
    SampleType.UINT10,
    SampleType.UINT12,
    SampleType.UINT16,
]
ENCODINGS = ["linear", "logc3", "acescct"]


def scale_of(sample, encoding):
    return SigmaScale(Encoding(encoding, ""), sample, NOISE)


def codes_of(sample):
    """Return codes as people record them, rising: no toe of a log curve, no far end of half."""
    if sample.is_float:
        return np.linspace(0.2, 0.8, 4001).astype(sample.dtype)
    return np.arange(sample.max_code // 5, sample.max_code * 4 // 5).astype(sample.dtype)


def rgb(codes):
    return np.repeat(codes[None, :, None], 3, axis=2)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("sample", TYPES, ids=lambda each: each.label)
def test_codes_come_back_as_they_were(sample, encoding):
    scale, codes = scale_of(sample, encoding), codes_of(sample)
    values = scale.forward(rgb(codes))
    assert values.shape == (3, 1, len(codes))
    for channel in range(3):
        bits = scale.to_bits(values[channel, 0], np.full(len(codes), channel))
        if sample is SampleType.FLOAT:
            assert sample.from_bits(bits) == pytest.approx(codes, rel=1e-5)
        else:
            assert np.array_equal(bits, sample.to_bits(codes))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("sample", TYPES, ids=lambda each: each.label)
def test_the_scale_rises_strictly(sample, encoding):
    codes = np.unique(codes_of(sample))
    values = scale_of(sample, encoding).forward(rgb(codes))
    assert (np.diff(values, axis=-1) > 0).all()


@pytest.mark.parametrize("sample", [SampleType.HALF, SampleType.FLOAT], ids=lambda each: each.label)
def test_negative_light_has_its_own_place(sample):
    scale = scale_of(sample, "linear")
    light = np.array([-0.5, -0.001, 0.0, 0.001, 0.5]).astype(sample.dtype)
    values = scale.forward(rgb(light))
    assert (np.diff(values) > 0).all()
    assert values[:, 0, 2].tolist() == [0.0, 0.0, 0.0]
    back = sample.from_bits(scale.to_bits(values[1, 0], np.full(5, 1)))
    assert back == pytest.approx(light, rel=1e-3)


@pytest.mark.parametrize("sample", [SampleType.HALF, SampleType.FLOAT], ids=lambda each: each.label)
def test_what_is_not_finite_is_nan(sample):
    odd = np.array([np.nan, np.inf, -np.inf, 1.0]).astype(sample.dtype)
    values = scale_of(sample, "linear").forward(rgb(odd))
    assert np.isnan(values[..., :3]).all()
    assert np.isfinite(values[..., 3]).all()


@pytest.mark.parametrize("sample", [SampleType.HALF, SampleType.UINT16], ids=lambda each: each.label)
def test_one_unit_is_one_sigma(sample):
    scale = scale_of(sample, "linear")
    level = 0.25
    for channel in range(3):
        sigma = float(NOISE.sigma(np.array(level), channel))
        pair = np.array([level - sigma, level + sigma])
        codes = pair.astype(sample.dtype) if sample.is_float else np.rint(pair * 65535).astype(np.uint16)
        low, high = scale.forward(rgb(codes))[channel, 0]
        assert high - low == pytest.approx(2.0, rel=0.15 if sample.is_float else 0.02)


@pytest.mark.parametrize("value", [-1e9, 1e9])
@pytest.mark.parametrize("sample", TYPES, ids=lambda each: each.label)
def test_a_value_beyond_the_scale_becomes_a_legal_code(sample, value):
    scale = scale_of(sample, "linear")
    stored = sample.from_bits(scale.to_bits(np.array([value]), np.array([0])))[0]
    if sample.is_float:
        assert np.isfinite(stored)
    else:
        assert stored in {0, sample.max_code}


def test_the_table_of_short_samples_agrees_with_the_curve_of_long_ones():
    light = np.linspace(0, 4, 999).astype(np.float16)
    short = scale_of(SampleType.HALF, "linear").forward(rgb(light))
    long = scale_of(SampleType.FLOAT, "linear").forward(rgb(light.astype(np.float32)))
    assert np.array_equal(short, long)


def odd_light(shape):
    """Return light of every magnitude and sign, on nodes of the curve and beyond its ends, and what is no number."""
    rng = np.random.default_rng(7)
    light = rng.choice([-1.0, 1.0], shape) * 10.0 ** rng.uniform(-12, 6, shape)
    nodes, _ = SigmaCurve(NOISE).nodes(0)
    light.flat[:2000] = nodes[::5][:2000]
    light.flat[2000:2008] = [0.0, -0.0, np.nan, np.inf, -np.inf, nodes[0], nodes[-1], 1e-45]
    return light.astype(np.float32)


def test_rows_and_columns_of_long_samples_are_on_the_curve_to_the_bit():
    light, rows, columns = odd_light((60, 50, 3)), np.array([3, 2, 2, 59, 0]), np.array([40, 41, 3, 0, 0, 49])
    scale = scale_of(SampleType.FLOAT, "linear")
    for wanted, found in (
        (light, scale.forward(light)),
        (light[rows][:, columns], scale.forward(light, rows=rows, columns=columns)),
    ):
        for channel in range(3):
            lit = wanted[..., channel]
            plain = np.interp(lit, *scale.curve.nodes(channel)).astype(np.float32)
            plain[~np.isfinite(lit)] = np.nan
            np.testing.assert_array_equal(found[channel], plain)


def test_a_window_of_a_frame_needs_not_be_contiguous():
    frame = np.random.default_rng(1).uniform(0, 1, (9, 8, 3)).astype(np.float16)
    scale = scale_of(SampleType.HALF, "linear")
    assert np.array_equal(scale.forward(frame[2:7, 1::2]), scale.forward(frame)[:, 2:7, 1::2])


@pytest.mark.parametrize("spread", [0.0, 1e-3, 40.0, 1e7])  # the last is beyond both ends of the curve
def test_light_and_noise_of_a_picture_are_those_of_its_samples_to_the_bit(spread):
    values = np.random.default_rng(3).normal(5.0, spread, (3, 20, 31)).astype(np.float32)
    curve = SigmaCurve(NOISE)
    light, sigma = curve.light_and_sigma(values)
    for channel in range(3):
        level = curve.to_level(values[channel], channel)
        np.testing.assert_array_equal(light[channel], level.astype(np.float32))
        np.testing.assert_array_equal(sigma[channel], NOISE.sigma(level, channel).astype(np.float32))


def test_the_curve_of_one_noise_is_made_once():
    noise = NoiseModel(np.array([[1e-4, 1e-3, 0.0]]))

    assert curve_of(noise) is curve_of(noise)
    assert curve_of(noise) is not curve_of(NoiseModel(noise.coefficients))
