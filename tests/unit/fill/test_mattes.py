# SPDX-License-Identifier: Apache-2.0
"""Letterbox and pillarbox: no picture from a bar, no bar from the picture."""

import numpy as np
import pytest

from pixmend.fill import fill_samples
from pixmend.fill._mattes import find_mattes

SIDE = 9
BLACK = np.array([-2.0, 0.5, 1.25], np.float32)[:, None, None]


def noise(seed=4, shape=(3, SIDE, SIDE)):
    return np.random.default_rng(seed).normal(40, 3, shape).astype(np.float32)


def with_bar(picture, where):
    barred = picture.copy()
    barred[(slice(None), *where)] = BLACK
    return barred


BARS = {
    "above": np.s_[:3, :],
    "below": np.s_[-2:, :],
    "left": np.s_[:, :4],
    "right": np.s_[:, -5:],
}


def mattes_of(window, is_known=None):
    known = np.ones(window.shape, bool) if is_known is None else is_known
    return find_mattes(window[None], known[None])


@pytest.mark.parametrize("where", BARS.values(), ids=BARS)
def test_a_bar_is_found_on_any_side(where):
    expected = np.zeros((SIDE, SIDE), bool)
    expected[where] = True
    (matte,) = mattes_of(with_bar(noise(), where)).values()
    assert np.array_equal(matte.is_bar, expected)
    assert np.array_equal(matte.value, BLACK[:, 0, 0])


def test_a_corner_of_both_is_found():
    window = with_bar(with_bar(noise(), BARS["above"]), BARS["left"])
    (matte,) = mattes_of(window).values()
    expected = np.zeros((SIDE, SIDE), bool)
    expected[:3], expected[:, :4] = True, True
    assert np.array_equal(matte.is_bar, expected)


def test_what_is_no_bar_is_none():
    picture = noise()
    clipped = picture.copy()
    clipped[:, :4] = 90
    ramp = np.broadcast_to(np.arange(SIDE, dtype=np.float32)[:, None], (3, SIDE, SIDE))
    one_line = with_bar(picture, np.s_[:1, :])
    inside = with_bar(picture, np.s_[3:6, :])
    for window in (picture, clipped, ramp, one_line, inside, np.full_like(picture, 3.0)):
        assert mattes_of(window) == {}


def test_a_hole_in_the_bar_does_not_hide_it():
    window = with_bar(noise(), np.s_[:6, :])
    is_known = np.ones(window.shape, bool)
    is_known[:, 2:5, 3:6] = False
    window[~is_known] = np.nan
    (matte,) = mattes_of(window, is_known).values()
    assert matte.is_bar[:6].all()
    assert not matte.is_bar[6:].any()


def test_a_whole_row_that_is_lost_in_a_bar_is_of_the_bar():
    window = with_bar(noise(), np.s_[:6, :])
    is_known = np.ones(window.shape, bool)
    is_known[:, 4] = False
    (matte,) = mattes_of(window, is_known).values()
    assert matte.is_bar[:6].all()


def block(y, x, height, width):
    return np.array(
        [(c, y + i, x + j) for c in range(3) for i in range(height) for j in range(width)], np.intp
    )


@pytest.fixture
def letterboxed(values):
    """A frame whose first 50 rows are a bar."""
    return with_bar(values, np.s_[:50, :])


def test_picture_is_filled_as_if_the_bar_were_not_there(letterboxed, kriging):
    hole = block(51, 60, 2, 2)
    unknown = letterboxed.copy()
    unknown[:, :50] = np.nan
    found = fill_samples(letterboxed, hole, kriging)
    assert np.array_equal(found, fill_samples(unknown, hole, kriging))


def test_a_bar_is_filled_with_the_bar(letterboxed, kriging):
    hole = block(46, 60, 3, 3)
    assert np.array_equal(fill_samples(letterboxed, hole, kriging), BLACK[hole[:, 0], 0, 0])


def test_a_hole_across_the_edge_is_filled_from_either_side(letterboxed, values, kriging):
    hole = block(48, 60, 4, 2)
    found = fill_samples(letterboxed, hole, kriging)
    above = hole[:, 1] < 50
    below = found[~above] - values[tuple(hole[~above].T)]
    assert np.sqrt(np.mean(below**2)) < 3
    assert np.array_equal(found[above], BLACK[hole[above][:, 0], 0, 0])
