# SPDX-License-Identifier: Apache-2.0
"""`map show`: in a shell, as JSON, in words."""

import json
import subprocess
import sys

import pytest

from pixmend.cli import main
from tests.make.map_commands import DEFECTS, HEAD, done, refused


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
        plain
        | {"id": "d0006", "x": 9, "y": 20, "evidence": EVIDENCE | {"frames_seen": 0, "frames_expected": 0}},
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
    assert "0 of 0" not in table[6]  # of a line no single frame is asked
    found = done(say, "map", "show", "why.json", "--id", "d0001,d0002,d0005")
    assert [each["evidence"] for each in found["defects"]] == [EVIDENCE, None, EVIDENCE]
    assert (found["shots"], found["made_by"], found["defects"][2]["votes"]) == (6, made_by, votes)


def test_show_refuses_ids_that_are_not_there(folder, say):
    assert (
        "no defect has the id d0009" in refused(say, "map", "show", "map.json", "--id", "d0001,d0009")["what"]
    )
    assert "no list of ids" in refused(say, "map", "show", "map.json", "--id", ",")["what"]


def test_channels_are_shown_in_one_order_however_the_map_has_them(folder, say, capsys):
    samples = [
        [0, 0, "A"],
        [0, 0, "left.B"],
        [0, 0, "B"],
        [0, 0, "G"],
        [0, 0, "left.G"],
        [1, 0, "R"],
        [0, 1, "G"],
    ]
    defects = [DEFECTS[0] | {"samples": samples}]
    (folder / "map.json").write_text(json.dumps(HEAD | {"defects": defects}))
    assert main(["map", "show", "map.json"]) == 0
    assert "1 R, 2 G, 1 B, 1 A, 1 left.G, 1 left.B" in capsys.readouterr().out
    assert main(["map", "show", "map.json", "--why"]) == 0
    assert "R, G, B, A, left.G and left.B, 7 samples" in capsys.readouterr().out
