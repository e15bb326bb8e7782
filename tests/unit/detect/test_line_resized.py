# SPDX-License-Identifier: Apache-2.0
"""Columns and rows of plates that were resized."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import nnls

from pixmend.detect._line_picture import line_picture
from pixmend.detect._line_resized import best_resized, resized_shapes
from pixmend.detect._line_shapes import LINE_REACH_PX
from pixmend.detect._lines import find_lines
from pixmend.detect._mosaic import has_mosaic
from pixmend.detect._sites import MeanPicture
from pixmend.detect._views import views_of
from pixmend.model import Kind
from pixmend.simulate import Finish, PlantedDefect, SimulatedShot
from pixmend.stats import ShotStatistics
from tests.make.measured import measured
from tests.make.shots import FRAMES, small_spec

COLUMN, ROW = 96, 121
PLANTED = tuple(
    PlantedDefect(sites=sites, kind=kind, amplitude_sigma=5.0, fluctuation=0.1)
    for kind, sites in (
        (Kind.COLUMN, tuple((COLUMN, y) for y in range(40, 150))),
        (Kind.ROW, tuple((x, ROW) for x in range(120, 250))),
    )
)


@cache
def statistics_of(scale: float) -> ShotStatistics:
    return measured(SimulatedShot(small_spec(finish=Finish(scale=scale)), planted=PLANTED))


@pytest.mark.parametrize(("scale", "is_row", "place"), [(0.75, False, COLUMN), (1.33, True, ROW)])
def test_a_line_between_pixels_is_found_and_looks_like_bad_photosites(scale, is_row, place):
    statistics = statistics_of(scale)
    picture = line_picture(views_of(statistics), MeanPicture(*statistics.mean_light()))
    (line,) = (each for each in find_lines(picture, threshold=8.0) if each.is_row is is_row)
    assert line.across[0] == pytest.approx((place + 0.5) * scale - 0.5, abs=1)
    assert line.fit.photosites > 0.85


@pytest.mark.parametrize(("scale", "expected"), [(1.0, True), (0.75, False), (1.33, False)])
def test_resizing_ends_the_mosaic(scale, expected):
    assert has_mosaic(statistics_of(scale)) is expected


def test_what_nothing_was_seen_of_has_no_mosaic():
    assert not has_mosaic(ShotStatistics.empty(statistics_of(1.0).model, stands_for=FRAMES))


def test_shapes_are_the_same_in_all_rows_and_lie_where_they_say():
    shapes, offsets = resized_shapes(3)
    assert shapes.shape == (len(offsets), 2, 2, 3, 2 * LINE_REACH_PX + 1)
    np.testing.assert_array_equal(shapes[:, :, 0], shapes[:, :, 1])
    (pixel, places) = resized_shapes(1)
    size = np.abs(pixel[:, 0, 0, 0])
    middle = size @ np.arange(-LINE_REACH_PX, LINE_REACH_PX + 1) / size.sum(axis=1)
    np.testing.assert_allclose(middle, places, atol=0.2)


@given(
    arrays(np.float64, (3, 2, 6), elements=st.floats(-1, 1)), arrays(np.float64, 6, elements=st.floats(-1, 1))
)
def test_the_best_shape_is_that_of_least_squares_of_one_sign(white, excess):
    white += np.eye(6)[:2]
    _, weights = best_resized(white, excess)
    explained = []
    for shape in white:
        fits = [sign * nnls(shape.T, sign * excess)[0] for sign in (1.0, -1.0)]
        explained += [excess @ excess - np.square(excess - fit @ shape).sum() for fit in fits]
    best, _ = best_resized(white, excess)
    found = excess @ excess - np.square(excess - weights @ white[best]).sum()
    assert (weights >= 0).all() or (weights <= 0).all()
    assert found == pytest.approx(max(explained), abs=1e-4)
