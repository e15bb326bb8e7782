# SPDX-License-Identifier: Apache-2.0
"""Measures are linear, sum to zero, and mean what they say."""

import numpy as np
import pytest

from pixmend.audit._measures import MARGIN_PX, measures_of


def window(side, channels=3, left_out=()):
    size = (channels, side + 2 * MARGIN_PX, side + 2 * MARGIN_PX)
    is_mended = np.zeros(size, bool)
    is_mended[:, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX] = True
    is_known = ~is_mended
    for place in left_out:
        is_known[place] = False
    return is_mended, is_known


def used(measures, samples):
    return samples.ravel()[measures.used]


@pytest.mark.parametrize("side", [1, 2, 5])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_even_picture_measures_nothing(side, channels):
    measures = measures_of(*window(side, channels))
    level = np.repeat(np.arange(1.0, channels + 1), (side + 2 * MARGIN_PX) ** 2)[measures.used]
    for each in (measures.colour, measures.outline, measures.inside):
        assert np.abs(each @ level).max() < 1e-4 * level.max()


def test_a_slope_has_no_outline():
    measures = measures_of(*window(3))
    _, _, x = np.indices((3, 9, 9))
    assert np.abs(measures.outline @ used(measures, x.astype(float))).max() < 1e-9


def test_an_offset_is_measured_as_such():
    is_mended, is_known = window(3)
    measures = measures_of(is_mended, is_known)
    offset = used(measures, np.where(is_mended, 2.0, 0.0))
    assert measures.colour[:4] @ offset == pytest.approx(2.0)
    assert measures.colour[4:7] @ offset == pytest.approx(0.0)
    assert measures.colour[7:] @ offset == pytest.approx(2.0)
    assert measures.outline @ offset == pytest.approx(2.0)


def test_one_channel_off_is_chroma():
    is_mended, is_known = window(3)
    measures = measures_of(is_mended, is_known)
    red = np.where(is_mended, 1.0, 0.0) * np.array([1.0, 0.0, 0.0])[:, None, None]
    assert measures.colour @ used(measures, red) == pytest.approx([1 / 3, 1, 0, 0, 1, -0.5, -0.5, 1, 0, 0])


def test_pairs_are_adjacent_samples_of_a_channel():
    is_mended, is_known = window(2, channels=1)
    measures = measures_of(is_mended, is_known)
    assert len(measures.fine) == 4
    _, y, x = np.unravel_index(measures.used, measures.shape)
    for pairs in (measures.fine, measures.ring):
        assert (np.abs(y[pairs[:, 0]] - y[pairs[:, 1]]) + np.abs(x[pairs[:, 0]] - x[pairs[:, 1]]) == 1).all()


def test_samples_that_are_left_out_take_no_part():
    measures = measures_of(*window(1, left_out=[(0, 0, 0), (2, 3, 4)]))
    assert 0 not in measures.used
    assert len(measures.used) == 3 * 49 - 2


def test_a_window_without_anything_known_still_measures_its_level():
    is_mended = np.ones((1, 3, 3), bool)
    measures = measures_of(is_mended, np.zeros_like(is_mended))
    assert measures.colour.shape == (2, 9)
    assert measures.outline.shape == (0, 9)


def test_what_is_left_in_the_middle_alone_is_measured_there():
    is_mended, is_known = window(5)
    measures = measures_of(is_mended, is_known)
    spot = np.zeros(is_mended.shape)
    spot[1, 5, 5] = 3.0
    assert measures.colour[7:] @ used(measures, spot) == pytest.approx([0, 3, 0])
