# SPDX-License-Identifier: Apache-2.0
"""Repairs are tried before they are made; the menders here are good or bad by what they are asked for."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from pixmend.errors import BadFrameError
from pixmend.fill import Mend, Wishes
from pixmend.frames import MemoryShot
from pixmend.model import (
    Channel,
    Defect,
    DefectMap,
    FrameRange,
    Kind,
    Method,
    Patch,
    Raster,
    Repair,
    Sample,
    SampleType,
)
from pixmend.pipeline._fix_audit import audited_mender
from pixmend.pipeline._mended_view import MendedView
from pixmend.progress import Silent
from pixmend.stats import SigmaScale, train_scale
from tests.make.shots import LINEAR, rgb_plate

FRAMES = FrameRange(range(1001, 1025))
RASTER = Raster(3, 5, 200, 90)
SIDE = 3
CHANNELS = tuple(Channel(name, SampleType.HALF) for name in "RGB")
BOX = tuple(Sample(dx, dy, channel) for dx in range(SIDE) for dy in range(SIDE) for channel in "RGB")
DEFECT = Defect(id="d1", x=103, y=45, kind=Kind.CLUSTER, samples=BOX)
MAP = DefectMap(raster=RASTER, defects=(DEFECT,))
SPOT = np.s_[40:43, 100:103]


@dataclass
class Mending:
    """A mender that adds to the truth, by the method; left to itself it takes `first`."""

    shot: MemoryShot
    truth: dict
    scale: SigmaScale
    adds: dict
    first: Method = Method.RECOVER
    wishes: Wishes = field(default_factory=Wishes)

    def wishing(self, wishes):
        return replace(self, wishes=wishes)

    def mend(self, frame, defects):
        if frame == 1013 and self.adds.get("broken"):
            raise BadFrameError("is torn", where="1013")
        if not defects or defects[0].id in self.wishes.refused:
            return Mend(Patch.empty(frame, CHANNELS), 0, ())
        method = self.wishes.methods.get(defects[0].id, self.first)
        samples = self.shot.read(frame)
        new = samples.copy()
        new[SPOT] = self.truth[frame][SPOT] + np.float16(self.adds[method])
        y, x, channel = np.nonzero(samples != new)
        old, now = (each[y, x, channel].view(np.uint16).astype(np.uint32) for each in (samples, new))
        places = ((x + RASTER.x).astype(np.int32), (y + RASTER.y).astype(np.int32), channel.astype(np.int16))
        patch = Patch(frame, CHANNELS, *places, old, now)
        return Mend(patch, 0, (Repair(defect="d1", method=method, predicted_sigma=1.0),))


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(2)
    size = (RASTER.height, RASTER.width, 3)
    return {frame: (0.2 + 0.01 * rng.standard_normal(size)).astype(np.float16) for frame in FRAMES}


@pytest.fixture(scope="module")
def mending(truth):
    scale = train_scale([truth[1001]], sample=SampleType.HALF, codec=LINEAR)[1]
    spoiled = {}
    for frame, samples in truth.items():
        spoiled[frame] = samples.copy()
        spoiled[frame][SPOT] += np.float16(0.1)
    shot = MemoryShot(rgb_plate(RASTER), spoiled)

    def make(recover, temporal, spatial, **more):
        adds = {Method.RECOVER: recover, Method.TEMPORAL: temporal, Method.SPATIAL: spatial}
        return Mending(shot, truth, scale, adds | more)

    return make


def audited(mender, **how):
    return audited_mender(mender, mender.shot, MAP, only=None, progress=Silent(), **how)


def test_what_does_not_show_is_left_to_the_mender(mending):
    mender, found = audited(mending(0.0, 0.2, 0.2))
    assert (found.changed, found.refused, found.seen) == ({}, (), ())
    assert mender.wishes == Wishes()
    assert found.scores["d1"].frames == 12


@pytest.mark.parametrize(
    ("adds", "chosen"), [((0.03, 0.0, 0.2), Method.TEMPORAL), ((0.03, 0.03, 0.0), Method.SPATIAL)]
)
def test_what_shows_is_made_another_way(mending, adds, chosen):
    mender, found = audited(mending(*adds))
    assert found.changed == mender.wishes.methods == {"d1": chosen}
    assert not found.seen


def test_where_all_show_the_least_is_taken_if_it_is_less_than_the_defect(mending):
    mender, found = audited(mending(0.07, 0.03, 0.05))
    assert found.changed == mender.wishes.methods == {"d1": Method.TEMPORAL}
    assert found.seen == ("d1",)


def test_where_every_repair_shows_more_than_the_defect_it_is_left(mending):
    mender, found = audited(mending(0.3, 0.4, 0.5))
    assert found.refused == ("d1",)
    assert mender.wishes.refused == {"d1"}
    assert (found.changed, found.seen) == ({}, ())
    assert not len(mender.mend(1001, (DEFECT,)).patch)


def test_a_method_that_somebody_named_is_kept_or_refused(mending):
    named = mending(0.03, 0.0, 0.5).wishing(Wishes({"d1": Method.RECOVER}))
    mender, found = audited(named)
    assert (found.changed, found.refused, found.seen) == ({}, (), ("d1",))
    assert mender.wishes.methods == {"d1": Method.RECOVER}
    spoiling = mending(0.0, 0.0, 0.5).wishing(Wishes({"d1": Method.SPATIAL}))
    assert audited(spoiling)[1].refused == ("d1",)


def test_more_workers_decide_the_same(mending):
    assert audited(mending(0.07, 0.03, 0.05), workers=3)[1] == audited(mending(0.07, 0.03, 0.05))[1]


def test_a_frame_that_cannot_be_read_is_left_out_where_that_is_asked_for(mending):
    broken = mending(0.0, 0.0, 0.0, broken=True)
    broken.shot = MemoryShot(rgb_plate(RASTER), {1012: broken.truth[1012], 1013: broken.truth[1013]})
    with pytest.raises(BadFrameError):
        audited(broken)
    assert audited(broken, skip_bad_frames=True)[1].scores["d1"].frames == 1


def test_a_view_holds_the_mended_samples_and_no_other_change(mending):
    mender = mending(0.0, 0.0, 0.0)
    patch = mender.mend(1001, (DEFECT,)).patch
    view = MendedView(mender.shot, {1001: patch})
    assert np.array_equal(view.read(1001), mender.truth[1001])
    assert np.array_equal(view.read(1001, channels=["B"], rows=(41, 43)), mender.truth[1001][41:43, :, 2:])
    assert (view.label, view.frames, view.plate) == ("memory", FrameRange([1001]), mender.shot.plate)
    assert not np.array_equal(mender.shot.read(1001), mender.truth[1001])
