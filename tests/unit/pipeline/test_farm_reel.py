# SPDX-License-Identifier: Apache-2.0
"""A locked-off shot that its camera's other shots tell of, found task by task."""

from dataclasses import replace

import pytest

from pixmend.errors import UsageError
from pixmend.model import FrameRange, map_to_json
from pixmend.pipeline import (
    FarmReel,
    Looking,
    Take,
    detect_takes,
    find_priors,
    look_again_at_shots,
    look_at_shots,
    map_of_looks,
    map_of_reel,
    read_cuts,
    write_cuts,
)
from pixmend.progress import Silent
from pixmend.simulate import Motion, SimulatedShot
from tests.make.reels import SIZE, planted_of
from tests.make.shots import LINEAR, memory_shot, small_spec, stored_frames


@pytest.fixture(scope="module")
def takes():
    faint = tuple(
        replace(each, amplitude_sigma=7.0, saturated=False) for each in planted_of("A", "1001-1024")
    )
    frames = {}
    for number, motion in enumerate((Motion.PAN, Motion.LOCKED)):
        numbers = FrameRange(range(1001 + 12 * number, 1013 + 12 * number))
        spec = small_spec(width=SIZE[1], height=SIZE[0], frames=numbers, motion=motion, seed=31 + number)
        frames |= stored_frames(SimulatedShot(spec, planted=faint))
    source = memory_shot(frames)
    return tuple(
        Take(source=source, encoding=LINEAR, frames=FrameRange(range(first, first + 12)), camera="A")
        for first in (1001, 1013)
    )


def test_shots_are_read_as_they_were_written(takes, tmp_path):
    shots = (replace(takes[0], mixed=FrameRange.parse("1009-1012"), name="kitchen"), takes[1])
    write_cuts(tmp_path, "this", shots, is_told_by_shot=True)
    read = read_cuts(tmp_path, "this", replace(takes[0], frames=FrameRange.parse("1001-1024"))).takes
    told = [(each.frames, each.mixed, each.name, each.camera) for each in read]
    assert told == [(each.frames, each.mixed, each.name, each.camera) for each in shots]


def test_it_is_looked_at_again_and_the_map_is_that_of_one_machine(takes, tmp_path):
    reel = FarmReel(folder=tmp_path, asked="this", takes=takes, is_told_by_shot=True)
    frames = FrameRange(range(1001, 1025))
    looking = Looking()
    look_at_shots(reel, frames, looking, Silent())
    assert list(find_priors(reel)) == [1013]
    with pytest.raises(UsageError, match="1013-1024"):
        map_of_looks(reel)
    assert len(look_again_at_shots(reel, frames, looking, Silent())) == 1
    assert map_to_json(map_of_looks(reel).defect_map) == map_to_json(map_of_reel(detect_takes(takes)))
    (tmp_path / "again" / "1013.prior.json").write_text("{}")  # damaged: the map asks its own
    assert look_again_at_shots(reel, frames, looking, Silent()) == []
    assert len(map_of_looks(reel).found) == 2
