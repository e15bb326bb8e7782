# SPDX-License-Identifier: Apache-2.0
"""Which frames are looked at, and that the map does not depend on who looked."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.detect import DetectSettings
from pixmend.errors import MapError, MissingFrameError, RangeError, UnsupportedError, UsageError
from pixmend.frames import MemoryShot
from pixmend.model import DefectMap, FrameRange, Raster, SampleType, Status, map_to_json
from pixmend.pipeline import (
    MOST_FRAMES,
    Sampling,
    chosen_frames,
    detect,
    detect_in_statistics,
    merge_statistics,
    read_statistics,
    write_statistics,
)
from pixmend.progress import Silent
from tests.make.shots import LINEAR, detection_of, memory_shot, rgb_plate, small_shot, stored_frames


@pytest.fixture(scope="module")
def small():
    return memory_shot(stored_frames(small_shot()))


@pytest.fixture(scope="module")
def long_shot():
    """A hundred frames that cost nothing."""
    frame = np.full((32, 40, 3), 0.18, np.float16)
    return memory_shot(dict.fromkeys(range(1, 101), frame))


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), FrameRange(range(1, 101)).thinned(MOST_FRAMES)),
        (Sampling(frames=FrameRange(range(5, 9))), FrameRange(range(5, 9))),
        (Sampling(every=10), FrameRange.parse("1-91x10")),
        (Sampling(every=1), FrameRange(range(1, 101))),
        (Sampling(frames=FrameRange(range(1, 11)), every=4), FrameRange([1, 5, 9])),
    ],
)
def test_frames_are_thinned_evenly_unless_asked_otherwise(long_shot, sampling, expected):
    chosen = chosen_frames(long_shot, sampling)
    assert chosen == expected
    if sampling.every is None:
        assert len(chosen) <= MOST_FRAMES


def test_frames_that_are_missing_are_named(long_shot):
    with pytest.raises(MissingFrameError, match="0,101"):
        chosen_frames(long_shot, Sampling(frames=FrameRange([0, 5, 101])))


@pytest.mark.parametrize(("count", "said"), [(5, "fewer than 6 frames"), (6, "nothing moves")])
def test_few_frames_are_said_to_tell_little(long_shot, count, said):
    notes = []

    class Listening(Silent):
        def note(self, sentence):
            notes.append(sentence)

    detect(long_shot, LINEAR, sampling=Sampling(frames=FrameRange(range(1, count + 1))), progress=Listening())
    assert len(notes) == 1
    assert notes[0].startswith(said)


def test_no_frame_is_an_error(long_shot):
    with pytest.raises(RangeError):
        chosen_frames(long_shot, Sampling(frames=FrameRange(())))


def test_the_map_speaks_for_all_frames_however_few_were_looked_at():
    frames = stored_frames(small_shot())
    hundred = memory_shot({number: frames[1001 + number % 16] for number in range(100)})
    found = detect(hundred, LINEAR, sampling=Sampling(every=7))
    assert len(found.statistics.frames) == 15
    assert found.defect_map.defects
    assert {str(each.frames) for each in found.defect_map.defects} == {"0-99"}
    assert str(found.defect_map.source.frames) == "0-99"


@pytest.mark.parametrize("left", [0.0, 0.1], ids=["black", "all but black"])
def test_where_one_channel_is_black_the_others_tell(left):
    shot = small_shot(exposure=0.06)
    frames = {number: frame.copy() for number, frame in stored_frames(shot).items()}
    for frame in frames.values():
        frame[..., 2] = np.maximum(frame[..., 2] - np.float16(0.05), 0) * np.float16(left)
    found = detect(memory_shot(frames), LINEAR).defect_map.defects
    centres = np.array([each.centre for each in shot.planted])
    apart = [np.abs(centres - (each.x, each.y)).max(axis=1) for each in found]
    assert all(each.min() <= 3 for each in apart)
    assert len({int(each.argmin()) for each in apart}) >= 0.6 * len(centres)


def test_the_map_speaks_for_the_frames_that_were_asked_for(small):
    asked = FrameRange.parse("1001-1012")
    found = detect(small, LINEAR, sampling=Sampling(frames=asked, every=2))
    assert {each.frames for each in found.defect_map.defects} == {asked}


def test_what_shows_two_shots_teaches_nothing_and_has_the_defects_all_the_same():
    frames = stored_frames(small_shot())
    other = stored_frames(small_shot(seed=9), clean=True)
    mixed = FrameRange.parse("1013-1016")
    shot = memory_shot({number: other[number] if number in mixed else frames[number] for number in frames})
    found = detect(shot, LINEAR, sampling=Sampling(mixed=mixed))
    assert found.statistics.frames == found.statistics.watched == FrameRange.parse("1001-1012")
    assert len(found.defect_map.defects) == 14
    assert {str(each.frames) for each in found.defect_map.defects} == {"1001-1016"}


def test_a_shot_of_hardly_more_than_dissolves_is_looked_at_whole(long_shot):
    asked = FrameRange(range(1, 11))
    assert chosen_frames(long_shot, Sampling(frames=asked, mixed=FrameRange(range(6, 11)))) == asked


def test_any_number_of_workers_gives_the_same_map(small):
    assert map_to_json(detect(small, LINEAR, workers=4).defect_map) == map_to_json(
        detect(small, LINEAR).defect_map
    )


TRAIN = FrameRange([1001, 1006, 1011, 1016])


def part(small, frames):
    return detect(small, LINEAR, sampling=Sampling(frames=FrameRange.parse(frames), train=TRAIN)).statistics


def test_parts_measured_apart_kept_and_merged_give_the_map_of_the_whole(small, tmp_path):
    parts = []
    for number, frames in enumerate(["1009-1016", "1001-1003", "1004-1008"]):
        write_statistics(tmp_path / f"{number}.npz", part(small, frames))
        parts.append(read_statistics(tmp_path / f"{number}.npz"))
    merged = detect_in_statistics(
        merge_statistics(parts), DetectSettings(), shot=small, encoding=LINEAR
    ).defect_map
    whole = detect(small, LINEAR, sampling=Sampling(train=TRAIN)).defect_map
    assert map_to_json(merged) == map_to_json(whole)
    assert len(whole.defects) == 14


def test_nothing_to_merge_is_refused():
    with pytest.raises(UsageError):
        merge_statistics([])


def test_parts_that_share_a_frame_are_refused(small):
    with pytest.raises(UsageError, match="frame 1003 is in the statistics twice"):
        merge_statistics([part(small, "1001-1003"), part(small, "1003-1004")])


def test_a_prior_gives_its_camera_and_what_people_decided(small):
    found = detect(small, LINEAR).defect_map
    first = replace(found.defects[0], status=Status.REJECTED, note="a lamp")
    prior = replace(found, defects=(first,), source=replace(found.source, camera="A-cam 4711"))
    again = detect(small, LINEAR, prior=prior).defect_map
    assert again.source.camera == "A-cam 4711"
    assert again.defects == (first, *found.defects[1:])


def test_the_map_says_how_it_was_made(small):
    found = detect(small, LINEAR).defect_map
    assert found.raster == small.plate.raster
    assert found.source.channels == ("R", "G", "B")
    assert found.made_by["settings"]["encoding"] == "linear"
    assert found.made_by["settings"]["threshold_sigma"] == 8.0
    assert found.made_by["settings"]["pooled_frames"] == str(small.frames)
    found.check_fits(small.plate)


def test_the_map_says_which_frames_were_looked_at(small):
    sampling = Sampling(frames=FrameRange.parse("1001-1008"), every=2)
    asked = detect(small, LINEAR, sampling=sampling).defect_map.made_by["settings"]
    assert (asked["pooled_frames"], asked["watched_frames"]) == ("1001-1007x2", "1001-1007x2")


class TestStatisticsFile:
    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls, tmp_path_factory):
        path = tmp_path_factory.mktemp("kept") / "s.npz"
        frames = {1: np.random.default_rng(1).normal(0.2, 0.01, (32, 36, 3)).astype(np.float16)}
        write_statistics(path, detect(memory_shot(frames), LINEAR).statistics)
        return path.read_bytes()

    def read(self, tmp_path, data):
        (tmp_path / "s.npz").write_bytes(data)
        return read_statistics(tmp_path / "s.npz")

    def test_it_comes_back(self, kept, tmp_path):
        assert self.read(tmp_path, kept).frames == FrameRange([1])

    @pytest.mark.parametrize("data", [b"", b"PK", b"\x93NUMPY", b"x" * 1000], ids=repr)
    def test_what_is_no_such_file_is_refused(self, tmp_path, data):
        with pytest.raises(UsageError, match="no statistics file") as caught:
            self.read(tmp_path, data)
        assert caught.value.where == str(tmp_path / "s.npz")

    def test_a_file_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_statistics(tmp_path / "none.npz")

    def test_an_existing_file_is_kept(self, kept, tmp_path):
        statistics = self.read(tmp_path, kept)
        with pytest.raises(UsageError, match="exists already"):
            write_statistics(tmp_path / "s.npz", statistics)
        write_statistics(tmp_path / "s.npz", statistics, overwrite=True)

    def test_whatever_is_damaged_it_is_refused_or_the_same(self, kept, tmp_path):
        """Bytes flipped and files cut anywhere: one sentence, never a library's error, never other sums."""
        whole = self.read(tmp_path, kept)
        rng = np.random.default_rng(3)
        for number in range(300):
            data = bytearray(kept)
            if number % 3 == 0:
                data = data[: int(rng.integers(len(data)))]
            else:
                at = int(rng.integers(len(data))) if number % 3 == 1 else len(data) - 1 - number
                data[at] ^= 1 << int(rng.integers(8))
            try:
                found = self.read(tmp_path, bytes(data))
            except UsageError:
                continue
            for name in ("excess", "level", "seen", "grid_level", "grid_square"):
                assert np.array_equal(getattr(found, name), getattr(whole, name)), (number, name)


def test_a_shot_of_one_channel_and_one_frame_is_measured(small):
    mono = memory_shot({7: np.random.default_rng(1).normal(0.2, 0.01, (40, 40, 1)).astype(np.float16)})
    found = detect(mono, LINEAR)
    assert found.statistics.excess.shape == (1, 40, 40)
    assert isinstance(found.defect_map, DefectMap)


def test_a_raster_smaller_than_any_window_is_measured():
    tiny = memory_shot({frame: np.full((5, 6, 3), 0.1 * frame, np.float16) for frame in (1, 2, 3)})
    assert detect(tiny, LINEAR).defect_map.defects == ()


@pytest.mark.parametrize("gain", [1e-30, 1e-7, 1e7, 1e20, 1e30])
def test_numbers_that_are_no_light_are_refused(gain):
    frames = stored_frames(small_shot())
    frames = {number: frames[number].astype(np.float32) * np.float32(gain) for number in range(1001, 1007)}
    shot = MemoryShot(rgb_plate(Raster(0, 0, 256, 192), SampleType.FLOAT), frames)
    with pytest.raises(UnsupportedError, match="no light of a picture"):
        detect(shot, LINEAR)


def test_nothing_but_nan_is_refused_and_black_is_not():
    nan, black = (np.full((40, 48, 3), value, np.float16) for value in (np.nan, 0.0))
    with pytest.raises(UnsupportedError, match="NaN or Inf"):
        detect(memory_shot(dict.fromkeys(range(1, 8), nan)), LINEAR)
    noise = (4e-7 * np.random.default_rng(3).standard_normal((40, 48, 3))).astype(np.float16)
    for dark in (black, noise):
        assert detect(memory_shot(dict.fromkeys(range(1, 8), dark)), LINEAR).defect_map.defects == ()


def test_a_missing_frame_in_the_middle_of_a_run_is_an_error(small):
    gone = dict(stored_frames(small_shot()))
    shot = MemoryShot(small.plate, gone)
    del shot._arrays[1008]
    with pytest.raises(MissingFrameError, match="1008"):
        detect(shot, LINEAR, workers=2)


def test_a_prior_of_another_raster_is_refused_or_ignored(small):
    """Positions are in pixel space: a prior defect outside of the plate helps nobody."""
    found = detection_of(small_shot()).defect_map
    prior = replace(found, raster=None).moved(5000, 0)
    try:
        again = detect(small, LINEAR, prior=prior).defect_map
    except MapError:
        return
    assert [(each.x, each.y) for each in again.defects] == [(each.x, each.y) for each in found.defects]
