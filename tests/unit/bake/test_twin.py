# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from pixmend.bake import Mode, apply_control, pack_control
from pixmend.bake._control import curve_cells
from pixmend.bake._twin_kernels import predict_samples
from tests.make.controls import curve, index_of, plate, steady, synthetic_control, table


def with_entries(*entries):
    return replace(synthetic_control(), entries=entries)


def applied(control, frame, picture=None):
    picture = plate() if picture is None else picture
    return apply_control(picture, index_of(control), pack_control(control), frame)


def straight(points, given):
    """Return what stands on a curve at `given`, in 64 bits."""
    return np.interp(
        np.asarray(given, np.float64), points[0].astype(np.float64), points[1].astype(np.float64)
    )


def predicted(picture, entry, told, control):
    """Return a predicted sample, the slow and obvious way, in 64 bits."""
    used = control.tables[int(told[2])]
    column, up, channel = used.neighbours.astype(int).T
    given = picture[entry.y - up, entry.x + column, channel]
    value = np.array(
        [
            straight((control.curves[c].x, control.curves[c].y), each)
            for c, each in zip(channel, given, strict=True)
        ]
    )
    level = np.array([value[channel == c].mean() for c in range(3)])
    mine = control.curves[used.channel]
    found = used.weights.astype(np.float64) @ (value - level[channel]) + level[used.channel] + told[1]
    return straight((mine.y, mine.x), found)


@pytest.mark.parametrize("frame", range(1000, 1010))
def test_it_does_what_the_records_say_and_nothing_else(frame):
    control, picture = synthetic_control(), plate()
    wanted = picture.astype(np.float64)
    for entry in control.entries:
        for segment in entry.segments:
            if not segment.first <= frame <= segment.last:
                continue
            number = frame - segment.first if len(segment.records) > 1 else 0
            for c, told in enumerate(segment.records[number]):
                if told[0] == Mode.SUBTRACT:
                    wanted[entry.y, entry.x, c] = picture[entry.y, entry.x, c] - told[1]
                elif told[0] == Mode.VALUE:
                    wanted[entry.y, entry.x, c] = told[1]
                elif told[0] == Mode.PREDICT:
                    wanted[entry.y, entry.x, c] = predicted(picture, entry, told, control)
    found = applied(control, frame)
    assert np.abs(found - wanted).max() < 2e-6
    untouched = wanted == picture
    assert np.array_equal(found[untouched], picture[untouched])


def test_the_plate_stays_as_it_was():
    picture = plate()
    applied(synthetic_control(), 1003, picture)
    assert np.array_equal(picture, plate())


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_spreads(odd):
    control = synthetic_control()
    picture = plate()
    picture[5, 6] = odd  # a neighbour of both predicted pixels
    found = applied(control, 1001, picture)
    assert np.array_equal(found[4:7, 3:6], picture[4:7, 3:6])
    assert (~np.isfinite(found)).sum() == 3


def test_nothing_is_predicted_from_beyond_the_picture():
    told = steady(1001, 1008, (Mode.PREDICT, 0, 0), (Mode.PASS, 0, 0), (Mode.PASS, 0, 0))
    at_the_rim = replace(synthetic_control().entries[0], x=2, y=12, segments=(told,))
    assert np.array_equal(applied(with_entries(at_the_rim), 1001), plate())


@pytest.mark.parametrize("broken", [0, 10_000])
def test_an_index_of_another_control_changes_nothing(broken):
    control = synthetic_control()
    index = index_of(control)
    index[index[..., 0] > 0, 0] = broken
    assert np.array_equal(apply_control(plate(), index, pack_control(control), 1003), plate())


def test_beyond_its_ends_a_curve_is_level():
    control = synthetic_control()
    found = [
        applied(with_entries(control.entries[0]), 1001, np.full_like(plate(), value))[5, 4, 0]
        for value in (8.5, 99.0)
    ]
    assert found[0] == found[1] == control.curves[0].x[-1]


def test_the_doubt_covers_other_orders_of_the_sums():
    random = np.random.default_rng(1)
    cells = np.stack([table(seed, seed % 3).cells() for seed in range(6)])
    curves = np.stack([curve_cells(curve(c)) for c in range(3)])
    samples = random.normal(0.2, 0.05, cells.shape[1] - 1).astype(np.float32)
    grain = random.normal(0, 1, 6).astype(np.float32)
    found, doubt = predict_samples(samples, cells, grain, curves)
    order = np.concatenate([np.flatnonzero(cells[0, 1:, 2] == c)[::-1] for c in range(3)])
    turned = np.concatenate([cells[:, :1], cells[:, 1:][:, order]], axis=1)
    other, _ = predict_samples(samples[order], turned, grain, curves)
    assert (found != other).any()
    assert (np.abs(found - other) <= doubt).all()
    assert (doubt < 1e-4 * np.abs(found)).all()


def test_a_control_that_was_scaled_changes_nothing():
    control = synthetic_control()
    scaled = pack_control(control)[:, ::2].repeat(2, axis=1)
    assert np.array_equal(apply_control(plate(), index_of(control), scaled, 1003), plate())
