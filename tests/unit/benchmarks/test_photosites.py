# SPDX-License-Identifier: Apache-2.0
"""The lying photosites that recovery is measured on, and the tables made of them."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.accuracy.bench_recovery import GROUPS, chosen_table, faint_table, grouped
from benchmarks.accuracy.fill_scores import Errors
from benchmarks.accuracy.photosites import (
    CLASSES,
    FAINT,
    STRONG,
    block_of,
    defects_named,
    photosites_of,
    plant_grid,
)
from benchmarks.accuracy.recovery_run import AS_IT_IS
from benchmarks.accuracy.scene import Storage
from benchmarks.accuracy.shots import plate_of_shot
from pixmend.model import FrameRange, Kind, Method
from pixmend.simulate import Motion, ShotSpec, SimulatedShot, spoiled_samples

SIZE = (128, 160)


@pytest.fixture(scope="module")
def shot():
    planted = plant_grid(SIZE, seed=3, labels=("15 sigma, 0.2", "50 sigma, 0", "saturated", "dead"))
    frames = FrameRange(range(1, 9))
    spec = ShotSpec(width=160, height=128, frames=frames, motion=Motion.PAN, recipe=(), exposure=1.0, seed=3)
    return SimulatedShot(spec, planted=planted)


def test_all_colours_of_the_mosaic_and_all_classes_are_planted():
    planted = plant_grid((384, 512), seed=1)
    counts = Counter(each.label for each in planted)
    assert set(counts) == set(CLASSES)
    assert min(counts.values()) >= 8
    assert {(each.centre[0] % 2, each.centre[1] % 2) for each in planted} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_what_is_measured_as_spoiled_is_what_is_computed(shot):
    plate = plate_of_shot(shot, Storage.HALF)
    sites = photosites_of(plate, shot.planted)
    for site, planted in zip(sites, shot.planted, strict=True):
        if site.label in {"50 sigma, 0", "saturated"}:
            computed = spoiled_samples(shot, planted, least_sigma=0.6).samples
            assert set(computed) <= set(site.samples)
            assert set(site.samples) <= set(spoiled_samples(shot, planted, least_sigma=0.05).samples)


def test_a_map_of_photosites_asks_for_one_method(shot):
    plate = plate_of_shot(shot, Storage.HALF)
    sites = photosites_of(plate, shot.planted)
    defects = defects_named(sites, Method.RECOVER)
    assert {each.kind for each in defects} == {Kind.HOT, Kind.STUCK, Kind.DEAD}
    assert {each.method for each in defects} == {Method.RECOVER}
    assert all(np.zeros((*SIZE, 3))[block_of(site)].shape == (5, 5, 3) for site in sites)


def errors(size):
    return Errors(np.full(4, size), np.ones(4))


def test_fluctuations_are_told_together():
    found = grouped({("pixmend", label): errors(1.0) for label in CLASSES})
    assert len(found["pixmend", "5 sigma"].error) == 12
    assert len(found["pixmend", "2 to 50 sigma"].error) == 4 * len(STRONG)
    assert {group for _, group in found} == set(GROUPS)


def test_a_repair_that_makes_it_worse_is_over_one():
    before = {(AS_IT_IS, label): errors(1.0) for label in FAINT}
    after = {("pixmend", label): errors(1.5) for label in FAINT}
    assert faint_table({"pan": before | after}).rows == (("pan", *["1.50"] * len(FAINT)),)


def test_choices_are_percent_of_the_repairs():
    counts = {"dead": Counter(recover=3, left=1)}
    rows = {row[0]: row[1:] for row in chosen_table([counts]).rows}
    assert rows["dead"] == ("75", "0", "0", "25")
    assert rows["saturated"] == ("-", "-", "-", "-")
