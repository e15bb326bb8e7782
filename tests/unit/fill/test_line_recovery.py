# SPDX-License-Identifier: Apache-2.0
"""Columns and rows lie alike from end to end: that is measured over places and frames, and taken off."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from pixmend.fill import (
    Band,
    LineStudy,
    StoredLight,
    defects_of_frame,
    line_of,
    plan_line,
    train_kriging,
)
from pixmend.fill._answers import LEFT, METHODS, Wishes, answers_of
from pixmend.fill._line_recovery import recover_line, recover_lines
from pixmend.fill._prediction import predict_holes
from pixmend.fill._windows import cut_windows, scaled_windows
from pixmend.frames import Encoding
from pixmend.model import Defect, Kind, Method, Sample, SampleType
from pixmend.stats import train_scale
from tests.make.photosites import NOISE, SIDE, lying_shot

LINEAR = Encoding("linear", "test")
STORED = StoredLight(LINEAR, SampleType.HALF)
PLACE, FIRST, STOP = 40, 12, 68
SHAPE = (3, SIDE, SIDE)
FRAMES = 8


def sites(kind):
    along = range(FIRST, STOP)
    return [(each, PLACE) if kind is Kind.COLUMN else (PLACE, each) for each in along]


def defect_of(kind=Kind.COLUMN, channels="RGB", amplitude_sigma=None):
    middle = (FIRST + STOP) // 2
    steps = [(dx, dy) for dx in (-1, 0, 1) for dy in range(FIRST - middle, STOP - middle)]
    samples = tuple(
        Sample(*(step if kind is Kind.COLUMN else step[::-1]), name) for step in steps for name in channels
    )
    x, y = (PLACE, middle) if kind is Kind.COLUMN else (middle, PLACE)
    return Defect(id="line", x=x, y=y, kind=kind, samples=samples, amplitude_sigma=amplitude_sigma)


@cache
def learnt():
    shot, _ = lying_shot({}, frames=FRAMES)
    stored = [shot.read(frame) for frame in shot.frames]
    _, scale = train_scale(stored, sample=SampleType.HALF, codec=LINEAR)
    return scale, train_kriging([scale.forward(each) for each in stored])


@cache
def seen(strength, kind=Kind.COLUMN, *, moving=True):
    """Return a shot with a line in it, the clean one, and the plan of it."""
    shot, clean = lying_shot(
        {site: [strength] * FRAMES for site in sites(kind)}, frames=FRAMES, moving=moving
    )
    return shot, clean, plan_of(shot, defect_of(kind))


def plan_of(shot, defect, frames=FRAMES):
    scale, kriging = learnt()
    line = line_of(defect, shot.plate)
    study = LineStudy(line, np.zeros((0, 3), np.intp), SHAPE, radius_px=kriging.radius_px)
    glimpses = [
        study.look([Band(0, shot.read(frame))], kriging=kriging, scale=scale, stored=STORED)
        for frame in list(shot.frames)[:frames]
    ]
    return plan_line(line, glimpses, amplitude_sigma=defect.amplitude_sigma)


def mended(shot, defect, plan, frame=1003, wish=None):
    """Return what stands at a line's samples: as it was, light, predicted variance, method; and who they are."""
    scale, kriging = learnt()
    found = defects_of_frame([defect], shot.plate, radius_px=kriging.radius_px)
    bands = [Band(0, shot.read(frame))]
    windows = scaled_windows(np.moveaxis(cut_windows(bands, found.holes.origins, kriging.side), -1, 1), scale)
    predicted = predict_holes(windows, found.holes, kriging)
    answers = answers_of(predicted)
    wishes = Wishes({} if wish is None else {"line": wish})
    recover_lines(answers, found, bands, plans={"line": plan}, scale=scale, stored=STORED, wishes=wishes)
    return answers, found.holes.spoiled, predicted


def errors_of(light, samples, clean):
    return (light - clean[tuple(samples.T)]) / NOISE


class TestRecovery:
    @pytest.mark.parametrize("kind", [Kind.COLUMN, Kind.ROW])
    @pytest.mark.parametrize("moving", [True, False])
    def test_the_true_picture_with_its_grain_is_left(self, kind, moving):
        shot, clean, plan = seen(4 * NOISE, kind, moving=moving)
        answers, samples, predicted = mended(shot, defect_of(kind), plan)
        inner = plan.line.is_inner(samples)
        assert (answers.method[inner] == METHODS.index(Method.RECOVER)).all()
        errors = errors_of(answers.recovered[inner], samples[inner], clean[1003])
        scale = learnt()[0]
        spatial = scale.light_of(predicted.value, samples[:, 0])[inner]
        as_it_was = np.moveaxis(shot.read(1003), -1, 0)[tuple(samples[inner].T)]
        left = errors_of(as_it_was, samples[inner], clean[1003])
        filled = errors_of(spatial, samples[inner], clean[1003])
        assert np.sqrt((errors**2).mean()) < 0.35
        assert abs(errors.mean()) < 0.1
        assert (errors**2).mean() < 0.3 * min((left**2).mean(), (filled**2).mean())

    def test_what_it_says_of_its_error_is_about_true(self):
        shot, clean, plan = seen(4 * NOISE)
        answers, samples, _ = mended(shot, defect_of(), plan)
        inner = plan.line.is_inner(samples)
        errors = errors_of(answers.recovered[inner], samples[inner], clean[1003])
        assert 0.5 < np.sqrt(answers.variance[inner].mean() / (errors**2).mean()) < 3.0

    def test_a_line_that_does_not_lie_is_left_as_it_is(self):
        shot, _, plan = seen(0.0)
        answers, _, _ = mended(shot, defect_of(), plan)
        assert (answers.method == LEFT).all() or np.abs(plan.lie).max() < 0.1 * NOISE

    def test_a_flat_picture_without_noise_is_given_back(self):
        _, _, plan = seen(6 * NOISE)
        scale, _ = learnt()
        samples = plan.line.box(0, SHAPE)
        samples = samples[plan.line.is_inner(samples)]
        said = scale.values_of(np.full(len(samples), 0.3, np.float32), samples[:, 0])
        assert plan.unit == 0
        lie = plan.lie[plan.line.segment(samples), plan.line.kind(samples)]
        flat = np.full((SIDE, SIDE, 3), 0.3)
        flat[samples[:, 1], samples[:, 2], samples[:, 0]] += lie
        bands = [Band(0, flat.astype(np.float16))]
        found = recover_line(
            samples, (said, np.ones(len(samples))), bands, plan=plan, scale=scale, stored=STORED
        )
        assert np.abs(lie).max() > 3 * NOISE
        assert found.light == pytest.approx(np.full(len(samples), 0.3), abs=3e-4)

    def test_one_channel_is_enough(self):
        shot, clean, _ = seen(6 * NOISE)
        defect = defect_of(channels="G")
        plan = plan_of(shot, defect)
        answers, samples, _ = mended(shot, defect, plan, wish=Method.RECOVER)
        assert set(samples[:, 0].tolist()) == {1}
        inner = plan.line.is_inner(samples)
        errors = errors_of(answers.recovered[inner], samples[inner], clean[1003])
        assert np.sqrt((errors**2).mean()) < 0.4


class TestFallback:
    def test_a_dead_line_is_predicted(self):
        shot, _, plan = seen(-0.3)
        answers, _, _ = mended(shot, defect_of(), plan)
        assert (answers.method == METHODS.index(Method.SPATIAL)).all()

    def test_even_if_somebody_wants_it_recovered(self):
        shot, _, plan = seen(-0.3)
        answers, _, _ = mended(shot, defect_of(), plan, wish=Method.RECOVER)
        assert (answers.method == METHODS.index(Method.SPATIAL)).all()

    def test_clipped_samples_are_predicted_and_the_rest_recovered(self):
        shot, _, plan = seen(4 * NOISE)

        class Clipped:
            """The shot, with clipped samples in the middle of the line."""

            plate = shot.plate

            def read(self, frame):
                samples = shot.read(frame).copy()
                samples[30:40, PLACE, 0] = 65504.0
                return samples

        answers, samples, _ = mended(Clipped(), defect_of(), plan)
        lost = (samples[:, 0] == 0) & (samples[:, 2] == PLACE) & (samples[:, 1] >= 30) & (samples[:, 1] < 40)
        assert lost.sum() == 10
        assert (answers.method[lost] == METHODS.index(Method.SPATIAL)).all()
        others = plan.line.is_inner(samples) & ~lost
        assert (answers.method[others] == METHODS.index(Method.RECOVER)).all()

    @pytest.mark.parametrize("wish", [Method.SPATIAL, Method.TEMPORAL])
    def test_who_wants_another_method_gets_it(self, wish):
        shot, _, plan = seen(4 * NOISE)
        answers, _, _ = mended(shot, defect_of(), plan, wish=wish)
        assert not answers.is_by(Method.RECOVER).any()

    def test_of_one_frame_nothing_is_learned(self):
        shot, _, _ = seen(4 * NOISE)
        assert plan_of(shot, defect_of(), frames=1) is None

    def test_few_frames_teach_less_but_do_no_harm(self):
        shot, clean, _ = seen(4 * NOISE)
        plan = plan_of(shot, defect_of(), frames=2)
        answers, samples, _ = mended(shot, defect_of(), plan)
        inner = answers.is_by(Method.RECOVER) & plan.line.is_inner(samples)
        errors = errors_of(answers.recovered[inner], samples[inner], clean[1003])
        assert len(errors)
        assert np.sqrt((errors**2).mean()) < 0.6

    def test_strengths_are_limited_by_what_was_measured_when_the_line_was_found(self):
        shot, _, plan = seen(8 * NOISE)
        bounded = plan_of(shot, defect_of(amplitude_sigma=0.2))
        assert np.abs(bounded.lie).max() < 1.01 * np.abs(plan.lie).max()
        assert bounded.amplitude_sigma == 0.2


class TestLines:
    @pytest.mark.parametrize("kind", [Kind.HOT, Kind.CLUSTER])
    def test_others_are_none(self, kind):
        shot, _, _ = seen(4 * NOISE)
        assert line_of(defect_of(kind), shot.plate) is None

    def test_short_or_wide_ones_are_none(self):
        shot, _, _ = seen(4 * NOISE)
        plate = shot.plate
        short = Defect(id="s", x=9, y=9, kind=Kind.COLUMN, samples=tuple(Sample(0, y, "R") for y in range(9)))
        wide = Defect(
            id="w",
            x=30,
            y=30,
            kind=Kind.COLUMN,
            samples=tuple(Sample(x, y, "R") for y in range(20) for x in range(-3, 4)),
        )
        assert line_of(short, plate) is None
        assert line_of(wide, plate) is None

    def test_a_line_to_the_border_has_no_end_there(self):
        shot, _, _ = seen(4 * NOISE)
        samples = tuple(Sample(0, y, "G") for y in range(SIDE))
        line = line_of(Defect(id="c", x=0, y=0, kind=Kind.COLUMN, samples=samples), shot.plate)
        assert line.is_inner(np.array([(1, 0, 0), (1, SIDE - 1, 0)])).all()
        assert plan_of(shot, Defect(id="c", x=0, y=0, kind=Kind.COLUMN, samples=samples)) is not None


class TestLeaving:
    def test_what_is_doubtful_and_worse_predicted_is_left(self):
        shot, _, plan = seen(4 * NOISE)
        doubtful = replace(plan, is_doubtful=True, amplitude_sigma=0.001)
        answers, samples, _ = mended(shot, defect_of(), doubtful)
        assert len(samples)
        assert (answers.method == LEFT).all()

    def test_even_where_some_of_its_samples_are_lost(self):
        shot, _, plan = seen(4 * NOISE)

        class Clipped:
            """The shot, with one clipped sample."""

            plate = shot.plate

            def read(self, frame):
                samples = shot.read(frame).copy()
                samples[30, PLACE, 0] = 65504.0
                return samples

        answers, _, _ = mended(Clipped(), defect_of(), replace(plan, is_doubtful=True, amplitude_sigma=0.001))
        assert (answers.method == LEFT).all()
