# SPDX-License-Identifier: Apache-2.0
"""Shots of a reel by a list: which of their frames show another shot too. Where the maps of several go."""

import json
from argparse import Namespace

import numpy as np
import opentimelineio as otio
import pytest
from opentimelineio.opentime import RationalTime, TimeRange

from pixmend.cli import main
from pixmend.cli._detect_reel import split_at_cuts
from pixmend.model import FrameRange
from pixmend.pipeline import Take
from pixmend.progress import Silent
from tests.make.shots import LINEAR, memory_shot
from tests.make.shots_on_disk import write_integers


def clip(name, duration):
    return otio.schema.Clip(name, source_range=TimeRange(RationalTime(0, 24), RationalTime(duration, 24)))


def test_a_listed_dissolve_is_known_frame_by_frame(tmp_path):
    dissolve = otio.schema.Transition(in_offset=RationalTime(4, 24), out_offset=RationalTime(8, 24))
    timeline = otio.schema.Timeline("t")
    timeline.tracks.append(
        otio.schema.Track(
            kind="Video", children=[clip("one", 20), dissolve, clip("two", 20), clip("three", 10)]
        )
    )
    otio.adapters.write_to_file(timeline, str(tmp_path / "reel.otio"))
    source = memory_shot(dict.fromkeys(range(1001, 1051), np.full((16, 16, 3), 0.18, np.float16)))
    args = Namespace(cuts=str(tmp_path / "reel.otio"), cuts_start=None, fps=None)
    for asked, mixed in (
        ("1001-1050", ["1017-1022", "1023-1028", ""]),
        ("1020-1025", ["1020-1022", "1023-1025"]),
    ):
        whole = Take(source=source, encoding=LINEAR, frames=FrameRange.parse(asked))
        assert [str(each.mixed) for each in split_at_cuts(whole, args, Silent())] == mixed


@pytest.mark.parametrize(
    ("files", "map_name"),
    [
        (["A012C003.1001", "A012C003.1002"], "A012C003"),
        (["A012C003.1001", "A012C003.1003", "A012C003.1004"], "A012C003"),
        (["A012C003_00998", "A012C003_01000"], "A012C003"),
        (["A012C003.1001"], "A012C003"),
        (["still7"], "still7"),
        (["1001", "1002"], "shot"),
    ],
)
def test_a_map_has_the_name_of_its_sequence(files, map_name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for folder, names in (("one", files), ("other", ["B003C001.1", "B003C001.2"])):
        (tmp_path / folder).mkdir()
        for name in names:
            write_integers(tmp_path / folder / f"{name}.tif", np.full((16, 16, 3), 9, np.uint16))
    words = ["--cuts", "none", "--encoding", "acescct", "-o", "maps", "--dry-run", "--json", "-q"]
    assert main(["detect", "one", "other", *words]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == [f"maps/{map_name}.json", "maps/B003C001.json"]
