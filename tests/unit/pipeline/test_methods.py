# SPDX-License-Identifier: Apache-2.0
"""Each defect is mended as it is asked for, or as is expected to be best; and it is better for it."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.fill import Wishes
from pixmend.frames import open_shot
from pixmend.model import Method, SampleType
from pixmend.pipeline import train_mender
from pixmend.progress import Silent
from tests.make.shots import LINEAR

FRAME = 1004


@pytest.fixture(scope="module")
def mender(plate_folder, defect_map):
    return train_mender(open_shot(plate_folder), defect_map, LINEAR, Silent())


def mended(mender, defect_map, frame=FRAME):
    return mender.mend(frame, defect_map.to_mend(frame))


def asked(mender, defect_map, method):
    return mended(mender.wishing(Wishes({each.id: method for each in defect_map.defects})), defect_map)


def error(mender, mend, simulated):
    """Return the root mean square error of the mended samples, in sigma."""
    clean = mender.scale.forward(np.float16(simulated.render_clean(mend.patch.frame)))
    patch = mend.patch
    now = mender.scale.values_of(
        np.float32(SampleType.HALF.from_bits(patch.new)), patch.channel.astype(np.intp)
    )
    return float(np.sqrt(np.mean((now - clean[patch.channel, patch.y, patch.x]) ** 2)))


def methods_of(mend):
    return {each.method for each in mend.repairs}


def test_photosites_are_recovered_and_that_is_better_than_any_prediction(mender, defect_map, simulated):
    best, predicted = mended(mender, defect_map), asked(mender, defect_map, Method.SPATIAL)
    assert Method.RECOVER in methods_of(best)
    assert methods_of(predicted) == {Method.SPATIAL}
    assert error(mender, best, simulated) < 0.8 * error(mender, predicted, simulated)


def test_every_defect_is_accounted_for(mender, defect_map):
    mend = mended(mender, defect_map)
    assert [each.defect for each in mend.repairs] == [each.id for each in defect_map.to_mend(FRAME)]
    assert all(0.0 < each.predicted_sigma < 3.0 for each in mend.repairs)
    assert all(each.left_sigma is not None and each.left_sigma < 4.0 for each in mend.repairs)


@pytest.mark.parametrize("method", Method)
def test_only_samples_that_the_map_names_change(mender, defect_map, method):
    patch = asked(mender, defect_map, method).patch
    named = {place for each in defect_map.defects for place in each.pixels("RGB")}
    changed = {(int(x), int(y), "RGB"[c]) for x, y, c in zip(patch.x, patch.y, patch.channel, strict=True)}
    assert changed <= named


def test_what_is_refused_stays_as_it_is(mender, defect_map):
    refused = defect_map.defects[1]
    mend = mended(mender.wishing(Wishes(refused=frozenset({refused.id}))), defect_map)
    assert {each.defect: each.method for each in mend.repairs}[refused.id] is None
    assert not set(refused.pixels("RGB")) & {
        (int(x), int(y), "RGB"[c])
        for x, y, c in zip(mend.patch.x, mend.patch.y, mend.patch.channel, strict=True)
    }
    assert len(mend.patch)


def test_what_the_map_says_of_a_defect_beats_what_is_asked_for_all(plate_folder, defect_map):
    first, *rest = defect_map.defects
    said = replace(defect_map, defects=(replace(first, method=Method.SPATIAL), *rest))
    mender = train_mender(open_shot(plate_folder), said, LINEAR, Silent(), method=Method.RECOVER)
    assert {mender.wishes.methods[each.id] for each in rest} == {Method.RECOVER}
    assert mender.wishes.methods[first.id] is Method.SPATIAL


def test_a_frame_is_mended_the_same_whatever_was_mended_before_it(mender, plate_folder, defect_map):
    other = train_mender(open_shot(plate_folder), defect_map, LINEAR, Silent(), workers=2)
    frames = (1008, 1001, FRAME)
    one = [mended(mender, defect_map, frame).patch for frame in sorted(frames)]
    two = {frame: mended(other, defect_map, frame).patch for frame in frames}
    assert all(np.array_equal(patch.new, two[patch.frame].new) for patch in one)
