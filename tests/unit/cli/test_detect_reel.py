# SPDX-License-Identifier: Apache-2.0
"""Shots of a reel by a list: which of their frames show another shot too."""

from argparse import Namespace

import numpy as np
import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from pixmend.cli._detect_reel import split_at_cuts
from pixmend.model import FrameRange
from pixmend.pipeline import Take
from pixmend.progress import Silent
from tests.make.shots import LINEAR, memory_shot


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
