# SPDX-License-Identifier: Apache-2.0
import pytest

from pixmend.errors import MissingFrameError, RangeError, UnsupportedError, UsageError
from pixmend.frames import open_shot

PLATE = ["plate.1001.exr", "plate.1002.exr", "plate.1005.exr"]


def shot_of(folder, names, where):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return open_shot(folder / where)


@pytest.mark.parametrize(
    "where",
    [
        "plate.#.exr",
        "plate.####.exr",
        "plate.%04d.exr",
        "plate.%d.exr",
        "plate.@@@@.exr",
        "plate.$F4.exr",
        "",
    ],
)
def test_patterns_and_folders_find_the_frames_that_exist(tmp_path, where):
    shot = shot_of(tmp_path, PLATE, where)
    assert shot.frames.frames == (1001, 1002, 1005)
    assert shot.gaps.frames == (1003, 1004)
    assert shot.label == "plate.1001-1002,1005#.exr"
    assert shot.path(1005) == tmp_path / "plate.1005.exr"


def test_a_range_in_the_pattern_limits_the_frames_and_names_the_gaps(tmp_path):
    shot = shot_of(tmp_path, PLATE, "plate.1002-1010x3#.exr")
    assert shot.frames.frames == (1002, 1005)
    assert shot.gaps.frames == (1008,)
    with pytest.raises(MissingFrameError, match="1008"):
        shot.path(1008)
    with pytest.raises(MissingFrameError, match="1001"):
        shot.path(1001)


@pytest.mark.parametrize(
    ("names", "where", "frames"),
    [
        (["p.-003.exr", "p.-002.exr", "p.0001.exr"], "p.#.exr", (-3, -2, 1)),
        (["p.-003.exr", "p.-002.exr", "p.0001.exr"], "", (-3, -2, 1)),
        (["p.-003.exr", "p.0001.exr"], "p.-5-0#.exr", (-3,)),
        (["shot-0100.exr", "shot-0101.exr"], "", (100, 101)),
        (["shot-0100.exr", "shot-0101.exr"], "shot-#.exr", (100, 101)),
        (["a_v002.1001.exr", "a_v002.1002.exr"], "", (1001, 1002)),
        (["A001_C002_0001.DPX"], "A001_C002_#.DPX", (1,)),
        (["0001.exr", "0002.exr"], "", (1, 2)),
        (["0001.exr", "0002.exr"], "#.exr", (1, 2)),
        (["x.1.tif", "x.10.tif", "x.100.tif"], "x.#.tif", (1, 10, 100)),
        (["x.0001.tif", "x.12345.tif"], "x.%04d.tif", (1, 12345)),
        (["x.0001.tif", "x.1.tif"], "x.%04d.tif", (1,)),
        (["x.0001.tif", "x.00001.tif"], "x.@@@@@.tif", (1,)),
        (["кадр один's [a].0007.tiff"], "кадр один's [a].#.tiff", (7,)),
        (["p.0001.exr", "._p.0001.exr", ".p.0001.exr.ab.part", "notes.txt"], "", (1,)),
    ],
)
def test_numbers_are_told_from_the_rest_of_the_name(tmp_path, names, where, frames):
    assert shot_of(tmp_path / "a b'c\"d é", names, where).frames.frames == frames


@pytest.mark.parametrize(
    ("name", "frame"), [("p.1007.exr", 1007), ("still.exr", 1), ("p#.0003.exr", 3), ("p.-012.dpx", -12)]
)
def test_one_file_is_a_shot_of_one_frame(tmp_path, name, frame):
    shot = shot_of(tmp_path, [name, "p.1008.exr"], name)
    assert shot.frames.frames == (frame,)
    assert shot.label == name
    assert len(shot.gaps) == 0


def test_a_folder_with_one_still_is_a_shot(tmp_path):
    shot = shot_of(tmp_path, ["still.exr"], "")
    assert (shot.frames.frames, shot.label) == ((1,), "still.exr")


@pytest.mark.parametrize(
    ("names", "where", "error", "match"),
    [
        (PLATE, "plate.1003.exr", MissingFrameError, "no such file"),
        (PLATE, "none/plate.#.exr", MissingFrameError, "no such folder"),
        (PLATE, "other.#.exr", MissingFrameError, "no file has a name like this"),
        (PLATE, "plate.1-9#.exr", MissingFrameError, "none of the frames 1-9 is there, only 1001-1002,1005"),
        ([], "", MissingFrameError, "no frames in this folder"),
        (["a.jpg"], "", MissingFrameError, "no frames in this folder"),
        (["a.1.jpg"], "a.#.jpg", UnsupportedError, r"\.jpg is not handled"),
        (["a"], "a", UnsupportedError, "without extension"),
        ([*PLATE, "plate.tif"], "", UsageError, r"several sequences.*plate\.#\.exr, plate\.tif"),
        (["a.1.exr", "a.0001.exr"], "a.#.exr", UsageError, "two files: a.0001.exr, a.1.exr"),
        (PLATE, "plate.1-x#.exr", UsageError, "not a pattern"),
        (PLATE, "plate.1-9y2#.exr", RangeError, "not a frame range"),
    ],
)
def test_what_cannot_be_a_shot_gets_one_sentence(tmp_path, names, where, error, match):
    with pytest.raises(error, match=match) as caught:
        shot_of(tmp_path, names, where)
    assert str(tmp_path) in caught.value.where or error is RangeError
    assert "\n" not in str(caught.value)


def test_frame_numbers_too_far_apart_are_no_gap(tmp_path):
    shot = shot_of(tmp_path, ["a.1.exr", "a.20260101.exr"], "a.#.exr")
    with pytest.raises(RangeError, match="20260101"):
        _ = shot.gaps
