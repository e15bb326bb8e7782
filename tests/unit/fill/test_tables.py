# SPDX-License-Identifier: Apache-2.0
"""The applied form of prediction: a plain twin, written from its description alone, gives the same bits."""

import numpy as np
import pytest

from pixmend.fill import SiteTable

SIDE = 9
F32 = np.float32


def hole(top, left, height, width, channels=(0, 1, 2)):
    is_target = np.zeros((3, SIDE, SIDE), bool)
    for c in channels:
        is_target[c, top : top + height, left : left + width] = True
    return is_target


def windows_of(values, count=40):
    rng = np.random.default_rng(5)
    corners = rng.integers(0, [values.shape[1] - SIDE, values.shape[2] - SIDE], (count, 2))
    return [np.ascontiguousarray(values[:, y : y + SIDE, x : x + SIDE]) for y, x in corners]


def filled_by_hand(table: SiteTable, window):
    """Fill as the notes of `SiteTable` say, one sample after the other."""
    known = [window[tuple(place)] for place in table.neighbours]
    channels = table.neighbours[:, 0].tolist()
    level = {}
    for c in sorted(set(channels)):
        mine = [value for value, channel in zip(known, channels, strict=True) if channel == c]
        total = F32(0)
        for value in mine:
            total = F32(total + F32(value - mine[0]))
        level[c] = F32(mine[0] + F32(total / F32(len(mine))))
    deviations = [F32(value - level[c]) for value, c in zip(known, channels, strict=True)]
    squares = F32(0)
    for each in deviations:
        squares = F32(squares + F32(each * each))
    contrast = F32(squares / F32(len(deviations)))
    number = int((contrast >= table.edges).sum())
    overall = F32(0)
    for c, each in level.items():
        overall = F32(overall + F32(F32(channels.count(c)) * each))
    overall = F32(overall / F32(len(channels)))
    values = []
    for target, weights in zip(table.targets, table.weights[number], strict=True):
        total = F32(0)
        for weight, deviation in zip(weights, deviations, strict=True):
            total = F32(total + F32(weight * deviation))
        values.append(F32(total + level.get(int(target[0]), overall)))
    return number, np.array(values)


HOLES = {
    "1 px": hole(4, 4, 1, 1),
    "3x3": hole(3, 3, 3, 3),
    "green": hole(3, 3, 2, 2, channels=(1,)),
    "column": hole(0, 4, 9, 1),
}


@pytest.mark.parametrize("name", HOLES)
def test_a_plain_twin_gives_the_same_bits(values, kriging, name):
    is_target = HOLES[name]
    table = kriging.table(is_target, ~is_target)
    classes = set()
    for window in windows_of(values):
        found = kriging.predict(window, is_target, ~is_target)
        number, expected = filled_by_hand(table, window)
        assert found.value.dtype == np.float32
        assert np.array_equal(found.value, expected)
        assert found.contrast_class == number
        classes.add(number)
    assert len(classes) > 2


def test_a_plain_twin_gives_the_same_bits_where_a_channel_is_unknown(values, kriging):
    is_target, is_known = HOLES["1 px"], ~HOLES["1 px"]
    is_known = is_known & (np.arange(3) != 2)[:, None, None]
    table = kriging.table(is_target, is_known)
    for window in windows_of(values, 10):
        assert np.array_equal(
            kriging.predict(window, is_target, is_known).value, filled_by_hand(table, window)[1]
        )


def test_a_prediction_shows_its_table(values, kriging):
    is_target = HOLES["3x3"]
    table = kriging.table(is_target, ~is_target)
    found = kriging.predict(windows_of(values, 1)[0], is_target, ~is_target)
    assert np.array_equal(found.weights, table.weights[found.contrast_class])
    assert np.array_equal(found.variance, table.variance[found.contrast_class])
    assert table.targets.tolist() == np.argwhere(is_target).tolist()
    assert table.neighbours.tolist() == np.argwhere(~is_target).tolist()


@pytest.mark.parametrize("name", HOLES)
def test_weights_follow_the_level_of_their_own_channel_alone(kriging, name):
    is_target = HOLES[name]
    table = kriging.table(is_target, ~is_target)
    own = table.targets[:, 0]
    for c in range(3):
        sums = table.weights[:, :, table.neighbours[:, 0] == c].sum(axis=2)
        assert sums == pytest.approx(np.broadcast_to(own == c, sums.shape).astype(float), abs=1e-4)


def test_weights_may_be_applied_to_the_samples_themselves(values, kriging):
    is_target = HOLES["3x3"]
    for window in windows_of(values, 10):
        found = kriging.predict(window, is_target, ~is_target)
        assert found.weights.astype(np.float64) @ window[~is_target] == pytest.approx(found.value, abs=1e-3)
