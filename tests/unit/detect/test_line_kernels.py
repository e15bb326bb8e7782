# SPDX-License-Identifier: Apache-2.0
"""The compiled loops of the search for lines do what plain NumPy and SciPy do."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d
from scipy.optimize import nnls

from pixmend.detect._line_kernels import (
    block_medians,
    blocks_worth_it,
    cumulate,
    grow_columns,
    keep_best_runs,
    match_cells,
    match_rows,
    mean_of_rows,
    row_medians,
    running_sums,
    sum_columns,
    sum_rows,
    unevenness_of_rows,
)

MOST, CELL = 5.0, 6


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("size", [(6, 9), (29, 17), (12, 3)])
def test_cells_hold_the_clipped_sums_of_even_and_of_odd_rows(rng, size):
    steps = rng.integers(-400, 400, size).astype(np.int16)
    unit = rng.uniform(0.0, 1 / 32, size).astype(np.float32)
    cells = size[0] // CELL
    excess = np.clip(steps * unit, -MOST, MOST)[: cells * CELL]
    plain = excess.reshape(cells, CELL // 2, 2, size[1]).sum(axis=1).swapaxes(0, 1)
    by_rows, by_columns = np.zeros((2, *plain.shape), np.float32)
    sum_rows(steps, unit, MOST, CELL, by_rows)
    sum_columns(np.ascontiguousarray(steps.T), np.ascontiguousarray(unit.T), MOST, CELL, by_columns)
    np.testing.assert_allclose(by_rows, plain, atol=1e-5)
    np.testing.assert_array_equal(by_rows, by_columns)


@pytest.mark.parametrize("width", [3, 11, 40])
def test_profiles_are_matched_to_cells_with_nothing_beyond_their_ends(rng, width):
    sums = rng.normal(size=(3, 2, 4, width)).astype(np.float32)
    weights = rng.normal(size=(2, 3, 11)).astype(np.float32)
    weights[:, :, [0, 10]] = 0.0
    plain = sum(
        correlate1d(sums[c, parity].astype(float), weights[parity, c], axis=1, mode="constant")
        for c in range(3)
        for parity in range(2)
    )
    np.testing.assert_allclose(match_cells(sums, weights), plain, atol=1e-4)


def test_cells_are_added_up_from_the_top_as_the_library_does(rng):
    cells = rng.normal(size=(40, 9)).astype(np.float32)
    plain = np.cumsum(cells, axis=0, dtype=np.float64)
    np.testing.assert_array_equal(cumulate(cells), np.concatenate([np.zeros((1, 9)), plain]))


@pytest.mark.parametrize(("cells", "step"), [(2, 1), (8, 1), (16, 2), (20, 2), (20, 7)])
def test_runs_are_the_sums_of_their_cells(rng, cells, step):
    values = rng.normal(size=(20, 5))
    cumulated = np.concatenate([np.zeros((1, 5)), values.cumsum(axis=0)])
    plain = [values[first : first + cells].sum(axis=0) for first in range(0, 20 - cells + 1, step)]
    np.testing.assert_allclose(running_sums(cumulated, cells, step), plain, atol=1e-5)


@pytest.mark.parametrize("size", [(16, 64), (9, 40), (1, 5), (3, 33)])
@pytest.mark.parametrize("decimals", [9, 0])  # none equal; most equal
def test_each_block_has_the_median_of_its_magnitudes(rng, size, decimals):
    response = rng.normal(size=size).round(decimals).astype(np.float32)
    rows, columns = (range(0, side, block) for side, block in zip(size, (8, 32), strict=True))
    plain = [[np.median(np.abs(response[y : y + 8, x : x + 32])) for x in columns] for y in rows]
    everywhere = np.ones(np.shape(plain), bool)
    np.testing.assert_array_equal(block_medians(response, 8, 32, everywhere), np.array(plain, np.float32))
    wanted = rng.random(everywhere.shape) < 0.5
    only_wanted = block_medians(response, 8, 32, wanted)
    np.testing.assert_array_equal(only_wanted, np.where(wanted, plain, 0.0).astype(np.float32))


@pytest.mark.parametrize("least", [0.5, 1.5, 2.5, 4.0])
def test_a_block_is_worth_it_if_and_only_if_a_place_in_it_could_score_enough(rng, least):
    pooled, meant = rng.normal(size=(2, 20, 100)).astype(np.float32)
    could = np.minimum((1.5 * np.abs(pooled) + 0.7 * np.abs(meant)) / 2, 3.0 * 1.5 * np.abs(pooled))
    plain = [
        [could[y : y + 8, x : x + 32].max() >= least for x in range(0, 100, 32)] for y in range(0, 20, 8)
    ]
    np.testing.assert_array_equal(blocks_worth_it((pooled, meant), (1.5, 0.7), (8, 32), least, 3.0), plain)


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_the_best_score_of_a_run_stays_and_no_view_decides_alone(rng, share):
    pooled, meant = rng.normal(size=(2, 10, 40)).astype(np.float32)
    factors = rng.uniform(0.5, 2.0, (2, 2, 2)).astype(np.float32)
    score = rng.normal(size=(10, 40)).astype(np.float32)
    best = np.zeros((10, 40), np.int8)
    wide = factors.repeat(8, axis=1)[:, :10].repeat(32, axis=2)[:, :, :40]
    seen = pooled * wide[0]
    new = np.clip((seen + meant * wide[1]) / 2, -3 * np.abs(seen), 3 * np.abs(seen))
    worth = rng.random((2, 2)) < share
    better = np.abs(new) > np.abs(score)
    better &= worth.repeat(8, axis=0)[:10].repeat(32, axis=1)[:, :40]
    plain = np.where(better, new, score)
    keep_best_runs((pooled, meant), (factors[0], factors[1]), (score, best), (8, 32, worth), 4, 3.0)
    np.testing.assert_allclose(score, plain, rtol=1e-6)
    np.testing.assert_array_equal(best, np.where(better, 4, 0))


def explained_by(columns, chosen, profile):
    """Return the weights of the chosen columns, all brighter or all darker, and what they explain."""
    basis = columns[chosen].reshape(-1, columns.shape[2]).T
    fits = [sign * nnls(basis, sign * profile)[0] for sign in (1.0, -1.0)]
    best = max(fits, key=lambda weights: ((basis @ weights) ** 2).sum())
    weights = np.zeros(columns.shape[:2])
    weights[chosen] = best.reshape(len(chosen), -1)
    return weights.ravel(), ((basis @ best) ** 2).sum()


def grown_plainly(columns, profile, worth):
    chosen, weights, explained = [], np.zeros(columns.shape[0] * columns.shape[1]), 0.0
    middle = len(columns) // 2
    while True:
        near = (min(chosen) - 1, max(chosen) + 1) if chosen else (middle - 1, middle, middle + 1)
        tried = [[*chosen, index] for index in near if 0 <= index < len(columns)]
        fits = [explained_by(columns, sorted(each), profile) for each in tried]
        best = int(np.argmax([more for _, more in fits] or [0.0]))
        if not tried or fits[best][1] - explained < worth:
            return sorted(chosen), weights
        chosen = tried[best]
        weights, explained = fits[best]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("parts", [1, 2])
def test_columns_are_added_as_plain_least_squares_of_one_sign_adds_them(seed, parts):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(5, parts, 66))
    columns[1:] += 0.6 * columns[:-1]
    profile = 3.0 * rng.normal(size=66)
    profile += (-1) ** seed * (seed % 4) * (3 * columns[2, 0] + 2 * columns[1, -1])
    flat, worth = columns.reshape(-1, 66), 0.06 * float(profile @ profile)
    chosen, weights = grow_columns(flat @ flat.T, flat @ profile, parts, worth)
    plain_chosen, plain_weights = grown_plainly(columns, profile, worth)
    assert np.flatnonzero(chosen).tolist() == plain_chosen
    np.testing.assert_allclose(weights, plain_weights, atol=1e-7)


@pytest.mark.parametrize("width", [1, 6, 43])
def test_rows_have_the_medians_of_their_magnitudes(rng, width):
    values = rng.normal(size=(3, 7, width)).astype(np.float32)
    np.testing.assert_array_equal(row_medians(values), np.median(np.abs(values), axis=2))


@pytest.mark.parametrize("width", [7, 40])
def test_rows_are_matched_in_their_own_units_by_their_parity_s_weights(rng, width):
    level = rng.normal(size=(3, 9, width)).astype(np.float32)
    scale = rng.uniform(0.2, 2.0, (3, 9)).astype(np.float32)
    weights = rng.normal(size=(2, 3, 11))
    own = (level / scale[..., None]).astype(float)
    plain = np.stack(
        [
            sum(correlate1d(plane, across) for plane, across in zip(own[:, y], weights[y % 2], strict=True))
            for y in range(9)
        ]
    )

    np.testing.assert_allclose(match_rows(level, scale, weights), plain, atol=1e-12)


def test_rows_are_as_uneven_as_their_second_differences_in_their_own_units(rng):
    level = rng.normal(size=(3, 9, 31)).astype(np.float32)
    scale = rng.uniform(0.2, 2.0, (3, 9)).astype(np.float32)
    plain = np.square(np.diff(level.astype(np.float64) / scale[..., None], 2, axis=2)).clip(max=4.0)
    np.testing.assert_allclose(unevenness_of_rows(level, scale, 4.0), plain.mean(axis=(0, 2)), rtol=1e-6)


def test_means_of_rows_are_their_sums_by_share(rng):
    level = rng.normal(size=(3, 9, 31)).astype(np.float32)
    scale = rng.uniform(0.2, 2.0, (3, 9)).astype(np.float32)
    shares = np.where(np.arange(9) % 2 == [[0], [1]], rng.uniform(0.1, 1.0, 9), 0.0)
    plain = np.einsum("cyx,ky->kcx", level / scale[..., None], shares)
    np.testing.assert_allclose(mean_of_rows(level, scale, shares), plain, rtol=1e-5, atol=1e-6)
