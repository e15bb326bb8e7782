# SPDX-License-Identifier: Apache-2.0
"""``detect --exclude``: nothing is found where nothing is searched."""

from pathlib import Path

import numpy as np
import pytest

from pixmend.cli import main
from pixmend.frames import write_mask
from pixmend.model import Raster, map_from_json
from tests.make.shots_on_disk import write_form


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("options")
    write_form(folder / "plate", "exr")
    options = ["--stats-out", str(folder / "s.npz")]
    assert main(["detect", str(folder / "plate"), "-o", str(folder / "all.json"), *options, "-q"]) == 0
    return folder


def places(path):
    return {(each.x, each.y) for each in map_from_json(Path(path).read_text()).defects}


def test_nothing_is_found_where_nothing_is_searched(say):
    white = np.zeros((192, 256), bool)
    white[96:] = True
    write_mask(Path("lower.png"), Raster(0, 0, 256, 192), white)
    say("detect", "plate", "-o", "part.json", "--exclude", "0,0,100,96", "--exclude", "lower.png")
    found, part = places("all.json"), places("part.json")
    searched = {(x, y) for x, y in found if y < 96 and x >= 100}
    assert part == searched
    assert set() < part < found


def test_merged_statistics_can_be_searched_in_part(say):
    say("detect", "--merge", "s.npz", "-o", "part.json", "--exclude", "0,0,256,96")
    assert all(y >= 96 for _, y in places("part.json"))
    assert places("part.json")


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("1,2,3", "'1,2,3' is neither a rectangle like 40,980,600,80 nor an EXR, TIFF or PNG mask"),
        ("300,0,10,10", "the rectangle 10x10+300+0 lies outside the plate, which is 256x192+0+0"),
        ("none.png", "this mask cannot be used: there is no such file"),
        ("0,0,256,192", "nothing is left to search"),
    ],
)
def test_what_cannot_be_excluded_is_said(say, option, what):
    assert say("detect", "plate", "-o", "x.json", "--exclude", option, code=2)["error"]["what"] == what
    assert not Path("x.json").exists()
