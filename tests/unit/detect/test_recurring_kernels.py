# SPDX-License-Identifier: Apache-2.0
"""Which place stands for those near it: the kernel gives what the plain version gives."""

import numpy as np
import pytest

from pixmend.detect._recurring_kernels import stand_for

_REACH, _SIDE = 3, 30


def _plainly(places, order):
    standing = np.full(len(places), -1)
    for best in order:
        if standing[best] < 0:
            near = (np.abs(places - places[best]) <= _REACH).all(axis=1)
            standing[near & (standing < 0)] = best
    return standing


@pytest.mark.parametrize("count", [0, 1, 60, 400])
def test_the_first_in_order_stands_for_those_that_are_left_around_it(count):
    rng = np.random.default_rng(count)
    places = np.unique(rng.integers(0, _SIDE, (count, 2)), axis=0)
    order = rng.permutation(len(places))
    stride = _SIDE + 2 * _REACH

    standing = stand_for(places[:, 0] * stride + places[:, 1], stride, order, _REACH)

    np.testing.assert_array_equal(standing, _plainly(places, order))
