# SPDX-License-Identifier: Apache-2.0
import pytest

from pixmend.errors import MapError
from pixmend.model import (
    Defect,
    DefectMap,
    FrameRange,
    Kind,
    Raster,
    Sample,
    Status,
    map_from_badpixels,
    map_from_csv,
    map_to_badpixels,
    map_to_csv,
)


def brief(read):
    return [
        (each.x, each.y, str(each.frames or ""), "".join(sorted(sample.channel for sample in each.samples)))
        for each in read.defects
    ]


@pytest.mark.parametrize(
    "text",
    [
        "12,34\n",
        "x,y\n12,34\n",
        "\ufeffx,y\n12,34".removeprefix("\ufeff"),
        "y,x\n34,12",
        "X , Y\r\n\r\n 12 , 34 \r\n",
        "# from the camera report\n12,34\n\n",
        "12;34",
        "12\t34",
        "camera,y,x,weight\nA,34,12,0.5\n",
        "x,y,frames,channel\n12,34,,\n",
        '"x","y"\n"12","34"\n',
        "+12,34",
    ],
)
def test_one_pixel_in_many_spellings(text):
    assert brief(map_from_csv(text)) == [(12, 34, "", "*")]


def test_channels_of_one_pixel_and_range_are_one_defect():
    text = "x,y,frames,channel\n1,2,1-5,R\n1,2,1-5,G\n1,2,9,B\n1,2,1-5,R\n"
    assert brief(map_from_csv(text)) == [(1, 2, "1-5", "GR"), (1, 2, "9", "B")]


def test_a_range_with_commas_is_quoted():
    assert brief(map_from_csv('1,2,"1001,1004-1010",R\n')) == [(1, 2, "1001,1004-1010", "R")]
    assert brief(map_from_csv("1;2;1001,1004-1010;R\n")) == [(1, 2, "1001,1004-1010", "R")]


def test_kind_and_status_come_from_their_columns():
    read = map_from_csv("x,y,kind,status\n1,2,black,Rejected\n3,4,,\n", kind=Kind.STUCK)
    assert [(each.kind, each.status) for each in read.defects] == [
        (Kind.DEAD, Status.REJECTED),
        (Kind.STUCK, Status.PROPOSED),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        ("x,y\n1,2\n3,four\n", "line 3: y is 'four'"),
        ("1,2\n\n# note\n3.5,4\n", "line 4: x is '3.5'"),
        ("x,y\n1\n", "line 2: y is ''"),
        ("1_0,2", "line 1: '1_0,2' names no columns x and y"),
        ("x,y\n1_0,2", "line 2: x is '1_0'"),
        ("x,y\n9999999,2", "line 2: x is '9999999'"),
        ("x,y\n٣,2", "line 2: x"),
        ("nothing here", "line 1: 'nothing here' names no columns"),
        ("x,y,x\n1,2,3", "line 1: the column 'x' stands there twice"),
        ("1,2,R\n", "line 1: 'R' is not a frame range"),
        ("x,y,kind\n1,2,purple", "line 2: no kind of defect is called 'purple'"),
        ("x,y,status\n1,2,maybe", "line 2: no status is called 'maybe'"),
        ("x,y,id\n1,2,a b", "line 2: 'a b' cannot be an id"),
        ('1,2\n3,"4', "line 2: this is not CSV"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(text, says):
    with pytest.raises(MapError) as caught:
        map_from_csv(text, where="a.csv")
    assert says in str(caught.value)
    assert caught.value.where == "a.csv"
    assert caught.value.hint


def footprint_map(**fields):
    samples = (Sample(-1, 0, "R"), Sample(0, 0, "G"), Sample(0, 0, "R"), Sample(0, 1, "beauty.B"))
    given = {"kind": Kind.STUCK, "samples": samples, "frames": FrameRange.parse("1,5-9")} | fields
    return DefectMap(raster=None, defects=(Defect(id="d0007", x=5, y=6, **given),))


def test_a_footprint_comes_back_from_csv():
    (read,) = map_from_csv(map_to_csv(footprint_map())).defects
    assert read == footprint_map().defects[0]


def test_the_table_is_plain():
    assert map_to_csv(footprint_map()) == (
        "x,y,frames,channel,kind,status,id\n"
        '5,6,"1,5-9",G,stuck,proposed,d0007\n'
        '5,6,"1,5-9",R,stuck,proposed,d0007\n'
        '4,6,"1,5-9",R,stuck,proposed,d0007\n'
        '5,7,"1,5-9",beauty.B,stuck,proposed,d0007\n'
    )


def test_an_empty_map_survives_both_forms():
    empty = DefectMap(raster=None, defects=())
    assert map_from_csv(map_to_csv(empty)) == empty
    assert map_from_badpixels(map_to_badpixels(empty)) == empty


def test_badpixels_of_dcraw_are_read():
    # The sample of dcraw's manual page: column, row, time of death in seconds since 1970.
    text = "  962   91 1028350000  # a comment\n# another\n\n 1285 1067 0\n1285 1067 0\n"
    read = map_from_badpixels(text, kind=Kind.STUCK)
    assert brief(read) == [(962, 91, "", "*"), (1285, 1067, "", "*")]
    assert [each.note for each in read.defects] == ["bad since unix time 1028350000", ""]
    assert {each.kind for each in read.defects} == {Kind.STUCK}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("1 2 0\n1\n", "line 2: '1' is not `x y unix-time`"),
        ("1 2 3 4\n", "line 1"),
        ("a 2 0\n", "line 1: x is 'a'"),
        ("1 2 soon\n", "line 1: the unix-time is 'soon'"),
    ],
)
def test_a_wrong_badpixels_line_is_named(text, says):
    with pytest.raises(MapError) as caught:
        map_from_badpixels(text, where=".badpixels")
    assert says in str(caught.value)


def test_badpixels_hold_each_pixel_once_and_not_the_rejected():
    shot = footprint_map().added(
        [Defect(id="no", x=1, y=1, kind=Kind.HOT, samples=(Sample(0, 0, "*"),), status=Status.REJECTED)]
    )
    assert map_to_badpixels(shot) == "# x y unix-time (0 = always)\n4 6 0\n5 6 0\n5 7 0\n"


def test_badpixels_cannot_say_negative_pixels():
    with pytest.raises(MapError, match=r"pixel \(-1, 2\)"):
        map_to_badpixels(footprint_map(samples=(Sample(-6, -4, "R"),)))


def test_a_raster_is_not_invented():
    assert map_from_csv("1,2").raster is None
    assert map_from_csv("1,2") != DefectMap(raster=Raster(0, 0, 9, 9), defects=())
