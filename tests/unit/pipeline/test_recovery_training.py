# SPDX-License-Identifier: Apache-2.0
"""Photosites of a shot are learnt, and their lies taken off frame by frame."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from pixmend.errors import BadFrameError
from pixmend.fill import Learnt, train_kriging
from pixmend.fill._lit_sites import LitWindows
from pixmend.fill._recover import recover_sites
from pixmend.frames import Encoding
from pixmend.model import FrameRange, Kind, Sample, SampleType
from pixmend.pipeline._recovery_training import learn_recovery
from pixmend.progress import Silent
from pixmend.stats import train_scale
from tests.make.photosites import NOISE, SIDE, lying_shot, map_of, true_footprint

LINEAR = Encoding("linear", "test")
STRONG, WEAK, DEAD, OFF = (20, 20), (20, 41), (41, 20), (41, 41)
LIES = {
    STRONG: [0.5, 0.6, 0.4, 0.5, 0.7, 0.3, 0.5, 0.6],
    WEAK: [0.05] * 8,
    DEAD: [-0.3] * 8,
    OFF: [0.0] * 8,
}


@cache
def shot():
    return lying_shot(LIES)


@cache
def learnt():
    clean_shot, _ = lying_shot({})
    stored = [clean_shot.read(frame) for frame in clean_shot.frames]
    _, scale = train_scale(stored, sample=SampleType.HALF, codec=LINEAR)
    return Learnt(scale, train_kriging([scale.forward(each) for each in stored]))


@cache
def recoveries():
    return learn_recovery(shot()[0], map_of(list(LIES)), learnt(), LINEAR, Silent())


def window(site, frame, samples=None, is_known=None):
    row, column = site
    stored = (shot()[0].read(frame) if samples is None else samples)[
        row - 4 : row + 5, column - 4 : column + 5
    ]
    values = learnt().scale.forward(stored)
    known = np.isfinite(values) if is_known is None else is_known & np.isfinite(values)
    return LitWindows(learnt().scale.light(stored)[None], values[None], known[None])


def recovered(site, frame, **changes):
    told = recoveries()
    plan = told.plans[f"d{list(LIES).index(site)}"]
    (found,) = recover_sites(
        window(site, frame, **changes), [plan], rings=told.rings, scale=learnt().scale, stored=told.stored
    )
    return found


def truth(site, frame):
    row, column = site
    return shot()[1][frame][:, row - 4 : row + 5, column - 4 : column + 5]


class TestRecovery:
    @pytest.mark.parametrize("site", [STRONG, WEAK, DEAD])
    def test_the_true_picture_with_its_grain_is_left(self, site):
        core = (slice(None), slice(2, 7), slice(2, 7))
        errors = [
            (recovered(site, frame).light - truth(site, frame))[core] / NOISE for frame in shot()[0].frames
        ]
        assert np.sqrt(np.mean(np.square(errors))) < 0.4

    def test_what_it_says_of_its_error_is_about_true(self):
        core = (slice(None), slice(2, 7), slice(2, 7))
        found = [(site, frame, recovered(site, frame)) for site in LIES for frame in shot()[0].frames]
        actual = np.mean(
            [((each.light - truth(site, frame))[core] ** 2).mean() for site, frame, each in found]
        )
        predicted = np.mean([each.variance[core].mean() for _, _, each in found])
        assert 0.2 < predicted / (actual / NOISE**2) < 6.0

    def test_amplitudes_follow_the_lie_from_frame_to_frame(self):
        peak = np.abs(true_footprint(STRONG)).max()
        amplitudes = [recovered(STRONG, frame).amplitude for frame in shot()[0].frames]
        assert amplitudes == pytest.approx([each * peak for each in LIES[STRONG]], abs=4 * NOISE)

    def test_a_photosite_that_does_not_lie_is_hardly_changed(self):
        for frame in shot()[0].frames:
            moved = recovered(OFF, frame).light - window(OFF, frame).light[0]
            assert np.sqrt((moved[:, 2:7, 2:7] ** 2).mean()) < 0.3 * NOISE

    def test_nothing_out_of_its_reach_moves(self):
        found = recovered(STRONG, 1003)
        beyond = np.ones((3, 9, 9), bool)
        beyond[:, 2:7, 2:7] = False
        assert np.array_equal(found.light[beyond], window(STRONG, 1003).light[0][beyond])
        assert np.isinf(found.variance[beyond]).all()


class TestLostSamples:
    def spoil(self, value):
        samples = shot()[0].read(1003).copy()
        samples[STRONG[0], STRONG[1], 0] = value
        return recovered(STRONG, 1003, samples=samples)

    @pytest.mark.parametrize("value", [np.nan, np.inf, 65504.0, 0.0])
    def test_clipped_ones_are_beyond_recovery_and_the_rest_is_recovered(self, value):
        found = self.spoil(value)
        core = np.zeros((3, 9, 9), bool)
        core[:, 2:7, 2:7] = True
        core[0, 4, 4] = False
        assert np.isinf(found.variance[0, 4, 4])
        error = (found.light - truth(STRONG, 1003))[core] / NOISE
        assert np.sqrt(np.mean(error**2)) < 0.5

    def test_what_the_scene_clips_is_off_by_no_more_than_the_lie_as_it_is(self):
        samples = shot()[0].read(1003).copy()
        for row, column in (OFF, STRONG):
            samples[row, column, 1] = 0.0  # cut off: floating point would go on below it
        quiet, strong = (recovered(site, 1003, samples=samples) for site in (OFF, STRONG))
        assert np.isinf(quiet.variance[1, 4, 4])
        assert np.isinf(strong.variance[1, 4, 4])
        assert quiet.variance_as_it_is[1, 4, 4] < 1.0 < strong.variance_as_it_is[1, 4, 4]

    def test_what_is_no_number_is_not_left(self):
        assert np.isinf(self.spoil(np.nan).variance_as_it_is[0, 4, 4])

    def test_samples_of_other_defects_take_no_part(self):
        is_known = np.ones((3, 9, 9), bool)
        is_known[:, :, 7:] = False
        samples = shot()[0].read(1003).copy()
        samples[:, STRONG[1] + 3 :] = 7.0
        found = recovered(STRONG, 1003, samples=samples, is_known=is_known)
        error = (found.light - truth(STRONG, 1003))[:, 2:7, 2:7] / NOISE
        assert np.sqrt(np.mean(error**2)) < 0.6

    def test_without_surroundings_there_is_no_recovery(self):
        is_known = np.zeros((3, 9, 9), bool)
        is_known[:, 2:7, 2:7] = True
        assert recovered(STRONG, 1003, is_known=is_known) is None


class TestLearning:
    def test_the_footprint_is_that_of_the_camera(self):
        plan = recoveries().plans["d0"]
        expected = true_footprint(STRONG) / np.abs(true_footprint(STRONG)).max()
        assert plan.footprint == pytest.approx(expected, abs=0.02)

    def test_a_steady_lie_is_known_better_than_one_frame_tells(self):
        steady, swinging = recoveries().plans["d1"].prior, recoveries().plans["d0"].prior
        assert np.sqrt(steady.variance) < 2 * NOISE
        assert np.sqrt(swinging.variance) > 5 * NOISE

    def test_the_same_shot_gives_the_same_plans_for_any_number_of_workers(self):
        again = learn_recovery(shot()[0], map_of(list(LIES)), learnt(), LINEAR, Silent(), workers=3)
        for defect, plan in recoveries().plans.items():
            assert np.array_equal(plan.footprint, again.plans[defect].footprint)
            assert np.array_equal(plan.doubt, again.plans[defect].doubt)
            assert plan.prior == again.plans[defect].prior

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": Kind.COLUMN},
            {"kind": Kind.CLUSTER},
            {"samples": (Sample(0, 0, "R"), Sample(5, 0, "R"))},
        ],
    )
    def test_lines_clusters_and_large_footprints_are_no_photosites(self, change):
        told = map_of([STRONG]).edited(["d0"], lambda each: replace(each, **change))
        assert learn_recovery(shot()[0], told, learnt(), LINEAR, Silent()).plans == {}

    def test_frames_in_which_it_does_not_show_teach_nothing(self):
        told = map_of([STRONG], frames=FrameRange([1001]))
        plan = learn_recovery(shot()[0], told, learnt(), LINEAR, Silent()).plans["d0"]
        assert np.isinf(plan.prior.variance)

    def test_a_defect_at_the_border_has_a_plan(self):
        told = map_of([(1, 1), (SIDE - 2, SIDE - 2)])
        assert set(learn_recovery(shot()[0], told, learnt(), LINEAR, Silent()).plans) == {"d0", "d1"}

    def test_frames_that_cannot_be_read_teach_nothing(self):
        class Torn:
            """The shot, whose fourth frame is damaged."""

            def __init__(self, whole):
                self.frames, self.plate, self._whole = whole.frames, whole.plate, whole

            def read_bands(self, frame, bands):
                if frame == 1004:
                    raise BadFrameError("torn")
                return self._whole.read_bands(frame, bands)

        fewer = lying_shot(LIES)[0]
        told = map_of([STRONG], frames=FrameRange(each for each in fewer.frames if each != 1004))
        torn = learn_recovery(Torn(fewer), map_of([STRONG]), learnt(), LINEAR, Silent())
        assert (
            torn.plans["d0"].prior
            == learn_recovery(fewer, told, learnt(), LINEAR, Silent()).plans["d0"].prior
        )
