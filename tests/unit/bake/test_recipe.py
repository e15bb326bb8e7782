# SPDX-License-Identifier: Apache-2.0
"""What the fill did becomes what the kernel does, or, where that is not sure, a value."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.bake import Done, Mode, _recipe, apply_control, pack_control
from pixmend.bake._control import control_cells
from pixmend.model import Defect, Kind, Sample, SampleType
from tests.make.mends import CORNER, FRAME, HEIGHT, WIDTH, Kitchen

FOOTPRINT = ((0, 0, "R"), (0, 0, "G"), (1, 0, "G"), (0, 1, "B"))
EVERY = pytest.mark.parametrize(
    "sample",
    [
        SampleType.HALF,
        SampleType.FLOAT,
        SampleType.UINT10,
        pytest.param(SampleType.UINT16, marks=pytest.mark.slow),
    ],
)


def defect(x, y, samples=FOOTPRINT, **fields):
    """Return a defect at an array position."""
    fields = {"id": f"d{x}-{y}", "kind": Kind.HOT} | fields
    return Defect(
        x=x + CORNER[0], y=y + CORNER[1], samples=tuple(Sample(*each) for each in samples), **fields
    )


SCATTERED = tuple(defect(x, y) for x in range(3, WIDTH - 3, 9) for y in range(3, HEIGHT - 3, 11))


def square(side, channel="*"):
    return tuple((dx, dy, channel) for dx in range(side) for dy in range(side))


def same(kitchen, defects, mend, stored=None):
    """Tell whether the node gives what the mend says, and changes nothing else."""
    control, index = kitchen.control(defects, kitchen.recipe(mend))
    plate = kitchen.held(stored)
    found = apply_control(plate, index, pack_control(control), FRAME)
    wanted = kitchen.fixed(mend, stored)
    untouched = wanted == plate
    assert np.array_equal(found[untouched], plate[untouched])
    return np.array_equal(kitchen.units.written(found), kitchen.units.written(wanted))


@EVERY
def test_what_is_predicted_is_predicted_by_the_node(sample):
    kitchen = Kitchen.of(sample)
    mend = kitchen.mend(SCATTERED)
    counts = kitchen.recipe(mend).counts
    assert counts[Done.PREDICTED] > 0.85 * sum(counts.values())
    assert counts.total() == 4 * len(SCATTERED)
    assert same(kitchen, SCATTERED, mend)


@pytest.mark.parametrize("sample", [SampleType.HALF, SampleType.UINT10])
def test_a_plate_of_one_channel_is_three_that_are_equal(sample):
    kitchen = Kitchen.of(sample, 1)
    defects = tuple(defect(x, 40, square(2, "Y")) for x in range(4, 90, 12))
    mend = kitchen.mend(defects)
    assert kitchen.recipe(mend).counts[Done.PREDICTED] > 0
    assert same(kitchen, defects, mend)


@pytest.mark.parametrize("off", [np.uint32(1), np.uint32(0xFFFFFFFF)], ids=["above", "below"])
def test_what_the_node_would_not_give_is_a_value(off):
    kitchen = Kitchen.of()
    mend = kitchen.mend(SCATTERED)
    other = replace(mend, patch=replace(mend.patch, new=mend.patch.new + off))
    counts = kitchen.recipe(other).counts
    assert counts[Done.DIFFERS] == len(other.patch)
    assert same(kitchen, SCATTERED, other)


def test_what_another_compiler_could_round_otherwise_is_a_value(monkeypatch):
    """The node's own samples lie in the middle between two that can be stored."""
    kitchen = Kitchen.of()
    mend = kitchen.mend(SCATTERED)
    real = _recipe.predict_samples

    def in_the_middle(*args):
        found, doubt = real(*args)
        half = found.astype(np.float16)
        above = half + np.spacing(half)
        middle = (half.astype(np.float32) + above.astype(np.float32)) / 2
        return np.where(found < half, found, np.nextafter(middle, half.astype(np.float32))), doubt

    counts = kitchen.recipe(mend).counts
    monkeypatch.setattr(_recipe, "predict_samples", in_the_middle)
    found = kitchen.recipe(mend)
    assert found.counts[Done.CLOSE] > counts[Done.CLOSE] + 50
    assert found.counts[Done.DIFFERS] <= counts[Done.DIFFERS]
    is_value = found.records[..., 0] == Mode.VALUE
    assert is_value.sum() == found.counts[Done.CLOSE] + found.counts[Done.DIFFERS]


@pytest.mark.parametrize("sample", [SampleType.HALF, SampleType.FLOAT])
def test_what_is_recovered_is_a_lie_taken_off(sample):
    kitchen = Kitchen.of(sample)
    mend = kitchen.mend(SCATTERED)
    mend.trace.answers.method[:] = 0
    recipe = kitchen.recipe(mend)
    assert recipe.counts[Done.SUBTRACTED] > 0.99 * len(mend.patch)
    assert same(kitchen, SCATTERED, mend)


def test_codes_that_are_recovered_are_values():
    kitchen = Kitchen.of(SampleType.UINT10)
    mend = kitchen.mend(SCATTERED)
    mend.trace.answers.method[:] = 0
    assert kitchen.recipe(mend).counts[Done.CODES] == len(mend.patch)
    assert same(kitchen, SCATTERED, mend)


def test_what_other_frames_told_is_a_value():
    kitchen = Kitchen.of()
    mend = kitchen.mend(SCATTERED)
    mend.trace.answers.method[:] = 2
    assert kitchen.recipe(mend).counts[Done.TEMPORAL] == len(mend.patch)
    assert same(kitchen, SCATTERED, mend)


def test_what_does_not_change_stays():
    kitchen = Kitchen.of()
    mend = kitchen.mend(SCATTERED)
    kept = replace(mend, patch=replace(mend.patch, new=mend.patch.old).changes_only())
    recipe = kitchen.recipe(kept)
    assert recipe.counts == {Done.LEFT: 4 * len(SCATTERED)}
    assert not len(recipe.pixels)


def test_a_channel_that_nobody_around_has_is_a_value():
    kitchen = Kitchen.of()
    hole = (defect(30, 30, square(15, "R")),)
    mend = kitchen.mend(hole)
    counts = kitchen.recipe(mend).counts
    assert counts[Done.ALONE] > 0
    assert counts[Done.PREDICTED] > 0
    assert same(kitchen, hole, mend)


def test_what_lies_in_a_bar_is_a_value():
    kitchen = Kitchen.of()
    stored = kitchen.stored[0].copy()
    stored[:40] = 0
    stored[36, 30, :2] = 0.5
    hole = (defect(30, 36),)
    mend = kitchen.mend(hole, stored)
    assert kitchen.recipe(mend).counts[Done.BAR] > 0
    assert same(kitchen, hole, mend, stored)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_in_the_plate_is_no_neighbour(odd):
    kitchen = Kitchen.of()
    stored = kitchen.stored[0].copy()
    stored[30, 32], stored[31, 30, 0] = odd, odd
    hole = (defect(30, 30),)
    mend = kitchen.mend(hole, stored)
    recipe = kitchen.recipe(mend)
    assert recipe.counts[Done.PREDICTED] > 0
    for each in recipe.tables:
        assert len(each.neighbours) < 9 * 9 * 3 - 6
    control, index = kitchen.control(hole, recipe)
    found = apply_control(kitchen.held(stored), index, pack_control(control), FRAME)
    assert np.array_equal(
        found.astype(np.float16), kitchen.fixed(mend, stored).astype(np.float16), equal_nan=True
    )


def test_the_picture_is_whole_pixels():
    kitchen = Kitchen.of()
    mend = kitchen.mend(SCATTERED)
    recipe, fixed = kitchen.recipe(mend), kitchen.fixed(mend)
    y, x = (recipe.pixels - np.array([CORNER[1], CORNER[0]])).T
    assert np.array_equal(recipe.picture, fixed[y, x])
    assert len(recipe.pixels) > len(SCATTERED)


def test_a_shape_is_laid_out_once_for_a_class_and_a_place_in_the_mosaic():
    kitchen = Kitchen.of()
    apart = tuple(defect(x, 40) for x in range(10, 90, 16))
    control, _ = kitchen.control(apart, kitchen.recipe(kitchen.mend(apart)))
    used = int(control_cells(pack_control(control))[0, 3])
    tables = 4 * len(kitchen.kriging.covariances) * 244
    assert used < 3 * 8001 + tables + 200


def test_a_frame_without_a_defect_has_an_empty_recipe():
    kitchen = Kitchen.of()
    recipe = kitchen.recipe(kitchen.mend(()))
    assert (recipe.frame, len(recipe.pixels), recipe.counts.total()) == (FRAME, 0, 0)
