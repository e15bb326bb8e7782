# SPDX-License-Identifier: Apache-2.0
"""The compiled loops of the search for lines do what plain NumPy and SciPy do."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d

from pixmend.detect._line_kernels import (
    block_medians,
    keep_best_runs,
    match_cells,
    running_sums,
    sum_columns,
    sum_rows,
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


@pytest.mark.parametrize(("cells", "step"), [(2, 1), (8, 1), (16, 2), (20, 2), (20, 7)])
def test_runs_are_the_sums_of_their_cells(rng, cells, step):
    values = rng.normal(size=(20, 5))
    cumulated = np.concatenate([np.zeros((1, 5)), values.cumsum(axis=0)])
    plain = [values[first : first + cells].sum(axis=0) for first in range(0, 20 - cells + 1, step)]
    np.testing.assert_allclose(running_sums(cumulated, cells, step), plain, atol=1e-5)


@pytest.mark.parametrize("size", [(16, 64), (9, 40), (1, 5)])
def test_each_block_has_the_median_of_its_magnitudes(rng, size):
    response = rng.normal(size=size).astype(np.float32)
    rows, columns = (range(0, side, block) for side, block in zip(size, (8, 32), strict=True))
    plain = [[np.median(np.abs(response[y : y + 8, x : x + 32])) for x in columns] for y in rows]
    np.testing.assert_allclose(block_medians(response, 8, 32), plain, rtol=1e-6)


def test_the_best_score_of_a_run_stays_and_no_view_decides_alone(rng):
    pooled, meant = rng.normal(size=(2, 10, 40)).astype(np.float32)
    factors = rng.uniform(0.5, 2.0, (2, 2, 2)).astype(np.float32)
    score = rng.normal(size=(10, 40)).astype(np.float32)
    best = np.zeros((10, 40), np.int8)
    wide = factors.repeat(8, axis=1)[:, :10].repeat(32, axis=2)[:, :, :40]
    seen = pooled * wide[0]
    new = np.clip((seen + meant * wide[1]) / 2, -3 * np.abs(seen), 3 * np.abs(seen))
    better = np.abs(new) > np.abs(score)
    plain = np.where(better, new, score)
    keep_best_runs((pooled, meant), (factors[0], factors[1]), (score, best), (8, 32), 4, 3.0)
    np.testing.assert_allclose(score, plain, rtol=1e-6)
    np.testing.assert_array_equal(best, np.where(better, 4, 0))
