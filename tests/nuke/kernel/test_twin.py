# SPDX-License-Identifier: Apache-2.0
"""The kernel of the committed gizmo, compiled in every way, against what the bake says it does."""

import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import given, settings

from nuke_proof.shim import BUILDS, Order
from pixmend.bake import Control, Entry, Mode, apply_control, pack_control
from tests.make import controls
from tests.make.blink import SOURCE, mend, only_here, same_bits, synthetic, ulps

FEW_ULPS = 8


def every(name):
    return [build for build in BUILDS if name in build.name]


@pytest.mark.parametrize("build", every("strict"), ids=lambda build: build.name)
def test_a_strict_build_is_the_twin_to_the_bit(workshop, build):
    only_here(build)
    plate, index, control, frames = synthetic()
    program = workshop.program(SOURCE, build)
    for frame in frames:
        assert same_bits(
            mend(program, plate, index, control, frame), apply_control(plate, index, control, frame)
        )


@pytest.mark.parametrize("build", [*every("fused"), *every("fast")], ids=lambda build: build.name)
def test_other_arithmetic_is_a_few_units_away_and_the_same_half(workshop, build):
    only_here(build)
    plate, index, control, frames = synthetic()
    program = workshop.program(SOURCE, build)
    for frame in frames:
        made, twin = mend(program, plate, index, control, frame), apply_control(plate, index, control, frame)
        assert ulps(made, twin).max() <= FEW_ULPS
        assert same_bits(made.astype(np.float16), twin.astype(np.float16))
        assert same_bits(made[index[..., 0] == 0], plate[index[..., 0] == 0])


@pytest.mark.parametrize("build", every("sanitized"), ids=lambda build: build.name)
def test_nothing_undefined_happens(workshop, build):
    only_here(build)
    plate, index, control, frames = synthetic()
    program = workshop.program(SOURCE, build)
    for frame in frames:
        assert same_bits(
            mend(program, plate, index, control, frame), apply_control(plate, index, control, frame)
        )


@pytest.mark.parametrize("how", [{"threads": 3}, {"order": Order.REVERSED}, {"order": Order.FRESH}], ids=str)
def test_order_and_threads_change_nothing(workshop, how):
    plate, index, control, _ = synthetic()
    program = workshop.program(SOURCE)
    assert same_bits(
        mend(program, plate, index, control, 1004, **how), mend(program, plate, index, control, 1004)
    )


def test_the_frame_is_the_nearest_whole_one(workshop):
    plate, index, control, _ = synthetic()
    program = workshop.program(SOURCE)
    whole = mend(program, plate, index, control, 1004)
    assert not same_bits(whole, mend(program, plate, index, control, 1005))
    for frame in (1003.5, 1004.25, 1004.49):
        assert same_bits(mend(program, plate, index, control, frame), whole)


def test_a_plate_that_lies_elsewhere_is_mended_alike(workshop):
    plate, index, control, _ = synthetic()
    program = workshop.program(SOURCE)
    here = mend(program, plate, index, control, 1004)
    assert same_bits(mend(program, plate, index, control, 1004, x=-57, y=913), here)


def test_more_of_a_plate_than_the_index_knows_is_passed(workshop):
    plate, index, control, _ = synthetic()
    program = workshop.program(SOURCE)
    inner = mend(program, plate, index, control, 1004)
    wide = np.pad(plate, ((3, 3), (5, 5), (0, 0)), mode="edge")
    wider_index = np.pad(index, ((3, 3), (5, 5), (0, 0)))
    made = mend(program, wide, wider_index, control, 1004)
    assert same_bits(made[3:-3, 5:-5], inner)
    made[3:-3, 5:-5] = wide[3:-3, 5:-5]
    assert same_bits(made, wide)


def test_less_of_a_plate_is_mended_alike_where_the_neighbours_are_there(workshop):
    plate, index, control, _ = synthetic()
    program = workshop.program(SOURCE)
    whole = mend(program, plate, index, control, 1004)
    cut = (slice(2, 22), slice(1, 30))
    made = mend(program, plate[cut], index[cut], control, 1004)
    assert same_bits(made[3:-3, 3:-3], whole[cut][3:-3, 3:-3])
    passed = index[cut][..., 0] == 0
    assert same_bits(made[passed], plate[cut][passed])


def test_tiles_make_up_the_whole(workshop):
    plate, index, control, _ = synthetic()
    program = workshop.program(SOURCE)
    whole = mend(program, plate, index, control, 1004)
    height, width = plate.shape[:2]
    for x in range(0, width, 7):
        for y in range(0, height, 5):
            region = (x, y, min(x + 7, width), min(y + 5, height))
            tile = mend(program, plate, index, control, 1004, region=region)
            rows = slice(height - region[3], height - region[1])
            assert same_bits(tile, whole[rows, region[0] : region[2]])


@settings(max_examples=40)
@given(
    seed=some.integers(0, 2**32 - 1),
    radii=some.tuples(*[some.integers(1, 8)] * 3),
    nodes=some.integers(2, 200),
    spread=some.floats(0.001, 20),
    frame=some.integers(1, 12),
)
def test_any_control_is_read_as_the_twin_reads_it(workshop, seed, radii, nodes, spread, frame):
    random = np.random.default_rng(seed)
    size = (24, 24)
    predicts = [(Mode.PREDICT, grain, int(random.integers(3))) for grain in random.normal(0, 1, 3)]
    others = [(Mode(int(random.choice([0, 1, 3]))), amount, 0) for amount in random.normal(0, 1, 3)]
    entries = tuple(
        Entry(x, y, 7, 0, 1, (controls.steady(2, 5, *modes), controls.changing(7, 11, seed)))
        for (x, y), modes in zip([(8, 8), (9, 8), (15, 15)], [predicts, others, predicts], strict=True)
    )
    tables = tuple(controls.table(seed + channel, channel, radii[channel]) for channel in range(3))
    curves = tuple(controls.curve(channel, nodes) for channel in range(3))
    control = Control((24, 24), (1, 12), entries, tables, curves)
    plate = random.normal(0.2, spread, (*size, 3)).astype(np.float32)
    index, picture = controls.index_of(control, size), pack_control(control)
    made = mend(workshop.program(SOURCE), plate, index, picture, frame)
    assert same_bits(made, apply_control(plate, index, picture, frame))


@pytest.mark.parametrize("frame", [-5, 0, 999, 1009, 2**24])
def test_frames_without_a_record_pass(workshop, frame):
    plate, index, control, _ = synthetic()
    assert same_bits(mend(workshop.program(SOURCE), plate, index, control, frame), plate)
