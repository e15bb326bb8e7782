# SPDX-License-Identifier: Apache-2.0
"""Sequences with cuts, and many shots: which shots there are, and what they tell of each other."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.errors import BadFrameError
from pixmend.frames import MemoryShot
from pixmend.model import FrameRange, map_to_json
from pixmend.pipeline import Looking, Take, camera_maps, detect, detect_takes, find_shots, map_of_reel
from pixmend.simulate import Motion, SimulatedShot
from tests.make.reels import SIZE, planted_of, reel_frames
from tests.make.shots import LINEAR, memory_shot, small_spec, stored_frames
from tests.make.worlds import dissolve, frames_of_world, reel_of

CAMERAS, LENGTH = "ABAAB", 8


def reel_shot(*shots, first=1001):
    frames, cuts = reel_of(*shots)
    numbered = {first + number: frame.astype(np.float16) for number, frame in enumerate(frames)}
    return memory_shot(numbered), [first + cut for cut in cuts]


def takes_of(source, shots):
    """Return the shots, of `find_shots` or as frames, as takes."""
    frames = [each if isinstance(each, FrameRange) else each.frames for each in shots]
    return [Take(source=source, encoding=LINEAR, frames=each) for each in frames]


class Counting(MemoryShot):
    """A shot that counts which rows are read, and of which some frames are damaged."""

    def __init__(self, other, damaged=()):
        super().__init__(other.plate, other._arrays)
        self.rows_read, self.damaged = {}, set(damaged)

    def read_bands(self, frame, bands, *, channels=None):
        if frame in self.damaged:
            raise BadFrameError(f"frame {frame} is damaged")
        self.rows_read[frame] = self.rows_read.get(frame, 0) + sum(stop - first for first, stop in bands)
        return super().read_bands(frame, bands, channels=channels)


class TestFindShots:
    @pytest.fixture(scope="class")
    @classmethod
    def cut(cls):
        shots = [frames_of_world(seed, 9 + seed, size=(128, 160)) for seed in range(4)]
        return reel_shot(*shots)

    def test_each_has_its_frames(self, cut):
        source, firsts = cut
        shots = find_shots(source, LINEAR)
        assert [each.frames.frames[0] for each in shots] == [1001, *firsts]
        assert FrameRange(frame for each in shots for frame in each.frames) == source.frames
        assert not any(len(each.mixed) for each in shots)

    def test_any_number_of_workers_finds_the_same(self, cut):
        assert find_shots(cut[0], LINEAR, workers=3) == find_shots(cut[0], LINEAR)

    def test_only_what_is_wanted_comes_back_and_cuts_between_count(self, cut):
        source, firsts = cut
        wanted = FrameRange(range(1003, firsts[1] + 6, 4))
        shots = find_shots(source, LINEAR, frames=wanted)
        assert len(shots) == 3
        assert FrameRange(frame for each in shots for frame in each.frames) == wanted

    def test_few_rows_are_read(self):
        source = Counting(reel_shot(frames_of_world(2, 48, size=(400, 64), pan=0.5))[0])
        assert len(find_shots(source, LINEAR)) == 1
        assert set(source.rows_read.values()) == {96}
        assert len(source.rows_read) == 17

    def test_a_damaged_frame_says_nothing_of_cuts(self, cut):
        source = Counting(cut[0], damaged=[1001, 1004, 1025])
        assert find_shots(source, LINEAR) == find_shots(cut[0], LINEAR)

    def test_nothing_but_damage_is_an_error(self, cut):
        with pytest.raises(BadFrameError, match="1001"):
            find_shots(Counting(cut[0], damaged=cut[0].frames), LINEAR)

    def test_one_frame_is_one_shot(self, cut):
        (shot,) = find_shots(cut[0], LINEAR, frames=FrameRange([1002]))
        assert (shot.frames, len(shot.mixed)) == (FrameRange([1002]), 0)

    def test_the_frames_of_a_dissolve_are_told(self):
        one, other = (frames_of_world(seed, 40, size=(96, 128), pan=0.0) for seed in (1, 2))
        source, _ = reel_shot(dissolve(one, other, 12))
        before, after = find_shots(source, LINEAR)
        assert before.frames | after.frames == source.frames
        assert not len(before.frames & after.frames)
        mixed = before.mixed | after.mixed
        assert FrameRange.parse("1030-1039") - mixed == FrameRange(())
        assert not len(mixed - FrameRange.parse("1024-1045"))


class TestReel:
    @pytest.fixture(scope="class")
    @classmethod
    def source(cls):
        return memory_shot(reel_frames(CAMERAS, length=LENGTH))

    @pytest.fixture(scope="class")
    @classmethod
    def found(cls, source):
        return detect_takes(takes_of(source, find_shots(source, LINEAR)))

    def test_the_shots_are_told_by_camera(self, found):
        assert [str(each.take.frames) for each in found] == [
            "1001-1008",
            "1009-1016",
            "1017-1024",
            "1025-1032",
            "1033-1040",
        ]
        assert "".join(each.camera for each in found) == CAMERAS

    def test_what_several_shots_of_a_camera_show_is_a_row_and_it_is_what_lies_there(self, found):
        rows = map_of_reel(found).defects
        for camera in "AB":
            planted = {each.sites[0] for each in planted_of(camera, "1-8")}
            mine = [each for each in rows if each.extra["camera"] == camera]
            assert planted <= {(each.x, each.y) for each in mine}
            assert {(each.x, each.y) for each in mine if each.votes.seen > 1} <= planted
        assert len({each.id for each in rows}) == len(rows)

    def test_a_row_s_frames_are_those_of_its_camera_s_shots(self, found):
        of_camera = {
            "A": FrameRange.parse("1001-1008,1017-1032"),
            "B": FrameRange.parse("1009-1016,1033-1040"),
        }
        for row in map_of_reel(found).defects:
            assert not len(row.frames - of_camera[row.extra["camera"]])

    def test_the_shots_are_listed_in_the_map(self, found):
        listed = map_of_reel(found).extra["shots_found"]
        assert [each["camera"] for each in listed] == list(CAMERAS)
        assert [each["count"] for each in listed] == [len(each.defects) for each in found]

    def test_each_camera_has_a_map(self, found):
        cameras = camera_maps(found)
        assert list(cameras) == ["A", "B"]
        assert [each.shots for each in cameras.values()] == [3, 2]
        assert {each.source.camera for each in cameras.values()} == {"A", "B"}

    def test_any_number_of_workers_gives_the_same_map(self, source, found):
        again = detect_takes(
            takes_of(source, [each.take.frames for each in found]), looking=Looking(workers=3)
        )
        assert map_to_json(map_of_reel(again)) == map_to_json(map_of_reel(found))

    def test_a_name_that_was_given_stays(self, found):
        named = [replace(each.take, camera="main" if each.camera == "A" else "") for each in found]
        assert [each.camera for each in detect_takes(named)] == ["main", "A", "main", "main", "A"]

    def test_a_shot_that_cannot_be_read_is_told_and_the_others_stay(self, source):
        damaged = Counting(source, damaged=[1012])
        shots = [FrameRange(range(first, first + LENGTH)) for first in range(1001, 1041, LENGTH)]
        found = detect_takes(takes_of(damaged, shots))
        assert [each.failure is None for each in found] == [True, False, True, True, True]
        assert "1012" in str(found[1].failure)
        assert FrameRange(range(1009, 1017)).frames[0] not in map_of_reel(found).source.frames

    def test_nothing_but_damage_is_an_error(self, source):
        damaged = Counting(source, damaged=source.frames)
        with pytest.raises(BadFrameError):
            detect_takes(takes_of(damaged, [source.frames]))

    def test_a_single_shot_is_as_detect_finds_it(self, source, found):
        alone = detect_takes(takes_of(source, [found[0].take.frames]))[0]
        whole = detect(memory_shot({frame: source.read(frame) for frame in found[0].take.frames}), LINEAR)
        assert alone.defects == whole.defect_map.defects
        assert alone.camera == ""


def test_a_locked_off_shot_is_told_of_its_camera_by_one_that_moves():
    faint = tuple(
        replace(each, amplitude_sigma=7.0, saturated=False) for each in planted_of("A", "1001-1024")
    )
    frames = {}
    for number, motion in enumerate((Motion.PAN, Motion.LOCKED)):
        numbers = FrameRange(range(1001 + 12 * number, 1013 + 12 * number))
        spec = small_spec(width=SIZE[1], height=SIZE[0], frames=numbers, motion=motion, seed=31 + number)
        frames |= stored_frames(SimulatedShot(spec, planted=faint))
    source = memory_shot(frames)
    takes = [
        Take(source=source, encoding=LINEAR, frames=FrameRange(range(first, first + 12)), camera="A")
        for first in (1001, 1013)
    ]
    sites = {each.sites[0] for each in faint}
    alone, told = (
        sites & {(each.x, each.y) for each in shot.defects}
        for shot in (detect_takes(takes[1:])[0], detect_takes(takes)[1])
    )
    assert alone < told


@pytest.mark.slow
def test_sixty_tiny_shots_are_one_map():
    length, cameras = 6, "ABBAAC" * 10
    source = memory_shot(reel_frames(cameras, length=length))
    shots = [FrameRange(range(1001 + n * length, 1001 + (n + 1) * length)) for n in range(60)]
    found = detect_takes(takes_of(source, shots))
    rows = map_of_reel(found).defects
    for camera in "ABC":
        named = {each.camera for each, name in zip(found, cameras, strict=True) if name == camera}
        assert len(named) == 1
        mine = [each for each in rows if each.extra.get("camera") in named and each.votes.seen > 2]
        assert {(each.x, each.y) for each in mine} == {each.sites[0] for each in planted_of(camera, "1-6")}
        assert sum(len(each.frames) for each in mine) > 0.7 * length * cameras.count(camera) * len(mine)
