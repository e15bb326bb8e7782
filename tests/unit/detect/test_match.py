# SPDX-License-Identifier: Apache-2.0
"""Matching in strips: the same as in one piece, with noise that no defect is part of."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from pixmend.detect import ScoreMap, sigma_shapes
from pixmend.detect import _match as matching
from pixmend.detect._match import look_again, match, match_mean, usual_noise
from pixmend.detect._match_kernels import BLOCK_PX, block_noise, match_places
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
def shapes() -> tuple[NDArray[np.float64], ...]:
    return tuple(sigma_shapes(statistics(), prior_footprints(3)))


@cache
def scores() -> ScoreMap:
    return match(views(), shapes())


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
    split = match(views_of(statistics()), shapes())
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


def test_places_are_matched_as_the_whole_is():
    weights = RNG.standard_normal((5, 3, 9, 9)).astype(np.float32)
    padded = RNG.standard_normal((3, 38, 58)).astype(np.float32)
    places = np.argwhere(RNG.random((30, 50)) < 0.2)
    whole = correlate(padded, weights)
    found = match_places(padded, np.ascontiguousarray(np.moveaxis(weights, 0, -1)), places)
    np.testing.assert_allclose(found, whole[:, places[:, 0], places[:, 1]].T, atol=1e-3)


def test_the_usual_noise_is_that_of_most_of_the_frame():
    usual = usual_noise(views(), shapes())
    assert usual.shape == (9, 2)
    for index, responses in enumerate(matching._responses(views(), shapes(), 0, 192)):
        for view, response in enumerate(responses):
            assert usual[index, view] == pytest.approx(1.4826 * np.median(np.abs(response)), rel=0.1)


def test_a_second_look_finds_more_and_changes_no_score():
    again = look_again(views(), scores(), shapes(), number=0)
    assert np.array_equal(again.score, scores().score)
    more = np.abs(again.bold) > np.abs(scores().score)
    assert (np.abs(again.bold) >= np.abs(scores().score)).all()
    assert 0 < more.sum() < more.size / 5
    strong = np.abs(scores().score) > 12
    assert more[strong].any()


def test_of_two_looks_the_better_match_stays():
    first = look_again(views(), scores(), shapes(), number=0)
    both = look_again(views(), first, shapes()[:1], number=9)
    assert np.array_equal(np.abs(both.bold), np.maximum(np.abs(both.bold), np.abs(first.bold)))
    assert np.array_equal(both.best[both.best != 9], first.best[both.best != 9])


def test_a_second_look_needs_to_know_the_noise():
    with pytest.raises(ValueError, match="noisy"):
        look_again(views(), replace(scores(), busyness=None), shapes(), number=0)


def test_a_window_of_the_mean_is_matched_as_the_whole_is():
    usual = usual_noise(views(), shapes())[:, 1]
    score, best = match_mean(views(), statistics().mean_level(), shapes(), usual=usual)
    assert score.shape == best.shape == (192, 256)
    found = np.abs(score) > 15
    assert found.any()
    assert (np.abs(scores().score[found]) > 3).mean() > 0.9


def test_the_evened_picture_has_noise_of_one():
    for plane in views().evened:
        assert np.median(np.abs(plane)) / STEPS == pytest.approx(0.6745, rel=0.2)
