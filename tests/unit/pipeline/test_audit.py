# SPDX-License-Identifier: Apache-2.0
"""Repairs are looked at in the frames that they are in, and only the rows around them are read."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.frames import MemoryShot
from pixmend.model import Defect, FrameRange, Kind, Raster, Sample, SampleType
from pixmend.pipeline._audit import AUDIT_FRAMES, audit_repairs, frames_to_audit
from pixmend.progress import Silent
from pixmend.stats import train_scale
from tests.make.shots import LINEAR, rgb_plate

FRAMES = FrameRange(range(1001, 1031))
RASTER = Raster(3, 5, 240, 160)
BOX = tuple(Sample(dx, dy, channel) for dx in range(3) for dy in range(3) for channel in "RGB")


def defect(name, x, y, frames=None):
    return Defect(id=name, x=x, y=y, kind=Kind.CLUSTER, samples=BOX, frames=frames)


SOUND, BOXED = defect("sound", 63, 65), defect("boxed", 143, 105)
LATE = defect("late", 103, 45, FrameRange(range(1021, 1031)))


class CountingShot(MemoryShot):
    """Remembers which rows of which frames were read."""

    def read_bands(self, frame, bands, *, channels=None):
        self.asked.append((frame, tuple(bands)))
        return super().read_bands(frame, bands, channels=channels)


@pytest.fixture(scope="module")
def frames():
    """Grain about an even field; a box of two sigma in every frame, and one in the last ten."""
    rng = np.random.default_rng(1)
    made = {}
    for frame in FRAMES:
        samples = 0.2 + 0.01 * rng.standard_normal((RASTER.height, RASTER.width, 3))
        samples[100:103, 140:143] += 0.02
        if LATE.shows_in(frame):
            samples[40:43, 100:103] += 0.03
        made[frame] = samples.astype(np.float16)
    return made


@pytest.fixture
def shot(frames):
    made = CountingShot(rgb_plate(RASTER), frames)
    made.asked = []
    return made


@pytest.fixture(scope="module")
def scale(frames):
    return train_scale([frames[1001]], sample=SampleType.HALF, codec=LINEAR)[1]


def audited(shot, scale, defects, *, frames=FRAMES, workers=1):
    chosen = frames_to_audit(defects, frames)
    return audit_repairs(shot, defects, scale, chosen=chosen, workers=workers, progress=Silent())


def test_what_shows_is_told_from_what_does_not(shot, scale):
    scores = audited(shot, scale, [SOUND, BOXED, LATE])
    assert {name: each.shows for name, each in scores.items()} == {
        "sound": False,
        "boxed": True,
        "late": True,
    }


def test_only_some_frames_and_only_the_rows_around_are_read(shot, scale):
    scores = audited(shot, scale, [BOXED])
    assert scores["boxed"].frames == len(shot.asked) == AUDIT_FRAMES
    for _, bands in shot.asked:
        assert all(stop - first < 60 for first, stop in bands)


def test_a_repair_is_looked_at_only_in_its_frames(shot, scale):
    scores = audited(shot, scale, [LATE])
    assert scores["late"].frames == 10
    assert {frame for frame, _ in shot.asked} == set(LATE.frames)
    before = FrameRange(range(1001, 1021))
    assert audited(shot, scale, [LATE], frames=before) == {}


def test_only_those_that_are_asked_for_are_scored(shot, scale):
    found = audit_repairs(shot, [SOUND, BOXED], scale, chosen={"sound": FRAMES}, progress=Silent())
    assert found.keys() == {"sound"}


def test_more_workers_and_smaller_batches_change_no_bit(shot, scale, monkeypatch):
    defects = [SOUND, BOXED, LATE]
    alone = audited(shot, scale, defects)
    monkeypatch.setattr("pixmend.pipeline._audit._AT_ONCE", 2)
    assert audited(shot, scale, defects, workers=3) == alone


def test_without_repairs_nothing_is_read(shot, scale):
    assert audited(shot, scale, []) == {}
    assert not shot.asked


def test_samples_of_alpha_are_not_looked_at(shot, scale):
    alpha = replace(SOUND, samples=(Sample(0, 0, "A"),))
    assert audited(shot, scale, [alpha]) == {}
