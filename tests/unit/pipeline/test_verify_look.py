# SPDX-License-Identifier: Apache-2.0
"""What `verify` looks at together, on one machine and in the tasks of a farm alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.model import Defect, DefectMap, FrameRange, Kind, Raster, Sample
from pixmend.pipeline._verify_look import shots_to_look_at

_FRAMES = FrameRange(range(1001, 1101))


def _map_telling(*shots: object) -> DefectMap:
    defect = Defect(id="d0001", x=5, y=5, kind=Kind.HOT, samples=(Sample(0, 0, "R"),))
    extra = {"shots_found": list(shots)} if shots else {}
    return DefectMap(raster=Raster(0, 0, 64, 48), defects=(defect,), extra=extra)


def test_the_shots_of_the_map_are_looked_at_one_by_one():
    told = _map_telling({"frames": "1001-1040"}, {"frames": "1041-1100"})
    assert [str(each) for each in shots_to_look_at(told, _FRAMES)] == ["1001-1040", "1041-1100"]


def test_only_frames_that_are_wanted_are_looked_at_and_shots_without_any_are_left_out():
    told = _map_telling({"frames": "1001-1040"}, {"frames": "1041-1100"})
    assert [str(each) for each in shots_to_look_at(told, FrameRange(range(1030, 1036)))] == ["1030-1035"]


@pytest.mark.parametrize("edited", [{"frames": "x"}, {}, "1001-1040"])
def test_a_map_that_tells_no_shots_or_was_edited_is_of_one_shot(edited):
    assert shots_to_look_at(_map_telling(), _FRAMES) == [_FRAMES]
    assert shots_to_look_at(_map_telling(edited), _FRAMES) == [_FRAMES]


@given(st.integers(1, 5000), st.integers(0, 100))
def test_a_long_shot_is_looked_at_in_parts_of_like_length_that_leave_nothing_out(count, first):
    frames = FrameRange(range(first, first + count))
    parts = shots_to_look_at(_map_telling(), frames)
    lengths = [len(each) for each in parts]
    assert np.concatenate([each.frames for each in parts]).tolist() == list(frames)
    assert max(lengths) <= 1000
    assert max(lengths) - min(lengths) <= 1
