# SPDX-License-Identifier: Apache-2.0
"""A small shot on disk with the map that a perfect detector would write."""

from dataclasses import replace

import pytest

from pixmend.frames import open_shot
from pixmend.model import FrameRange, Kind
from pixmend.simulate import Motion, PlantedDefect, ShotFormat, ShotSpec, SimulatedShot, true_map, write_shot
from tests.make.shots import LINEAR

PLANTED = (
    PlantedDefect(sites=((30, 40),), kind=Kind.HOT, amplitude_sigma=40.0),
    PlantedDefect(sites=((101, 80),), kind=Kind.STUCK, saturated=True),
    PlantedDefect(sites=((0, 0),), kind=Kind.HOT, amplitude_sigma=60.0),
    PlantedDefect(sites=((70, 21),), kind=Kind.HOT, amplitude_sigma=80.0),
)


@pytest.fixture(scope="session")
def encoding():
    return LINEAR


@pytest.fixture(scope="session")
def simulated():
    spec = ShotSpec(
        width=128, height=96, frames=FrameRange.parse("1001-1008"), motion=Motion.PAN, exposure=0.3, recipe=()
    )
    return SimulatedShot(spec, planted=PLANTED)


@pytest.fixture(scope="session")
def plate_folder(simulated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shot") / "plate"
    write_shot(simulated, folder, file_format=ShotFormat.EXR_ZIPS)
    return folder


@pytest.fixture
def shot(plate_folder):
    return open_shot(plate_folder)


@pytest.fixture(scope="session")
def defect_map(simulated):
    made = true_map(simulated, least_sigma=0.3)
    return replace(made, source=replace(made.source, camera="A-cam"))
