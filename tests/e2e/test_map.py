# SPDX-License-Identifier: Apache-2.0
"""`pixmend map` as people and hosts call it: the command in a subprocess for the whole, `main` for the corners."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from pixmend.cli import main
from pixmend.model import Method, map_from_json, map_to_json
from tests.make.constellations import PLATE_HD, map_at, scattered

DEFECTS = [
    {"id": "d0001", "x": 10, "y": 20, "kind": "hot", "frames": "1001-1010", "samples": [[0, 0, "R"], [1, 0, "G"]],
     "amplitude_sigma": 23.14, "confidence": 0.998, "status": "proposed", "severity": "issue", "note": ""},
    {"id": "d0002", "x": 0, "y": 0, "kind": "dead", "samples": [[0, 0, "*"]],
     "amplitude_sigma": None, "confidence": None, "status": "rejected", "severity": "fyi", "note": "a star"},
    {"id": "d0003", "x": 99, "y": 49, "kind": "hot", "frames": "1020", "samples": [[0, 0, "B"]],
     "amplitude_sigma": -4.0, "confidence": 0.5, "status": "accepted", "severity": "issue", "note": ""},
]  # fmt: skip
HEAD = {
    "schema": "pixmend.map/1",
    "raster": {"x": 0, "y": 0, "width": 100, "height": 50},
    "source": {"sequence": "A.#.exr", "frames": "1001-1100", "camera": "A-cam", "channels": ["R", "G", "B"]},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.json").write_text(json.dumps(HEAD | {"defects": DEFECTS, "later": 1}))
    return tmp_path


@pytest.fixture
def say(capsys):
    """Call the command with --json; return its exit code and its one object."""

    def call(*argv):
        code = main([*map(str, argv), "--json"])
        out, err = capsys.readouterr()
        assert (out.count("\n"), err) == (1, "")
        found = json.loads(out)
        assert found["ok"] is (code == 0)
        assert code == 0 or found["exit_code"] == code
        return code, found

    return call


def done(call, *argv):
    code, found = call(*argv)
    assert code == 0, found
    return found


def refused(call, *argv):
    code, found = call(*argv)
    assert code == 2
    return found["error"]


def read(path):
    return map_from_json(path.read_text(encoding="utf-8"))


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def ids(path):
    return [each.id for each in read(path).defects]


# show


def test_show_in_a_shell(folder):
    got = subprocess.run(
        [sys.executable, "-m", "pixmend", "map", "show", "map.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (got.returncode, got.stderr) == (0, "")
    assert got.stdout == (
        "id     kind   x   y  frames     samples   sigma  confidence  status    severity  note\n"
        "d0001  hot   10  20  1001-1010  1 R, 1 G   23.1       0.998  proposed  issue\n"
        "d0002  dead   0   0  all        1 all                        rejected  fyi       a star\n"
        "d0003  hot   99  49  1020       1 B        -4.0       0.500  accepted  issue\n"
        "3 defects\n"
        "kind: 1 dead, 2 hot\n"
        "status: 1 accepted, 1 proposed, 1 rejected\n"
        "severity: 1 fyi, 2 issue\n"
        "raster: 100x50+0+0\n"
        "source: A.#.exr, 1001-1100, A-cam\n"
    )


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], ["d0001", "d0002", "d0003"]),
        (["--kind", "lit"], ["d0001", "d0003"]),
        (["--kind", "black"], ["d0002"]),
        (["--status", "accepted"], ["d0003"]),
        (["--frames", "1005"], ["d0001", "d0002"]),
        (["--frames", "1011-1100"], ["d0002", "d0003"]),
        (["--frames", "-5--1", "--kind", "hot"], []),
    ],
)
def test_show_chooses(folder, say, options, shown):
    found = done(say, "map", "show", "map.json", *options)
    assert [each["id"] for each in found["defects"]] == shown
    assert found["count"] == len(shown)


def test_show_counts(folder, say):
    found = done(say, "map", "show", "map.json")
    assert found["schema"] == "pixmend.map.show/1"
    assert found["counts"]["kind"] == {"dead": 1, "hot": 2}
    assert found["raster"] == {"x": 0, "y": 0, "width": 100, "height": 50}


def test_an_empty_map_is_shown(folder, say, capsys):
    (folder / "none.json").write_text(json.dumps(HEAD | {"defects": []}))
    assert done(say, "map", "show", "none.json")["count"] == 0
    assert main(["map", "show", "none.json"]) == 0
    assert capsys.readouterr().out.startswith("0 defects\nraster:")


EVIDENCE = {
    "score": 31.25, "frames_seen": 44, "frames_expected": 48,
    "photosite_fit": 0.96, "optical_fit": 0.61, "fluctuation": 0.04,
}  # fmt: skip


def test_show_says_why(folder, say, capsys):
    plain = {"kind": "hot", "samples": [[0, 0, "R"]]}
    votes = {"seen": 5, "of": 6}
    explained = [
        DEFECTS[0] | {"evidence": EVIDENCE},
        *DEFECTS[1:],
        plain | {"id": "d0004", "x": 4, "y": 4, "evidence": EVIDENCE | {"score": -5.0, "optical_fit": None}},
        plain | {"id": "d0005", "x": 9, "y": 9, "evidence": EVIDENCE, "votes": votes},
    ]
    settings = {"threshold_sigma": 8.0, "known_threshold_sigma": 4.5}
    made_by = {"pixmend": "0.1.0", "settings": settings}
    (folder / "why.json").write_text(
        json.dumps(HEAD | {"made_by": made_by, "shots": 6, "defects": explained})
    )
    assert main(["map", "show", "why.json", "--id", "d0001"]) == 0
    assert capsys.readouterr().out == (
        "d0001 (10, 20) hot, R and G, 2 samples, frames 1001-1010\n"
        "  23.1 sigma over its surroundings, swings by 4 %\n"
        "  score 31.2 (8 is needed); shows in 44 of 48 frames looked at\n"
        "  one photosite explains 96 %, an optical point (star, lamp) explains 61 % of it\n"
        "  proposed, issue, confidence 0.998\n"
    )
    assert main(["map", "show", "why.json", "--id", "d0004"]) == 0
    assert capsys.readouterr().out.splitlines()[1:4] == [
        "  score 5.0 (4.5 is needed where the camera has one); shows in 44 of 48 frames looked at",
        "  one photosite explains 96 % of it",
        "  proposed, issue",
    ]
    assert main(["map", "show", "why.json", "--id", "d0005"]) == 0
    assert capsys.readouterr().out.splitlines()[1:4] == [
        "  score 31.2; shows in 44 of 48 frames looked at",
        "  one photosite explains 96 %, an optical point (star, lamp) explains 61 % of it",
        "  in 5 of the 6 shots that cover its place",
    ]
    assert main(["map", "show", "why.json", "--why"]) == 0
    assert (
        "\n\nd0002 (0, 0) dead, every channel, 1 sample, every frame\n  nothing was measured\n"
        "  rejected, fyi\n  note: a star\n\nd0003 (99, 49) hot, B, 1 sample, frame 1020\n"
        "  4.0 sigma under its surroundings\n"
    ) in capsys.readouterr().out
    assert main(["map", "show", "why.json"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].endswith("samples   sigma  score  seen      shots   confidence  status    severity  note")
    assert "  31.2  44 of 48  5 of 6 " in table[5]
    found = done(say, "map", "show", "why.json", "--id", "d0001,d0002,d0005")
    assert [each["evidence"] for each in found["defects"]] == [EVIDENCE, None, EVIDENCE]
    assert (found["shots"], found["made_by"], found["defects"][2]["votes"]) == (6, made_by, votes)


def test_show_refuses_ids_that_are_not_there(folder, say):
    assert (
        "no defect has the id d0009" in refused(say, "map", "show", "map.json", "--id", "d0001,d0009")["what"]
    )
    assert "no list of ids" in refused(say, "map", "show", "map.json", "--id", ",")["what"]


# convert


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


# merge


def test_merge(folder, say):
    (folder / "more.csv").write_text("x,y,frames,status\n10,20,1050,accepted\n3,4,,\n")
    found = done(say, "map", "merge", "map.json", "more.csv", "-o", "all.json")
    assert found["count"] == 4
    merged = read(folder / "all.json")
    assert ids(folder / "all.json") == ["d0001", "d0002", "d0003", "d0004"]
    assert (str(merged.defects[0].frames), merged.defects[0].status.value) == ("1001-1010,1050", "accepted")


def test_merge_by_votes(folder, say, capsys):
    (folder / "two.csv").write_text("x,y\n11,20\n50,30\n")
    (folder / "three.csv").write_text("x,y\n10,20\n50,30\n")
    shots = ["map.json", "two.csv", "three.csv"]
    found = done(say, "map", "merge", *shots, "--vote", "1", "-o", "all.json")
    assert (found["count"], found["shots"], found["dropped"]) == (4, 3, 0)
    found = done(say, "map", "merge", "all.json", "--vote", "2", "-o", "camera.json")
    assert (found["count"], found["shots"], found["dropped"]) == (4, 3, 0)  # two of them a person decided
    camera = read(folder / "camera.json")
    assert [(each.id, each.x, each.y, each.votes.seen) for each in camera.defects] == [
        ("d0001", 10, 20, 3),
        ("d0002", 0, 0, 0),
        ("d0003", 99, 49, 1),
        ("d0004", 50, 30, 2),
    ]
    assert camera.made_by["settings"] == {"vote": 2, "align": False}
    assert main(["map", "merge", *shots, "--vote", "3", "-o", "sure.json"]) == 0
    assert capsys.readouterr().out == (
        "1 left out: in fewer than 3 of 3 shots\n3 defects written to sure.json\n"
    )


def test_merge_finds_how_the_shots_lie(folder, say, capsys):
    camera = scattered(14, seed=3)
    other = map_at(scattered(14, seed=4))
    for name, shot in (
        ("a", map_at(camera)),
        ("b", map_at(camera * (-0.5, 0.5) + (2047.0, 0.0), PLATE_HD)),
        ("c", map_at(camera + np.array((12.0, -7.0)))),
        ("d", other),
    ):
        (folder / f"{name}.json").write_text(map_to_json(shot))
    argv = [
        "map",
        "merge",
        "a.json",
        "b.json",
        "c.json",
        "d.json",
        "--vote",
        "2",
        "--align",
        "-o",
        "camera.json",
    ]
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert re.search(r"^b\.json: resized by (1\.99|2\.00)\d\d, flipped in x, moved by ", said, re.MULTILINE)
    assert re.search(
        r"^c\.json: moved by -12\.0, \+7\.0, 14 defects in common, by chance 1 in 1e",
        said,
        re.MULTILINE,
    )
    assert "d.json: left out, too few defects in common" in said
    found = done(say, *argv, "--overwrite")
    assert [each["joined"] for each in found["maps"]] == [True, True, True, False]
    assert found["maps"][2]["offset"] == [-12.0, 7.0]
    assert found["shots"] == 3
    assert all(each.votes.seen >= 2 for each in read(folder / "camera.json").defects)
    error = refused(say, "map", "merge", "a.json", "d.json", "--vote", "1", "--align", "-o", "x.json")
    assert (error["where"], error["what"]) == (
        "a.json",
        "no other map has enough defects in common with the first",
    )
    assert (
        "different rasters"
        in refused(say, "map", "merge", "a.json", "b.json", "--vote", "1", "-o", "x.json")["what"]
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--vote", "0"], "'0' is not a number of shots"),
        (["--vote", "-1"], "'-1' is not a number of shots"),
        (["--vote", "two"], "'two' is not a number of shots"),
        (["--vote", "9" * 4000], "is not a number of shots"),
        (["--vote", "3"], "3 votes are asked for and there are 2 shots"),
        (["--align"], "it is for --vote"),
    ],
)
def test_a_vote_that_cannot_be_held_writes_nothing(folder, say, options, says):
    error = refused(say, "map", "merge", "map.json", "map.json", "-o", "new.json", *options)
    assert says in error["what"]
    assert names(folder) == ["map.json"]


# edit


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


# outputs


def test_a_dry_run_writes_nothing_and_tells_the_same(folder, say):
    for argv in (
        ["convert", "map.json", "-o", "new.csv"],
        ["merge", "map.json", "map.json", "-o", "new.json"],
        ["merge", "map.json", "map.json", "-o", "new.json", "--vote", "2"],
        ["edit", "map.json", "-o", "new.json", "--remove", "d0001"],
        ["edit", "map.json", "--in-place", "--remove", "d0001"],
    ):
        before = (folder / "map.json").read_bytes()
        found = done(say, "map", *argv, "--dry-run")
        assert found["written"] is False
        assert names(folder) == ["map.json"]
        assert (folder / "map.json").read_bytes() == before
        assert done(say, "map", *argv) == found | {"written": True}
        (folder / "map.json").write_bytes(before)
        for each in folder.glob("new.*"):
            each.unlink()


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_what_exists_stays_without_overwrite(folder, say, dry):
    (folder / "new.json").write_text("mine")
    assert refused(say, "map", "convert", "map.json", "-o", "new.json", *dry)["what"] == "exists already"
    assert (folder / "new.json").read_text() == "mine"
    done(say, "map", "convert", "map.json", "-o", "new.json", "--overwrite", *dry)
    assert (folder / "new.json").read_text() == "mine" if dry else ids(folder / "new.json")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["-o", "."], "does not say which kind"),
        (["-o", "new"], "does not say which kind"),
        (["-o", "map.json/new.json"], "cannot be written"),
        (["-o", "new.json", "--raster", "9x9"], "the map is for a raster of 100x50+0+0, not 9x9+0+0"),
        (["-o", "new.json", "--kind", "hot"], "names the kind of each defect itself"),
        (["-o", "new.json", "--from", "csv"], "line 1"),
    ],
)
def test_a_conversion_that_cannot_be_made_writes_nothing(folder, say, argv, says):
    assert says in refused(say, "map", "convert", "map.json", *argv)["what"]
    assert names(folder) == ["map.json"]


def test_a_mask_needs_a_raster(folder, say):
    (folder / "a.csv").write_text("1,2\n")
    assert "which raster" in refused(say, "map", "convert", "a.csv", "-o", "mask.png")["what"]
    assert "outside" in refused(say, "map", "convert", "a.csv", "-o", "b.json", "--raster", "2x2")["what"]


# bad input

BAD_MAPS = {
    "empty.json": b"",
    "text.json": b"hello",
    "latin.json": b"\xff\xfe{}",
    "list.json": b"[]",
    "deep.json": b"[" * 500_000,
    "newer.json": b'{"schema": "pixmend.map/2", "raster": null, "defects": []}',
    "nan.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"confidence": float("nan")}]}).encode(),
    "float.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"x": 1.5}]}).encode(),
    "twice.json": json.dumps(HEAD | {"defects": DEFECTS[:1] * 2}).encode(),
    "outside.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"x": 99}]}).encode(),
    "channel.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"samples": [[0, 0, 7]]}]}).encode(),
    "range.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"frames": "1-2-3"}]}).encode(),
    "empty.csv": b"",
    "text.csv": b"x,y\n1,b\n",
    "zeros.csv": bytes(1000),
    "text.badpixels": b"1 b 0\n",
    "map.xml": b"<map/>",
    "empty.png": b"",
    "text.exr": b"hello",
}


@pytest.mark.parametrize("name", BAD_MAPS)
@pytest.mark.parametrize("action", ["show", "convert", "merge", "edit"])
def test_a_bad_map_is_one_sentence_and_nothing_is_written(tmp_path, monkeypatch, say, capsys, name, action):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(BAD_MAPS[name])
    out = {"show": [], "edit": ["-o", "new.json", "--accept", "all"]}.get(action, ["-o", "new.json"])
    error = refused(say, "map", action, name, *out)
    assert error["where"] == name
    assert "\n" not in error["what"]
    assert 0 < len(error["what"]) < 300
    assert main(["map", action, name, *out]) == 2
    assert capsys.readouterr().err.startswith(f"error: {name}: ")
    assert names(tmp_path) == [name]


def test_a_map_that_is_a_folder_or_missing(folder, say):
    (folder / "folder.json").mkdir()
    assert "is a directory" in refused(say, "map", "show", "folder.json")["what"]
    assert "no such file" in refused(say, "map", "show", "gone.json")["what"]
    assert refused(say, "map", "show", "gone.png")["where"] == "gone.png"
    assert "not a directory" in refused(say, "map", "show", "map.json/a.json")["what"]


def test_an_endless_file_is_no_map(say, monkeypatch):
    monkeypatch.setattr("pixmend.cli._map_files._MOST_BYTES", 1000)
    assert "larger than" in refused(say, "map", "show", "/dev/zero", "--from", "json")["what"]


@pytest.mark.parametrize("action", ["show", "convert", "merge", "edit"])
def test_nothing_in_a_map_is_executed_followed_or_a_place_to_write(folder, say, capsys, action):
    evil = [
        "../../etc/x",
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "file:///etc/passwd",
        "{0.__class__}",
        "%s%n",
        "\x1b]0;pwned\x07",
        "=cmd|'/c calc'!A1",
    ]
    defects = [DEFECTS[0] | {"id": f"d{n}", "x": n, "note": text} for n, text in enumerate(evil)]
    labels = {
        "sequence": evil[0],
        "camera": evil[1],
        "frames": "",
        "channels": evil,
        "$ref": "file:///etc/passwd",
    }
    document = HEAD | {"source": labels, "defects": defects, "$ref": "file:///etc/passwd", "$schema": "x://y"}
    (folder / "evil.json").write_text(json.dumps(document))
    out = {"show": [], "edit": ["-o", "new.json", "--accept", "all"]}.get(action, ["-o", "new.json"])
    done(say, "map", action, "evil.json", *out)
    assert names(folder) == sorted(["evil.json", "map.json", *(["new.json"] if out else [])])
    if out:
        kept = read(folder / "new.json")
        assert (kept.source.sequence, kept.extra["$ref"]) == (evil[0], "file:///etc/passwd")
        assert [each.note for each in kept.defects] == evil
    assert main(["map", "show", "evil.json"]) == 0
    assert "\x1b" not in capsys.readouterr().out
