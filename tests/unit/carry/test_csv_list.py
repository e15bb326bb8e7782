# SPDX-License-Identifier: Apache-2.0
"""Tables of frame numbers to shots."""

import pytest

from pixmend.carry import ListedShot, read_cut_list
from pixmend.errors import RangeError, UsageError


@pytest.fixture
def read(tmp_path):
    def call(text, name="cuts.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_cut_list(path, **options)

    return call


def test_plain_lines_are_first_last_camera_name(read):
    listed = read("1001,1024\n1025,1040,A,the kitchen\n")
    assert listed.shots == (
        ListedShot(first=1001, last=1024),
        ListedShot(first=1025, last=1040, camera="A", name="the kitchen"),
    )


def test_a_header_names_the_columns_in_any_order(read):
    (shot,) = read("Name, Last ,first\nthe kitchen,1024,1001\n").shots
    assert shot == ListedShot(first=1001, last=1024, name="the kitchen")


def test_comments_empty_lines_marks_and_line_ends_of_other_systems_do_no_harm(read):
    text = "\ufeff# by hand\r\n\r\n1025,1040\r\n,\r\n1001,1024\r\n"
    assert [each.first for each in read(text).shots] == [1001, 1025]


def test_frame_numbers_are_the_reel_s_own(read):
    listed = read("-5,-1\n0,7\n")
    assert listed.in_reel(1001) == listed.shots
    with pytest.raises(UsageError, match="needs no --cuts-start"):
        listed.in_reel(1001, start="1001")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no shot"),
        ("first,last\n", "names no shot"),
        ("1001\n", "'' is not a frame number"),
        ("1001,10x0\n", "'10x0' is not a frame number"),
        ("1001,1010.5\n", "'1010.5' is not a frame number"),
        ("1001,1010,A,name,more\n", "5 columns"),
        ("first,first,last\n1,2,3\n", "twice"),
        (b"1001,1010,\xff\xfe\n", "UTF-8"),
        ('1001,"1010\n', "is not a frame number|no CSV"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(read, text, says):
    with pytest.raises(UsageError, match=says) as caught:
        read(text)
    assert "cuts.csv" in caught.value.where
    assert "\n" not in caught.value.what


def test_the_line_that_is_wrong_is_named(read):
    with pytest.raises(RangeError, match="before the first") as caught:
        read("# list\n1001,1010\n1020,1011\n")
    assert caught.value.where.endswith("cuts.csv, line 3")


def test_a_frame_belongs_to_one_shot(read):
    with pytest.raises(RangeError, match=r"frame 1010 is in two shots, one \(1001-1010\) and 1010-1020"):
        read("1010,1020\n1001,1010,,one\n")


def test_a_table_has_no_frame_rate(read):
    with pytest.raises(UsageError, match="no frame rate"):
        read("1,2\n", rate=25.0)


def test_other_suffixes_and_absent_files_are_refused(read, tmp_path):
    with pytest.raises(UsageError, match=r"suffix '\.txt'"):
        read("1,2\n", name="cuts.txt")
    with pytest.raises(UsageError, match="cannot be read"):
        read_cut_list(tmp_path / "none.csv")
