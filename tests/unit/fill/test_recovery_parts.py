# SPDX-License-Identifier: Apache-2.0
"""The pure parts of recovery: priors, misfits, what storage can hold."""

import numpy as np
import pytest

from pixmend.fill import train_kriging
from pixmend.fill._amplitude_prior import learn_prior
from pixmend.fill._footprint_fit import SiteLesson, fit_shapes
from pixmend.fill._footprint_learning import learn_footprints
from pixmend.fill._footprint_misfit import Misfit, pooled_misfit, unexplained_rests
from pixmend.fill._recovery_plan import UNTOLD, StoredLight
from pixmend.fill._rings import Rings, RingTable
from pixmend.frames import Encoding
from pixmend.model import SampleType

RNG = np.random.default_rng(1951)
FRAMES = 24
LIGHT = RNG.uniform(0.1, 0.9, FRAMES)
NOISE = np.full(FRAMES, 0.1**2)


def measured(lie):
    return lie + RNG.normal(0.0, 0.1, FRAMES)


class TestPrior:
    def test_a_steady_lie_has_little_variance(self):
        prior = learn_prior(measured(np.full(FRAMES, 2.0)), NOISE, LIGHT)
        assert prior.offset == pytest.approx(2.0, abs=0.1)
        assert prior.variance < 0.08**2

    def test_what_is_always_saturated_falls_as_the_light_rises(self):
        prior = learn_prior(measured(5.0 - LIGHT), NOISE, LIGHT)
        assert prior.slope == pytest.approx(-1.0, abs=0.4)

    def test_one_frame_that_texture_fools_changes_little(self):
        amplitude = measured(np.full(FRAMES, 2.0))
        amplitude[7] = 40.0
        assert learn_prior(amplitude, NOISE, LIGHT).offset == pytest.approx(2.0, abs=0.3)

    def test_too_few_frames_tell_nothing(self):
        assert learn_prior(np.ones(5), NOISE[:5], LIGHT[:5]) is UNTOLD
        assert UNTOLD.posterior(3.0, 0.5, (0.2, 0.1)) == (3.0, 0.5)

    def test_where_errors_are_alike_a_faint_lie_is_not_believed(self):
        faint = measured(np.full(FRAMES, 0.08))
        assert learn_prior(faint, NOISE, LIGHT, alike=0.9).kept == 0.0
        assert learn_prior(measured(np.full(FRAMES, 2.0)), NOISE, LIGHT, alike=0.9).kept > 0.9


class TestMisfit:
    def test_the_next_in_strength_speak_for_a_faint_one(self):
        found = [Misfit(0.1 * lie, lie, 0.0) for lie in (100.0, 50.0, 20.0)] + [Misfit(9.0, 0.1, 0.0)]
        assert pooled_misfit(found) == pytest.approx([0.1] * 4)

    def test_one_accident_does_not_speak_for_all(self):
        found = [Misfit(0.0, 100.0 - each, 0.0) for each in range(9)]
        found[4] = Misfit(90.0, 96.0, 0.0)
        assert pooled_misfit(found) == [0.0] * 9

    def test_what_is_left_in_every_frame_alike_is_unexplained_unless_all_show_it(self):
        fits = [Misfit(0.0, 1.0, 0.05)] * 9
        assert unexplained_rests([*fits, Misfit(9.0, 1.0, 0.9)])[-1] > 5.0
        assert unexplained_rests([Misfit(0.0, 1.0, 0.9)] * 9) == [0.0] * 9


class TestStoredLight:
    def test_codes_at_both_ends_are_clipped(self):
        stored = StoredLight(Encoding("linear", "test"), SampleType.UINT10)
        light = np.array([0.0, 1 / 1023, 0.5, 1.0, np.nan], np.float32)
        assert stored.is_clipped(light).tolist() == [True, False, False, True, True]

    def test_steps_are_those_of_the_curve(self):
        stored = StoredLight(Encoding("linear", "test"), SampleType.UINT10)
        assert stored.step_variance(np.array([0.5], np.float32)) == pytest.approx(1 / 1023**2 / 12)
        wide = StoredLight(Encoding("linear", "test"), SampleType.FLOAT)
        assert wide.step_variance(np.array([0.5], np.float32)) == 0.0


def test_a_photosite_that_no_frame_shows_teaches_nothing():
    shape = np.zeros((3, 9, 9))
    shape[1, 4, 4] = 1.0
    fit = fit_shapes(SiteLesson("d1", (0, 0), shape > 0, ()), [shape, shape])
    assert {each.shape for each in (fit.amplitude, fit.variance, fit.gain, fit.misfit)} == {(0, 2)}
    assert learn_footprints([SiteLesson("d1", (0, 0), shape > 0, ())], (3, 9, 9))[0, 0].sites == 0


def test_in_a_picture_without_noise_what_has_any_is_not_rough():
    rings = Rings(train_kriging([np.full((3, 60, 60), 7.0, np.float32)]))
    assert rings.roughness((0, 0), 0.5) == 1.0
    assert rings.roughness((0, 0), 3.0) == pytest.approx(3.0)


def test_a_table_without_some_samples_is_that_of_the_others_alone():
    root = RNG.normal(size=(6, 6))
    covariance = root @ root.T + np.eye(6)
    table = RingTable(
        np.zeros((4, 6), np.float32),
        np.diag(covariance).astype(np.float32),
        np.linalg.inv(covariance).astype(np.float32),
    )
    lost = np.array([False, True, False, False, True, False])
    left = table.without(lost)
    assert left.precision == pytest.approx(
        np.linalg.inv(covariance[np.ix_(~lost, ~lost)]), rel=1e-4, abs=1e-5
    )
    assert left.weights.shape == (4, 4)
