# SPDX-License-Identifier: Apache-2.0
"""The glue through which the benchmarks call the product, and what they score of it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.fill_scores import root_mean_square
from benchmarks.accuracy.hole_run import broken_frames
from benchmarks.accuracy.holes import SPOTS, Layout, defects_of, mask_of
from benchmarks.accuracy.scene import Storage
from benchmarks.accuracy.shots import SEED, after_a_cut, plate_of_shot, seen
from benchmarks.product import MendedShot
from pixmend.model import FrameRange, Method
from pixmend.simulate import Motion, ShotSpec, SimulatedShot


@pytest.fixture(scope="module", params=list(Storage))
def plate(request):
    frames = FrameRange(range(1001, 1004))
    spec = ShotSpec(width=160, height=128, frames=frames, motion=Motion.PAN, recipe=(), exposure=1.0, seed=3)
    return plate_of_shot(SimulatedShot(spec), request.param)


def test_only_the_named_samples_change_and_come_near_the_truth(plate):
    placed = Layout(SPOTS).place(plate.size, seed=SEED)
    is_bad = mask_of(placed, plate.size)
    broken = broken_frames(plate, is_bad)
    shot = MendedShot(
        broken, defects_of(placed, Method.SPATIAL), sample=plate.sample, encoding=plate.encoding
    )
    mended = shot.mend(plate.middle).samples
    assert np.array_equal(mended[~is_bad], plate.clean[plate.middle][~is_bad])
    left, lie = (
        seen(each, plate.storage) - seen(plate.clean[plate.middle], plate.storage)
        for each in (mended, broken[plate.middle])
    )
    assert root_mean_square(left[is_bad]) < 0.2 * root_mean_square(lie[is_bad])


def test_the_noise_of_a_plate_is_that_of_its_takes(plate):
    assert plate.middle == 1002
    assert set(plate.sigmas) == {1002}
    difference = seen(plate.clean[1002], plate.storage) - seen(plate.spoiled[1002], plate.storage)
    assert not difference.any()
    assert 0.001 < float(np.median(plate.sigma)) < 0.1


def test_a_cut_changes_the_frames_before_the_middle_alone(plate):
    other = replace(plate, clean={number: frame[::-1] for number, frame in plate.clean.items()})
    cut = after_a_cut(plate, other)
    assert np.array_equal(cut.clean[1001], other.clean[1001])
    assert all(cut.clean[number] is plate.clean[number] for number in (1002, 1003))
    assert cut.middle == plate.middle
