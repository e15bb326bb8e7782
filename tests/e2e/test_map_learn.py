# SPDX-License-Identifier: Apache-2.0
"""``map learn``: what one shot teaches of a camera's photosites helps the next."""

import json
from pathlib import Path

import numpy as np
import pytest

from pixmend.cli import main
from pixmend.model import map_from_json, map_to_json
from pixmend.simulate import true_map
from tests.make.shots_on_disk import small_shot, write_form


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learn")
    write_form(folder / "plate", "exr", small_shot("1001-1004"))
    (folder / "map.json").write_text(map_to_json(true_map(small_shot("1001-1004"))))
    assert (
        main(
            [
                "map",
                "learn",
                str(folder / "plate"),
                "--map",
                str(folder / "map.json"),
                "-o",
                str(folder / "learnt.json"),
                "-q",
            ]
        )
        == 0
    )
    return folder


def read(name):
    return map_from_json(Path(name).read_text())


def test_the_map_gets_footprints_and_keeps_the_rest(prepared, say):
    before, after = read("map.json"), read("learnt.json")
    assert after.defects == before.defects
    assert {(each.x, each.y) for each in after.footprints} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    for each in after.footprints:
        weights = np.array(each.weights)
        assert np.abs(weights).argmax() % 25 == 12  # the photosite itself
        assert each.sites >= 1


def test_only_json_holds_them(prepared, say):
    answer = say("map", "learn", "plate", "--map", "map.json", "-o", "learnt.csv", code=2)
    assert "footprints" in json.dumps(answer)
