# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.bake import Units, curves_of_codes, curves_of_floats, curves_through
from pixmend.bake._units import alike
from pixmend.frames import Encoding
from pixmend.model import SampleType
from tests.make.mends import Kitchen

INTEGERS = [SampleType.UINT8, SampleType.UINT10, SampleType.UINT12, SampleType.UINT16]


def test_floats_are_held_as_they_are():
    stored = np.array([0.1, -2, np.nan, np.inf], np.float16)
    held = Units(SampleType.HALF).held(stored)
    assert held.dtype == np.float32
    assert np.array_equal(held, stored.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("sample", INTEGERS)
def test_codes_are_held_over_the_largest_and_come_back(sample):
    units = Units(sample)
    codes = np.arange(sample.max_code + 1, dtype=sample.dtype)
    held = units.held(codes)
    assert (held[0], held[-1]) == (0, 1)
    assert np.array_equal(units.written(held), codes)
    assert np.array_equal(units.held_of_bits(sample.to_bits(codes)), held)
    assert units.name == "raw"


def test_floats_are_written_as_half():
    units = Units(SampleType.FLOAT)
    assert units.written(np.float32([0.1]))[0] == np.float16(0.1)
    assert np.isinf(units.written(np.float32([1e6])))[0]
    assert units.name == "linear"


def test_zero_is_not_alike_to_minus_zero():
    one = np.float32([0, 0, -0.0, 1])
    assert alike(one, np.float32([0, -0.0, -0.0, 1])).tolist() == [True, False, True, True]


def test_a_curve_rises_everywhere_in_all_channels():
    x = np.float32([0, 1, 2, 3, 4, 4, 5])
    y = np.float32([[0, 0, 0, 1, 2, 3, 4], [0, 0, 0, 2, 2, 3, 5]])
    one, two = curves_through(x, y)
    assert one.x.tolist() == two.x.tolist() == [2, 3, 4, 5]  # at the first 4 one does not rise
    assert (one.y.tolist(), two.y.tolist()) == ([0, 1, 3, 4], [0, 2, 3, 5])


def test_every_code_stands_on_the_curve():
    kitchen = Kitchen.of(SampleType.UINT10)
    units = Units(SampleType.UINT10)
    curves = curves_of_codes(kitchen.scale, units, 3)
    codes = np.arange(1024, dtype=np.uint16)
    values = kitchen.scale.forward(np.repeat(codes[:, None, None], 3, axis=2))[:, :, 0]
    for curve, wanted in zip(curves, values, strict=True):
        found = np.interp(units.held(codes), curve.x, curve.y)
        assert np.allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_floats_that_are_log_have_a_curve_over_what_is_stored():
    kitchen = Kitchen.of()
    units, log = Units(SampleType.FLOAT), Encoding("acescct", "the tests' own")

    class Scale:
        def forward(self, samples):
            return np.moveaxis(log.to_linear(samples, SampleType.FLOAT), -1, 0)

    level, _ = kitchen.scale.curve.nodes(0)
    (curve,) = curves_of_floats(level, log, Scale(), units=units, channels=1)
    stored = log.from_linear(np.float32([0.01, 0.18, 2.0]), SampleType.FLOAT)
    assert np.allclose(np.interp(stored, curve.x, curve.y), [0.01, 0.18, 2.0], rtol=1e-2)
