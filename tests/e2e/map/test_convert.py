# SPDX-License-Identifier: Apache-2.0
"""`map convert`: there and back, and what each form keeps."""

import json

import pytest

from tests.make.map_commands import done, read


def test_convert_there_and_back(folder, say):
    done(say, "map", "convert", "map.json", "-o", "out/map.csv")
    done(say, "map", "convert", "out/map.csv", "-o", "back.json", "--raster", "100x50")
    back, given = read(folder / "back.json"), read(folder / "map.json")
    assert back.raster == given.raster
    assert [(each.id, each.pixels("RGB"), each.frames, each.status) for each in back.defects] == [
        (each.id, each.pixels("RGB"), each.frames, each.status) for each in given.defects
    ]


def test_convert_badpixels(folder, say):
    done(say, "map", "convert", "map.json", "-o", ".badpixels")
    assert (folder / ".badpixels").read_text().splitlines()[1:] == ["10 20 0", "11 20 0", "99 49 0"]
    (folder / "cam.txt").write_text("5 6 0\n")
    argv = ["cam.txt", "--from", "badpixels", "-o", "cam.json", "--kind", "black", "--frames", "1-5"]
    assert done(say, "map", "convert", *argv)["format"] == "json"
    (made,) = read(folder / "cam.json").defects
    assert (made.kind.value, str(made.frames), made.samples[0].channel) == ("dead", "1-5", "*")


def test_frames_are_for_the_defects_that_name_none(folder, say):
    done(say, "map", "convert", "map.json", "-o", "new.json", "--frames", "7")
    assert [str(each.frames) for each in read(folder / "new.json").defects] == ["1001-1010", "7", "1020"]


def test_convert_keeps_what_it_does_not_know(folder, say):
    done(say, "map", "convert", "map.json", "-o", "new.json")
    assert json.loads((folder / "new.json").read_text())["later"] == 1


@pytest.mark.parametrize("suffix", ["exr", "tif", "png"])
def test_convert_masks(folder, say, suffix):
    done(say, "map", "convert", "map.json", "-o", f"mask.{suffix}")
    done(say, "map", "convert", f"mask.{suffix}", "-o", "back.json", "--kind", "stuck")
    back = read(folder / "back.json")
    assert back.raster == read(folder / "map.json").raster
    assert back.pixels() == {(10, 20), (11, 20), (99, 49)}
    assert [each.kind.value for each in back.defects] == ["cluster", "stuck"]
