# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.errors import MapError
from pixmend.model import (
    Defect,
    DefectMap,
    Evidence,
    Kind,
    Raster,
    Sample,
    Severity,
    Status,
    Votes,
    map_from_json,
    map_to_json,
)
from pixmend.model import _mapfile as mapfile
from pixmend.model._defect import FARTHEST, is_defect_id

GOLDEN = Path(__file__).parents[2] / "golden" / "maps"


def document(**changes):
    defect = {"id": "d0001", "x": 1, "y": 2, "kind": "hot", "samples": [[0, 0, "R"]]}
    defect |= changes.pop("defect", {})
    base = {
        "schema": "pixmend.map/1",
        "raster": {"x": 0, "y": 0, "width": 9, "height": 9},
        "defects": [defect],
    }
    return json.dumps(base | changes)


def test_the_frozen_map_comes_back_to_the_letter():
    text = (GOLDEN / "pixmend.map.1.json").read_text(encoding="utf-8")
    assert map_to_json(map_from_json(text)) == text


def test_the_frozen_map_is_read_as_it_says():
    read = map_from_json((GOLDEN / "pixmend.map.1.json").read_text(encoding="utf-8"))
    assert read.raster == Raster(-16, 8, 4096, 2160)
    assert read.raster_extra == {"later": "kept"}
    first, second, third = read.defects
    assert (first.x, first.y, first.kind, first.status) == (812, 407, Kind.HOT, Status.ACCEPTED)
    assert first.samples == (Sample(0, 0, "R"), Sample(0, 0, "G"), Sample(1, 0, "R"))
    assert (str(first.frames), first.amplitude_sigma, first.confidence) == ("1001-1100", 23.1, 0.998)
    assert first.extra == {"later": {"deep": [1, None, "ü"]}}
    assert (second.frames, second.kind, second.samples) == (None, Kind.DEAD, (Sample(0, 0, "*"),))
    assert third.evidence == Evidence(
        score=31.25,
        frames_seen=44,
        frames_expected=48,
        photosite_fit=0.96,
        fluctuation=0.04,
        extra={"later": "kept"},
    )
    assert (read.shots, third.votes) == (12, Votes(seen=7, of=11, extra={"later": 0}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not a defect map"),
        ("null", "not a defect map"),
        ('{"schema": 1}', "not a defect map"),
        ("[" * 200_000, "nested too deep"),
        ('{"a":' * 200_000, "nested too deep"),
        (document(schema="pixmend.map/2"), "'pixmend.map/2', this pixmend reads 'pixmend.map/1'"),
        (document(schema="z" * 9000), "'zzz"),
        ('{"schema": "pixmend.map/1"}', "'raster' is a required property"),
        (document(raster=5), "raster: 5 is not"),
        (document(raster={"x": 0, "y": 0, "width": 0, "height": 1}), "raster/width: 0 is less"),
        (document(defects=None), "defects: None"),
        (document(defects=[7]), "defects/0: 7"),
        (document(defect={"x": 1.5}), "defects/0/x: 1.5"),
        (document(defect={"x": 1.0}), "defects/0/x: 1.0"),
        (document(defect={"x": True}), "defects/0/x: True"),
        (document(defect={"x": "1"}), "defects/0/x: '1'"),
        (document(defect={"y": 10**7}), "defects/0/y: 10000000"),
        (document(defect={"x": int("9" * 400)}), "defects/0/x: 999"),
        (document().replace('"x": 1', f'"x": {"9" * 5000}'), "not JSON"),
        (document(defect={"id": ""}), "defects/0/id: ''"),
        (document(defect={"id": "a b"}), "defects/0/id: 'a b'"),
        (document(defect={"id": "a,b"}), "defects/0/id"),
        (document(defect={"id": "a\n"}), "defects/0/id"),
        (document(defect={"id": "all"}), "defects/0/id: 'all'"),
        (document(defect={"kind": "purple"}), "defects/0/kind: 'purple'"),
        (document(defect={"status": "maybe"}), "defects/0/status: 'maybe'"),
        (document(defect={"frames": "later"}), "'later' is not a frame range"),
        (document(defect={"frames": "1-99999999"}), "holds 99999999 frames"),
        (document(source={"frames": "x"}), "'x' is not a frame range"),
        (document(defect={"samples": []}), "defects/0/samples: []"),
        (document(defect={"samples": [[0, 0]]}), "defects/0/samples/0"),
        (document(defect={"samples": [[0, 0, "R", 1]]}), "defects/0/samples/0"),
        (document(defect={"samples": [[0, 0.5, "R"]]}), "defects/0/samples/0/1: 0.5"),
        (document(defect={"samples": [[0, 0, ""]]}), "defects/0/samples/0/2"),
        (document(defect={"confidence": 1.1}), "defects/0/confidence: 1.1"),
        (document(defect={"amplitude_sigma": float("nan")}), "NaN is not a number of JSON"),
        (document(defect={"amplitude_sigma": float("-inf")}), "-Infinity is not a number of JSON"),
        (document(defect={"amplitude_sigma": 5}).replace("5", "1e999"), "1e999 is too large"),
        (document().replace('"x": 1', '"x": 1, "x": 2'), "the field 'x' stands there twice"),
        (document(defects=json.loads(document())["defects"] * 2), "'d0001' stands for 2 defects"),
    ],
)
def test_what_is_no_map_is_refused_in_a_sentence(text, says):
    with pytest.raises(MapError) as caught:
        map_from_json(text, where="a.json")
    assert says in str(caught.value)
    assert caught.value.where == "a.json"
    assert len(str(caught.value)) < 300


def test_a_map_without_defects_is_a_map():
    empty = map_from_json(document(defects=[], raster=None))
    assert empty == DefectMap(raster=None, defects=())
    assert map_from_json(map_to_json(empty)) == empty


def test_a_number_that_is_none_is_never_written():
    bad = Defect(id="a", x=0, y=0, kind=Kind.HOT, samples=(Sample(0, 0, "R"),), amplitude_sigma=float("nan"))
    with pytest.raises(ValueError, match="JSON compliant"):
        map_to_json(DefectMap(raster=None, defects=(bad,)))


def test_half_a_surrogate_pair_is_kept():
    text = document(defect={"note": "\ud800"})
    assert map_from_json(map_to_json(map_from_json(text))).defects[0].note == "\ud800"


def test_the_schema_is_sound_and_says_what_the_code_says():
    schema = mapfile._validator().schema
    jsonschema.Draft202012Validator.check_schema(schema)
    fields = schema["properties"]["defects"]["items"]["properties"]
    assert fields["kind"]["enum"] == list(Kind)
    assert fields["status"]["enum"] == list(Status)
    assert fields["severity"]["enum"] == list(Severity)
    assert (fields["x"]["minimum"], fields["x"]["maximum"]) == (-FARTHEST, FARTHEST)


@given(st.text("al,. d1\n\u2003ü", min_size=0, max_size=6) | st.just("a" * 201))
def test_ids_are_judged_alike_in_every_form(name):
    try:
        map_from_json(document(defect={"id": name}))
        is_read = True
    except MapError:
        is_read = False
    assert is_read is is_defect_id(name)


def test_older_maps_are_upgraded_step_by_step(monkeypatch):
    def from_zero(old):
        return {"schema": "pixmend.map/0.5", "raster": None, "points": old["points"]}

    def from_half(old):
        defects = [
            {"id": f"d{n:04d}", "x": x, "y": y, "kind": "hot", "samples": [[0, 0, "*"]]}
            for n, (x, y) in enumerate(old.pop("points"))
        ]
        return old | {"schema": "pixmend.map/1", "defects": defects}

    monkeypatch.setitem(mapfile.UPGRADES, "pixmend.map/0", from_zero)
    monkeypatch.setitem(mapfile.UPGRADES, "pixmend.map/0.5", from_half)
    read = map_from_json('{"schema": "pixmend.map/0", "points": [[3, 4]]}')
    assert [(each.id, each.x, each.y) for each in read.defects] == [("d0000", 3, 4)]
