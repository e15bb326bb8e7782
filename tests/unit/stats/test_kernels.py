# SPDX-License-Identifier: Apache-2.0
"""Compiled kernels against their plain twins."""

import numpy as np
import pytest
from scipy import ndimage

from pixmend.arrays import robust_sigma
from pixmend.stats import Whitener, correlate, train_covariance
from pixmend.stats._evidence_kernels import fresh_rings, measure_band
from pixmend.stats._kernels import accumulate, look_up, take_out_what_is_not_finite
from pixmend.stats._whiten_kernels import fold_filters, whiten_planes

RNG = np.random.default_rng(8)
SIZES = [(1, 1), (2, 9), (7, 5), (23, 31)]


@pytest.mark.parametrize("size", SIZES)
def test_correlate_is_scipy_summed_over_channels(size):
    stack = RNG.normal(0, 1, (3, *size)).astype(np.float32)
    weights = RNG.normal(0, 1, (2, 3, 5, 5)).astype(np.float32)
    weights[0, 1] = 0  # zero taps are skipped
    found = correlate(np.pad(stack, ((0, 0), (2, 2), (2, 2))), weights)
    expected = [
        sum(ndimage.correlate(stack[c].astype(float), weights[k, c], mode="constant") for c in range(3))
        for k in range(2)
    ]
    assert found == pytest.approx(np.array(expected), abs=1e-4)


def symmetric(filters):
    return ((filters + filters[:, :, ::-1, ::-1]) / 2).astype(np.float32)


def plain_white(padded, filters):
    """Return what `whiten_planes` does, each sum in its order."""
    height, width = padded.shape[1] - 6, padded.shape[2] - 6
    white = np.zeros((len(filters), height, width), np.float32)
    for k, c in np.ndindex(filters.shape[:2]):
        at = {(y, x): padded[c, y : y + height, x : x + width] for y in range(7) for x in range(7)}
        for y in range(3):
            p = [filters[k, c, y, x] * (at[y, x] + at[6 - y, 6 - x]) for x in range(7)]
            white[k] += (p[0] + p[1]) + (p[2] + p[3]) + (p[4] + p[5]) + p[6]
        p = [filters[k, c, 3, x] * (at[3, x] + at[3, 6 - x]) for x in range(3)]
        white[k] += (p[0] + p[1]) + (p[2] + filters[k, c, 3, 3] * at[3, 3])
    return white


def plain_scale(plane):
    """Return the local busyness of a plane, with every window summed by itself."""
    size = (np.minimum(np.abs(plane), np.float32(2000)) * np.float32(1024)).astype(np.int32)
    cut = np.minimum(size, (np.float32(2.5 * 1.2533) * box_means(size)).astype(np.int32))
    return box_means(cut) * np.float32(1.30 / 1024)


def box_means(plane):
    windows = np.pad(np.stack([plane, np.ones_like(plane)]), ((0, 0), (3, 3), (3, 3)))
    total, count = np.lib.stride_tricks.sliding_window_view(windows, (7, 7), (1, 2)).sum((-2, -1))
    return total.astype(np.float32) * (np.float32(1) / count.astype(np.float32))


def plain_strip(values, filters, limits):
    least, clip, steps, highest, level_steps = (np.float32(each) for each in limits)
    white = plain_white(values, filters)
    scale = np.maximum(np.stack([plain_scale(plane) for plane in white]), least)
    excess = np.rint(np.clip(steps * white / scale, -clip * steps, clip * steps))
    return excess, np.rint(np.clip(values[:, 3:-3, 3:-3], -highest, highest) * level_steps)


def measured(values, filters, limits, *, first=0, columns=None, rows=None):
    """Measure a padded stack (C, H + 6, W + 6), so many rows at a time."""
    channels, height, width = len(values), values.shape[1] - 6, values.shape[2] - 6
    values = np.pad(values, ((0, 0), (6, 6), (0, 0)), constant_values=np.nan)  # is never used
    rings = fresh_rings(channels, width)
    found = []
    for top in range(0, height, rows or height):
        bottom = min(top + (rows or height), height)
        start, stop = top + 6 if top else 0, bottom + 6
        shape = (channels, bottom - top, columns or width - first)
        into = np.empty(shape, np.int16), np.empty(shape, np.int32)
        band = np.ascontiguousarray(values[:, start : stop + 12])
        measure_band(band, fold_filters(filters), (start, stop, height, first), limits, rings, into)
        found.append(into)
    return tuple(np.concatenate(each, axis=1) for each in zip(*found, strict=True))


LIMITS = (0.05, 3.0, 32, 1000.0, 16)
DELTA = np.zeros((1, 1, 7, 7), np.float32)
DELTA[0, 0, 3, 3] = 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", SIZES)
def test_whitening_is_its_plain_twin_to_the_bit(size, channels):
    padded = RNG.normal(0, 30, (channels, size[0] + 6, size[1] + 6)).astype(np.float32)
    filters = symmetric(RNG.normal(0, 1, (channels, channels, 7, 7)))
    found = whiten_planes(padded, fold_filters(filters))
    np.testing.assert_array_equal(found, plain_white(padded, filters))
    assert found == pytest.approx(correlate(padded, filters), abs=2e-3)


def test_filters_that_differ_turned_by_half_are_refused():
    with pytest.raises(ValueError, match="turned by half"):
        fold_filters(RNG.normal(0, 1, (1, 1, 7, 7)).astype(np.float32))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [*SIZES, (9, 1060)])
def test_a_measured_strip_is_its_plain_twin_to_the_bit(size, channels):
    values = RNG.normal(0, 300, (channels, size[0] + 6, size[1] + 6)).astype(np.float32)
    values[0, 3, 3] = 1e6
    filters = symmetric(RNG.normal(0, 1, (channels, channels, 7, 7)))
    for found, expected in zip(
        measured(values, filters, LIMITS), plain_strip(values, filters, LIMITS), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rows", [1, 7, 20, 39])
def test_bands_one_after_the_other_are_the_whole(rows):
    values = RNG.normal(0, 3, (2, 40 + 6, 30 + 6)).astype(np.float32)
    filters = symmetric(RNG.normal(0, 1, (2, 2, 7, 7)))
    for found, whole in zip(
        measured(values, filters, LIMITS, rows=rows), measured(values, filters, LIMITS), strict=True
    ):
        np.testing.assert_array_equal(found, whole)


def test_some_columns_of_a_strip_are_those_of_the_whole():
    values = RNG.normal(0, 3, (3, 40 + 6, 50 + 6)).astype(np.float32)
    filters = symmetric(RNG.normal(0, 1, (3, 3, 7, 7)))
    whole = measured(values, filters, LIMITS)
    some = measured(values, filters, LIMITS, first=6, columns=20)
    cut = measured(np.ascontiguousarray(values[:, :, :38]), filters, LIMITS, first=6, columns=20)
    for all_columns, found, of_cut in zip(whole, some, cut, strict=True):
        np.testing.assert_array_equal(found, all_columns[:, :, 6:26])
        np.testing.assert_array_equal(of_cut, all_columns[:, :, 6:26])


def excess_of(plane):
    """Return a plane, whitened by filters that change nothing, over its busyness."""
    excess, _ = measured(np.pad(plane, 3)[None], DELTA, (1e-3, 100.0, 300, 1e3, 16))
    return excess[0] / 300


def test_excess_of_white_noise_is_one():
    assert robust_sigma(excess_of(RNG.normal(0, 3, (128, 128)).astype(np.float32))) == pytest.approx(
        1, rel=0.03
    )


def test_what_stands_out_hardly_makes_what_is_beside_it_say_less():
    plane = RNG.normal(0, 1, (64, 64)).astype(np.float32)
    plane[33, 32] = 2.0
    before = excess_of(plane)[33, 32]
    plane[32, 32] = 30
    assert excess_of(plane)[33, 32] > before / 1.2


def test_measuring_does_not_change_its_input():
    values = RNG.normal(0, 1, (1, 16, 16)).astype(np.float32)
    before = values.copy()
    measured(values, DELTA, LIMITS)
    assert np.array_equal(values, before)


@pytest.mark.parametrize("channels", [1, 3])
def test_whitened_white_noise_is_white_and_one(channels):
    noise = RNG.normal(0, 2, (channels, 160, 160)).astype(np.float32)
    whitened = Whitener(train_covariance([noise]), channels).whiten_mirrored(noise)
    for plane in whitened:
        assert robust_sigma(plane) == pytest.approx(1, rel=0.05)
        assert abs(np.mean(plane[1:] * plane[:-1])) < 0.05


def test_a_picture_with_structure_is_whitened_to_one_too():
    soft = ndimage.gaussian_filter(RNG.normal(0, 1, (1, 200, 200)), (0, 1.5, 1.5))
    noisy = (soft / soft.std() * 20 + RNG.normal(0, 1, soft.shape)).astype(np.float32)
    whitened = Whitener(train_covariance([noisy]), 1).whiten_mirrored(noisy)
    assert robust_sigma(whitened) == pytest.approx(1, rel=0.1)  # busy patches count less in training


def test_a_level_is_no_excess():
    noise = RNG.normal(0, 1, (1, 96, 96)).astype(np.float32)
    whitener = Whitener(train_covariance([noise]), 1)
    assert whitener.whiten_mirrored(noise + 50) == pytest.approx(whitener.whiten_mirrored(noise), abs=0.3)


def test_gain_makes_the_response_a_generalised_least_squares_match():
    """Correlating whitened response times gain with F is F' S^-1 v, for F and v inside one window."""
    structured = ndimage.gaussian_filter(RNG.normal(0, 1, (1, 200, 200)), (0, 1, 1)).astype(np.float32)
    covariance = train_covariance([structured])
    whitener = Whitener(covariance, 1)
    delta = np.zeros((1, 7, 7), np.float32)
    delta[0, 3, 3] = 1
    response = whitener.whiten(np.pad(delta, ((0, 0), (9, 9), (9, 9))))[0, 6:13, 6:13]
    row = np.linalg.inv((covariance + covariance[::-1, ::-1]) / 2)[24].reshape(7, 7)
    assert response * whitener.gain[0] == pytest.approx(row, rel=1e-3, abs=1e-4)


def test_codes_are_looked_up_at_rows_and_columns():
    codes = RNG.integers(0, 50, (6, 7, 3)).astype(np.uint16)
    tables = RNG.normal(0, 1, (3, 50)).astype(np.float32)
    rows, columns = np.array([2, 0, 5]), np.array([2, 1, 0, 1, 2, 3, 6, 6, 5, 3])
    found = np.empty((3, 3, 10), np.float32)
    look_up(codes, tables, (rows, columns), found)
    for c in range(3):
        assert np.array_equal(found[c], tables[c][codes[..., c]][np.ix_(rows, columns)])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_taken_out_and_marked(bad):
    planes = RNG.normal(0, 1, (3, 5, 40)).astype(np.float32)
    planes[1, 2, 33] = planes[2, 2, 33] = planes[0, 4, 0] = bad
    is_bad = np.zeros((5, 40), bool)
    expected = np.where(np.isfinite(planes), planes, 0)

    assert take_out_what_is_not_finite(planes, is_bad)

    np.testing.assert_array_equal(planes, expected)
    assert np.argwhere(is_bad).tolist() == [[2, 33], [4, 0]]
    assert not take_out_what_is_not_finite(planes, np.zeros_like(is_bad))


def test_a_band_is_added_where_it_lies():
    kinds = {"excess": np.int16, "level": np.int32, "seen": np.int16}
    sums = {name: RNG.integers(-9, 9, (2, 9, 11)).astype(kind) for name, kind in kinds.items()}
    sums["seen"] = sums["seen"][0]
    excess, level = (RNG.integers(-9, 9, (2, 3, 4)).astype(sums[name].dtype) for name in ("excess", "level"))
    seen = RNG.random((3, 4)) < 0.5
    expected = {name: each.copy() for name, each in sums.items()}
    for name, more in (("excess", excess), ("level", level), ("seen", seen)):
        expected[name][..., 5:8, 2:6] += more
    grids = [RNG.integers(-9, 9, (2, 3, 4)) for _ in range(2)]
    plain = [each.copy() for each in grids]
    on_grid = level[:, 1:2, 1:4:3].astype(np.int64)  # row 6, columns 3 and, were it there, 6
    plain[0][:, 2:3, 1:2] += on_grid
    plain[1][:, 2:3, 1:2] += on_grid**2

    accumulate(tuple(sums.values()), (*grids, 3), (5, 2), (excess, level, seen))

    for name, each in sums.items():
        np.testing.assert_array_equal(each, expected[name])
    np.testing.assert_array_equal(grids, plain)
