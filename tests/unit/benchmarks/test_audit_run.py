# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from benchmarks.accuracy.audit_run import Shares, _blurred, _stored, audited
from benchmarks.accuracy.holes import HOLES, Layout, defects_of
from benchmarks.accuracy.scene import Storage
from benchmarks.accuracy.shots import Plate, seen

SIZE = (120, 220)


@pytest.fixture(scope="module")
def plate():
    rng = np.random.default_rng(4)
    frames = {
        frame: (0.2 + 0.01 * rng.standard_normal((*SIZE, 3))).astype(np.float16)
        for frame in range(1001, 1013)
    }
    return Plate(Storage.HALF, frames, frames, {1007: np.full((*SIZE, 3), 0.005, np.float32)})


def test_shares_are_counted_by_repair_and_hole():
    shares = Shares()
    for is_seen in (True, False, False, True):
        shares.count("median", "3x3", is_seen=is_seen)
    assert shares.share("median", "3x3") == 0.5
    assert np.isnan(shares.share("median", "5x5"))


def test_a_blur_takes_from_sound_samples_alone():
    picture = np.full((9, 9, 3), 0.5, np.float32)
    is_bad = np.zeros((9, 9, 3), bool)
    is_bad[3:6, 3:6] = True
    picture[is_bad] = 99.0
    assert _blurred(picture, is_bad)[is_bad] == pytest.approx(0.5)


def test_what_is_seen_is_stored_as_it_was(plate):
    stored = plate.clean[1001]
    again = _stored(seen(stored, plate.storage), plate)
    assert again.dtype == stored.dtype
    assert again.astype(float) == pytest.approx(stored.astype(float), rel=2e-3)


def test_boxes_are_named_and_sound_places_are_not(plate):
    placed = Layout(tuple(hole for hole in HOLES if hole.name == "3x3"), (40, 60)).place(plate.size, seed=1)
    defects = defects_of(placed)
    assert not any(audited(plate, plate.clean, defects).values())
    boxed = {number: frame.copy() for number, frame in plate.clean.items()}
    for frame in boxed.values():
        for each in placed:
            frame[each.samples] += np.float16(0.03)
    found = audited(plate, boxed, defects)
    assert len(found) == len(defects)
    assert all(found.values())
