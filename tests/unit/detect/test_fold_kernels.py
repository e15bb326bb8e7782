# SPDX-License-Identifier: Apache-2.0
"""Footprints that are the same in both mirrors are matched as any other, with fewer products."""

import numpy as np
import pytest

from pixmend.detect._fold_kernels import correlate_folded, fold
from pixmend.footprints import prior_footprints
from pixmend.stats import correlate


@pytest.fixture
def rng():
    return np.random.default_rng(6)


def prior_weights(channels):
    return np.stack([each.shape for each in prior_footprints(channels)]).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("width", [1, 511, 513])
def test_folded_footprints_match_what_whole_ones_do(rng, channels, width):
    weights = prior_weights(channels)
    padded = rng.normal(size=(channels, 7, width + 4)).astype(np.float32)
    folded = fold(weights)
    assert folded is not None
    np.testing.assert_allclose(correlate_folded(padded, folded), correlate(padded, weights), atol=1e-5)


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (2, 1), (3, 3)])
def test_what_is_not_the_same_in_both_mirrors_is_not_folded(place):
    weights = prior_weights(3)
    weights[0, 1, *place] += 0.01
    assert fold(weights) is None


def test_larger_footprints_are_not_folded():
    assert fold(np.ones((2, 3, 9, 9), np.float32)) is None
