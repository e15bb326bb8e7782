# SPDX-License-Identifier: Apache-2.0
"""One row for what several shots of a plate show at one place."""

from pixmend.model import Defect, Evidence, FrameRange, Kind, Sample, Severity, Status, Votes
from pixmend.register import joined_rows

ONE, TWO, THREE = (FrameRange.parse(text) for text in ("1001-1010", "1011-1020", "1031-1040"))


def defect(x=50, y=60, frames=ONE, **changes):
    usual = {
        "kind": Kind.HOT,
        "samples": (Sample(0, 0, "R"),),
        "amplitude_sigma": 10.0,
        "confidence": 0.9,
        "evidence": Evidence(score=10.0, frames_seen=9, frames_expected=10),
    }
    return Defect(id="d0001", x=x, y=y, frames=frames, **(usual | changes))


def test_one_camera_s_shots_are_one_row_with_all_their_frames():
    (row,) = joined_rows([("A", [defect()]), ("B", []), ("A", [defect(x=51, frames=THREE)])])
    assert str(row.frames) == "1001-1010,1031-1040"
    assert row.extra["camera"] == "A"
    assert row.votes == Votes(seen=2, of=2)
    assert row.evidence.frames_expected == 20
    assert row.evidence.score > 10.0


def test_other_cameras_and_unknown_ones_have_rows_of_their_own():
    rows = joined_rows([("A", [defect()]), ("B", [defect(frames=TWO)]), ("", [defect()]), ("", [defect()])])
    assert len(rows) == 4
    assert [each.extra.get("camera") for each in rows].count(None) == 2
    assert len({each.id for each in rows}) == 4


def test_the_shot_that_shows_it_best_says_where_it_is_and_what_it_spoils():
    best = defect(
        x=51,
        frames=TWO,
        samples=(Sample(0, 0, "G"), Sample(1, 0, "G")),
        evidence=Evidence(score=30.0, frames_seen=10, frames_expected=10),
    )
    (row,) = joined_rows([("A", [defect()]), ("A", [best]), ("A", [defect(frames=THREE)])])
    assert (row.x, row.samples) == (51, best.samples)


def test_hot_here_and_stuck_there_is_one_and_a_flash_or_a_dark_one_is_another():
    stuck, flash = defect(kind=Kind.STUCK, frames=TWO), defect(kind=Kind.FLASH, frames=THREE)
    dead = defect(kind=Kind.DEAD, amplitude_sigma=-9.0, frames=THREE)
    rows = joined_rows([("A", [defect()]), ("A", [stuck]), ("A", [flash, dead])])
    assert sorted(str(each.frames) for each in rows) == ["1001-1020", "1031-1040", "1031-1040"]


def test_neighbours_in_one_shot_stay_two():
    rows = joined_rows(
        [("A", [defect(), defect(x=51)]), ("A", [defect(frames=TWO), defect(x=51, frames=TWO)])]
    )
    assert [(each.x, str(each.frames)) for each in rows] == [(50, "1001-1020"), (51, "1001-1020")]


def test_what_people_decided_and_the_graver_severity_stay():
    fyi = defect(severity=Severity.FYI, status=Status.REJECTED, note="a lamp")
    (row,) = joined_rows([("A", [fyi]), ("A", [defect(frames=TWO)])])
    assert (row.status, row.severity, row.note) == (Status.REJECTED, Severity.ISSUE, "a lamp")


def test_every_frame_stays_every_frame():
    (row,) = joined_rows([("A", [defect(frames=None)]), ("A", [defect(frames=TWO)])])
    assert row.frames is None


def test_rows_are_in_reading_order():
    rows = joined_rows([("", [defect(y=90), defect(y=10)]), ("", [defect(y=50)])])
    assert [(each.id, each.y) for each in rows] == [("d0001", 10), ("d0002", 50), ("d0003", 90)]
