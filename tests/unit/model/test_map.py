# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from pixmend.errors import MapError
from pixmend.model import (
    ANY_CHANNEL,
    Channel,
    Defect,
    DefectMap,
    FrameRange,
    Kind,
    PlateInfo,
    Raster,
    Sample,
    SampleType,
    Severity,
    Source,
    Status,
    kind_from_word,
    merge_maps,
)

RASTER = Raster(0, 0, 40, 30)
PLATE = PlateInfo(
    RASTER, (40, 30), tuple(Channel(c, SampleType.HALF) for c in "RGBA"), ("R", "G", "B"), "exr"
)


def defect(name="d0001", x=5, y=6, **fields):
    given = {"kind": Kind.HOT, "samples": (Sample(0, 0, "R"),)} | fields
    return Defect(id=name, x=x, y=y, **given)


def map_of(*defects, raster=RASTER, **fields):
    return DefectMap(raster=raster, defects=defects, **fields)


@pytest.mark.parametrize(
    ("word", "kind"),
    [("hot", "hot"), ("Lit", "hot"), (" WARM ", "hot"), ("black", "dead"), ("pixel error", "hot")],
)
def test_words_of_users_are_kinds(word, kind):
    assert kind_from_word(word) is Kind(kind)


def test_an_unknown_word_is_answered_with_the_known_ones():
    with pytest.raises(MapError, match="'purple'") as caught:
        kind_from_word("purple")
    assert "stuck" in caught.value.hint


def test_any_channel_stands_for_the_colour_channels():
    one = defect(samples=(Sample(0, 0, ANY_CHANNEL), Sample(0, 0, "R"), Sample(-1, 0, "A")))
    assert one.pixels(PLATE.colour) == [(4, 6, "A"), (5, 6, "B"), (5, 6, "G"), (5, 6, "R")]


def test_what_is_mended_in_a_frame():
    always = defect("a")
    early = defect("b", frames=FrameRange.parse("1-10"))
    no = defect("c", status=Status.REJECTED)
    sure = defect("d", status=Status.ACCEPTED)
    shot = map_of(always, early, no, sure)
    assert [each.id for each in shot.to_mend(5)] == ["a", "b", "d"]
    assert [each.id for each in shot.to_mend(11)] == ["a", "d"]
    assert [each.id for each in shot.to_mend(5, only=Status.ACCEPTED)] == ["d"]


def test_editing_names_defects_that_must_exist():
    shot = map_of(defect("a"), defect("b", x=7))
    assert [each.id for each in shot.edited(["a"], lambda _: None).defects] == ["b"]
    with pytest.raises(MapError, match="q, z"):
        shot.edited(["z", "a", "q"], lambda _: None)


def test_added_defects_get_free_ids():
    shot = map_of(defect("d0001"), defect("d0003", x=7)).added([defect(""), defect("d0001"), defect("own")])
    assert [each.id for each in shot.defects] == ["d0001", "d0003", "d0004", "d0005", "own"]


def test_moving_keeps_the_footprint_and_the_raster():
    moved = map_of(defect(samples=(Sample(0, 0, "R"), Sample(1, 0, "G")))).moved(-5, 3)
    assert moved.defects[0].pixels(()) == [(0, 9, "R"), (1, 9, "G")]
    assert moved.raster == RASTER


@pytest.mark.parametrize(("dx", "dy"), [(-6, 0), (0, -7), (34, 0), (0, 24)])
def test_nothing_moves_out_of_the_raster(dx, dy):
    shot = map_of(defect(samples=(Sample(0, 0, "R"), Sample(1, 0, "G"))))
    with pytest.raises(MapError, match="outside the raster 40x30"):
        shot.moved(dx, dy)
    assert shot.moved(dx, dy, raster=Raster(-10, -10, 100, 100)).raster.width == 100


def test_a_map_fits_its_plate():
    map_of(defect(samples=(Sample(0, 0, "*"), Sample(0, 0, "A")))).check_fits(PLATE)
    map_of(defect(), raster=None).check_fits(PLATE)


@pytest.mark.parametrize(
    ("shot", "text"),
    [
        (map_of(raster=Raster(0, 0, 41, 30)), r"raster of 41x30\+0\+0, the plate has 40x30\+0\+0"),
        (map_of(raster=Raster(0, -1, 40, 30)), r"40x30\+0-1"),
        (map_of(defect(x=40), raster=None), r"sample at \(40, 6\), outside"),
        (map_of(defect(y=-1), raster=None), "outside"),
        (map_of(defect(samples=(Sample(-6, 0, "R"),))), r"\(-1, 6\)"),
        (map_of(defect(samples=(Sample(0, 0, "Z"),))), "channel 'Z', the plate has A, B, G, R"),
    ],
)
def test_a_map_that_does_not_fit_the_plate_is_refused(shot, text):
    with pytest.raises(MapError, match=text) as caught:
        shot.check_fits(PLATE, where="map.json")
    assert caught.value.where == "map.json"


def test_pixels_of_a_map_leave_out_the_rejected():
    shot = map_of(
        defect("a", samples=(Sample(0, 0, "R"), Sample(0, 0, "G"))), defect("b", x=9, status=Status.REJECTED)
    )
    assert shot.pixels() == {(5, 6)}


def test_merging_unites_frames_and_footprints():
    a = defect(
        frames=FrameRange.parse("1-5"), samples=(Sample(0, 0, "R"),), amplitude_sigma=3.0, note="first"
    )
    b = defect(
        "d0009",
        frames=FrameRange.parse("5-9"),
        samples=(Sample(0, 0, "G"), Sample(1, 0, "R")),
        amplitude_sigma=-8.0,
        kind=Kind.DEAD,
        severity=Severity.FYI,
        note="second",
    )
    (joined,) = merge_maps([map_of(a), map_of(b)]).defects
    assert joined == replace(
        b,
        id="d0001",
        frames=FrameRange.parse("1-9"),
        samples=(Sample(0, 0, "G"), Sample(0, 0, "R"), Sample(1, 0, "R")),
        severity=Severity.ISSUE,
        note="first; second",
    )


def test_every_frame_beats_some_frames():
    (joined,) = merge_maps([map_of(defect(frames=FrameRange.parse("1-5"))), map_of(defect())]).defects
    assert joined.frames is None


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        ("proposed", "accepted", "accepted"),
        ("rejected", "proposed", "rejected"),
        ("accepted", "rejected", "rejected"),
        ("rejected", "accepted", "accepted"),
    ],
)
def test_a_decision_beats_a_proposal_and_the_last_decision_stands(first, second, merged):
    maps = [map_of(defect(status=Status(each))) for each in (first, second)]
    assert merge_maps(maps).defects[0].status is Status(merged)


def test_different_defects_of_one_id_both_stay():
    merged = merge_maps([map_of(defect("d0001")), map_of(defect("d0001", x=9))])
    assert [(each.id, each.x) for each in merged.defects] == [("d0001", 5), ("d0002", 9)]


def test_merging_rasters():
    assert merge_maps([map_of(raster=None), map_of()]).raster == RASTER
    with pytest.raises(MapError, match="different rasters"):
        merge_maps([map_of(), map_of(raster=Raster(0, 0, 41, 30))])
    with pytest.raises(MapError, match="no map"):
        merge_maps([])


def test_merging_keeps_what_is_not_known():
    a = map_of(extra={"a": 1, "c": 1}, source=Source(sequence="x.#.exr", frames=FrameRange.parse("1-5")))
    b = map_of(extra={"b": 2, "c": 2}, source=Source(sequence="x.#.exr", frames=FrameRange.parse("9")))
    merged = merge_maps([a, b])
    assert merged.extra == {"a": 1, "b": 2, "c": 1}
    assert (merged.source.sequence, str(merged.source.frames)) == ("x.#.exr", "1-5,9")
