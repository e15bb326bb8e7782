# SPDX-License-Identifier: Apache-2.0
"""The sliding median of a site's window against the library's."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from pixmend.detect._site_kernels import median_places


@pytest.mark.parametrize("size", [(27, 27), (9, 41), (5, 30), (30, 1), (2, 3)])
@pytest.mark.parametrize("decimals", [8, 1])  # none equal; many equal
def test_the_medians_are_those_of_the_library(size, decimals):
    plane = np.random.default_rng(7).normal(0.0, 1.0, size).round(decimals)
    places = median_places(plane.argsort(axis=None), plane.shape, 4)
    np.testing.assert_array_equal(plane.ravel()[places], median_filter(plane, 9, mode="reflect"))
