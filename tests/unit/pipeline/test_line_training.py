# SPDX-License-Identifier: Apache-2.0
"""Columns and rows of a shot are learnt, and mended by what was learnt."""

from dataclasses import replace
from functools import cache

import numpy as np

from pixmend.errors import BadFrameError
from pixmend.frames import Encoding, MemoryShot
from pixmend.model import DefectMap, FrameRange, Kind, Method, SampleType
from pixmend.pipeline import train_mender
from pixmend.progress import Silent
from pixmend.simulate import Ingredient, Motion, ShotSpec, SimulatedShot, true_map
from tests.make.shots import rgb_plate

LINEAR = Encoding("linear", "test")
LINES = tuple(
    Ingredient(label=f"{amplitude:g}", kind=Kind.COLUMN, count=1, amplitude_sigma=amplitude, size=(60, 1))
    for amplitude in (4.0, 8.0)
)
FRAME = 1003


@cache
def simulated():
    spec = ShotSpec(
        width=320,
        height=200,
        frames=FrameRange(range(1001, 1009)),
        motion=Motion.HANDHELD,
        exposure=0.6,
        seed=11,
        recipe=LINES,
    )
    shot = SimulatedShot(spec)
    frames = {frame: shot.render(frame).astype(np.float16) for frame in spec.frames}
    plate = rgb_plate(shot.raster)
    return MemoryShot(plate, frames), shot.render_clean(FRAME), true_map(shot, least_sigma=0.3)


def mender_of(shot, defect_map, **how):
    return train_mender(shot, defect_map, LINEAR, Silent(), **how)


@cache
def mender():
    shot, _, defect_map = simulated()
    return mender_of(shot, defect_map)


def errors(defect, stored, trained):
    clean = simulated()[1]
    scale = trained.scale
    off = scale.forward(stored) - scale.forward(clean.astype(stored.dtype))
    return np.array([off["RGB".index(name), y, x] for x, y, name in defect.pixels("RGB")])


def mended(trained, defect_map):
    shot = simulated()[0]
    patch = trained.mend(FRAME, defect_map.defects).patch
    stored = shot.read(FRAME).copy()
    stored[patch.y, patch.x, patch.channel] = SampleType.HALF.from_bits(patch.new)
    return stored, patch


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def test_lines_are_mended_better_than_predicted_and_than_left():
    shot, _, defect_map = simulated()
    spatial = mender_of(shot, defect_map, method=Method.SPATIAL)
    repairs = {each.defect: each.method for each in mender().mend(FRAME, defect_map.defects).repairs}
    assert Method.RECOVER in repairs.values()
    for defect in defect_map.defects:
        ours = rms(errors(defect, mended(mender(), defect_map)[0], mender()))
        filled = rms(errors(defect, mended(spatial, defect_map)[0], spatial))
        assert ours < 0.5 * rms(errors(defect, shot.read(FRAME), mender()))
        assert ours < 0.8 * filled if repairs[defect.id] is Method.RECOVER else ours <= filled


def test_only_samples_that_the_map_names_change():
    _, _, defect_map = simulated()
    _, patch = mended(mender(), defect_map)
    named = {(x, y, name) for defect in defect_map.defects for x, y, name in defect.pixels("RGB")}
    changed = {
        (int(x), int(y), "RGB"[int(c)]) for x, y, c in zip(patch.x, patch.y, patch.channel, strict=True)
    }
    assert changed
    assert changed <= named


def test_the_same_for_any_number_of_workers():
    shot, _, defect_map = simulated()
    one, other = (mended(each, defect_map)[1] for each in (mender(), mender_of(shot, defect_map, workers=3)))
    assert np.array_equal(one.new, other.new)


def test_a_line_that_shows_in_one_frame_is_predicted():
    shot, _, defect_map = simulated()
    brief = DefectMap(
        raster=defect_map.raster,
        defects=tuple(replace(each, frames=FrameRange([FRAME])) for each in defect_map.defects),
    )
    methods = {each.method for each in mender_of(shot, brief).mend(FRAME, brief.defects).repairs}
    assert Method.RECOVER not in methods


def test_frames_that_cannot_be_read_teach_nothing():
    shot, _, defect_map = simulated()

    class Torn(MemoryShot):
        """The shot, of which the fourth frame is damaged where lines are looked at."""

        def read_bands(self, frame, bands, *, channels=None):
            if frame == 1004:
                raise BadFrameError("torn")
            return super().read_bands(frame, bands, channels=channels)

    torn = Torn(shot.plate, {frame: shot.read(frame) for frame in shot.frames})
    trained = mender_of(torn, defect_map, skip_bad_frames=True)
    methods = {each.method for each in trained.mend(FRAME, defect_map.defects).repairs}
    assert Method.RECOVER in methods
