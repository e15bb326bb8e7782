# SPDX-License-Identifier: Apache-2.0
"""What a site is measured with, against the library."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, median_filter

from pixmend.arrays import MAD_TO_SIGMA, robust_sigma
from pixmend.detect._site_kernels import excess_over_background, far_from, median_places


@pytest.mark.parametrize("size", [(27, 27), (9, 41), (5, 30), (30, 1), (2, 3)])
@pytest.mark.parametrize("decimals", [8, 1])  # none equal; many equal
def test_the_medians_are_those_of_the_library(size, decimals):
    plane = np.random.default_rng(7).normal(0.0, 1.0, size).round(decimals)
    places = median_places(plane.argsort(axis=None), plane.shape, 4)
    np.testing.assert_array_equal(plane.ravel()[places], median_filter(plane, 9, mode="reflect"))


def test_the_excess_is_that_over_the_median_in_its_own_noise():
    rng = np.random.default_rng(5)
    light = rng.uniform(0.0, 1.0, (3, 28, 31))
    noise = 0.01 + 0.1 * light
    is_far = rng.random((28, 31)) < 0.5
    excess, sigma, scatter = excess_over_background(light, noise, is_far, 4)
    background = median_filter(light, (1, 9, 9), mode="reflect")
    plain = (light - background) / (0.01 + 0.1 * background)
    np.testing.assert_array_equal(excess, np.pad(plain, ((0, 0), (4, 4), (4, 4))))
    np.testing.assert_array_equal(sigma, np.median(0.01 + 0.1 * background, axis=(1, 2)))
    told = [robust_sigma(plane[is_far], centre=0.0) for plane in plain]
    np.testing.assert_array_equal(MAD_TO_SIGMA * scatter, told)


def test_where_nothing_is_far_there_is_no_scatter():
    light = np.random.default_rng(5).uniform(0.0, 1.0, (1, 9, 9))
    assert excess_over_background(light, np.ones_like(light), np.zeros((9, 9), bool), 4)[2] == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_far_is_what_dilation_does_not_reach(seed):
    rng = np.random.default_rng(seed)
    is_near = rng.random((19, 23)) < 0.01 * (seed + 1)
    is_near[(0, 18), (22, seed)] = True
    plain = ~binary_dilation(is_near, iterations=4)
    np.testing.assert_array_equal(far_from(np.argwhere(is_near), is_near.shape, 4), plain)
