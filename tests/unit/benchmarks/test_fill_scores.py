# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from benchmarks.accuracy.fill_scores import Errors, flicker_ratio, honesty, root_mean_square, texture_ratio

RNG = np.random.default_rng(5)


def test_an_error_of_the_size_of_the_noise_scores_one():
    sigma = np.full(20_000, 0.02)
    errors = Errors(RNG.normal(0, 0.02, 20_000), sigma)
    assert errors.rmse_over_sigma == pytest.approx(1.0, abs=0.03)
    assert errors.high_over_sigma == pytest.approx(1.96, abs=0.06)
    assert errors.rmse_codes == pytest.approx(0.02 * 1023, rel=0.03)
    assert errors.high_codes == pytest.approx(1.96 * 0.02 * 1023, rel=0.03)


def test_errors_join_and_nothing_scores_nan():
    joined = Errors.join([Errors(np.array([3.0]), np.array([1.0])), Errors(np.array([4.0]), np.array([1.0]))])
    assert joined.rmse_over_sigma == pytest.approx(np.sqrt(12.5))
    nothing = Errors.join([])
    assert np.isnan([nothing.rmse_over_sigma, nothing.high_over_sigma, nothing.high_codes]).all()


def test_live_grain_flickers_like_sound_grain_and_a_frozen_fill_does_not():
    clean, other = RNG.normal(0, 1, (2, 10, 5000))
    assert flicker_ratio(other, clean) == pytest.approx(1.0, abs=0.05)
    assert flicker_ratio(np.ones((10, 5000)), clean) == 0
    moving = np.linspace(0, 50, 10)[:, None]
    assert flicker_ratio(other + moving, clean + moving) == pytest.approx(1.0, abs=0.05)


def test_a_soft_fill_has_less_texture_and_a_box_more():
    clean = RNG.normal(0, 0.1, (40, 50, 3))
    is_bad = np.zeros(clean.shape, bool)
    is_bad[10:20, 10:20] = True
    known = {"sigma": np.full(clean.shape, 0.1), "is_bad": is_bad}
    fresh = np.where(is_bad, RNG.normal(0, 0.1, clean.shape), clean)
    assert texture_ratio(fresh, clean, **known) == pytest.approx(1.0, abs=0.25)
    assert texture_ratio(np.where(is_bad, 0.0, clean), clean, **known) < 0.3
    assert texture_ratio(np.where(is_bad, 2.0, clean), clean, **known) > 2


def test_a_prediction_that_boasts_is_over_one():
    assert honesty(np.array([1.0, 1.0]), np.array([2.0, 2.0])) == 2
    assert np.isnan(root_mean_square([]))
