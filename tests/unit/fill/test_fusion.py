# SPDX-License-Identifier: Apache-2.0
"""Frame and neighbours together: better where they agree, nothing where they do not."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from pixmend.fill import Neighbour, compensate, learn_fusion, lesson_at, train_kriging
from pixmend.fill._blend import blend, nearness_to
from tests.make.moving import SIDE, MovingScene, hole, surroundings

STEPS = (-2, -1, 1, 2)
STEP = (0.7, 4.3)
PLACE = (60, 75)
SCENE = MovingScene(STEP, seed=21, contrast=6.0)


def places(count, *, seed):
    return [tuple(corner) for corner in np.random.default_rng(seed).uniform(0, 3000, (count, 2)).tolist()]


def at(corner, side_px, scene=SCENE, steps=STEPS):
    return surroundings(scene, steps, side_px=side_px, noise=1.0, corner=corner)


def lesson_of(corner, scene=SCENE):
    _, current, beside = at(corner, 0, scene)
    return lesson_at(current, beside, PLACE, side=SIDE)


@pytest.fixture(scope="module")
def kriging():
    return train_kriging([SCENE.frame(0, (160, 200), noise=1.0, corner=(5000.0, 0.0))])


@pytest.fixture(scope="module")
def lessons():
    return [lesson_of(corner) for corner in places(150, seed=22)]


@pytest.fixture(scope="module")
def fusion(lessons, kriging):
    return learn_fusion(lessons, kriging)


def fused(fusion, kriging, windows, side_px, *, change=list):
    """Return truth, spatial prediction and fused prediction of a hole."""
    truth, current, beside = windows
    is_target = hole(side_px)
    spatial = kriging.predict(truth, is_target, ~is_target)
    found = fusion.predict(
        truth,
        is_target,
        ~is_target,
        spatial,
        compensate(current, change(beside), is_target),
        place=PLACE,
    )
    return truth[is_target], spatial, found


@pytest.mark.parametrize(("side_px", "ratio"), [(1, 1.0), (3, 0.92), (5, 0.85)])
def test_neighbours_make_the_prediction_better_and_the_variance_is_honest(fusion, kriging, side_px, ratio):
    alone, together, expected = [], [], []
    for corner in places(40, seed=23):
        truth, spatial, found = fused(fusion, kriging, at(corner, side_px), side_px)
        alone.append(np.mean((spatial.value - truth) ** 2))
        together.append(alone[-1] if found is None else np.mean((found.value - truth) ** 2))
        if found is not None:
            expected.append((together[-1], found.variance.mean()))
    assert np.sqrt(np.mean(together) / np.mean(alone)) < ratio + 0.02
    if side_px > 1:
        assert len(expected) > 30
        actual, told = np.mean(expected, axis=0)
        assert 0.7 < actual / told < 1.4


def test_a_cut_leaves_the_frame_alone(fusion, kriging):
    other = MovingScene(STEP, seed=29, contrast=6.0)
    for corner in places(12, seed=24):
        windows = at(corner, 3)
        _, _, beside = at(corner, 3, other)
        _, spatial, found = fused(fusion, kriging, (*windows[:2], beside), 3)
        assert found is None or np.abs(found.value - spatial.value).max() < 1.5


def test_what_stands_before_the_scene_in_the_neighbours_is_not_taken_over(fusion, kriging):
    def occlude(beside):
        covered = []
        for each in beside:
            samples = each.samples.copy()
            row, column = (round(38 + part * each.step) for part in STEP)
            samples[:, row - 2 : row + 3, column - 2 : column + 3] += 60.0
            covered.append(Neighbour(each.step, samples))
        return covered

    for corner in places(12, seed=25):
        truth, spatial, found = fused(fusion, kriging, at(corner, 3), 3, change=occlude)
        if found is not None:
            worse = np.sqrt(np.mean((found.value - truth) ** 2)) - np.sqrt(
                np.mean((spatial.value - truth) ** 2)
            )
            assert worse < 2.0


def test_a_change_of_exposure_changes_nothing(fusion, kriging):
    def darken(beside):
        return [replace(each, samples=each.samples - np.float32(16.0)) for each in beside]

    for corner in places(6, seed=26):
        _, _, plain = fused(fusion, kriging, at(corner, 3), 3)
        _, _, faded = fused(fusion, kriging, at(corner, 3), 3, change=darken)
        assert faded.value == pytest.approx(plain.value, abs=0.02)


def test_a_camera_that_stands_still_has_nothing_to_teach(kriging):
    still = MovingScene((0.0, 0.0), seed=27)
    found = [lesson_of(corner, still) for corner in places(8, seed=27)]
    assert found == [None] * 8
    assert learn_fusion([], kriging) is None


def test_a_hole_that_neighbours_do_not_show_is_left_to_the_frame(fusion, kriging):
    still = MovingScene((0.0, 0.0), seed=28)
    assert fused(fusion, kriging, at((0.0, 0.0), 3, still), 3)[2] is None
    assert fused(fusion, kriging, at((0.0, 0.0), 3), 3, change=lambda _beside: [])[2] is None


def test_a_place_with_a_sample_missing_is_no_lesson():
    _, current, beside = at((50.0, 50.0), 0)
    current[1, 9, 9] = np.nan
    assert lesson_at(current, beside, PLACE, side=SIDE) is None


def test_the_same_bits_in_any_order_and_in_threads(fusion, lessons, kriging):
    again = learn_fusion(lessons, kriging)
    windows = [at(corner, 3) for corner in places(8, seed=31)]
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda each: fused(fusion, kriging, each, 3)[2], windows))
    for each, found in zip(reversed(windows), reversed(first), strict=True):
        other = fused(again, kriging, each, 3)[2]
        assert np.array_equal(found.value, other.value)
        assert np.array_equal(found.variance, other.variance)


def test_the_weights_are_those_that_were_applied(fusion, kriging):
    truth, current, beside = at((70.0, 80.0), 3)
    is_target = hole(3)
    found = compensate(current, beside, is_target)
    showing = [each for each in found if np.isfinite(each.values[is_target]).all()]
    spatial = kriging.predict(truth, is_target, ~is_target)
    together = fusion.predict(truth, is_target, ~is_target, spatial, showing, place=PLACE)
    mixed = blend(truth, nearness_to(is_target, ~is_target), showing, fusion.noise)
    applied = together.own_weights @ truth[~is_target] + together.other_weights @ mixed.values.reshape(-1)
    assert together.value == pytest.approx(applied, abs=2e-3)


def test_the_noise_of_the_fill_is_told(fusion, kriging):
    """Many takes of one place: what varies between them is noise."""
    is_target = hole(3)
    quiet = surroundings(SCENE, STEPS, side_px=3, corner=(90.0, 40.0))
    rng = np.random.default_rng(32)

    def noisy(samples):
        return samples + rng.standard_normal(samples.shape).astype(np.float32)

    fills, told = [], []
    for _ in range(60):
        truth, beside = noisy(quiet[0]), [replace(each, samples=noisy(each.samples)) for each in quiet[2]]
        _, _, found = fused(fusion, kriging, (truth, quiet[1], beside), 3)
        fills.append(found.value)
        told.append(np.diag(found.noise_covariance(np.eye(truth.size), ~is_target)))
    assert np.var(fills, axis=0).mean() == pytest.approx(np.mean(told), rel=0.25)


def test_one_channel_alone_is_served_too():
    def first_channel(corner, side_px):
        truth, current, beside = at(corner, side_px)
        return truth[:1], current[:1], [replace(each, samples=each.samples[:1]) for each in beside]

    kriging = train_kriging([SCENE.frame(0, (160, 200), noise=1.0, corner=(5000.0, 0.0))[:1]])
    lessons = [lesson_at(*first_channel(corner, 0)[1:], PLACE, side=SIDE) for corner in places(80, seed=33)]
    fusion = learn_fusion([each for each in lessons if each is not None], kriging)
    is_target = hole(5)[:1]
    alone, together = [], []
    for corner in places(25, seed=34):
        truth, current, beside = first_channel(corner, 5)
        spatial = kriging.predict(truth, is_target, ~is_target)
        matched = compensate(current, beside, is_target)
        found = fusion.predict(truth, is_target, ~is_target, spatial, matched, place=PLACE)
        alone.append(np.mean((spatial.value - truth[is_target]) ** 2))
        together.append(alone[-1] if found is None else np.mean((found.value - truth[is_target]) ** 2))
    assert np.mean(together) < 0.9 * np.mean(alone)
