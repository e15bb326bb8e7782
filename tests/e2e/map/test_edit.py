# SPDX-License-Identifier: Apache-2.0
"""`map edit`: what people decide."""

import json

import pytest

from pixmend.model import Method
from tests.make.map_commands import DEFECTS, HEAD, done, ids, names, read, refused


def edited(folder, say, *options):
    found = done(say, "map", "edit", "map.json", "-o", "new.json", *options)
    return found, {each.id: each for each in read(folder / "new.json").defects}


def test_edit_adds(folder, say):
    argv = ["--add", "3,4", "--add", "5,6:R,G@1001-1003,1009", "--add=7,8@-5--3", "--kind", "black"]
    found, new = edited(folder, say, *argv)
    assert (found["added"], found["removed"], found["changed"]) == (["d0004", "d0005", "d0006"], [], [])
    assert [each.kind.value for each in list(new.values())[3:]] == ["dead"] * 3
    assert new["d0004"].pixels("RGB") == [(3, 4, "B"), (3, 4, "G"), (3, 4, "R")]
    assert new["d0005"].pixels("RGB") == [(5, 6, "G"), (5, 6, "R")]
    assert (str(new["d0005"].frames), str(new["d0006"].frames)) == ("1001-1003,1009", "-5--3")


def test_edit_decides(folder, say):
    found, new = edited(
        folder,
        say,
        "--remove",
        "d0003",
        "--accept",
        "d0002",
        "--reject",
        "d0001",
        "--note",
        "seen on the wall",
    )
    assert (found["removed"], found["changed"]) == (["d0003"], ["d0001", "d0002"])
    assert (new["d0001"].status.value, new["d0002"].status.value) == ("rejected", "accepted")
    assert {each.note for each in new.values()} == {"seen on the wall"}


def test_edit_decides_about_all(folder, say):
    _, new = edited(folder, say, "--accept", "all")
    assert {each.status.value for each in new.values()} == {"accepted"}
    _, new = edited(folder, say, "--remove", "all", "--overwrite")
    assert new == {}


def test_edit_moves_with_the_raster_or_in_it(folder, say):
    _, new = edited(folder, say, "--remove", "d0002", "--move", "-10,-20")
    assert [(each.x, each.y) for each in new.values()] == [(0, 0), (89, 29)]
    _, new = edited(folder, say, "--move", "5,5", "--raster", "200x100", "--overwrite")
    assert [(each.x, each.y) for each in new.values()] == [(15, 25), (5, 5), (104, 54)]
    assert read(folder / "new.json").raster.width == 200


def test_edit_mends_a_map_that_does_not_fit_its_raster(folder, say):
    (folder / "map.json").write_text(
        json.dumps(HEAD | {"defects": [*DEFECTS, DEFECTS[0] | {"id": "far", "x": 99}]})
    )
    error = refused(say, "map", "show", "map.json")
    assert "far has a sample at (100, 20)" in error["what"]
    assert "edit" in error["hint"]
    refused(say, "map", "edit", "map.json", "-o", "new.json", "--accept", "all")
    _, new = edited(folder, say, "--remove", "far")
    assert list(new) == ["d0001", "d0002", "d0003"]


def test_edit_restricts_frames(folder, say):
    found, new = edited(folder, say, "--frames", "1005-1015")
    assert {name: str(each.frames) for name, each in new.items()} == {
        "d0001": "1005-1010",
        "d0002": "1005-1015",
    }
    assert found["removed"] == ["d0003"]
    _, new = edited(folder, say, "--frames", "1005", "--ids", "d0001", "--overwrite")
    assert [str(each.frames) for each in new.values()] == ["1005", "None", "1020"]


def test_edit_says_how_a_defect_is_to_be_mended(folder, say):
    _, new = edited(folder, say, "--method", "spatial", "--ids", "d0001")
    assert [each.method for each in new.values()] == [Method.SPATIAL, None, None]
    _, new = edited(folder, say, "--method", "recover", "--overwrite")
    assert {each.method for each in new.values()} == {Method.RECOVER}
    (folder / "new.json").replace(folder / "map.json")
    _, new = edited(folder, say, "--method", "auto")
    assert {each.method for each in new.values()} == {None}


def test_edit_in_place_writes_through_a_link(folder, say):
    (folder / "link.json").symlink_to("map.json")
    done(say, "map", "edit", "link.json", "--in-place", "--remove", "d0001")
    assert (folder / "link.json").is_symlink()
    assert ids(folder / "map.json") == ["d0002", "d0003"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing to change"),
        (["--remove", "d0009"], "no defect has the id d0009"),
        (["--remove", ","], "no list of ids"),
        (["--accept", "all,d0001"], "no list of ids"),
        (["--move", "1"], "not an offset"),
        (["--move", "1.5,2"], "not an offset"),
        (["--move", "1,0"], "d0003 has a sample at (100, 49), outside the raster 100x50+0+0"),
        (["--add", "100,4"], "outside the raster"),
        (["--add", "4"], "is not a pixel"),
        (["--add", "4,x"], "is not a pixel"),
        (["--add", "4,5:,"], "is not a pixel"),
        (["--add", "4,5@z"], "'z' is not a frame range"),
        (["--add", "4,5", "--kind", "purple"], "no kind of defect is called 'purple'"),
        (["--kind", "hot", "--remove", "all"], "none is added"),
        (["--note", "x"], "does not say which"),
        (["--ids", "d0001", "--remove", "d0002"], "none is given"),
        (["--frames", "5-"], "'5-' is not a frame range"),
        (["--raster", "10", "--move", "0,0"], "is not a raster"),
        (["--raster", "0x5", "--move", "0,0"], "is not a raster"),
        (["--in-place", "--remove", "all"], "not allowed with"),
    ],
)
def test_an_edit_that_cannot_be_made_writes_nothing(folder, say, options, says):
    before = (folder / "map.json").read_bytes()
    error = refused(say, "map", "edit", "map.json", "-o", "new.json", *options)
    assert says in error["what"]
    assert names(folder) == ["map.json"]
    assert (folder / "map.json").read_bytes() == before
