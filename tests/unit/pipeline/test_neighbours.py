# SPDX-License-Identifier: Apache-2.0
"""Windows around holes in the frames beside: read once, the same bits whoever asks first."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pixmend.errors import BadFrameError
from pixmend.fill import CURRENT_RADIUS_PX, NEIGHBOUR_RADIUS_PX, train_kriging
from pixmend.frames import MemoryShot
from pixmend.model import Channel, Defect, DefectMap, Kind, PlateInfo, Raster, SampleType
from pixmend.pipeline import _motion_training, _neighbours
from pixmend.pipeline._motion_training import MotionOnDemand, learn_motion
from pixmend.pipeline._neighbours import Surroundings
from tests.make.moving import MovingScene

HEIGHT, WIDTH = 120, 150
CORNER = (10, -20)  # x and y of the data window
FRAMES = range(1001, 1013)
NAMES = ("R", "G", "B")
PLACES = [(60, 75), (3, 5), (115, 140)]


@pytest.fixture
def few_lessons(monkeypatch):
    monkeypatch.setattr(_motion_training, "_LESSONS", 160)


class PlainScale:
    """Samples are values."""

    def forward(self, samples):
        return np.ascontiguousarray(np.moveaxis(samples, -1, 0), np.float32)


class CountingShot(MemoryShot):
    """Says how often each frame was read; some cannot be."""

    broken = ()

    def __init__(self, *args):
        super().__init__(*args)
        self.reads = []

    def read_bands(self, frame, bands, **how):
        self.reads.append(frame)
        if frame in self.broken:
            raise BadFrameError("is damaged", where="here")
        return super().read_bands(frame, bands, **how)


def shot_of(step=(0.0, 3.4), frames=FRAMES, noise=1.0, block_px=1):
    scene = MovingScene(step, seed=41)
    plate = PlateInfo(
        Raster(*CORNER, WIDTH, HEIGHT),
        (WIDTH, HEIGHT),
        tuple(Channel(name, SampleType.FLOAT) for name in NAMES),
        NAMES,
        "exr",
        block_px=block_px,
    )
    pictures = {
        frame: np.moveaxis(scene.frame(frame - 1001, (HEIGHT, WIDTH), noise=noise), 0, -1) for frame in frames
    }
    return CountingShot(plate, pictures)


def a_map(*places, channel="*"):
    defects = [
        Defect(id=f"d{number}", x=x + CORNER[0], y=y + CORNER[1], kind=Kind.HOT, samples=((0, 0, channel),))
        for number, (y, x) in enumerate(places)
    ]
    return DefectMap(raster=Raster(*CORNER, WIDTH, HEIGHT), defects=tuple(defects))


def expected(shot, frame, place, radius):
    """Cut a window out of a frame with NaN all around."""
    wide = 200
    padded = np.full((3, HEIGHT + 2 * wide, WIDTH + 2 * wide), np.nan, np.float32)
    padded[:, wide:-wide, wide:-wide] = np.moveaxis(shot.read(frame), -1, 0)
    row, column = (at + wide for at in place)
    return padded[:, row - radius : row + radius + 1, column - radius : column + radius + 1]


def test_windows_are_what_stands_there_and_nan_beyond_the_borders():
    shot = shot_of()
    around = Surroundings(shot, a_map(), PlainScale())
    for place, window in zip(PLACES, around.current(1005, PLACES), strict=True):
        assert np.array_equal(window, expected(shot, 1005, place, CURRENT_RADIUS_PX), equal_nan=True)
    for place, beside in zip(PLACES, around.neighbours(1005, PLACES), strict=True):
        assert [each.step for each in beside] == [-4, -2, -1, 1, 2, 4]
        for each in beside:
            there = expected(shot, 1005 + each.step, place, NEIGHBOUR_RADIUS_PX)
            assert np.array_equal(each.samples, there, equal_nan=True)


def test_defects_are_unknown_in_every_frame():
    around = Surroundings(shot_of(), a_map((60, 75), channel="G"), PlainScale())
    middle = NEIGHBOUR_RADIUS_PX
    for each in around.neighbours(1005, [(60, 75)])[0]:
        assert np.isnan(each.samples[1, middle, middle])
        assert np.isfinite(each.samples[0, middle, middle])


def test_what_is_coded_with_a_defect_is_unknown_too():
    around = Surroundings(shot_of(block_px=4), a_map((60, 75)), PlainScale())
    (window,) = around.current(1005, [(60, 75)])
    unknown = np.isnan(window[0])
    assert unknown.sum() == 49
    assert unknown[
        CURRENT_RADIUS_PX - 3 : CURRENT_RADIUS_PX + 4, CURRENT_RADIUS_PX - 3 : CURRENT_RADIUS_PX + 4
    ].all()


def test_frames_that_are_missing_or_damaged_are_left_out():
    shot = shot_of(frames=[1001, 1002, 1003, 1005, 1006])
    shot.broken = (1005,)
    around = Surroundings(shot, a_map(), PlainScale())
    assert [each.step for each in around.neighbours(1001, PLACES)[0]] == [1, 2]
    assert [each.step for each in around.neighbours(1002, PLACES)[0]] == [-1, 1, 4]
    with pytest.raises(BadFrameError):
        around.current(1005, PLACES)


def test_frames_in_order_are_read_once():
    shot = shot_of()
    around = Surroundings(shot, a_map(), PlainScale())
    for frame in FRAMES:
        around.current(frame, PLACES)
        around.neighbours(frame, PLACES)
    assert sorted(shot.reads) == list(FRAMES)


def test_what_is_kept_does_not_matter(monkeypatch):
    shot = shot_of()
    kept = Surroundings(shot, a_map((60, 75)), PlainScale())
    first = [kept.neighbours(frame, PLACES) for frame in FRAMES]
    monkeypatch.setattr(_neighbours, "_MOST_BYTES", 1)
    forgetful = Surroundings(shot, a_map((60, 75)), PlainScale())
    with ThreadPoolExecutor(3) as pool:
        again = list(pool.map(lambda frame: forgetful.neighbours(frame, PLACES[::-1]), reversed(FRAMES)))
    for one, other in zip(first, reversed(again), strict=True):
        for beside, there in zip(one, reversed(other), strict=True):
            for each, same in zip(beside, there, strict=True):
                assert np.array_equal(each.samples, same.samples, equal_nan=True)


@pytest.mark.usefixtures("few_lessons")
def test_a_moving_shot_teaches_and_a_still_one_does_not():
    spots = [(row, 70) for row in (30, 50, 62, 80, 95)]
    kriging = train_kriging([np.moveaxis(shot_of().read(1001), -1, 0).astype(np.float32)])
    fusion = learn_motion(shot_of(), a_map(*spots), PlainScale(), kriging)
    assert fusion is not None
    assert fusion.noise == pytest.approx(np.ones(3), abs=0.35)
    still = shot_of(step=(0.0, 0.0))
    assert learn_motion(still, a_map(*spots), PlainScale(), kriging) is None
    assert learn_motion(shot_of(frames=[1001]), a_map(*spots), PlainScale(), kriging) is None
    assert learn_motion(shot_of(), a_map(), PlainScale(), kriging) is None


@pytest.mark.usefixtures("few_lessons")
def test_workers_learn_the_same():
    spots = [(row, 70) for row in (30, 62, 95)]
    shot = shot_of()
    shot.broken = (1006,)
    kriging = train_kriging([np.moveaxis(shot.read(1001), -1, 0).astype(np.float32)])
    one, other = (
        learn_motion(shot, a_map(*spots), PlainScale(), kriging, workers=workers) for workers in (1, 3)
    )
    assert np.array_equal(one.noise, other.noise)
    for name in ("windows", "blends", "is_seen", "where"):
        assert np.array_equal(getattr(one._book, name), getattr(other._book, name))


def test_motion_is_learnt_once_whoever_asks_first():
    calls = []

    def learn():
        calls.append(1)

    motion = MotionOnDemand(learn)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: motion(), range(12))) == [None] * 12
    assert calls == [1]
