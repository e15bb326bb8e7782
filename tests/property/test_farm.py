# SPDX-License-Identifier: Apache-2.0
"""What a task of a job finds comes out of its file as it went in."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.errors import BadFrameError, FrameError, MissingFrameError, UnsupportedError
from pixmend.model import (
    Defect,
    DefectMap,
    Evidence,
    FrameRange,
    Kind,
    Method,
    Raster,
    Sample,
    Severity,
    Source,
    Status,
    Votes,
    map_to_json,
)
from pixmend.pipeline._farm_findings import look_from_fields, look_to_fields
from pixmend.register import ShotFindings

numbers = st.floats(-1e6, 1e6)
ranges = st.sets(st.integers(-50, 5000), min_size=1, max_size=6).map(FrameRange)
names = st.sampled_from(["R", "G", "B", "*"])
extras = st.dictionaries(
    st.sampled_from(["shots", "camera", "seen"]), numbers | st.text(max_size=4), max_size=2
)
evidence = st.builds(
    Evidence,
    score=numbers,
    frames_seen=st.integers(0, 50),
    frames_expected=st.integers(50, 99),
    photosite_fit=st.none() | st.floats(0, 1),
    optical_fit=st.none() | st.floats(0, 1),
    fluctuation=st.none() | st.floats(0, 1e6),
)


def defects(ident):
    return st.builds(
        Defect,
        id=ident,
        x=st.integers(0, 99),
        y=st.integers(0, 99),
        kind=st.sampled_from(Kind),
        samples=st.lists(
            st.builds(Sample, st.integers(-3, 3), st.integers(-3, 3), names), min_size=1, max_size=4
        ).map(tuple),
        frames=st.none() | ranges,
        amplitude_sigma=st.none() | numbers,
        confidence=st.none() | st.floats(0, 1),
        status=st.sampled_from(Status),
        severity=st.sampled_from(Severity),
        note=st.text(max_size=5),
        method=st.none() | st.sampled_from(Method),
        evidence=st.none() | evidence,
        votes=st.none() | st.integers(1, 9).map(lambda seen: Votes(seen=seen, of=9)),
        extra=extras,
    )


sure = st.lists(defects(st.just("")), max_size=4).map(
    lambda rows: tuple(
        Defect(**{name: getattr(each, name) for name in each.__slots__} | {"id": f"d{number:04d}"})
        for number, each in enumerate(rows)
    )
)
maps = st.builds(
    DefectMap,
    raster=st.just(Raster(-4, 0, 200, 100)),
    defects=sure,
    source=st.builds(
        Source, sequence=st.text(max_size=6), frames=st.none() | ranges, camera=st.text(max_size=3)
    ),
    made_by=st.just({"pixmend": "0.1.0", "settings": {"threshold_sigma": 8.0, "frames": [1, 2]}}),
)
findings = st.builds(
    ShotFindings,
    map=maps,
    # Candidates have no id of their own yet, so that many share one.
    candidates=st.lists(defects(st.just("")), max_size=3).map(tuple),
    is_still=st.booleans(),
    camera=st.text(max_size=3),
)


@settings(max_examples=25)
@given(findings)
def test_findings_come_back_exactly(found):
    text = json.dumps(look_to_fields(found), allow_nan=False)
    back = look_from_fields(json.loads(text))
    assert back == found
    assert map_to_json(back.map) == map_to_json(found.map)


@given(
    st.sampled_from([FrameError, MissingFrameError, BadFrameError, UnsupportedError]),
    st.text(max_size=9),
    st.text(max_size=9),
    st.text(max_size=9),
)
def test_why_a_shot_cannot_be_read_comes_back(kind, what, where, hint):
    back = look_from_fields(json.loads(json.dumps(look_to_fields(kind(what, where=where, hint=hint)))))
    assert (type(back), back.what, back.where, back.hint) == (kind, what, where, hint)
