# SPDX-License-Identifier: Apache-2.0
"""What is not searched: rectangles and masks on the command line."""

import numpy as np
import pytest

from pixmend.cli._arguments import ArgumentParser
from pixmend.cli._exclude import add_exclude_option, read_excluded
from pixmend.errors import UsageError
from pixmend.frames import write_mask
from pixmend.model import Raster

PLATE = Raster(0, 0, 12, 8)


def excluded(*argv, raster=PLATE):
    parser = ArgumentParser(prog="detect")
    add_exclude_option(parser)
    given = [word for each in argv for word in ("--exclude", str(each))]
    return read_excluded(parser.parse_args(given).exclude, raster)


def places(mask):
    return {(int(x), int(y)) for y, x in np.argwhere(mask)}


def test_nothing_is_excluded_where_nothing_is_said():
    assert excluded() is None


def test_a_rectangle_is_left_top_width_height():
    assert places(excluded("2,1,3,2")) == {(x, y) for x in (2, 3, 4) for y in (1, 2)}


def test_rectangles_speak_pixel_space():
    found = excluded("-2,-1,3,2", raster=Raster(-2, -3, 12, 8))
    assert places(found) == {(x, y) for x in (0, 1, 2) for y in (2, 3)}


def test_what_reaches_over_the_border_is_cut():
    assert places(excluded("-5,6,7,9")) == {(x, y) for x in (0, 1) for y in (6, 7)}


@pytest.mark.parametrize("suffix", ["exr", "tif", "png"])
def test_a_mask_is_white_where_nothing_is_searched(tmp_path, suffix):
    white = np.zeros((8, 12), bool)
    white[3, 5:9] = True
    write_mask(tmp_path / f"m.{suffix}", PLATE, white)
    assert np.array_equal(excluded(tmp_path / f"m.{suffix}"), white)
    assert places(excluded(tmp_path / f"m.{suffix}", "0,0,1,1")) == {(x, 3) for x in range(5, 9)} | {(0, 0)}


def test_a_mask_may_be_larger_than_the_plate(tmp_path):
    white = np.zeros((20, 30), bool)
    white[10, 15] = True
    write_mask(tmp_path / "m.exr", Raster(-10, -5, 30, 20), white)
    assert places(excluded(tmp_path / "m.exr")) == {(5, 5)}


@pytest.mark.parametrize(
    "text", ["1,2,3", "1,2,0,4", "1,2,3,-4", "a,b,c,d", "mask.jpg", "", "1,2,3,4,5", "1.5,2,3,4"]
)
def test_what_is_neither_is_refused(text):
    with pytest.raises(UsageError, match="neither a rectangle") as caught:
        excluded(text)
    assert caught.value.where == "--exclude"


@pytest.mark.parametrize("text", ["12,0,4,4", "-4,0,4,4", "0,-9,5,2", "999999,999999,1,1"])
def test_a_rectangle_outside_the_plate_is_refused(text):
    with pytest.raises(UsageError, match="outside the plate"):
        excluded(text)


def test_to_exclude_everything_is_refused(tmp_path):
    with pytest.raises(UsageError, match="nothing is left"):
        excluded("0,0,12,8")
    write_mask(tmp_path / "m.png", PLATE, np.ones((8, 12), bool))
    with pytest.raises(UsageError, match="white all over"):
        excluded(tmp_path / "m.png")


def test_a_mask_of_another_size_is_refused(tmp_path):
    write_mask(tmp_path / "m.exr", Raster(0, 0, 11, 8), np.zeros((8, 11), bool))
    with pytest.raises(UsageError, match=r"11x8\+0\+0, the plate one of 12x8\+0\+0"):
        excluded(tmp_path / "m.exr")


def test_a_mask_that_cannot_be_read_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        excluded(tmp_path / "none.png")
    (tmp_path / "broken.exr").write_bytes(b"no picture")
    with pytest.raises(UsageError, match="cannot be used"):
        excluded(tmp_path / "broken.exr")
