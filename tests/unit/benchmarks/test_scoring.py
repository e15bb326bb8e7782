# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from benchmarks.accuracy.scoring import (
    SampleShares,
    best_threshold,
    hits_and_asked,
    poisson_interval,
    pooled_recall,
    range_overlap,
    recall,
    rmse_over_sigma,
    sample_shares,
    score_map,
    variance_ratio,
    wilson_interval,
)
from pixmend.model import FrameRange, Kind
from pixmend.simulate import Found, PlantedDefect, score_points, truth_plane

SIZE = (60, 80)


def hot(x, y, label="2 sigma"):
    return PlantedDefect(sites=((x, y),), kind=Kind.HOT, label=label)


COLUMN = PlantedDefect(sites=tuple((60, y) for y in range(20, 50)), kind=Kind.COLUMN, label="column")
PLANTED = (hot(10, 10), hot(30, 10), hot(10, 40, "stuck"), COLUMN)
TRUTH = truth_plane(PLANTED, SIZE)
EVERYTHING = [(10, 10), (30, 10), (10, 40), (60, 35)]


def flags(*points):
    plane = np.zeros(SIZE, bool)
    for x, y in points:
        plane[y, x] = True
    return plane


def test_a_perfect_answer_scores_one():
    found = score_points(EVERYTHING, TRUTH)
    assert found == Found(frozenset(range(4)), 0)
    assert recall(found, PLANTED) == 1


def test_an_empty_answer_scores_nothing():
    assert score_points([], TRUTH) == Found(frozenset(), 0)
    assert recall(score_points([], TRUTH), PLANTED) == 0
    assert score_map(np.zeros(SIZE, bool), TRUTH) == Found(frozenset(), 0)


@pytest.mark.parametrize(("shift", "hits", "false"), [(3, 1, 0), (4, 0, 1), (-3, 1, 0), (-4, 0, 1)])
def test_a_shifted_answer_counts_up_to_three_pixels(shift, hits, false):
    for point in ((10 + shift, 10), (10, 10 + shift)):
        found = score_points([point], TRUTH)
        assert (len(found.hits), found.false) == (hits, false)
        assert score_map(flags(point), TRUTH) == found


def test_finding_one_defect_twice_is_one_hit_and_no_false():
    assert score_points([(10, 10), (11, 11)], TRUTH) == Found(frozenset({0}), 0)


def test_a_column_is_found_at_any_of_its_photosites():
    assert all(score_points([(60, y)], TRUTH).hits == {3} for y in (20, 35, 49))


def test_points_of_a_map_are_x_then_y():
    assert score_points([(10, 40)], TRUTH).hits == {2}
    assert score_points([(40, 10)], TRUTH).false == 1


def test_recall_of_a_class_counts_that_class_only():
    found = score_points([(10, 10)], TRUTH)
    assert recall(found, PLANTED) == 0.25
    assert recall(found, PLANTED, ["2 sigma"]) == 0.5
    assert recall(found, PLANTED, ["stuck"]) == 0
    assert np.isnan(recall(found, PLANTED, ["50 sigma"]))


def test_recall_over_shots_weighs_every_defect_alike():
    """Two of three found in one shot and none of one in the other is 2 of 4, not the mean of the shots."""
    first = score_points([(10, 10), (30, 10)], TRUTH), (hot(10, 10), hot(30, 10), hot(50, 50))
    second = score_points([], TRUTH), (hot(10, 10),)
    assert pooled_recall([first, second], ["2 sigma"]) == 0.5
    assert np.isnan(pooled_recall([first, second], ["stuck"]))


def test_hits_are_counted_with_what_was_asked():
    found = score_points([(10, 10)], TRUTH)
    assert hits_and_asked([(found, PLANTED), (found, PLANTED)], ["2 sigma"]) == (2, 4)
    assert hits_and_asked([(found, PLANTED)], ["flash"]) == (0, 0)


@pytest.mark.parametrize(
    ("hits", "asked", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_gives_the_published_intervals(hits, asked, low, high):
    assert wilson_interval(hits, asked) == pytest.approx((low, high), abs=1e-4)


def test_nothing_asked_has_no_interval():
    assert all(np.isnan(limit) for limit in wilson_interval(0, 0))


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)]
)
def test_poisson_gives_the_published_intervals(count, low, high):
    assert poisson_interval(count) == pytest.approx((low, high), abs=1e-4)


def test_ranges_overlap_by_the_frames_in_both():
    shot = FrameRange(range(1, 11))
    assert range_overlap(None, None, shot) == 1
    assert range_overlap(FrameRange(range(6, 11)), None, shot) == 0.5
    assert range_overlap(FrameRange([1, 2, 3]), FrameRange([2, 3, 4]), shot) == 0.5
    assert range_overlap(FrameRange([1]), FrameRange([2]), shot) == 0
    assert range_overlap(FrameRange([1, 2, 99]), FrameRange([1, 2]), shot) == 1


def test_flagged_pixels_close_together_are_one_detection():
    assert score_map(flags((70, 5), (71, 5), (74, 5)), TRUTH).false == 1
    assert score_map(flags((70, 5), (78, 5)), TRUTH).false == 2


def test_one_detection_that_touches_a_defect_is_not_false():
    assert score_map(flags((13, 10), (15, 10)), TRUTH) == Found(frozenset({0}), 0)


def test_flagging_everything_finds_nothing():
    assert score_map(np.ones(SIZE, bool), TRUTH) == Found(frozenset(), 1)


def test_the_skirt_of_a_strong_defect_is_forgiven_up_to_eight_pixels():
    assert score_map(flags((10, 10), (13, 10), (16, 10), (18, 10)), TRUTH).false == 0
    assert score_map(flags((10, 10), (13, 10), (16, 10), (19, 10)), TRUTH) == Found(frozenset(), 1)


def test_the_best_threshold_finds_most_within_the_false_allowed():
    score = np.zeros(SIZE, np.float32)
    score[10, 10], score[10, 30], score[5, 75] = 9, 5, 6
    assert best_threshold(score, TRUTH, (4, 5.5, 7)) == (7, Found(frozenset({0}), 0))
    assert best_threshold(score, TRUTH, (4, 5.5, 7), most_false=1) == (4, Found(frozenset({0, 1}), 1))


def test_no_threshold_is_best_when_all_give_too_many_false():
    assert best_threshold(np.full(SIZE, 9.0, np.float32) * flags((75, 5)), TRUTH, (4, 5))[0] is None


def test_a_perfect_fill_has_no_error_and_fresh_noise_has_root_two():
    rng = np.random.default_rng(0)
    sigma = np.full(20000, 3.0)
    clean = rng.normal(0, 3, 20000)
    assert rmse_over_sigma(clean, clean, sigma) == 0
    assert rmse_over_sigma(rng.normal(0, 3, 20000), clean, sigma) == pytest.approx(np.sqrt(2), rel=0.02)
    assert rmse_over_sigma(clean + 6, clean, sigma) == pytest.approx(2)


def test_a_fill_that_moves_like_its_neighbours_has_ratio_one():
    rng = np.random.default_rng(0)
    clean = rng.normal(5, 2, (10, 3000))
    assert variance_ratio(rng.normal(9, 2, (10, 3000)), clean) == pytest.approx(1, rel=0.05)
    assert variance_ratio(np.full((10, 3000), 5.0), clean) == 0
    assert variance_ratio(2 * clean, clean) == pytest.approx(4)


def test_samples_are_compared_one_by_one():
    shares = sample_shares({(0, 0, "R"), (0, 0, "G"), (1, 0, "R")}, {(0, 0, "R"), (0, 1, "R")})
    assert shares == SampleShares(truly=2, named=3, both=1)
    assert shares.recall == pytest.approx(1 / 2)
    assert shares.precision == pytest.approx(1 / 3)


def test_shares_of_several_defects_add_up():
    assert SampleShares(2, 3, 1) + SampleShares(8, 7, 4) == SampleShares(10, 10, 5)


def test_where_nothing_is_there_is_no_share():
    assert np.isnan(SampleShares().recall)
    assert np.isnan(SampleShares(truly=1).precision)
