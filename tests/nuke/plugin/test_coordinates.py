# SPDX-License-Identifier: Apache-2.0
"""The flip: there and back, and against a picture that was turned over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.make.nuke_sessions import session

with session():
    from pixmend_nuke._coordinates import to_map, to_nuke
    from pixmend_nuke._review import nearest_frame

PLACES = st.integers(-10_000, 10_000)


@given(PLACES, PLACES, st.integers(1, 10_000))
def test_there_and_back(x, y, height):
    assert to_map(*to_nuke(x, y, height), height) == (x, y)


@given(st.integers(0, 9), st.integers(0, 6), st.floats(0, 0.999), st.floats(0, 0.999))
def test_any_point_of_a_pixel_is_that_pixel_of_the_picture_turned_over(x, row, right, up):
    picture = np.arange(70).reshape(7, 10)
    shown = picture[::-1]  # Nuke's rows, from the bottom
    at_x, at_y = to_map(x + right, row + up, 7)
    assert picture[at_y, at_x] == shown[row, x]


@pytest.mark.parametrize(
    ("frames", "frame", "nearest"),
    [
        (None, 1050, 1050),
        ("1001-1100", 1050, 1050),
        ("1001-1100", 7, 1001),
        ("1001-1100", 2000, 1100),
        ("1001-1100x10", 1047, 1051),
        ("1001-1099x10", 2000, 1091),
        ("1001,1005-1010", 1003, 1001),
        ("1001,1005-1010", 1004, 1005),
        ("-5--1", 3, -1),
        ("-5--1", -9, -5),
        ("7", 1, 7),
    ],
)
def test_the_nearest_frame_of_a_range(frames, frame, nearest):
    assert nearest_frame(frames, frame) == nearest
