# SPDX-License-Identifier: Apache-2.0
"""`map merge`: joined, voted, aligned."""

import re

import numpy as np
import pytest

from pixmend.cli import main
from pixmend.model import map_to_json
from tests.make.constellations import PLATE_HD, map_at, scattered
from tests.make.map_commands import done, ids, names, read, refused


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
