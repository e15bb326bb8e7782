# SPDX-License-Identifier: Apache-2.0
"""Matching in strips: the same as in one piece, with noise that no defect is part of."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from pixmend.detect import ScoreMap, sigma_shapes
from pixmend.detect._match import look_again, match, match_mean
from pixmend.detect._match_filters import Filters, filters_of
from pixmend.detect._match_kernels import BLOCK_PX, block_noise, limit_scores
from pixmend.detect._view_kernels import match_places, padded_rows
from pixmend.detect._views import STEPS, STRIP_PX, Views, strips, views_of
from pixmend.footprints import prior_footprints
from pixmend.stats import ShotStatistics, correlate
from tests.make.shots import detection_of, small_shot

RNG = np.random.default_rng(5)


@cache
def statistics() -> ShotStatistics:
    return detection_of(small_shot()).statistics


@cache
def views() -> Views:
    return views_of(statistics())


@cache
def filters() -> Filters:
    return filters_of(views(), sigma_shapes(statistics(), prior_footprints(3)))


@cache
def scores() -> ScoreMap:
    return match(views(), filters())


def test_strips_cover_every_row_once():
    for height in (1, STRIP_PX, STRIP_PX + 1, 1080):
        rows = [row for first, stop in strips(height) for row in range(first, stop)]
        assert rows == list(range(height))


@pytest.mark.parametrize(("first", "stop", "margin"), [(0, 192, 0), (0, 9, 4), (100, 120, 2), (185, 192, 3)])
def test_rows_of_the_views_are_cut_from_the_whole(first, stop, margin):
    whole = views().rows(0, 192, margin=margin)
    part = views().rows(first, stop, margin=margin)
    for one, other in zip(whole, part, strict=True):
        inner = one[:, first : stop + 2 * margin]
        rows = slice(margin, -margin or None)
        assert np.array_equal(inner[:, rows], other[:, rows])
        assert other.shape == (3, stop - first + 2 * margin, 256 + 2 * margin)


def test_outside_the_raster_the_views_are_zero():
    for view in views().rows(0, 192, margin=3):
        assert not view[:, :3].any()
        assert not view[:, -3:].any()
        assert not view[:, :, :3].any()


def test_strips_change_nothing(monkeypatch):
    whole = scores()
    monkeypatch.setattr("pixmend.detect._views.STRIP_PX", 64)
    split = match(views_of(statistics()), filters())
    assert np.array_equal(split.score, whole.score)
    assert np.array_equal(split.best, whole.best)
    assert np.array_equal(split.busyness, whole.busyness)


def noise_of(plane: NDArray[np.float32], own_share: float = 0.0) -> NDArray[np.float32]:
    return block_noise(plane.astype(np.float32), 1e6, own_share)


def plain_mean_around(size: NDArray[np.float64], own_share: float) -> NDArray[np.float64]:
    rows, columns = (-(-side // BLOCK_PX) for side in size.shape)
    mean = np.zeros((rows, columns))
    for row, column in np.ndindex(rows, columns):

        def place(reach: int, row: int = row, column: int = column) -> tuple[slice, slice]:
            return (
                slice(max(row - reach, 0) * BLOCK_PX, (row + reach + 1) * BLOCK_PX),
                slice(max(column - reach, 0) * BLOCK_PX, (column + reach + 1) * BLOCK_PX),
            )

        outer, inner = size[place(3)], size[place(1)]
        count = max(outer.size - inner.size, 1)
        mean[row, column] = max((outer.sum() - inner.sum()) / count, own_share * inner.mean())
    return mean


@pytest.mark.parametrize("own_share", [0.0, 0.8])
@pytest.mark.parametrize("size", [(64, 80), (37, 50), (8, 8)])
def test_the_noise_of_blocks_is_what_its_words_say(size, own_share):
    plane = RNG.standard_normal(size).astype(np.float32)
    plane[:4, :5] = 30
    absolute = np.abs(plane).astype(np.float64)
    ceiling = (2.5 * 1.2533 * plain_mean_around(absolute, own_share)).repeat(4, 0).repeat(4, 1)
    cut = np.minimum(absolute, ceiling[: size[0], : size[1]])
    np.testing.assert_allclose(
        noise_of(plane, own_share), 1.30 * plain_mean_around(cut, own_share), rtol=2e-4
    )


def test_white_noise_has_a_noise_of_one():
    assert np.median(noise_of(RNG.standard_normal((200, 200)))) == pytest.approx(1.0, abs=0.03)


def test_a_wide_defect_is_not_its_own_noise():
    plane = RNG.standard_normal((80, 80))
    plane[36:45, 36:45] += 500
    assert noise_of(plane)[10, 10] < 1.3
    assert noise_of(plane, 0.8)[10, 10] > 3


@pytest.mark.parametrize("side", [5, 9])
def test_places_are_matched_as_the_whole_is(side):
    steps = RNG.integers(-300, 300, (3, 30, 50)).astype(np.int16)
    seen = RNG.integers(0, 9, (30, 50)).astype(np.uint16)
    weights = RNG.standard_normal((5, 3, side, side)).astype(np.float32)
    places = np.argwhere(RNG.random((30, 50)) < 0.2)

    whole = correlate(padded_rows(steps, seen, 64, (0, 30), side // 2), weights)

    found = match_places(steps, seen, 64, weights, places)
    np.testing.assert_allclose(found, whole[:, places[:, 0], places[:, 1]].T, atol=1e-3)


def test_no_score_is_more_than_the_largest_pooled_one_around_allows():
    score = RNG.standard_normal((17, 23)).astype(np.float32) * 5
    pooled = np.abs(RNG.standard_normal((17, 23))).astype(np.float32)
    most = 3 * maximum_filter(pooled, 3)

    limited = score.copy()
    limit_scores(limited, pooled, 3.0)

    np.testing.assert_array_equal(limited, np.clip(score, -most, most))


def test_the_usual_noise_is_that_of_most_of_the_frame():
    usual = filters().usual
    assert usual.shape == (9, 2)
    pooled, meant = zip(*filters().responses(views(), 0, 192), strict=True)
    for view, responses in enumerate((pooled, meant)):
        spread = 1.4826 * np.median(np.abs(np.concatenate(responses)), axis=(1, 2))
        assert usual[:, view] == pytest.approx(spread, rel=0.1)


def test_a_second_look_finds_more_and_changes_no_score():
    again = look_again(views(), scores(), filters(), number=0)
    assert np.array_equal(again.score, scores().score)
    more = np.abs(again.bold) > np.abs(scores().score)
    assert (np.abs(again.bold) >= np.abs(scores().score)).all()
    assert 0 < more.sum() < more.size / 5
    strong = np.abs(scores().score) > 12
    assert more[strong].any()


def test_of_two_looks_the_better_match_stays():
    first = look_again(views(), scores(), filters(), number=0)
    both = look_again(views(), first, filters_of(views(), filters().shapes[:1]), number=9)
    assert np.array_equal(np.abs(both.bold), np.maximum(np.abs(both.bold), np.abs(first.bold)))
    assert np.array_equal(both.best[both.best != 9], first.best[both.best != 9])


def test_a_second_look_needs_to_know_the_noise():
    with pytest.raises(ValueError, match="noisy"):
        look_again(views(), replace(scores(), busyness=None), filters(), number=0)


def test_a_window_of_the_mean_is_matched_as_the_whole_is():
    score, best = match_mean(views(), statistics().mean_level(), filters())
    assert score.shape == best.shape == (192, 256)
    found = np.abs(score) > 15
    assert found.any()
    assert (np.abs(scores().score[found]) > 3).mean() > 0.9


def test_the_evened_picture_has_noise_of_one():
    for plane in views().evened:
        assert np.median(np.abs(plane)) / STEPS == pytest.approx(0.6745, rel=0.2)
