# SPDX-License-Identifier: Apache-2.0
"""The peer that we wrote ourselves, against the closed form of its paper."""

import numpy as np
import pytest

from benchmarks.accuracy.astrofix_equal import (
    GprParameters,
    fill_like_astrofix,
    gpr_weights,
    interpolate,
    train_gpr,
)


def closed_form(parameters, is_bad):
    """Zhang and Brandt 2021, equation 5, sample by sample, then divided by the sum."""
    amplitude, length = parameters
    good = [(y, x) for y in range(9) for x in range(9) if not is_bad[y, x]]

    def covariance(one, other):
        apart = (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2
        return amplitude**2 * np.exp(-apart / (2 * length**2))

    between = np.array([[covariance(one, other) + (one == other) for other in good] for one in good])
    weights = np.linalg.inv(between) @ np.array([covariance(each, (4, 4)) for each in good])
    return dict(zip(good, weights / weights.sum(), strict=True))


@pytest.mark.parametrize("parameters", [(1.0, 0.6), (8.0, 1.3), (60.0, 2.5)])
@pytest.mark.parametrize("reach", [0, 1])
def test_weights_are_those_of_the_closed_form(parameters, reach):
    is_bad = np.zeros((9, 9), bool)
    is_bad[4 - reach : 5 + reach, 4 - reach : 5 + reach] = True
    weights = gpr_weights(GprParameters(*parameters), is_bad)
    expected = closed_form(parameters, is_bad)
    for place in np.ndindex(9, 9):
        assert weights[place] == pytest.approx(expected.get(place, 0.0), abs=1e-9)
    assert weights.sum() == pytest.approx(1.0)


def test_each_bad_pixel_has_the_weights_of_its_own_window():
    rng = np.random.default_rng(0)
    plane = rng.normal(10, 1, (30, 40))
    is_bad = np.zeros(plane.shape, bool)
    is_bad[10, 10] = is_bad[20, 20:22] = is_bad[0, 39] = True
    parameters = GprParameters(5.0, 1.2)
    filled = interpolate(plane, is_bad, parameters)
    for y, x in np.argwhere(is_bad):
        expected, window = 0.0, np.ones((9, 9), bool)
        rows, columns = range(max(y - 4, 0), min(y + 5, 30)), range(max(x - 4, 0), min(x + 5, 40))
        for row in rows:
            for column in columns:
                window[row - y + 4, column - x + 4] = is_bad[row, column]
        for (row, column), weight in closed_form(parameters, window).items():
            expected += weight * plane[row + y - 4, column + x - 4]
        assert filled[y, x] == pytest.approx(expected)
    assert np.array_equal(filled[~is_bad], plane[~is_bad])


def test_training_finds_no_worse_than_its_neighbourhood():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:9, :9]
    phases = rng.uniform(0, 2 * np.pi, (400, 2))
    windows = 6 * np.sin(0.7 * y + phases[:, :1, None]) * np.sin(0.6 * x + phases[:, 1:, None])
    windows += rng.normal(0, 1, windows.shape)
    found = train_gpr(windows)

    def missed(parameters):
        alone = np.zeros((9, 9), bool)
        alone[4, 4] = True
        predicted = np.einsum("nyx,yx->n", windows, gpr_weights(parameters, alone))
        return np.abs(predicted - windows[:, 4, 4]).mean()

    for other in ((1.0, 0.5), (3.0, 1.0), (10.0, 4.0), (30.0, 1.0), (30.0, 4.0)):
        assert missed(found) <= missed(GprParameters(*other)) + 1e-3


def test_what_stands_in_a_hole_has_no_say():
    rng = np.random.default_rng(2)
    plane = rng.normal(0.4, 0.01, (60, 70)).astype(np.float32)
    is_bad = np.zeros(plane.shape, bool)
    is_bad[20:23, 30:33] = True
    bright, dark = (fill_like_astrofix(np.where(is_bad, light, plane), is_bad) for light in (1.0, 0.0))
    assert np.allclose(bright, dark, atol=1e-4)
    assert np.abs(bright[is_bad] - 0.4).max() < 0.02
