# SPDX-License-Identifier: Apache-2.0
"""A reel with cuts, and several shots, from the command line."""

import json
import shutil

import pytest

from pixmend.cli import main
from tests.make.reels import planted_of, write_reel

CAMERAS, LENGTH = "ABA", 8
SHOTS = ["1001-1008", "1009-1016", "1017-1024"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reel")
    write_reel(folder / "reel", CAMERAS, length=LENGTH)
    for number, path in enumerate(sorted((folder / "reel").iterdir())):
        take = folder / f"take{number // LENGTH}"
        take.mkdir(exist_ok=True)
        shutil.copy(path, take / f"{'plate' if number < 2 * LENGTH else 'other'}{path.suffixes[0]}.exr")
    (folder / "cuts.csv").write_text("1001,1008,A,one\n1009,1016,B,two\n1017,1024,A,three\n")
    return folder


def places(path):
    rows = json.loads(path.read_text())["defects"]
    return {(each["x"], each["y"]): each for each in rows}


def sites(camera):
    return {each.sites[0] for each in planted_of(camera, "1-8")}


def test_a_reel_is_one_map_with_a_range_for_each_shot(say, tmp_path):
    said = say("detect", "reel", "-o", "map.json")
    assert [each["frames"] for each in said["shots"]] == SHOTS
    assert [each["camera"] for each in said["shots"]] == ["A", "", "A"]
    assert said["output"] == "map.json"
    rows = places(tmp_path / "map.json")
    assert sites("A") | sites("B") <= set(rows)
    assert {rows[place]["camera"] for place in sites("A")} == {"A"}
    assert {rows[place]["frames"] for place in sites("A")} == {"1001-1008,1017-1024"}
    assert {rows[place]["frames"] for place in sites("B")} == {"1009-1016"}
    assert say("map", "show", "map.json")["count"] == len(rows)


def test_the_list_s_cuts_and_cameras_and_names_are_taken(say, tmp_path):
    said = say("detect", "reel", "--cuts", "cuts.csv", "-o", "map.json")
    assert [(each["frames"], each["camera"], each["name"]) for each in said["shots"]] == [
        (SHOTS[0], "A", "one"),
        (SHOTS[1], "B", "two"),
        (SHOTS[2], "A", "three"),
    ]
    assert sites("A") | sites("B") <= set(places(tmp_path / "map.json"))


def test_a_timeline_begins_with_the_reel_or_where_it_is_told(say, tmp_path):
    (tmp_path / "reel.edl").write_text(
        "TITLE: r\n001  AX V C 00:00:00:00 00:00:00:08 01:00:00:00 01:00:00:08\n"
        "002  AX V C 00:00:01:00 00:00:01:16 01:00:00:08 01:00:01:00\n"
    )
    said = say("detect", "reel", "--cuts", "reel.edl", "-o", "map.json", "--dry-run")
    assert [each["frames"] for each in said["shots"]] == ["1001-1008", "1009-1024"]
    start = ("--cuts-start", "00:59:59:16")
    said = say("detect", "reel", "--cuts", "reel.edl", *start, "-o", "map.json", "--dry-run")
    assert [each["frames"] for each in said["shots"]] == ["1009-1016", "1017-1024"]
    assert not (tmp_path / "map.json").exists()


def test_without_cuts_it_is_one_shot(say):
    assert "shots" not in say("detect", "reel", "--cuts", "none", "-o", "map.json")


def test_one_shot_gives_the_same_map_with_and_without_looking_for_cuts(say, tmp_path):
    say("detect", "take0", "-o", "auto.json")
    say("detect", "take0", "--cuts", "none", "-o", "none.json")
    assert (tmp_path / "auto.json").read_bytes() == (tmp_path / "none.json").read_bytes()


def test_several_shots_have_a_map_each_and_one_of_their_camera(say, tmp_path):
    said = say("detect", "take0", "take1", "take2", "-o", "maps/")
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == [
        "camera-A.json",
        "other.json",
        "plate-2.json",
        "plate.json",
    ]
    assert said["cameras"] == ["A"]
    assert sites("A") <= set(places(tmp_path / "maps" / "camera-A.json"))
    assert sites("B") <= set(places(tmp_path / "maps" / "plate-2.json"))
    assert not sites("B") & set(places(tmp_path / "maps" / "camera-A.json"))


def test_nothing_that_exists_is_overwritten(say, tmp_path):
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "plate-2.json").write_text("mine")
    failed = say("detect", "take0", "take1", "-o", "maps", code=2)
    assert "exists already" in failed["error"]["what"]
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["plate-2.json"]


def test_a_shot_that_is_damaged_is_skipped_and_told(say, tmp_path):
    (tmp_path / "reel" / "reel.1012.exr").write_bytes(b"not this one")
    ended = say("detect", "reel", "--cuts", "cuts.csv", "-o", "map.json", code=5)
    assert [bool(each.get("skipped")) for each in ended["shots"]] == [False, True, False]
    assert sites("A") <= set(places(tmp_path / "map.json"))


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["reel", "--cuts", "none.csv", "-o", "m.json"], "cannot be read"),
        (["reel", "--cuts", "cuts", "-o", "m.json"], "suffix"),
        (["reel", "--cuts-start", "5", "-o", "m.json"], "none is named"),
        (["reel", "--fps", "25", "-o", "m.json"], "none is named"),
        (["reel", "--fps", "x", "--cuts", "cuts.csv", "-o", "m.json"], "frames a second"),
        (["reel", "--cuts", "cuts.csv", "--fps", "25", "-o", "m.json"], "no frame rate"),
        (["reel", "--cuts", "far.csv", "-o", "m.json"], "the reel has 1001-1024"),
        (["reel", "--cuts", "cuts.csv", "--stats-out", "s.npz"], "of one shot"),
        (["take0", "take1", "--stats-out", "s.npz"], "of one shot"),
        (["take0", "take1", "-o", "m.json"], "a folder is needed"),
        (["take0", "take1", "--cuts", "cuts.csv", "-o", "maps"], "several are named"),
        (["take0", "take1", "./take0", "-o", "maps"], "named twice"),
    ],
)
def test_wrong_use_is_one_sentence(say, tmp_path, argv, says):
    (tmp_path / "far.csv").write_text("1,10\n")
    failed = say("detect", *argv, code=2)
    assert says in failed["error"]["what"]
    assert not list(tmp_path.glob("m*.json"))


def test_people_read_a_line_for_each_shot(prepared, monkeypatch, capsys):
    monkeypatch.chdir(prepared)
    assert main(["detect", "reel", "--cuts", "cuts.csv", "--check", "--frames", "1001-1012", "-q"]) == 1
    out = capsys.readouterr().out
    assert "one" in out
    assert "in 2 shots" in out


def test_one_frame_is_one_frame(prepared, monkeypatch, capsys):
    monkeypatch.chdir(prepared)
    assert main(["detect", "reel", "--cuts", "none", "--check", "--frames", "1001", "-q"]) in {0, 1}
    out = capsys.readouterr().out.rstrip()
    assert out.endswith(" in 1 frame")
    assert "  " not in out
