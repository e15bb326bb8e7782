# SPDX-License-Identifier: Apache-2.0
"""Matching around a hole: where the scene went, to parts of a pixel, and what stands there."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.fill import NEIGHBOUR_RADIUS_PX, Neighbour, compensate
from pixmend.fill._motion_kernels import interpolate, match_costs, slope_equations
from tests.make.moving import MovingScene, hole, surroundings


def plain_costs(template, weight, samples, known, corner, steps):
    """Add up in the same order, all places at once, in 32-bit floats."""
    side = template.shape[-1]
    total, met_in_all, left = np.float32(0), np.zeros((steps, steps), np.float32), np.zeros((steps, steps))
    left = left.astype(np.float32)
    for value in weight.ravel():
        total += value
    for c in range(len(template)):
        met, first, second = (np.zeros((steps, steps), np.float32) for _ in range(3))
        for y in range(side):
            for x in range(side):
                place = np.s_[c, corner[0] + y :, corner[1] + x :]
                counts = weight[c, y, x] * known[place][:steps, :steps]
                off = template[c, y, x] - samples[place][:steps, :steps]
                met += counts
                first += counts * off
                second += counts * (off * off)
        told = met > 0
        met_in_all[told] += met[told]
        left[told] += (second - first * first / np.where(told, met, np.float32(1)))[told]
    enough = (met_in_all >= np.float32(0.6) * total) & (met_in_all > 0)
    return np.where(enough, left / np.where(enough, met_in_all, np.float32(1)), np.float32(np.inf))


def planes(seed, size, share=0.9):
    rng = np.random.default_rng(seed)
    known = (rng.random((3, size, size)) < share).astype(np.float32)
    return known * rng.standard_normal((3, size, size)).astype(np.float32), known


@pytest.mark.parametrize("share", [1.0, 0.8, 0.65])
def test_costs_are_those_of_plain_arithmetic_to_the_bit(share):
    samples, known = planes(1, 24, share)
    template, told = planes(2, 7)
    weight = told * np.float32(0.7)
    found = match_costs(template, weight, samples, known, (3, 2), 9)
    assert np.array_equal(found, plain_costs(template, weight, samples, known, (3, 2), 9))
    assert np.isfinite(found).any()


def test_too_little_in_common_cannot_be_compared():
    samples, known = planes(3, 20, 0.3)
    template, _ = planes(4, 7, 1.0)
    assert np.isinf(match_costs(template, np.ones_like(template), samples, known, (0, 0), 5)).any()


def test_a_level_of_its_own_is_no_difference():
    samples, known = planes(5, 7, 1.0)
    template = samples + np.array([3.0, -2.0, 9.0], np.float32)[:, None, None]
    cost = match_costs(template, np.ones_like(template), samples, known, (0, 0), 1)
    assert abs(cost[0, 0]) < 1e-4


def test_interpolation_is_a_weighted_mean_of_what_is_known():
    samples, known = planes(6, 16)
    taps = np.random.default_rng(7).random((2, 6)).astype(np.float32)
    taps /= taps.sum(axis=1, keepdims=True)
    values, unknown = (np.empty((3, 5, 5), np.float32) for _ in range(2))
    interpolate(samples, known, (2, 3), taps, values, unknown)
    weights = taps[0][:, None] * taps[1]
    for c, y, x in np.ndindex(3, 5, 5):
        part = np.s_[c, 2 + y : 8 + y, 3 + x : 9 + x]
        share = weights * known[part]
        assert values[c, y, x] == pytest.approx((share * samples[part]).sum() / share.sum(), abs=1e-5)
        assert unknown[c, y, x] == pytest.approx((weights * (1 - known[part])).sum(), abs=1e-5)


def test_slope_equations_are_those_of_least_squares():
    found, usable = planes(8, 9, 1.0)
    template, weight = planes(9, 7, 0.9)
    sums = slope_equations(template, weight, found, usable.astype(bool))
    rows, asked = [], []
    for c in range(3):
        down, right = (
            0.5 * (found[c, 2:, 1:-1] - found[c, :-2, 1:-1]),
            0.5 * (found[c, 1:-1, 2:] - found[c, 1:-1, :-2]),
        )
        told = weight[c] > 0
        slopes = np.stack([down[told], right[told]], axis=1).astype(np.float64)
        off = (template[c] - found[c, 1:-1, 1:-1])[told].astype(np.float64)
        rows.append(slopes - slopes.mean(axis=0))
        asked.append(off - off.mean())
    slopes, off = np.concatenate(rows), np.concatenate(asked)
    gram, side = slopes.T @ slopes, slopes.T @ off
    assert sums == pytest.approx([gram[0, 0], gram[0, 1], gram[1, 1], *side, len(off)], rel=1e-5)


@pytest.mark.parametrize("step", [(3.0, -5.0), (-9.0, 11.0), (2.5, 1.5), (-0.25, 4.4)])
def test_a_scene_that_moved_is_found_again(step):
    truth, current, beside = surroundings(MovingScene(step, seed=11), (-2, -1, 1, 2), side_px=1)
    found = compensate(current, beside, hole(1))
    assert [each.step for each in found] == [-1, 1, -2, 2]
    for each in found:
        assert each.shift == pytest.approx([part * each.step for part in step], abs=0.03)
        seen = np.isfinite(each.values)
        assert np.abs(each.values - truth)[seen].mean() < 0.15
        assert each.values[hole(1)] == pytest.approx(truth[hole(1)], abs=0.8)


def test_a_whole_step_gives_the_very_samples():
    truth, current, beside = surroundings(MovingScene((4.0, -3.0), seed=12), (1,), side_px=3)
    (found,) = compensate(current, beside, hole(3))
    assert found.values[hole(3)] == pytest.approx(truth[hole(3)], abs=0.05)


def test_what_stands_still_shows_the_same_hole():
    _, current, beside = surroundings(MovingScene((0.0, 0.0), seed=13), (-4, -2, -1, 1, 2, 4), side_px=3)
    assert all(np.isnan(each.values[hole(3)]).all() for each in compensate(current, beside, hole(3)))


def test_slow_motion_is_followed_farther():
    steps = (-4, -2, -1, 1, 2, 4)
    slow = surroundings(MovingScene((0.3, 1.2), seed=14), steps, side_px=3)
    fast = surroundings(MovingScene((0.3, 5.2), seed=14), steps, side_px=3)
    assert {4, -4} < {each.step for each in compensate(*slow[1:], hole(3))}
    assert {each.step for each in compensate(*fast[1:], hole(3))} == {-2, -1, 1, 2}
    shown = [each.step for each in compensate(*slow[1:], hole(3)) if np.isfinite(each.values[hole(3)]).all()]
    assert set(shown) == {-4, 4}


def test_what_moves_too_fast_is_not_found_at_a_wrong_place_for_sure():
    _, current, beside = surroundings(MovingScene((0.0, 19.0), seed=15), (1,), side_px=3)
    (found,) = compensate(current, beside, hole(3))
    assert found.shift != pytest.approx((0.0, 19.0), abs=2.0)
    assert found.shift[1] <= 13.5


def test_a_change_of_exposure_does_not_lead_astray():
    truth, current, beside = surroundings(MovingScene((1.0, 5.5), seed=16), (1,), side_px=3)
    darker = [replace(each, samples=each.samples - np.float32(30.0)) for each in beside]
    (found,) = compensate(current, darker, hole(3))
    assert found.shift == pytest.approx((1.0, 5.5), abs=0.05)
    assert found.values[hole(3)] + 30.0 == pytest.approx(truth[hole(3)], abs=0.4)


def test_borders_and_non_finite_samples_are_left_out():
    truth, current, beside = surroundings(MovingScene((0.0, 4.0), seed=17), (1, -1), side_px=3)
    current[:, :9] = np.nan
    for each in beside:
        each.samples[:, : NEIGHBOUR_RADIUS_PX - 1] = np.nan
        each.samples[:, NEIGHBOUR_RADIUS_PX + 7, NEIGHBOUR_RADIUS_PX + 4] = np.inf
    for each in compensate(current, beside, hole(1)):
        assert each.shift == pytest.approx((0.0, 4.0 * each.step), abs=0.1)
        seen = np.isfinite(each.values)
        assert seen[hole(1)].all()
        assert not seen[:, 0].any()
        assert each.values[seen] == pytest.approx(truth[seen], abs=0.6)


def test_nothing_known_is_nothing_found():
    _, current, beside = surroundings(MovingScene((0.0, 4.0), seed=18), (1,), side_px=3)
    blind = [Neighbour(1, np.full_like(beside[0].samples, np.nan))]
    assert compensate(current, blind, hole(3)) == []
    assert compensate(np.full_like(current, np.nan), beside, hole(3)) == []
