# SPDX-License-Identifier: Apache-2.0
"""What holds for every hole: only it is filled, finite where anything is known, the same to the bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixmend.fill import fill_samples, find_holes, train_kriging

HEIGHT, WIDTH = 26, 31
_RNG = np.random.default_rng(12)
_NOISE = _RNG.normal(0, 1, (3, 60, 70))
PICTURE = (30 + _NOISE.cumsum(axis=1).cumsum(axis=2) / 20).astype(np.float32)
KRIGING = train_kriging([PICTURE])
ONE_CLASS = train_kriging([PICTURE[:, :5, :5]])  # too little to learn from
VALUES = np.ascontiguousarray(PICTURE[:, :HEIGHT, :WIDTH])

samples = st.tuples(st.integers(0, 2), st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1))
holes = st.lists(samples, min_size=1, max_size=40, unique=True).map(
    lambda each: np.array(sorted(each), np.intp)
)
odd = st.sampled_from([np.nan, np.inf, -np.inf])


@given(holes, st.lists(st.tuples(samples, odd), max_size=12), st.floats(-1e6, 1e6))
def test_neither_what_is_in_the_hole_nor_what_is_not_finite_gets_out(hole, bad, inside):
    broken = VALUES.copy()
    for place, value in bad:
        broken[place] = value
    expected = fill_samples(broken, hole, KRIGING)
    broken[tuple(hole.T)] = inside
    found = fill_samples(broken, hole, KRIGING)
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.isfinite(found).all()  # there is always something known within 4 px of so few
    assert np.abs(found).max() < 1e3


@given(holes, st.floats(-50, 50))
def test_a_constant_comes_back(hole, level):
    flat = np.full(VALUES.shape, level, np.float32)
    assert np.array_equal(fill_samples(flat, hole, KRIGING), flat[tuple(hole.T)])


@given(holes, st.randoms(use_true_random=False))
def test_the_order_of_the_samples_does_not_matter(hole, random):
    order = list(range(len(hole)))
    random.shuffle(order)
    expected = fill_samples(VALUES, hole, KRIGING)
    assert np.array_equal(fill_samples(VALUES, hole[order], KRIGING), expected[order])


@given(holes)
def test_rows_that_are_asked_for_are_enough(hole):
    expected = fill_samples(VALUES, hole, KRIGING)
    for top, stop in find_holes(hole, VALUES.shape, radius_px=KRIGING.radius_px).rows:
        inside = (hole[:, 1] >= top) & (hole[:, 1] < stop)
        even = top - top % 2  # weights may depend on the place in a 2 x 2 mosaic
        rows = VALUES[:, even:stop].copy()
        rows[:, : top - even] = np.nan
        found = fill_samples(rows, hole[inside] - np.array([0, even, 0]), KRIGING)
        assert np.array_equal(found, expected[inside])


@given(holes, st.integers(-3, 3))
def test_a_fill_scales_with_the_picture_within_rounding(hole, power):
    """Weights are linear; only the class of contrast, which picks them, is not."""
    expected = fill_samples(VALUES, hole, ONE_CLASS)
    scaled = fill_samples(np.ldexp(VALUES, power), hole, ONE_CLASS)
    assert np.array_equal(scaled, np.ldexp(expected, power))
