# SPDX-License-Identifier: Apache-2.0
"""What a camera's photosites look like, in a map."""

import json
from dataclasses import replace

import pytest

from pixmend.errors import MapError
from pixmend.model import CameraFootprint, DefectMap, Raster, map_from_json, map_to_json

PLANE = ((0.0, 0.25, 0.0), (0.25, 1.0, 0.25), (0.0, -0.125, 0.0))
RED = CameraFootprint(x=0, y=1, channels=("R",), weights=(PLANE,), sites=12, extra={"seen": "twice"})
MAP = DefectMap(raster=Raster(0, 0, 64, 48), defects=(), footprints=(RED, replace(RED, x=1)))


def changed(**fields):
    document = json.loads(map_to_json(MAP))
    document["footprints"][0] |= fields
    return json.dumps(document)


def test_a_map_carries_them_there_and_back():
    assert map_from_json(map_to_json(MAP)) == MAP


@pytest.mark.parametrize("nothing", [None, []])
def test_a_map_may_have_none(nothing):
    document = json.loads(map_to_json(MAP)) | {"footprints": nothing}
    assert map_from_json(json.dumps(document)).footprints == ()
    assert "footprints" not in map_to_json(replace(MAP, footprints=()))


@pytest.mark.parametrize(
    ("offset", "places"),
    [((1, 0), [(1, 1), (0, 1)]), ((0, -3), [(0, 0), (1, 0)]), ((2, 4), [(0, 1), (1, 1)])],
)
def test_a_map_that_is_moved_moves_the_mosaic(offset, places):
    assert [(each.x, each.y) for each in MAP.moved(*offset).footprints] == places


@pytest.mark.parametrize(
    "fields",
    [
        {"x": 2},
        {"x": 1},  # taken
        {"sites": -1},
        {"channels": ["R", "G"]},
        {"weights": [[[0.5]]]},
        {"weights": [[[1.0, 0.0], [0.0, 0.0]]]},
        {"weights": [[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]},
        {"weights": [[[1.5]]]},
        {"weights": []},
    ],
)
def test_what_is_no_footprint_is_refused(fields):
    with pytest.raises(MapError):
        map_from_json(changed(**fields), where="m.json")
