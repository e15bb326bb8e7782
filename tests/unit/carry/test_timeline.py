# SPDX-License-Identifier: Apache-2.0
"""Timelines to shots: what a viewer sees, in frames of the reel."""

import contextlib
from pathlib import Path

import opentimelineio as otio
import pytest
from opentimelineio.opentime import RationalTime, TimeRange

from pixmend.carry import read_cut_list
from pixmend.errors import UsageError

REAL = Path(__file__).parents[4] / "shared" / "data" / "editorial"

EDL = """TITLE: reel 1
FCM: NON-DROP FRAME
001  A001C003 V     C        01:00:04:05 01:00:05:05 10:00:00:00 10:00:01:00
* FROM CLIP NAME:  kitchen
002  B002C001 V     C        05:00:00:00 05:00:02:00 10:00:01:00 10:00:03:00
* FROM CLIP NAME:  street
003  A001C003 V     C        01:00:09:00 01:00:10:00 10:00:04:00 10:00:05:00
* FROM CLIP NAME:  kitchen
"""


def spans(shots):
    return [(each.first, each.last) for each in shots]


@pytest.fixture
def edl(tmp_path):
    path = tmp_path / "reel.edl"
    path.write_text(EDL)
    return path


def write(tmp_path, *items, start=None):
    timeline = otio.schema.Timeline("t")
    timeline.tracks.append(otio.schema.Track(kind="Video", children=list(items)))
    if start is not None:
        timeline.global_start_time = RationalTime(start, 24)
    path = tmp_path / "reel.otio"
    otio.adapters.write_to_file(timeline, str(path))
    return path


def clip(name, duration, first=0, rate=24):
    span = TimeRange(RationalTime(first, rate), RationalTime(duration, rate))
    return otio.schema.Clip(name, source_range=span)


def gap(duration):
    return otio.schema.Gap(source_range=TimeRange(RationalTime(0, 24), RationalTime(duration, 24)))


def fade(before, after):
    return otio.schema.Transition(in_offset=RationalTime(before, 24), out_offset=RationalTime(after, 24))


class TestWhereTheListBegins:
    def test_with_the_reel_unless_told(self, edl):
        listed = read_cut_list(edl)
        assert spans(listed.in_reel(1001)) == [(1001, 1024), (1025, 1072), (1097, 1120)]

    def test_at_a_frame_of_the_reel(self, edl):
        assert spans(read_cut_list(edl).in_reel(1001, start="86"))[0] == (86, 109)

    def test_or_the_reel_begins_at_a_record_timecode(self, edl):
        """Ten seconds of leader stand before the first event."""
        assert spans(read_cut_list(edl).in_reel(0, start="09:59:50:00"))[0] == (240, 263)

    @pytest.mark.parametrize("start", ["abc", "10:00:00:24", "10:61:00:00", "1.5", ""])
    def test_what_is_neither_is_refused(self, edl, start):
        with pytest.raises(UsageError, match="neither a frame number nor a timecode"):
            read_cut_list(edl).in_reel(0, start=start)

    def test_an_otio_says_its_start_and_a_gap_before_the_first_clip_counts(self, tmp_path):
        path = write(tmp_path, gap(12), clip("one", 24), start=86400)
        assert spans(read_cut_list(path).in_reel(1)) == [(13, 36)]
        assert spans(read_cut_list(path).in_reel(1, start="01:00:00:12")) == [(1, 24)]


class TestRates:
    def test_an_edl_has_24_unless_told(self, edl):
        assert read_cut_list(edl).rate == 24
        assert spans(read_cut_list(edl, rate=25).in_reel(0)) == [(0, 24), (25, 74), (100, 124)]

    def test_frames_of_a_higher_rate_ask_for_it(self, edl):
        edl.write_text(EDL.replace("10:00:05:00", "10:00:05:24"))
        with pytest.raises(UsageError, match="cannot be read") as caught:
            read_cut_list(edl)
        assert "--fps" in caught.value.hint

    def test_clips_of_other_rates_are_counted_in_the_rate_asked_for(self, tmp_path):
        path = write(tmp_path, clip("one", 24), clip("two", 30, rate=30), clip("three", 24))
        assert spans(read_cut_list(path).in_reel(0)) == [(0, 23), (24, 47), (48, 71)]
        assert spans(read_cut_list(path, rate=48).in_reel(0)) == [(0, 47), (48, 95), (96, 143)]


class TestWhatIsSeen:
    def test_the_camera_is_read_from_a_tape_name(self, edl):
        assert [each.camera for each in read_cut_list(edl).shots] == ["A", "B", "A"]
        assert [each.name for each in read_cut_list(edl).shots] == ["kitchen", "street", "kitchen"]

    def test_a_dissolve_is_shared_out_to_its_middle(self, tmp_path):
        path = write(tmp_path, clip("one", 20), fade(4, 8), clip("two", 20, first=50))
        one, two = read_cut_list(path).in_reel(0)
        assert spans([one, two]) == [(0, 21), (22, 39)]
        assert (one.mixed_first, one.mixed_last, two.mixed_first, two.mixed_last) == (0, 6, 6, 0)

    def test_a_fade_belongs_to_its_only_shot(self, tmp_path):
        path = write(tmp_path, clip("one", 20), fade(4, 8), gap(20))
        (one,) = read_cut_list(path).in_reel(0)
        assert spans([one]) == [(0, 27)]
        assert (one.mixed_first, one.mixed_last) == (0, 0)

    def test_a_take_that_goes_on_is_one_shot(self, tmp_path):
        path = write(tmp_path, clip("one", 10), clip("one", 5, first=10), clip("one", 5, first=40))
        assert spans(read_cut_list(path).in_reel(0)) == [(0, 14), (15, 19)]

    def test_bars_and_what_is_switched_off_are_no_shots(self, tmp_path):
        bars = otio.schema.Clip("bars", media_reference=otio.schema.GeneratorReference("b", "SMPTEBars"))
        bars.source_range = TimeRange(RationalTime(0, 24), RationalTime(10, 24))
        off = clip("off", 10)
        off.enabled = False
        assert spans(read_cut_list(write(tmp_path, bars, off, clip("on", 5))).in_reel(0)) == [(20, 24)]

    def test_nested_compositions_are_looked_into(self, tmp_path):
        inner = otio.schema.Stack(children=[otio.schema.Track(children=[clip("a", 10), clip("b", 10)])])
        inner.source_range = TimeRange(RationalTime(4, 24), RationalTime(12, 24))
        assert spans(read_cut_list(write(tmp_path, clip("one", 5), inner, clip("two", 5))).in_reel(0)) == [
            (0, 4),
            (5, 10),
            (11, 16),
            (17, 21),
        ]

    def test_nothing_is_refused(self, tmp_path):
        with pytest.raises(UsageError, match="names no shot"):
            read_cut_list(write(tmp_path, gap(10)))


class TestBadInput:
    @pytest.mark.parametrize("name", ["cuts.edl", "cuts.otio"])
    @pytest.mark.parametrize(
        "data", [b"", b"{}", b"no list\n", b"\xff\x00" * 50, b'{"OTIO_SCHEMA": "Clip.1"}']
    )
    def test_damage_is_one_sentence(self, tmp_path, name, data):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(UsageError) as caught:
            read_cut_list(path)
        assert caught.value.where == str(path)
        assert "\n" not in caught.value.what

    @pytest.mark.parametrize("cut", range(40, len(EDL), 61))
    def test_an_edl_that_is_cut_short_never_leaks_an_error(self, edl, cut):
        edl.write_text(EDL[:cut])
        with contextlib.suppress(UsageError):
            assert read_cut_list(edl).shots

    def test_a_rate_that_no_timecode_has_is_refused(self, edl):
        with pytest.raises(UsageError, match="frames a second"):
            read_cut_list(edl, rate=17.0)


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the shared data is not here")
class TestRealLists:
    @pytest.mark.parametrize(
        ("name", "rate", "count", "first", "last"),
        [
            ("25fps.edl", 25, 4, (0, 160), (447, 495)),
            ("avid_example.edl", None, 2, (0, 30), (31, 80)),
            ("dissolve_test.edl", None, 2, (0, 13), (14, 19)),
            ("gap_test.edl", None, 3, (0, 23), (102, 125)),
            ("screening_example.edl", None, 9, (0, 30), (792, 1048)),
            ("screening_example.otio", None, 9, (0, 30), (792, 1048)),
            ("nested_example.otio", None, 7, (0, 237), (398, 635)),
            ("multitrack.otio", None, 5, (0, 481), (1957, 2676)),
            ("clip_example.otio", None, 1, (8, 11), (8, 11)),
            ("transition.otio", None, 4, (0, 2), (13, 18)),
        ],
    )
    def test_they_are_read(self, name, rate, count, first, last):
        found = spans(read_cut_list(REAL / name, rate=rate).in_reel(0))
        assert (len(found), found[0], found[-1]) == (count, first, last)
