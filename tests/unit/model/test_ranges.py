# SPDX-License-Identifier: Apache-2.0
import pytest

from pixmend.errors import RangeError
from pixmend.model import FrameRange


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("1001", [1001]),
        ("1001-1003", [1001, 1002, 1003]),
        ("1001-1006x2", [1001, 1003, 1005]),
        ("1,5-7", [1, 5, 6, 7]),
        (" 1 , 3 ", [1, 3]),
        ("-5--3", [-5, -4, -3]),
        ("-1-1", [-1, 0, 1]),
        ("7-5", [5, 6, 7]),
        ("10-1x4", [2, 6, 10]),
        ("3,1-3,2", [1, 2, 3]),
        ("0001-0003", [1, 2, 3]),
    ],
)
def test_a_range_is_read(text, frames):
    assert list(FrameRange.parse(text)) == frames


@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "1-", "-", "1,,2", "1,", "1-2-3", "1x2", "1-10x0", "1-10x-2", "1.5", "1-3;5", "٣", "1:3"],
)
def test_text_that_is_no_range_is_refused(text):
    with pytest.raises(RangeError) as caught:
        FrameRange.parse(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["1-99999999999", "1-999999999", "9" * 6000, "1-600000,700000-1300000"])
def test_a_range_too_long_to_be_meant_is_refused(text):
    with pytest.raises(RangeError) as caught:
        FrameRange.parse(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("frames", "text"),
    [([], ""), ([3], "3"), ([1, 2], "1-2"), ([-5, -4, -3], "-5--3"), ([1, 3, 5], "1-5x2"), ([1, 9], "1,9")],
)
def test_the_text_is_compact(frames, text):
    assert str(FrameRange(frames)) == text


def test_sets_of_frames():
    a, b = FrameRange.parse("1-5"), FrameRange.parse("4-8")
    assert (a | b, a & b, a - b) == tuple(map(FrameRange.parse, ("1-8", "4-5", "1-3")))
    assert 4 in a
    assert 6 not in a
    assert len(a & FrameRange.parse("9")) == 0
    assert hash(FrameRange([2, 1])) == hash(FrameRange([1, 2, 2]))
    assert a != "1-5"
    assert eval(repr(a)) == a  # noqa: S307 - our own repr


@pytest.mark.parametrize(
    ("count", "frames"), [(1, "6"), (2, "1,11"), (3, "1,6,11"), (11, "1-11"), (99, "1-11")]
)
def test_thinning_keeps_the_ends_and_spreads_the_rest(count, frames):
    assert FrameRange.parse("1-11").thinned(count) == FrameRange.parse(frames)


def test_every_nth_frame_starts_with_the_first():
    assert FrameRange.parse("1001-1010").every(4) == FrameRange.parse("1001,1005,1009")
