# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from pixmend.errors import MapError
from pixmend.model import (
    Defect,
    DefectMap,
    Evidence,
    FrameRange,
    Kind,
    Raster,
    Sample,
    Severity,
    Source,
    Status,
    Votes,
)
from pixmend.register import Placement, vote

RASTER = Raster(0, 0, 400, 300)
RED = (Sample(0, 0, "R"),)


def hot(x, y, **fields):
    return Defect(**{"id": "", "x": x, "y": y, "kind": Kind.HOT, "samples": RED} | fields)


def shot(*defects, raster=RASTER, **fields):
    return DefectMap(raster=raster, defects=(), **fields).added(defects)


def only(voted):
    (found,) = voted.defects
    return found


def counts(voted):
    return {(each.x, each.y): (each.votes.seen, each.votes.of) for each in voted.defects}


def test_what_enough_shots_have_stays():
    maps = [shot(hot(10, 20), hot(50, 60)), shot(hot(50, 61)), shot(hot(51, 60), hot(200, 100))]
    assert counts(vote(maps, least=1)) == {(10, 20): (1, 3), (50, 60): (3, 3), (200, 100): (1, 3)}
    assert counts(vote(maps, least=2)) == {(50, 60): (3, 3)}
    assert vote(maps, least=2).shots == 3
    assert vote(maps, least=4).defects == ()


def test_two_of_one_shot_are_one_vote():
    assert counts(vote([shot(hot(10, 20), hot(11, 20)), shot()], least=1)) in [
        {(10, 20): (1, 2)},
        {(11, 20): (1, 2)},
    ]


def test_a_shot_that_does_not_show_the_place_has_no_vote_on_it():
    crop = shot(hot(10, 10), raster=Raster(0, 0, 100, 100))
    lies = [Placement(), Placement(offset_x=150.0, offset_y=100.0)]
    voted = vote([shot(hot(160, 110), hot(20, 20)), crop], least=1, placements=lies)
    assert counts(voted) == {(160, 110): (2, 2), (20, 20): (1, 1)}
    assert voted.raster == RASTER


def test_a_voted_map_brings_its_counts_along():
    maps = [
        shot(hot(10, 20), hot(50, 60)),
        shot(hot(50, 60)),
        shot(hot(50, 60)),
        shot(hot(10, 20), hot(9, 90)),
    ]
    at_once = vote(maps, least=1)
    reel_by_reel = vote([vote([vote(maps[:2], least=1), maps[2]], least=1), maps[3]], least=1)
    assert counts(reel_by_reel) == counts(at_once) == {(10, 20): (2, 4), (50, 60): (3, 4), (9, 90): (1, 4)}
    assert reel_by_reel.shots == 4
    assert counts(vote([reel_by_reel], least=2)) == {(10, 20): (2, 4), (50, 60): (3, 4)}


def test_ids_of_a_camera_stay():
    camera = shot(hot(10, 20, id="lamp-side"), hot(50, 60, id="d0007"))
    voted = vote([camera, shot(hot(50, 60, id="d0001"), hot(10, 20, id="d0002"))], least=2)
    assert [each.id for each in voted.defects] == ["lamp-side", "d0007"]


def test_samples_of_half_the_shots_make_the_footprint():
    wide = (Sample(0, 0, "R"), Sample(1, 0, "R"))
    green = (Sample(0, 0, "R"), Sample(0, 0, "G"))
    moved = hot(11, 20, samples=(Sample(-1, 0, "R"), Sample(0, 0, "R")))
    assert (
        only(
            vote([shot(hot(10, 20, samples=wide)), shot(moved), shot(hot(10, 20, samples=green))], least=1)
        ).samples
        == wide
    )
    votes = Votes(seen=5, of=5)
    camera = replace(shot(hot(10, 20, samples=wide, votes=votes)), shots=5)
    assert only(vote([camera, shot(hot(10, 20, samples=green))], least=1)).samples == wide
    apart = [shot(hot(10, 20, samples=(Sample(dx, 0, "R"),))) for dx in (-1, 0, 1)]
    assert len(only(vote(apart, least=1)).samples) == 3


def test_measurements_are_joined():
    def measured(amplitude, confidence, **evidence):
        fields = {"frames_seen": 40, "frames_expected": 48} | evidence
        return shot(hot(1, 1, amplitude_sigma=amplitude, confidence=confidence, evidence=Evidence(**fields)))

    maps = [
        measured(20.0, 0.9, score=30.0, photosite_fit=0.9, fluctuation=0.3),
        measured(22.0, 0.5, score=40.0, photosite_fit=0.6, fluctuation=0.4),
        shot(hot(1, 1, amplitude_sigma=90.0, confidence=None)),
    ]
    found = only(vote(maps, least=1))
    assert (found.amplitude_sigma, found.confidence) == (22.0, 0.95)
    assert found.evidence == Evidence(
        score=50.0, frames_seen=80, frames_expected=96, photosite_fit=0.75, fluctuation=0.353553
    )
    bare = only(vote([shot(hot(1, 1))], least=1))
    assert (bare.amplitude_sigma, bare.confidence, bare.evidence) == (None, None, None)


def test_a_camera_has_no_frames():
    maps = [shot(hot(1, 1, frames=FrameRange.parse("1-5")), source=Source(frames=FrameRange.parse(r)))
            for r in ("1-5", "90-99")]  # fmt: skip
    voted = vote(maps, least=1)
    assert (only(voted).frames, voted.source.frames) == (None, None)


def test_a_hit_of_one_frame_is_no_defect_of_the_camera_unless_two_shots_have_it():
    hit = hot(1, 1, kind=Kind.FLASH, frames=FrameRange.parse("7"))
    assert vote([shot(hit), shot()], least=1).defects == ()
    assert vote([shot(replace(hit, status=Status.ACCEPTED)), shot()], least=1).defects == ()
    assert only(vote([shot(hit), shot(hit)], least=2)).kind is Kind.BLINKING
    assert only(vote([shot(hit), shot(hot(1, 1)), shot(hot(1, 1))], least=2)).kind is Kind.HOT


def test_people_decide():
    no, yes, maybe = (
        shot(hot(1, 1, status=each)) for each in (Status.REJECTED, Status.ACCEPTED, Status.PROPOSED)
    )
    found = only(vote([no, maybe, maybe], least=3))
    assert (found.status, found.votes) == (Status.REJECTED, Votes(seen=2, of=3))
    assert only(vote([yes, shot()], least=2)).status is Status.ACCEPTED
    assert only(vote([yes, no], least=1)).status is Status.REJECTED
    assert only(vote([no, yes], least=1)).status is Status.ACCEPTED


def test_the_graver_severity_and_every_note_stay():
    maps = [
        shot(hot(1, 1, severity=Severity.FYI, note="a")),
        shot(hot(1, 1, note="b")),
        shot(hot(1, 1, note="a")),
    ]
    found = only(vote(maps, least=1))
    assert (found.severity, found.note) == (Severity.ISSUE, "a; b")


def test_most_shots_say_the_kind():
    kinds = (Kind.DEAD, Kind.HOT, Kind.HOT)
    assert only(vote([shot(hot(1, 1, kind=each)) for each in kinds], least=1)).kind is Kind.HOT
    strong = [shot(hot(1, 1, amplitude_sigma=3.0)), shot(hot(1, 1, kind=Kind.STUCK, amplitude_sigma=-9.0))]
    assert only(vote(strong, least=1)).kind is Kind.STUCK


def test_lines_are_one_where_they_overlap_though_their_ends_differ():
    def column(first, last, x=30):
        middle = (first + last) // 2
        samples = tuple(Sample(0, y - middle, "R") for y in range(first, last + 1))
        return hot(x, middle, kind=Kind.COLUMN, samples=samples)

    maps = [shot(column(10, 100)), shot(column(10, 60)), shot(column(14, 101)), shot(column(10, 90, x=200))]
    found = only(vote(maps, least=2))
    rows = sorted(y for _, y, _ in found.pixels(()))
    assert (found.kind, found.votes) == (Kind.COLUMN, Votes(seen=3, of=4))
    assert (rows[0], rows[-1], len(rows)) == (10, 100, 91)


def test_an_enlarged_plate_places_its_defects_less_well():
    lies = [Placement(), Placement(scale_x=2.0, scale_y=2.0, offset_x=0.5, offset_y=0.5)]
    maps = [shot(hot(103, 81)), shot(hot(50, 40), raster=Raster(0, 0, 200, 150))]
    found = only(vote(maps, least=1, placements=lies))
    # And says nothing of the footprint where another shot shows it finer.
    assert (found.x, found.y, found.samples, found.votes.seen) == (103, 81, RED, 2)
    assert len(vote([maps[0], shot(hot(101, 81))], least=1).defects) == 2


def test_what_cannot_be_voted_is_refused():
    with pytest.raises(MapError, match="no map"):
        vote([], least=1)
    with pytest.raises(MapError, match="different rasters"):
        vote([shot(), shot(raster=Raster(0, 0, 9, 9))], least=1)
    with pytest.raises(ValueError, match="0 votes"):
        vote([shot()], least=0)
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        vote([shot(), shot()], least=1, placements=[Placement()])
