# SPDX-License-Identifier: Apache-2.0
"""Compiled kernels against their plain twins."""

import numpy as np
import pytest
from scipy import ndimage

from pixmend.arrays import robust_sigma
from pixmend.stats import Whitener, correlate, local_scale, train_covariance
from pixmend.stats._kernels import look_up, quantise_excess, quantise_level

RNG = np.random.default_rng(8)
SIZES = [(1, 1), (2, 9), (7, 5), (23, 31)]


@pytest.mark.parametrize("size", SIZES)
def test_correlate_is_scipy_summed_over_channels(size):
    stack = RNG.normal(0, 1, (3, *size)).astype(np.float32)
    weights = RNG.normal(0, 1, (2, 3, 5, 5)).astype(np.float32)
    weights[0, 1] = 0  # zero taps are skipped
    found = correlate(np.pad(stack, ((0, 0), (2, 2), (2, 2))), weights)
    expected = [
        sum(ndimage.correlate(stack[c].astype(float), weights[k, c], mode="constant") for c in range(3))
        for k in range(2)
    ]
    assert found == pytest.approx(np.array(expected), abs=1e-4)


def plain_scale(plane, radius):
    """Return what `local_scale` does, with every window summed by itself."""
    size = (np.minimum(np.abs(plane), np.float32(2000)) * np.float32(1024)).astype(np.int32)
    first = box_means(size, radius)
    cut = np.minimum(size, (np.float32(2.5 * 1.2533) * first).astype(np.int32))
    return box_means(cut, radius) * np.float32(1.30 / 1024)


def box_means(plane, radius):
    windows = np.pad(np.stack([plane, np.ones_like(plane)]), ((0, 0), (radius, radius), (radius, radius)))
    side = 2 * radius + 1
    total, count = np.lib.stride_tricks.sliding_window_view(windows, (side, side), (1, 2)).sum((-2, -1))
    return total.astype(np.float32) / count.astype(np.float32)


@pytest.mark.parametrize("radius", [1, 3, 10])
@pytest.mark.parametrize("size", SIZES)
def test_local_scale_is_its_plain_twin_to_the_bit(size, radius):
    plane = RNG.normal(0, 300, size).astype(np.float32)
    plane[0, 0] = 1e6
    np.testing.assert_array_equal(local_scale(plane, radius), plain_scale(plane, radius))


def test_local_scale_of_white_noise_is_its_sigma():
    scale = local_scale(RNG.normal(0, 3, (128, 128)).astype(np.float32), 10)
    assert float(np.median(scale)) == pytest.approx(3, rel=0.03)


def test_local_scale_is_hardly_raised_by_what_stands_out():
    plane = RNG.normal(0, 1, (64, 64)).astype(np.float32)
    before = local_scale(plane, 10)[32, 32]
    plane[32, 32] = 30
    assert local_scale(plane, 10)[32, 32] < 1.15 * before


def test_local_scale_does_not_change_its_input():
    plane = RNG.normal(0, 1, (16, 16)).astype(np.float32)
    before = plane.copy()
    local_scale(plane, 3)
    assert np.array_equal(plane, before)


@pytest.mark.parametrize("channels", [1, 3])
def test_whitened_white_noise_is_white_and_one(channels):
    noise = RNG.normal(0, 2, (channels, 160, 160)).astype(np.float32)
    whitened = Whitener(train_covariance([noise]), channels).whiten_mirrored(noise)
    for plane in whitened:
        assert robust_sigma(plane) == pytest.approx(1, rel=0.05)
        assert abs(np.mean(plane[1:] * plane[:-1])) < 0.05


def test_a_picture_with_structure_is_whitened_to_one_too():
    soft = ndimage.gaussian_filter(RNG.normal(0, 1, (1, 200, 200)), (0, 1.5, 1.5))
    noisy = (soft / soft.std() * 20 + RNG.normal(0, 1, soft.shape)).astype(np.float32)
    whitened = Whitener(train_covariance([noisy]), 1).whiten_mirrored(noisy)
    assert robust_sigma(whitened) == pytest.approx(1, rel=0.1)  # busy patches count less in training


def test_a_level_is_no_excess():
    noise = RNG.normal(0, 1, (1, 96, 96)).astype(np.float32)
    whitener = Whitener(train_covariance([noise]), 1)
    assert whitener.whiten_mirrored(noise + 50) == pytest.approx(whitener.whiten_mirrored(noise), abs=0.3)


def test_gain_makes_the_response_a_generalised_least_squares_match():
    """Correlating whitened response times gain with F is F' S^-1 v, for F and v inside one window."""
    structured = ndimage.gaussian_filter(RNG.normal(0, 1, (1, 200, 200)), (0, 1, 1)).astype(np.float32)
    covariance = train_covariance([structured])
    whitener = Whitener(covariance, 1)
    delta = np.zeros((1, 7, 7), np.float32)
    delta[0, 3, 3] = 1
    response = whitener.whiten(np.pad(delta, ((0, 0), (9, 9), (9, 9))))[0, 6:13, 6:13]
    row = np.linalg.inv(covariance)[24].reshape(7, 7)[::-1, ::-1]
    assert response * whitener.gain[0] == pytest.approx(row, rel=1e-3, abs=1e-4)


def test_excess_is_rounded_after_it_is_clipped():
    whitened, scale = (
        RNG.normal(0, 4, (9, 33)).astype(np.float32),
        RNG.uniform(0.1, 3, (9, 33)).astype(np.float32),
    )
    found = quantise_excess(whitened, scale, 0.2, 3.0, 32)
    assert np.abs(found - np.clip(whitened / np.maximum(scale, 0.2), -3, 3) * 32).max() <= 0.5001
    assert found.dtype == np.int16


def test_levels_are_clipped_and_rounded():
    plane = np.array([[0.0, -1.04, 2.03125, 5e5, -5e5]], np.float32)
    assert quantise_level(plane, 16, 1000.0).tolist() == [[0, -17, 32, 16000, -16000]]


def test_codes_are_looked_up_at_rows_and_columns():
    codes = RNG.integers(0, 50, (6, 7, 3)).astype(np.uint16)
    tables = RNG.normal(0, 1, (3, 50)).astype(np.float32)
    rows, columns = np.array([2, 0, 5]), np.array([6, 6, 1, 3])
    found = look_up(codes, tables, rows, columns)
    for c in range(3):
        assert np.array_equal(found[c], tables[c][codes[..., c]][np.ix_(rows, columns)])
