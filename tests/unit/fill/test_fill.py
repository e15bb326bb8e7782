# SPDX-License-Identifier: Apache-2.0
"""Prediction of spoiled samples: what may teach it, what may not, and how good it is."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from pixmend.fill import fill_samples, train_kriging

SIZE = (24, 30)


def block(y, x, height, width, channels=(0, 1, 2)):
    return np.array(
        [(c, y + i, x + j) for c in channels for i in range(height) for j in range(width)], np.intp
    )


HOLES = [(1, 1), (2, 2), (1, 5), (3, 3), (5, 5)]
PLACES = [(10, 12), (0, 0), (0, -1), (-1, 0), (-1, -1), (0, 14), (11, 0), (11, -1), (-1, 9)]


def hole_at(place, size):
    """A hole at a place, or flush with the border where the place is negative."""
    y, x = (p if p >= 0 else side - extent for p, side, extent in zip(place, SIZE, size, strict=True))
    return block(y, x, *size)


@pytest.mark.parametrize("size", HOLES, ids=str)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_constant_is_filled_exactly_wherever_the_hole_is(kriging, size, place):
    levels = np.array([3.0, 40.0, 11.0], np.float32)
    picture = np.broadcast_to(levels[:, None, None], (3, *SIZE)).copy()
    hole = hole_at(place, size)
    picture[tuple(hole.T)] = 9999
    assert np.array_equal(fill_samples(picture, hole, kriging), levels[hole[:, 0]])


@pytest.mark.parametrize("size", HOLES, ids=str)
def test_a_plane_is_filled_nearly(kriging, size):
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    plane = np.stack([20 + 0.3 * x - 0.2 * y] * 3).astype(np.float32)
    hole = hole_at((10, 12), size)
    assert fill_samples(plane, hole, kriging) == pytest.approx(plane[tuple(hole.T)], abs=0.5)  # of a sigma


def test_a_mono_plate_is_filled(mono_kriging):
    picture = np.full((1, *SIZE), 7.0, np.float32)
    hole = block(5, 5, 3, 3, channels=(0,))
    assert fill_samples(picture, hole, mono_kriging).tolist() == [7.0] * 9


def test_what_stands_in_a_hole_has_no_influence(values, kriging):
    hole = block(50, 60, 3, 3)
    fills = []
    for inside in (0.0, 1e6, np.nan, np.inf, -np.inf):
        picture = values.copy()
        picture[tuple(hole.T)] = inside
        fills.append(fill_samples(picture, hole, kriging))
    for fill in fills[1:]:
        assert np.array_equal(fill, fills[0])
    assert np.isfinite(fills[0]).all()


def test_doubtful_samples_have_no_influence_and_others_have(values, kriging):
    hole = block(50, 60, 1, 1)
    doubtful = np.array([*block(48, 58, 5, 5).tolist(), [0, -2, 5], [1, 192, 300]], np.intp)  # some outside
    picture = values.copy()
    expected = fill_samples(picture, hole, kriging, doubtful=doubtful)
    picture[:, 48:53, 58:63] = np.random.default_rng(1).normal(0, 1e4, (3, 5, 5))
    assert np.array_equal(fill_samples(picture, hole, kriging, doubtful=doubtful), expected)
    assert not np.array_equal(fill_samples(picture, hole, kriging), expected)


def test_neighbours_that_are_not_finite_never_spread(values, kriging):
    hole = block(50, 60, 2, 2)
    picture = values.copy()
    picture[1, 48, 61], picture[0, 53, 60], picture[2, 50, 62] = np.nan, np.inf, -np.inf
    fill = fill_samples(picture, hole, kriging)
    assert np.isfinite(fill).all()
    assert fill == pytest.approx(fill_samples(values, hole, kriging), abs=4)


def test_a_bad_neighbour_does_not_change_other_holes(values, kriging):
    here, there = block(50, 60, 2, 2), block(90, 61, 3, 1)
    picture = values.copy()
    picture[:, 49, 60] = np.nan
    both = fill_samples(picture, np.concatenate([here, there]), kriging)
    assert np.array_equal(both[len(here) :], fill_samples(values, there, kriging))


def test_two_holes_that_are_apart_are_filled_as_each_alone(values, kriging):
    first, second = block(50, 60, 2, 2), block(50, 75, 5, 5)
    both = fill_samples(values, np.concatenate([first, second]), kriging)
    alone = [fill_samples(values, each, kriging) for each in (first, second)]
    assert np.array_equal(both, np.concatenate(alone))


def test_nothing_known_around_is_nan_and_stays_local(values, kriging):
    hole, other = block(50, 60, 1, 1), block(100, 60, 1, 1)
    picture = values.copy()
    picture[:, 40:61, 50:71] = np.nan
    fill = fill_samples(picture, np.concatenate([hole, other]), kriging)
    assert np.isnan(fill[:3]).all()
    assert np.array_equal(fill[3:], fill_samples(values, other, kriging))


def test_a_channel_without_any_known_sample_is_told_by_the_others(values, kriging):
    picture = values.copy()
    picture[2] = np.nan
    fill = fill_samples(picture, block(50, 60, 1, 1), kriging)
    assert np.isfinite(fill).all()


def test_a_column_across_the_whole_plate_is_filled(values, kriging):
    column = block(0, 100, values.shape[1], 2)
    fill = fill_samples(values, column, kriging)
    assert np.isfinite(fill).all()
    error = fill - values[tuple(column.T)]
    assert np.median(np.abs(error)) < 3


def test_the_middle_of_a_hole_that_nothing_reaches_is_left(values, kriging):
    hole = block(50, 60, 25, 25, channels=(0,))
    hole = np.concatenate([hole + np.array([c, 0, 0]) for c in range(3)])
    fill = fill_samples(values, hole, kriging)
    middle = (abs(hole[:, 1] - 62) <= 2) & (abs(hole[:, 2] - 72) <= 2)
    rim = (hole[:, 1] == 50) | (hole[:, 2] == 60)
    assert np.isnan(fill[middle]).all()
    assert np.isfinite(fill[rim]).all()


def test_no_hole_no_fill(values, kriging):
    assert fill_samples(values, np.zeros((0, 3), np.intp), kriging).shape == (0,)


def test_filling_does_not_change_its_input(values, kriging):
    before = values.copy()
    fill_samples(values, block(50, 60, 3, 3), kriging)
    assert np.array_equal(values, before)


def test_learning_twice_gives_the_same_weights(clean_frames, scale, values):
    hole = block(50, 60, 3, 3)
    first, again = (
        fill_samples(values, hole, train_kriging([scale.forward(clean_frames[1001])])) for _ in range(2)
    )
    assert np.array_equal(first, again)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((3, 40, 40)), np.full((3, 40, 40), np.nan), np.zeros((3, 5, 5))],
    ids=["black", "nan", "tiny"],
)
def test_a_shot_that_teaches_nothing_makes_a_fill_of_local_means(picture):
    kriging = train_kriging([picture.astype(np.float32)])
    ramp = np.broadcast_to(np.arange(21, dtype=np.float32), (3, 21, 21))
    assert fill_samples(ramp, block(10, 10, 1, 1), kriging) == pytest.approx([10.0] * 3, abs=1e-3)


def grid_of_holes(shape, side, channels=(0, 1, 2)):
    return np.concatenate(
        [
            block(y, x, side, side, channels)
            for y in range(16, shape[1] - 20, 24)
            for x in range(16, shape[2] - 20, 24)
        ]
    )


def rmse(found, expected):
    return float(np.sqrt(np.mean((found - expected) ** 2)))


@pytest.mark.parametrize("side", [1, 3, 5])
def test_it_beats_the_median_of_the_neighbours(values, kriging, side):
    hole = grid_of_holes(values.shape, side)
    truth = values[tuple(hole.T)]
    holed = values.copy()
    holed[tuple(hole.T)] = np.nan
    medians = [
        np.nanmedian(holed[c, max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5]) for c, y, x in hole.tolist()
    ]
    ours, theirs = rmse(fill_samples(holed, hole, kriging), truth), rmse(np.array(medians), truth)
    assert ours < 0.85 * theirs


def test_one_bad_channel_is_filled_with_the_help_of_the_others(values, kriging, mono_kriging):
    hole = grid_of_holes(values.shape, 3, channels=(1,))
    truth = values[tuple(hole.T)]
    with_others = fill_samples(values, hole, kriging)
    alone = fill_samples(np.ascontiguousarray(values[1:2]), hole * np.array([0, 1, 1]), mono_kriging)
    assert rmse(with_others, truth) < 0.8 * rmse(alone, truth)


def test_known_defects_teach_nothing(clean_frames, scale, values):
    """Teaching frames with wild samples under `is_bad` gives the weights of any other wild samples there."""
    frame = scale.forward(clean_frames[1001])
    is_bad = np.zeros(frame.shape[1:], bool)
    is_bad[20::24, 20::24] = True
    fills = []
    for wild in (1e3, -2e3):
        taught = frame.copy()
        taught[:, is_bad] = wild
        fills.append(fill_samples(values, block(50, 60, 3, 3), train_kriging([taught], is_bad=[is_bad])))
    assert np.array_equal(*fills)


def test_median_peer_is_fair():
    """The peer of the comparison is the plain one where nothing is missing."""
    plane = np.random.default_rng(1).normal(0, 1, (20, 20))
    assert np.nanmedian(plane[6:15, 6:15]) == median_filter(plane, 9)[10, 10]
