# SPDX-License-Identifier: Apache-2.0
"""What tells the work on one frame from other work on it."""

from dataclasses import replace

from pixmend.formats import ReadOptions
from pixmend.frames import Encoding
from pixmend.model import CameraFootprint, Defect, FrameRange, Kind, Raster, Sample
from pixmend.pipeline._job import FixSettings, Jobs
from tests.make.shots import rgb_plate

DEFECT = Defect(id="d1", x=5, y=6, kind=Kind.HOT, samples=(Sample(0, 0, "R"),))
RED = CameraFootprint(x=0, y=1, channels=("R",), weights=(((1.0,),),), sites=12)


def name(*footprints, frames="1001-1010"):
    jobs = Jobs(
        FixSettings(encoding=Encoding("linear", "test")),
        ReadOptions(),
        rgb_plate(Raster(0, 0, 64, 48)),
        FrameRange.parse(frames),
        footprints,
    )
    return jobs.name([DEFECT])


def test_what_a_map_knows_of_the_camera_is_a_part_of_the_job():
    assert len({name(), name(RED), name(RED, replace(RED, x=1)), name(replace(RED, y=0))}) == 4
    assert name(RED) == name(RED)


def test_what_it_learns_from_is_too():
    assert name() != name(frames="1001-1009")
