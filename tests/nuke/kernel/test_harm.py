# SPDX-License-Identifier: Apache-2.0
"""Whatever it is given, the kernel changes nothing that the index does not name, and spreads nothing."""

import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import given, settings

from nuke_proof.shim import BUILDS
from pixmend.bake import Mode, apply_control, pack_control
from tests.make import controls
from tests.make.blink import SOURCE, mend, only_here, pictures, same_bits, synthetic

ODD = (np.nan, np.inf, -np.inf, 1e30, -1e30, -0.0, 2.9e38, 6e-8)


@pytest.fixture(scope="module")
def program(workshop):
    return workshop.program(SOURCE)


def strewn(plate, share, seed):
    """Return a plate of which a share of the samples is odd."""
    random = np.random.default_rng(seed)
    values = np.array(ODD, np.float32)[random.integers(0, len(ODD), plate.shape)]
    return np.where(random.random(plate.shape) < share, values, plate).astype(np.float32)


@pytest.mark.parametrize("share", [0.003, 0.1, 1.0])
@pytest.mark.parametrize("name", ["g++ strict", "g++ sanitized", "clang++ sanitized"])
def test_odd_samples_stay_where_they_are_and_do_not_spread(workshop, name, share):
    build = next(build for build in BUILDS if build.name == name)
    only_here(build)
    program = workshop.program(SOURCE, build)
    plate, index, control, frames = synthetic()
    for frame in frames:
        odd = strewn(plate, share, frame)
        made = mend(program, odd, index, control, frame)
        assert same_bits(made, apply_control(odd, index, control, frame))
        passed = index[..., 0] == 0
        assert same_bits(made[passed], odd[passed])
        assert np.isfinite(made[np.isfinite(odd)]).all()


@pytest.mark.parametrize("name", ["g++ fast", "clang++ fast"])
def test_not_with_fast_arithmetic_either(workshop, name):
    build = next(build for build in BUILDS if build.name == name)
    only_here(build)
    program = workshop.program(SOURCE, build)
    plate, index, control, frames = synthetic()
    for frame in frames:
        odd = strewn(plate, 0.1, frame)
        made = mend(program, odd, index, control, frame)
        passed = index[..., 0] == 0
        assert same_bits(made[passed], odd[passed])
        assert np.isfinite(made[np.isfinite(odd)]).all()


def test_only_what_a_table_names_is_read(program):
    plate, _, _, _ = synthetic()
    whole = controls.synthetic_control()
    table = whole.tables[0]
    entry = controls.Entry(
        12, 11, 1, 0, 1, (controls.steady(1, 9, (Mode.PREDICT, 0, 0), (0, 0, 0), (0, 0, 0)),)
    )
    control = controls.Control(whole.display, (1, 9), (entry,), (table,), whole.curves)
    index = controls.index_of(control)
    rows, columns = entry.y - table.neighbours[:, 1], entry.x + table.neighbours[:, 0]
    is_read = np.zeros(plate.shape, bool)
    is_read[rows, columns, table.neighbours[:, 2]] = True
    poisoned = np.where(is_read, plate, np.float32(np.nan))
    expected = mend(program, plate, index, pack_control(control), 5)[entry.y, entry.x, 0]
    assert expected != plate[entry.y, entry.x, 0]
    assert mend(program, poisoned, index, pack_control(control), 5)[entry.y, entry.x, 0] == expected


def test_a_plate_of_one_pixel_and_a_control_of_one_value(program):
    entry = controls.Entry(0, 0, 7, 0, 1, (controls.steady(1, 1, *[(Mode.VALUE, 0.5, 0)] * 3),))
    control = controls.Control((1, 1), (1, 1), (entry,))
    plate, index = np.full((1, 1, 3), 9, np.float32), controls.index_of(control, (1, 1))
    assert mend(program, plate, index, pack_control(control), 1).ravel().tolist() == [0.5] * 3
    assert mend(program, plate, index, pack_control(control), 2).ravel().tolist() == [9] * 3


def test_without_defects_every_bit_passes(program):
    plate = strewn(controls.plate(), 0.2, 1)
    control = pack_control(controls.Control((32, 24), (1, 9), ()))
    assert same_bits(mend(program, plate, np.zeros((24, 32, 4), np.float32), control, 5), plate)


def test_without_control_every_bit_passes(program):
    plate, index, _, _ = synthetic()
    assert same_bits(mend(program, plate, index, np.zeros((1, 1, 4), np.float32), 1004), plate)


def test_knobs_that_are_not_there_pass_everything(program):
    plate, index, control, _ = synthetic()
    given_pictures = pictures(plate, index, control, 1004)
    given_pictures[3].samples[:] = 0
    assert same_bits(program.run(given_pictures).picture.samples[::-1, :, :3], plate)


@pytest.mark.parametrize("step", [2, 4])
def test_a_scaled_control_is_refused(program, step):
    plate, index, control, _ = synthetic()
    for scaled in (control[::step, ::step], control[step - 1 :: step, ::step]):
        assert same_bits(mend(program, plate, index, scaled, 1004), plate)


def test_a_control_that_was_cut_short_is_refused(program):
    plate, index, control, _ = synthetic()
    assert not same_bits(mend(program, plate, index, control, 1004), plate)
    top = np.flatnonzero(control.any(axis=(1, 2)))[0]
    assert same_bits(mend(program, plate, index, control[top + 1 :], 1004), plate)


def test_a_control_of_another_version_is_refused(program):
    plate, index, control, _ = synthetic()
    newer = control.copy()
    newer[-1, 0, 1] = 2
    newer[np.nonzero((control == control[-1, 0]).all(axis=-1))] = newer[-1, 0]
    assert same_bits(mend(program, plate, index, newer, 1004), plate)


@settings(max_examples=60)
@given(
    damage=some.lists(
        some.tuples(
            some.floats(0, 1, exclude_max=True),
            some.integers(0, 3),
            some.sampled_from((*ODD, 0.5, -1.0, 3.0, 7214.0, 2.0**24, 1e9, 511.0)),
        ),
        min_size=1,
        max_size=8,
    ),
    numbers=some.sampled_from((np.nan, 0.5, 1e9, -3.0, 7.0, 99.0)),
)
def test_a_damaged_control_harms_nothing_else(workshop, damage, numbers):
    plate, index, control, _ = synthetic()
    cells = control[::-1].reshape(-1, 4).copy()
    used = int(cells[0, 3])
    for place, part, value in damage:
        cells[3 + int(place * (used - 4)), part] = value
    odd_index = index.copy()
    odd_index[2, 2, 0] = numbers
    build = next(build for build in BUILDS if build.name == "g++ sanitized")
    only_here(build)
    damaged = np.ascontiguousarray(cells.reshape(-1, 512, 4)[::-1])
    made = mend(workshop.program(SOURCE, build), plate, odd_index, damaged, 1004)
    passed = odd_index[..., 0] == 0
    assert same_bits(made[passed], plate[passed])
    assert np.isfinite(made).all()
