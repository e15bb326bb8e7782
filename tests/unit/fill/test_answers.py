# SPDX-License-Identifier: Apache-2.0
"""What is stored of what was found: nothing of what is to stay."""

import numpy as np

from pixmend.fill import Predicted
from pixmend.fill._answers import LEFT, METHODS, answers_of
from pixmend.model import Method


class _Plain:
    """A scale on which light is a tenth of a value."""

    def light_of(self, values, _channel):
        return np.float32(values) / 10

    def values_of(self, light, _channel):
        return np.float32(light) * 10


CHANNEL = np.zeros(4, np.intp)


def answers():
    return answers_of(Predicted(np.float32([1, 2, 3, np.nan]), np.float64([1, 1, 1, np.inf]), ()))


def recovered(found, places, light):
    lit = np.float32(light)
    found.recover(np.array(places), lit, _Plain().values_of(lit, CHANNEL[places]), np.full(len(places), 0.1))


def test_light_is_recovered_or_that_of_the_value():
    found = answers()
    recovered(found, [1], [0.7])
    assert np.array_equal(found.light(CHANNEL, _Plain()), np.float32([0.1, 0.7, 0.3, np.nan]), equal_nan=True)
    assert found.value[1] == np.float32(7)
    assert found.method.tolist() == [
        METHODS.index(each) for each in (Method.SPATIAL, Method.RECOVER, Method.SPATIAL)
    ] + [LEFT]


def test_what_is_left_after_it_was_recovered_for_another_defect_stays():
    found = answers()
    recovered(found, [1, 2], [0.7, 0.8])
    found.leave(np.array([2]), np.array([0.5]))
    assert np.array_equal(
        found.light(CHANNEL, _Plain()), np.float32([0.1, 0.7, np.nan, np.nan]), equal_nan=True
    )
