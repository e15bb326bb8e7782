# SPDX-License-Identifier: Apache-2.0
import json
import math

import pytest

from pixmend.errors import MapError
from pixmend.model import Defect, DefectMap, Evidence, Kind, Sample, map_from_json, map_to_json

FULL = {
    "score": 31.25,
    "frames_seen": 44,
    "frames_expected": 48,
    "photosite_fit": 0.96,
    "optical_fit": 0.61,
    "fluctuation": 0.04,
}


def text_with(evidence):
    defect = {"id": "d1", "x": 1, "y": 2, "kind": "hot", "samples": [[0, 0, "R"]], "evidence": evidence}
    return json.dumps({"schema": "pixmend.map/1", "raster": None, "defects": [defect]})


def test_evidence_comes_back_with_what_is_not_known():
    read = map_from_json(text_with(FULL | {"later": [1, "ü"]}))
    assert read.defects[0].evidence == Evidence(**FULL, extra={"later": [1, "ü"]})
    assert map_from_json(map_to_json(read)) == read


@pytest.mark.parametrize("evidence", [None, {"score": -3, "frames_seen": 0, "frames_expected": 0}])
def test_what_was_not_measured_is_none(evidence):
    read = map_from_json(text_with(evidence)).defects[0].evidence
    assert read == (evidence and Evidence(**evidence))
    assert read is None or (read.photosite_fit, read.optical_fit, read.fluctuation) == (None, None, None)


def test_a_defect_without_evidence_says_nothing_of_it():
    bare = Defect(id="a", x=0, y=0, kind=Kind.HOT, samples=(Sample(0, 0, "R"),))
    assert "evidence" not in map_to_json(DefectMap(raster=None, defects=(bare,)))


BAD = [
    ({"score": math.inf}, "score"),
    ({"score": math.nan}, "score"),
    ({"frames_seen": -1}, "-1"),
    ({"frames_seen": 49}, "49 of 48"),
    ({"photosite_fit": 1.01}, "photosite_fit"),
    ({"photosite_fit": math.nan}, "photosite_fit"),
    ({"optical_fit": -0.1}, "optical_fit"),
    ({"fluctuation": -0.1}, "fluctuation"),
    ({"fluctuation": math.inf}, "fluctuation"),
]


@pytest.mark.parametrize(("change", "says"), BAD)
def test_impossible_evidence_is_not_made(change, says):
    with pytest.raises(ValueError, match=says):
        Evidence(**FULL | change)


@pytest.mark.parametrize(
    "evidence",
    [
        *(FULL | change for change, _ in BAD),
        {},
        5,
        FULL | {"score": 1e12},
        FULL | {"frames_expected": 10**10},
        FULL | {"frames_seen": 1.5},
        FULL | {"score": "high"},
    ],
)
def test_impossible_evidence_is_not_read(evidence):
    with pytest.raises(MapError) as caught:
        map_from_json(text_with(evidence), where="a.json")
    assert caught.value.where == "a.json"


@pytest.mark.parametrize("votes", [{"seen": 3, "of": 2}, {"seen": -1, "of": 2}, {"seen": 1}, 7])
def test_impossible_votes_are_not_read(votes):
    text = text_with(None).replace('"evidence": null', f'"votes": {json.dumps(votes)}')
    with pytest.raises(MapError):
        map_from_json(text)
